"""Which tags inside expire, and the first one when (1.M, `expires within`)."""

from datetime import datetime

from pydantic import AwareDatetime

from domain.message import Message

MOST_TAGS = 500
"""So many tags, and clocks of tags, are kept for one item: the state of an item stays small whatever is put on it."""


class Inside(Message):
    """A tag that is inside, and when what it is on expires."""

    tag: str
    expires_at: AwareDatetime


def with_tag(inside: tuple[Inside, ...], tag: str, expires_at: datetime | None) -> tuple[Inside, ...]:
    """The tags inside, the first to expire first, and this one with its expiry; None where it has none or is gone."""
    tags = [other for other in inside if other.tag != tag]
    if expires_at is not None:
        tags.append(Inside(tag=tag, expires_at=expires_at))
    return tuple(sorted(tags, key=lambda each: (each.expires_at, each.tag))[:MOST_TAGS])

"""What expires: tags that are inside, and batches of what nobody has put a tag on (1.M, `expires within`)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import AwareDatetime

from domain.message import Message

MOST_TAGS = 500
"""So many tags, and clocks of tags, are kept for one item: the state of an item stays small whatever is put on it."""
MOST_BATCHES = 100
"""So many batches are kept for one item."""
NEVER = timedelta.max
"""How long it takes until the first thing expires where nothing does."""
ZERO = Decimal(0)
ONE = Decimal(1)


class Inside(Message):
    """A tag that is inside, and when what it is on expires."""

    tag: str
    expires_at: AwareDatetime


class Batch(Message):
    """So many units that expire together; so many were `taken` of it, and may yet come back."""

    expires_at: AwareDatetime
    units: Decimal
    taken: Decimal = ZERO


def with_tag(inside: tuple[Inside, ...], tag: str, expires_at: datetime | None) -> tuple[Inside, ...]:
    """The tags inside, the first to expire first, and this one with its expiry; None where it has none or is gone."""
    tags = [other for other in inside if other.tag != tag]
    if expires_at is not None:
        tags.append(Inside(tag=tag, expires_at=expires_at))
    return tuple(sorted(tags, key=lambda each: (each.expires_at, each.tag))[:MOST_TAGS])


def with_units(batches: tuple[Batch, ...], units: Decimal, expires_at: datetime) -> tuple[Batch, ...]:
    """The batches, the first to expire first, and so many units more that expire then.

    Of too many batches the last two become one, which expires as the earlier of them.
    """
    if units <= 0:
        return batches
    batch = Batch(expires_at=expires_at, units=units)
    others = []
    for other in batches:
        if other.expires_at == expires_at:
            taken = max(ZERO, other.taken - units)
            batch = other.model_copy(update={"units": other.units + units, "taken": taken})
        else:
            others.append(other)
    *kept, last = sorted([*others, batch], key=lambda each: each.expires_at)
    if len(kept) == MOST_BATCHES:
        kept, last = kept[:-1], kept[-1].model_copy(update={"units": kept[-1].units + last.units})
    return (*kept, last)


def without_units(batches: tuple[Batch, ...], units: Decimal) -> tuple[Batch, ...]:
    """The batches once so many units are used: the first to expire first, whoever used them and whatever they took."""
    for place, batch in enumerate(batches):
        if not units:
            return batches[place:]
        if batch.units > units:
            changes = {"units": batch.units - units, "taken": batch.taken + units}
            return (batch.model_copy(update=changes), *batches[place + 1 :])
        units -= batch.units
    return ()


def at_most(batches: tuple[Batch, ...], units: Decimal) -> tuple[Batch, ...]:
    """The batches where there is no more than this of all of them."""
    held = sum((batch.units for batch in batches), ZERO)
    return without_units(batches, held - units) if held > units else batches


def counted(
    batches: tuple[Batch, ...],
    units: Decimal,
    before: Decimal | None,
    expires_at: datetime | None,
    pack_size: Decimal,
) -> tuple[Batch, ...]:
    """The batches once so many units were counted where there were so many before, None where nobody knew.

    They are one batch where the count says when all of it expires; else what is gone was the first to expire. A rise
    that is too small for goods is a scale that trembles: it gives back what it took.
    """
    if expires_at is not None:
        return with_units((), units, expires_at)
    if not batches:
        return batches
    if before is None:
        return at_most(batches, units)
    if units > before:
        return _given_back(batches, units - before) if (units - before) * 4 < pack_size else batches
    return without_units(batches, before - units)


def _given_back(batches: tuple[Batch, ...], units: Decimal) -> tuple[Batch, ...]:
    first, *others = batches
    back = min(units, first.taken)
    return (first.model_copy(update={"units": first.units + back, "taken": first.taken - back}), *others)


def in_turn(inside: tuple[Inside, ...], batches: tuple[Batch, ...]) -> Iterator[tuple[datetime, Decimal]]:
    """When it expires and how much does, the first to expire first."""
    of_batches = [(batch.expires_at, batch.units) for batch in batches]
    return iter(sorted([(each.expires_at, ONE) for each in inside] + of_batches) if inside else of_batches)

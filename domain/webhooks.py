"""How a notice reaches a household's own server: the schedule of its attempts, and what became of each."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from domain.message import Message
from domain.notices import NoticeKind

_ATTEMPTS = UUID("0d1a6c52-9d0f-5b8e-8a53-2f9c1f1f6d27")

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one attempt and the next; the first is made at once, and the last one 75 hours after it."""
ATTEMPTS = len(PAUSES) + 1
JITTER = 0.2
SWITCHED_OFF_AFTER = timedelta(days=5)
MOST_WEBHOOKS = 20
_GONE = 410
_NEVER_SHORTENED = 3


def pause_after(number: int, chance: float) -> timedelta | None:
    """How long to wait after that attempt, up to a fifth more or less by `chance` (0 to 1); None after the last one.

    Without it, all that failed in one moment would be repeated in one moment. The last three pauses are never
    shortened, so that whoever was down for three days is told.
    """
    if number >= ATTEMPTS:
        return None
    least = 1 if number > ATTEMPTS - 1 - _NEVER_SHORTENED else 1 - JITTER
    return PAUSES[number - 1] * (least + (1 + JITTER - least) * chance)


@dataclass(frozen=True)
class Reply:
    """What a receiver did: without a `reason` it has taken what it was told; `after` is how long it asks to wait."""

    status: int | None
    reason: str | None
    after: timedelta | None = None


@dataclass(frozen=True)
class Standing:
    """How a receiver stands after an attempt: since when all have failed, why it is given up now, the next attempt."""

    failing_since: datetime | None = None
    given_up: str | None = None
    next_at: datetime | None = None


def standing_after(
    reply: Reply, ended: datetime, *, failing_since: datetime | None, is_on: bool, pause: timedelta | None
) -> Standing:
    """What an attempt means for its receiver, of which is known how it stood before; without a `pause` it was the last.

    Attempts that were under way when it was switched off give nothing up and are not repeated.
    """
    if reply.reason is None:
        return Standing()
    since = failing_since or ended
    given_up = _why_given_up(reply.status, reply.reason, ended - since) if is_on else None
    if pause is None or given_up is not None or not is_on:
        return Standing(since, given_up)
    return Standing(since, next_at=ended + max(pause, reply.after or timedelta()))


def _why_given_up(status: int | None, reason: str, failing: timedelta) -> str | None:
    if status == _GONE:
        return reason
    if failing >= SWITCHED_OFF_AFTER:
        return f"Nothing has reached it for {failing.days} days. {reason}"
    return None


def host_of(url: str) -> str:
    """Where a call goes, without the path and query, which may be a secret."""
    return re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]


class NoticeBrief(Message):
    """What a notice's workflow is started with: everybody who is to be told; `letter` where it is mailed."""

    notice: UUID
    account: UUID
    kind: NoticeKind
    webhooks: tuple[UUID, ...] = ()
    letter: UUID | None = None


class DeliveryBrief(Message):
    """What the delivery of one notice to one receiver is started with; `replay` where the owner asked for it again."""

    notice: UUID
    webhook: UUID
    replay: UUID | None = None


class Attempt(Message):
    """One attempt to make; `pause` is the wait after it if it fails, None for the last."""

    delivery: DeliveryBrief
    number: int
    at: AwareDatetime
    pause: timedelta | None

    @property
    def uuid(self) -> UUID:
        """The same when the same attempt is made again because its worker died."""
        delivery = self.delivery
        parts = (delivery.notice, delivery.webhook, delivery.replay, self.number)
        return uuid5(_ATTEMPTS, "\n".join(map(str, parts)))


class Attempted(Message):
    """What became of an attempt; with a `next_at` there is another one, without there is none."""

    sentence: str
    status: int | None = None
    next_at: AwareDatetime | None = None

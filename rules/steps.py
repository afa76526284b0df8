"""What would have to happen: one thing, or one after another, in words for people and in figures for programs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class StepKind(StrEnum):
    """What must happen; the figures of a step say how much of it."""

    WAIT = "wait"
    LEVEL = "level"
    PERCENT = "percent"
    LOW = "low"
    NOT_LOW = "not-low"
    REMOVED = "removed"
    RETURNED = "returned"
    USED = "used"
    EXPIRING = "expiring"
    CLEARED = "cleared"
    PRESSED = "pressed"
    ORDER_ENDS = "order-ends"
    OFFERED = "offered"
    OWNERS_WORD = "owners-word"


@dataclass(frozen=True)
class Step:
    """One thing that would have to happen: a wait `until`, an amount `to` be reached, so many `times`.

    `order` must end; `units` of it are expected until then. `tags` name what is to be gone, or to come; what is to be
    gone and has none is so many `units`.
    """

    kind: StepKind
    words: str
    until: datetime | None = None
    to: Decimal | None = None
    times: int = 1
    order: UUID | None = None
    units: Decimal | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """Steps after which it orders, and when that would be if all but the waiting were done now."""

    steps: tuple[Step, ...]
    orders_at: datetime

    @property
    def words(self) -> str:
        """All steps in one sentence."""
        text = ", then ".join(step.words for step in self.steps) or "it orders at the next look"
        return text[0].upper() + text[1:] + "."

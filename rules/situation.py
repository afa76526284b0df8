"""What is so at one moment, as far as rules can ask about it."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

from domain.message import Message

_DECIMALS = 6
_FARTHEST = 10**12


def _measured(value: Decimal) -> Decimal:
    # Thresholds end at a thousand million and six decimals, so nothing that a rule can ask is lost here,
    # and whatever a sum of facts came to fits the engine's 64 bits.
    value = max(Decimal(-_FARTHEST), min(Decimal(_FARTHEST), value))
    return value if round(value, _DECIMALS) == value else round(value, _DECIMALS)


def _elapsed(value: timedelta) -> timedelta:
    return max(timedelta(seconds=-_FARTHEST), min(timedelta(seconds=_FARTHEST), value))


Measured = Annotated[Decimal, AfterValidator(_measured)]
Elapsed = Annotated[timedelta, AfterValidator(_elapsed)]


class Situation(Message):
    """An item at one moment: numbers to a millionth, None for what nobody knows.

    `level` is in the item's unit, `percent` of its capacity. `out_for` is the time since the oldest removal without a
    return (S16); None means that nothing is out.
    """

    level: Measured | None = None
    percent: Measured | None = None
    out_for: Elapsed | None = None
    pressed: bool = False
    low: bool | None = None

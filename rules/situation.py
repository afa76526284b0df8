"""What is so at one moment, as far as rules can ask about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

MILLION = 1_000_000
_MILLION = Decimal(MILLION)
_FARTHEST = Decimal(10**12)
_END = 10**12 * MILLION

_MICROSECOND = timedelta(microseconds=1)

Millionths = Mapping[str, int | None]


@dataclass(frozen=True)
class Situation:
    """An item at one moment, None for what nobody knows.

    `level` is in the item's unit, `percent` of its capacity. `out_for` is the time since the oldest removal without a
    return (S16); None means that nothing is out.
    """

    level: Decimal | None = None
    percent: Decimal | None = None
    out_for: timedelta | None = None
    pressed: bool = False
    low: bool | None = None

    millionths: Millionths = field(init=False, repr=False, compare=False)
    """What each field of a rule reads, rounded to whole millionths; mapped once, for all rules."""

    def __post_init__(self) -> None:
        """Map it."""
        level, percent, out_for, low = self.level, self.percent, self.out_for, self.low
        millionths = {
            "level": None if level is None else _measured(level),
            "percent": None if percent is None else _measured(percent),
            "outFor": None if out_for is None else _elapsed(out_for),
            "pressed": MILLION if self.pressed else 0,
            "low": None if low is None else MILLION if low else 0,
        }
        object.__setattr__(self, "millionths", millionths)


# Thresholds end at a thousand million and six decimals, so nothing that a rule can ask is lost here,
# and whatever a sum of facts came to fits the engine's 64 bits.
def _measured(value: Decimal) -> int:
    if value > _FARTHEST:
        return _END
    return round(value * _MILLION) if value >= -_FARTHEST else -_END


def _elapsed(value: timedelta) -> int:
    return max(-_END, min(_END, value // _MICROSECOND))

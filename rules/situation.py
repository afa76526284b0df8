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
    return (S16); None means that nothing is out. `out_standing` is the reading of the oldest clock that stands still,
    because its fridge is silent. `expires_in` is the time until the first tag inside expires, negative once it has;
    None means that none does.
    """

    level: Decimal | None = None
    percent: Decimal | None = None
    out_for: timedelta | None = None
    pressed: bool = False
    low: bool | None = None
    out_standing: timedelta | None = None
    expires_in: timedelta | None = None

    millionths: Millionths = field(init=False, repr=False, compare=False)
    """What each field of a rule reads, rounded to whole millionths; mapped once, for all rules."""
    running: Millionths = field(init=False, repr=False, compare=False)
    """What the clocks read that run: time takes these on, and the others when they are passed."""

    def __post_init__(self) -> None:
        """Map it."""
        level, percent, low = self.level, self.percent, self.low
        running = {"outFor": _elapsed(self.out_for), "expiresIn": _elapsed(self.expires_in)}
        out = [reading for reading in (running["outFor"], _elapsed(self.out_standing)) if reading is not None]
        millionths = {
            "level": None if level is None else _measured(level),
            "percent": None if percent is None else _measured(percent),
            "outFor": max(out, default=None),
            "expiresIn": running["expiresIn"],
            "pressed": MILLION if self.pressed else 0,
            "low": None if low is None else MILLION if low else 0,
        }
        object.__setattr__(self, "millionths", millionths)
        object.__setattr__(self, "running", running)


# Thresholds end at a thousand million and six decimals, so nothing that a rule can ask is lost here,
# and whatever a sum of facts came to fits the engine's 64 bits.
def _measured(value: Decimal) -> int:
    if value > _FARTHEST:
        return _END
    return round(value * _MILLION) if value >= -_FARTHEST else -_END


def _elapsed(value: timedelta | None) -> int | None:
    return None if value is None else max(-_END, min(_END, value // _MICROSECOND))

"""What is so at one moment, as far as rules can ask about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules import wall_clock

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
    None means that none does. `unused_for` is the time since the last use, `days_left` how long the stock will last,
    `runs_out` whether it will not last until a delivery, `spoils` whether it will expire before it is used. `repeats`
    is how many reports in a row found what the rule wants repeated. `at` and `zone` are what day and time are read of.
    """

    level: Decimal | None = None
    percent: Decimal | None = None
    out_for: timedelta | None = None
    pressed: bool = False
    low: bool | None = None
    out_standing: timedelta | None = None
    expires_in: timedelta | None = None
    unused_for: timedelta | None = None
    days_left: Decimal | None = None
    runs_out: bool | None = None
    spoils: bool | None = None
    repeats: int = 0
    at: datetime | None = None
    zone: ZoneInfo | None = None

    millionths: Millionths = field(init=False, repr=False, compare=False)
    """What each field of a rule reads, rounded to whole millionths; mapped once, for all rules."""
    running: Millionths = field(init=False, repr=False, compare=False)
    """What the clocks read that run: time takes these on, and the others when they are passed."""

    def __post_init__(self) -> None:
        """Map it."""
        level, percent, low = self.level, self.percent, self.low
        running = {
            "outFor": _elapsed(self.out_for),
            "expiresIn": _elapsed(self.expires_in),
            "unusedFor": _elapsed(self.unused_for),
        }
        out = [reading for reading in (running["outFor"], _elapsed(self.out_standing)) if reading is not None]
        millionths = {
            "level": None if level is None else _measured(level),
            "percent": None if percent is None else _measured(percent),
            "outFor": max(out, default=None),
            "expiresIn": running["expiresIn"],
            "pressed": MILLION if self.pressed else 0,
            "low": None if low is None else MILLION if low else 0,
        }
        object.__setattr__(self, "millionths", _Readings(millionths, self))
        object.__setattr__(self, "running", running)


class _Readings(dict[str, int | None]):
    """Readings of which the rarer ones are worked out when a rule first asks."""

    __slots__ = ("_asked_late",)

    def __init__(self, early: dict[str, int | None], of: Situation) -> None:
        super().__init__(early)
        # its parts, not the situation itself: two that know each other wait for the garbage collector
        self._asked_late = (of.unused_for, of.days_left, of.runs_out, of.spoils, of.repeats, of.at, of.zone)

    def __missing__(self, name: str) -> int | None:
        unused_for, days_left, runs_out, spoils, repeats, at, zone = self._asked_late
        match name:
            case "unusedFor":
                value = _elapsed(unused_for)
            case "daysLeft":
                value = None if days_left is None else _measured(days_left)
            case "runsOut":
                value = None if runs_out is None else MILLION * runs_out
            case "spoils":
                value = None if spoils is None else MILLION * spoils
            case "repeats":
                value = MILLION * repeats
            case "dayOfWeek" | "timeOfDay":
                day, time = (None, None) if at is None or zone is None else wall_clock.reading(at, zone)
                value = day if name == "dayOfWeek" else time
            case "otherUnit":
                value = None
            case _:
                raise KeyError(name)
        self[name] = value
        return value


# Thresholds end at a thousand million and six decimals, so nothing that a rule can ask is lost here,
# and whatever a sum of facts came to fits the engine's 64 bits.
def _measured(value: Decimal) -> int:
    if value > _FARTHEST:
        return _END
    return round(value * _MILLION) if value >= -_FARTHEST else -_END


def _elapsed(value: timedelta | None) -> int | None:
    return None if value is None else max(-_END, min(_END, value // _MICROSECOND))

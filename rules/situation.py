"""What is so at one moment, as far as rules can ask about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.expiry import NEVER
from rules import wall_clock

MILLION = 1_000_000
_MILLION = Decimal(MILLION)
_MOST = Decimal(10**12)
FARTHEST = 10**12 * MILLION
"""The greatest reading there is."""

_MICROSECOND = timedelta(microseconds=1)

Millionths = Mapping[str, int | None]


@dataclass(frozen=True)
class Situation:
    """An item at one moment, None for what nobody knows.

    `level` is in the item's unit, `percent` of its capacity. `out_for` is the time since the oldest removal without a
    return (S16); None means that nothing is out. `out_standing` is the reading of the oldest clock that stands still,
    because its fridge is silent. `expires_in` is the time until the first thing inside expires, negative once it has,
    NEVER where nothing does. `unused_for` is the time since the last use, `days_left` how long the stock will last,
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

    millionths: "Readings" = field(init=False, repr=False, compare=False)
    """What each field of a rule reads, rounded to whole millionths; mapped once, for all rules."""
    running: Millionths = field(init=False, repr=False, compare=False)
    """What the clocks read that run: time takes these on, and the others when they are passed."""

    def __post_init__(self) -> None:
        """Map it; the rarer readings are worked out when a rule first asks for them."""
        level, percent, low, out = self.level, self.percent, self.low, _elapsed(self.out_for)
        expires_in, standing = _elapsed(self.expires_in), _elapsed(self.out_standing)
        millionths = Readings(
            {
                "level": None if level is None else measured(level),
                "percent": None if percent is None else measured(percent),
                "outFor": out if standing is None else standing if out is None else max(out, standing),
                "expiresIn": expires_in,
                "pressed": MILLION if self.pressed else 0,
                "low": None if low is None else MILLION if low else 0,
            }
        )
        # its parts, not the situation itself: two that know each other wait for the garbage collector
        millionths.rarer = (
            self.unused_for,
            self.days_left,
            self.runs_out,
            self.spoils,
            self.repeats,
            self.at,
            self.zone,
        )
        # past the freeze, and faster than its setters
        vars(self).update(
            millionths=millionths,
            running={"outFor": out, "expiresIn": None if self.expires_in == NEVER else expires_in},
        )


class Readings(dict[str, int | None]):
    """Readings of which the rarer ones are worked out when a rule first asks."""

    __slots__ = ("rarer",)
    rarer: tuple[timedelta | None, Decimal | None, bool | None, bool | None, int, datetime | None, ZoneInfo | None]

    def copy(self) -> "Readings":
        """The same, to be changed."""
        same = Readings(self)
        same.rarer = self.rarer
        return same

    def __missing__(self, name: str) -> int | None:
        unused_for, days_left, runs_out, spoils, repeats, at, zone = self.rarer
        value: int | None = None
        match name:
            case "unusedFor":
                value = _elapsed(unused_for)
            case "daysLeft" if days_left is not None:
                value = measured(days_left)
            case "runsOut" if runs_out is not None:
                value = MILLION * runs_out
            case "spoils" if spoils is not None:
                value = MILLION * spoils
            case "repeats":
                value = MILLION * repeats
            case "dayOfWeek" if at is not None and zone is not None:
                value = wall_clock.reading(at, zone)[0]
            case "timeOfDay" if at is not None and zone is not None:
                value = wall_clock.reading(at, zone)[1]
        self[name] = value
        return value


# Thresholds end at a thousand million and six decimals, so nothing that a rule can ask is lost here,
# and whatever a sum of facts came to fits the engine's 64 bits.
def measured(value: Decimal) -> int:
    """An amount in whole millionths."""
    if value > _MOST:
        return FARTHEST
    return round(value * _MILLION) if value >= -_MOST else -FARTHEST


def _elapsed(value: timedelta | None) -> int | None:
    return None if value is None else max(-FARTHEST, min(FARTHEST, value // _MICROSECOND))

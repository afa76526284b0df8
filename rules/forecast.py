"""How long a stock lasts, by the use of the past: expected, cautious and hopeful (docs/decisions/0028).

The time until a level is used up at a steady rate is gamma distributed, and so is the rate, by what was seen of it:
their quotient is an F distribution, whose quantiles have a closed form (Paulson 1942).
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.expiry import in_turn
from domain.lead_time import LeadTime
from domain.stock import Stock
from domain.use import Rate

CAUTION = 1.645
"""Standard deviations of the cautious and the hopeful forecast: one stock in twenty lasts shorter, one longer."""
_DAY = timedelta(days=1)
LEAST_WATCHED = timedelta(days=3)
LEAST_USES = 3
LOOKED_AT_EVERY_DAYS = 1.0
MOST_DAYS = 9_999.0
_FEWEST, _MOST = 1e-3, 1e9
_MICRO, _HUNDREDTH = Decimal("0.000001"), Decimal("0.01")


@dataclass(frozen=True)
class Forecast:
    """Use of a day in the item's unit, and the days that the level lasts; None where nothing was counted."""

    per_day: Decimal
    days_left: Decimal | None = None
    cautious: Decimal | None = None
    hopeful: Decimal | None = None


def forecast(stock: Stock, at: datetime) -> Forecast | None:
    """What can be said at `at`; None until enough was seen."""
    rate = known_rate(stock, at)
    if rate is None:
        return None
    if stock.level is None:
        return Forecast(_shown(rate.per_day))
    level = float(stock.level)
    return Forecast(
        _shown(rate.per_day),
        *(_shown(lasts(level, rate, caution), _HUNDREDTH) for caution in (0, -CAUTION, CAUTION)),
    )


def days_left(stock: Stock, at: datetime) -> Decimal | None:
    """The expected days alone, for whoever asks at each fact."""
    rate = known_rate(stock, at)
    return None if rate is None or stock.level is None else _shown(lasts(float(stock.level), rate))


def runs_out(stock: Stock, at: datetime, lead_time: LeadTime) -> bool | None:
    """Whether, cautiously, the stock is used up before an order is there, even one made at the next look.

    None where nobody knows.
    """
    rate = known_rate(stock, at)
    if rate is None or stock.level is None:
        return None
    return not outlasts(float(stock.level), rate, lead_time, CAUTION)


def outlasts(level: float, rate: Rate, lead_time: LeadTime, caution: float) -> bool:
    """Whether a level lasts until it is looked at again, and from then until an order is there."""
    days = lead_time.mean_days + LOOKED_AT_EVERY_DAYS
    return lasts(level, rate, -caution, (lead_time.deviation_days / days) ** 2) > days


def spoils(stock: Stock, at: datetime) -> bool | None:
    """Whether anything inside expires before it is used, the first to expire used first; None where nobody knows."""
    first, rate = stock.expires_first, known_rate(stock, at)
    if first is None:
        return False if stock.knows_expiry else None
    if rate is None:
        return True if first <= at else None
    before = Decimal(0)
    for expires_at, units in in_turn(stock.inside, stock.batches):
        before += units
        if lasts(float(before), rate) > (expires_at - at) / _DAY:
            return True
    return False


def known_rate(stock: Stock, at: datetime) -> Rate | None:
    """The use of a day, once it was watched for long enough."""
    use = stock.use
    if use.since is None or at - use.since < LEAST_WATCHED or use.uses < LEAST_USES:
        return None
    return use.rate(at)


def lasts(level: float, rate: Rate, caution: float = 0.0, doubt: float = 0.0) -> float:
    """The days that a level lasts: with `caution` 0 as expected, else so many standard deviations off.

    `doubt` is the relative variance of the time that it has to last.
    """
    mean = rate.per_day
    if level <= 0:
        return 0.0
    if mean * MOST_DAYS <= level:
        return MOST_DAYS
    expected = level / mean
    if caution == 0 or expected == 0:  # too little for a number is nothing
        return expected
    days_alike = mean**2 / rate.variance if rate.variance else math.inf
    # as many uses of the usual size as make the level, and as are known: their inverse is a relative variance
    left = min(max(expected * days_alike, _FEWEST), _MOST)
    known = max(1 / (1 / max(rate.days * days_alike, 1.0) + doubt + 1 / _MOST), 1.0)
    return min(expected * _f_quantile(left, known, caution), MOST_DAYS)


def _f_quantile(left: float, known: float, caution: float) -> float:
    """The quantile of F with twice `left` and twice `known` degrees of freedom, by Paulson's cube root."""
    a, b = 1 / (9 * known), 1 / (9 * left)
    square = (1 - a) ** 2 - caution**2 * a
    product = (1 - a) * (1 - b)
    rest = (1 - b) ** 2 - caution**2 * b
    if square <= 0:
        return math.inf if caution > 0 else 0.0
    root = math.sqrt(max(product**2 - square * rest, 0.0))
    return max((product + math.copysign(root, caution)) / square, 0.0) ** 3


def _shown(value: float, digit: Decimal = _MICRO) -> Decimal:
    return Decimal(value).quantize(digit)

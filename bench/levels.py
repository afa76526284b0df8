"""At which level to reorder: fixed, by Larder's forecast, or by a library's."""

import math
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from bench.shelves import evening
from domain.facts import Arrival, Fact, FactKind
from domain.fold import after
from domain.lead_time import LeadTime
from domain.stock import Stock
from domain.use import Rate
from rules.forecast import outlasts

_MOST = 60


def rates(use: Sequence[int], days: range) -> list[Rate | None]:
    """What Larder knows of the use on the evening of each of the days: its fold over the facts of all days before."""
    stock = _told(Stock(), FactKind.COUNTED, 10**6, -1)
    found = []
    for day in range(days.stop):
        if use[day]:
            stock = _told(stock, FactKind.USED, use[day], day)
        if day >= days.start:
            found.append(stock.use.rate(evening(day)))
    return found


def _told(stock: Stock, kind: FactKind, quantity: int, day: int) -> Stock:
    fact = Fact(id=f"{kind}:{day}", kind=kind, quantity=Decimal(quantity))
    return after(stock, Arrival(fact=fact, at=evening(day) - timedelta(minutes=1)))


def by_larder(known: Sequence[Rate | None], lead_time: LeadTime, caution: float) -> list[int]:
    """The greatest level that `runs out before delivery` at so much caution, on each of the days."""
    levels: list[int] = []
    for before, rate in pairwise([None, *known]):
        if rate is None:
            levels.append(0)
            continue
        level = levels[-1] if before is not None else 0
        while level > 0 and outlasts(level, rate, lead_time, caution):
            level -= 1
        while level < _MOST and not outlasts(level + 1, rate, lead_time, caution):
            level += 1
        levels.append(level)
    return levels


def by_poisson(means: Sequence[float], horizon: float, risk: float) -> list[int]:
    """The greatest level that is used up within the horizon with at least this risk, where use is Poisson's."""
    return [_poisson(round(mean * horizon, 3), risk) for mean in means]


@lru_cache(maxsize=100_000)
def _poisson(mean: float, risk: float) -> int:
    term = below = math.exp(-mean)
    level = 0
    while 1 - below >= risk and level < _MOST:
        level += 1
        term *= mean / level
        below += term
    return level


def by_spread(means: Sequence[float], errors: Sequence[float], horizon: float, caution: float) -> list[int]:
    """The mean over the horizon, and so many standard deviations of the forecast's own errors over it."""
    return [
        max(math.floor(mean * horizon + caution * error * math.sqrt(horizon)), 0)
        for mean, error in zip(means, errors, strict=True)
    ]

"""One setting on all items: what comes of each way to decide, with what was learned before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from statistics import fmean

from bench.curves import Curve, Measure
from bench.levels import by_larder, by_poisson, by_spread, rates
from bench.library import Forecasts
from bench.shelves import Lived, Setting, Uses, live
from domain.lead_time import LeadTime
from rules.forecast import CAUTION, LOOKED_AT_EVERY_DAYS

CAUTIONS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, CAUTION, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5)
RISKS = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.0005)
WORTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 65, 100, 150, 250, 400, 700, 1200, 2500)
"""The dial of the fixed levels: a day out of stock is worth so much stock, held for a day."""
WAYS = ("Poisson", "own errors")
_FIXED = range(25)
_NEWEST = 20


@dataclass(frozen=True)
class Shop:
    """Some days of a setting, and those before, in which everything was learned."""

    uses: Uses
    setting: Setting
    learned: range
    days: range

    @cached_property
    def means(self) -> list[float]:
        """The use of an average learned day, for each item."""
        return [max(fmean(use[: self.learned.stop]), 1 / len(self.learned)) for use in self.uses.values()]

    @cached_property
    def lead_time(self) -> LeadTime:
        """As Larder learns it, from the newest deliveries."""
        newest = self.setting.waits[self.learned.stop - _NEWEST : self.learned.stop]
        return LeadTime.of([timedelta(days=wait) for wait in newest])

    @cached_property
    def horizons(self) -> tuple[float, ...]:
        """What a forecast may look ahead: the average or longest usual wait, and a day until one looks again."""
        return tuple(
            days + LOOKED_AT_EVERY_DAYS for days in (self.lead_time.mean_days, self.lead_time.longest_usual_days)
        )

    def fixed(self, measure: Measure, share: float) -> Curve:
        """The best fixed level of each item in what was learned, at the worth that comes nearest to a share of days."""
        count = len(self.learned)

        def cost(lived: Lived, mean: float, worth: float) -> float:
            return measure.stock(lived, mean) + worth * measure.out(lived) / count

        def best(worth: float) -> list[int]:
            tried = zip(self._tried, self.means, strict=True)
            return [min(_FIXED, key=lambda level: cost(lives[level], mean, worth)) for lives, mean in tried]

        def distance(levels: Sequence[int]) -> float:
            days = sum(measure.out(lives[level]) for lives, level in zip(self._tried, levels, strict=True))
            return abs(days / len(levels) / count - share)

        levels = min((best(worth) for worth in WORTHS), key=distance)
        return self.drawn([self._lived([level] * len(self.days) for level in levels)], measure)

    @cached_property
    def _tried(self) -> list[tuple[Lived, ...]]:
        """What came of each item at each fixed level in what was learned."""
        tried = [self._lived(([level] * len(self.learned) for _ in self.uses), self.learned) for level in _FIXED]
        return list(zip(*tried, strict=True))

    def larder(self) -> list[list[Lived]]:
        """By the rule `runs out before delivery`, at more and more caution."""
        known = [rates(use, self.days) for use in self.uses.values()]
        dial = ([by_larder(each, self.lead_time, caution) for each in known] for caution in CAUTIONS)
        return [self._emptied, *map(self._lived, dial)]

    def library(self, forecasts: Sequence[Forecasts], way: str, horizon: float, step: int = 1) -> list[list[Lived]]:
        """By a library's forecasts, with Poisson's distribution around them or one as wide as their own errors."""
        if way == "Poisson":
            dial = ([by_poisson(each.means, horizon, risk) for each in forecasts] for risk in RISKS[::step])
        else:
            dial = ([by_spread(*each, horizon, caution) for each in forecasts] for caution in CAUTIONS[::step])
        return [self._emptied, *map(self._lived, dial)]

    @cached_property
    def _emptied(self) -> list[Lived]:
        """The end of every dial: reordered when nothing is left."""
        return self._lived([0] * len(self.days) for _ in self.uses)

    def drawn(self, rows: Sequence[Sequence[Lived]], measure: Measure) -> Curve:
        """The curve of what was lived through."""
        return Curve.of(rows, measure, self.means, len(self.days))

    def _lived(self, levels: Iterable[Sequence[int]], days: range | None = None) -> list[Lived]:
        rows = zip(self.uses.values(), levels, self.means, strict=True)
        return [live(use, days or self.days, level, self.setting.pack(mean), self.setting) for use, level, mean in rows]

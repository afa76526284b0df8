"""Average stock against days out of stock, as a dial for safety is turned, and ways compared at equal average stock."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

from bench.shelves import Lived

YEAR = 365


@dataclass(frozen=True)
class Measure:
    """What is counted: the days on which something was `missed`, or those that began `empty`; what stock counts in."""

    days: str
    in_days_of_use: bool

    @property
    def name(self) -> str:
        """In words."""
        days = {"missed": "days on which something was missing", "empty": "days that began with nothing"}[self.days]
        return f"{days}, stock in {'days of use' if self.in_days_of_use else 'pieces'}"

    def stock(self, lived: Lived, mean: float) -> float:
        """The average stock of an item that is used so much on a day."""
        return lived.stock / mean if self.in_days_of_use else lived.stock

    def out(self, lived: Lived) -> int:
        """The days out of stock."""
        return lived.missed if self.days == "missed" else lived.empty


@dataclass(frozen=True)
class Curve:
    """For each position of the dial and each item: its average stock, and its days out of stock in a year."""

    stock: Sequence[Sequence[float]]
    days: Sequence[Sequence[float]]

    @staticmethod
    def of(rows: Sequence[Sequence[Lived]], measure: Measure, means: Sequence[float], days: int) -> "Curve":
        """What was lived through in so many days, by some measure."""
        return Curve(
            [[measure.stock(lived, mean) for lived, mean in zip(row, means, strict=True)] for row in rows],
            [[measure.out(lived) * YEAR / days for lived in row] for row in rows],
        )

    def points(self, items: Sequence[int]) -> list[tuple[float, float]]:
        """The averages of some items, the least stock first."""
        count = len(items)
        return sorted(
            (fsum(stock[item] for item in items) / count, fsum(days[item] for item in items) / count)
            for stock, days in zip(self.stock, self.days, strict=True)
        )

    def at(self, stock: float, items: Sequence[int]) -> float:
        """The days at an average stock, between its neighbours on the curve; beyond its ends, those of the end."""
        points = self.points(items)
        for (less, many), (more, few) in pairwise(points):
            if less <= stock <= more:
                return many + (few - many) * (stock - less) / (more - less) if more > less else min(many, few)
        return points[0][1] if stock < points[0][0] else points[-1][1]


@dataclass(frozen=True)
class Row:
    """The best fixed levels for one position of their dial, and the curves of the others."""

    fixed: Curve
    library: Curve
    larder: Curve

    def days(self, items: Sequence[int]) -> tuple[float, float, float, float]:
        """The average stock of the fixed levels, and at it the days out of stock: theirs, the library's, Larder's."""
        ((stock, days),) = self.fixed.points(items)
        return stock, days, self.library.at(stock, items), self.larder.at(stock, items)


@dataclass(frozen=True)
class Ratio:
    """Larder's days by another's, all rows together, and where it is in nine of ten sets of items drawn from these."""

    value: float
    low: float
    high: float


def ratios(rows: Sequence[Row], items: Sequence[int], draws: int) -> tuple[Ratio, Ratio]:
    """Against the fixed levels, and against the library."""
    chance = random.Random(1)
    drawn = [_ratios(rows, chance.choices(items, k=len(items))) for _ in range(draws)]
    (fixed, library), (fixed_draws, library_draws) = _ratios(rows, items), zip(*drawn, strict=True)
    return _between(fixed, sorted(fixed_draws)), _between(library, sorted(library_draws))


def _ratios(rows: Sequence[Row], items: Sequence[int]) -> tuple[float, float]:
    found = [row.days(items) for row in rows]
    fixed, library, larder = (fsum(each[place] for each in found) for place in (1, 2, 3))
    return larder / fixed, larder / library


def _between(value: float, draws: Sequence[float]) -> Ratio:
    return Ratio(value, draws[len(draws) // 20], draws[len(draws) - 1 - len(draws) // 20])

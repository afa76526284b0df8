"""Two years of daily use of grocery items, lived through once for each way to decide when to reorder."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data" / "daily_use.csv"
FIRST, HALF, LEARNED, LAST = date(2014, 1, 1), 182, 365, 729
"""The first day; the numbers of the days at which the second half of 2014, 2015 and what nobody recorded begin."""

Uses = Mapping[str, Sequence[int]]


def daily_uses(file: Path = DATA) -> dict[str, list[int]]:
    """What was used of each item on each day, zero where nothing is recorded."""
    uses: dict[str, list[int]] = {}
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            day = (date.fromisoformat(row["day"]) - FIRST).days
            uses.setdefault(row["item"], [0] * LAST)[day] += int(row["used"])
    return dict(sorted(uses.items()))


def evening(day: int) -> datetime:
    """When the use of a day is over."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, 20, tzinfo=UTC) + timedelta(days=day)


@dataclass(frozen=True)
class Setting:
    """How orders come: each day's wait for one made then, and packs for so many days of the use that was learned."""

    waits: Sequence[int]
    pack_days: int

    def pack(self, mean: float) -> int:
        """Whole units, one at least."""
        return max(1, round(self.pack_days * mean))


def waits(days: Sequence[int], seed: int = 1) -> list[int]:
    """One of the waits for each day, the same for whoever orders then."""
    chance = random.Random(seed)
    return [chance.choice(days) for _ in range(LAST)]


class Lived(NamedTuple):
    """What came of it: average stock of an evening, days that began with nothing, days with something missing."""

    stock: float
    empty: int
    missed: int


def live(use: Sequence[int], days: range, levels: Sequence[int], pack: int, setting: Setting) -> Lived:
    """Each evening at or below that day's level, with nothing on order, order whole packs until it is exceeded.

    A wait of two days ends on the evening after the next, before one looks. It begins with one pack.
    """
    stock, coming, comes = pack, 0, -1
    total = empty = missed = 0
    for day, level in zip(days, levels, strict=True):
        wanted = use[day]
        empty += stock == 0
        missed += wanted > stock
        stock = max(stock - wanted, 0)
        if comes == day:
            stock, comes = stock + coming, -1
        total += stock
        if comes < 0 and stock <= level:
            coming = pack * ((level - stock) // pack + 1)
            comes = day + setting.waits[day]
    return Lived(total / len(days), empty, missed)

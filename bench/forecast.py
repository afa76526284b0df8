"""Days out of stock at equal average stock: fixed levels, a forecasting library, and Larder's forecast.

Learned on 2014, lived through in 2015. Each way has one dial for its safety; a curve is drawn by turning it, and the
curves are read where the average stock is that of the best fixed levels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log
from pathlib import Path
from statistics import fmean

from bench.curves import Measure, Ratio, Row, ratios
from bench.figures import Aim, Figure, Report, Table
from bench.library import METHODS, Forecasts, forecasts
from bench.shelves import HALF, LAST, LEARNED, Setting, Uses, daily_uses, waits
from bench.shop import WAYS, Shop
from rules.forecast import CAUTION

MEASURES = tuple(Measure(days, in_days) for days, in_days in product(("missed", "empty"), (False, True)))
"""The first one is what the issue asks for; stock in days of use makes a rare item's piece a heavy one."""
SHARES = (0.03, 0.01, 0.005)
"""Compared where the best fixed levels were out of stock on so many of the days that they were learned in."""
LEADS: Mapping[str, Sequence[int]] = {"2 days": (2,), "1 to 7 days": (1, 1, 2, 2, 2, 3, 3, 4, 5, 7)}
PACKS = {"a week": 7, "two weeks": 14}
CLASSES = {"less than one in 5 days": (0.0, 0.2), "between": (0.2, 0.5), "one in 2 days or more": (0.5, 1e9)}
WAYS_COMPARED = ("fixed levels", "library", "Larder")


@dataclass(frozen=True)
class Chosen:
    """The library's best: which method, which distribution around it, which of the horizons."""

    method: str
    way: str
    horizon: int

    def __str__(self) -> str:
        return f"{self.method} ({self.way}, {('average wait', 'longest usual wait')[self.horizon]})"


@dataclass(frozen=True)
class Compared:
    """One row of the table."""

    measure: Measure
    lead: str
    pack: str
    row: Row


def measure(file: Path, draws: int, most_items: int | None = None) -> Report:
    """All settings on the items of a file; `draws` sets of these say how sure the ratios are."""
    uses = dict(list(daily_uses(file).items())[:most_items])
    chosen = {lead: choose(uses, lead) for lead in LEADS}
    compared = list(compare(uses, chosen, range(LEARNED), range(LEARNED, LAST)))
    everything = range(len(uses))
    figures = [figure for each in MEASURES for figure in _figures(each, compared, draws, everything)]
    best = "; ".join(f"lead time {lead}: {of_lead[MEASURES[0]]}" for lead, of_lead in chosen.items())
    return Report(
        "Forecast",
        figures,
        [
            f"{len(uses)} grocery items, daily use (`bench/data`). Learned on 2014, lived through in 2015. Days out "
            "of stock of an item in a year at equal average stock, the average of "
            f"{len(LEADS) * len(PACKS) * len(SHARES)} settings; bare is the other way. One looks every evening, "
            "nothing is ordered while something is, and the first pack is there.",
            "Fixed levels: for each item the one that was best in 2014 by the measure itself. Larder: `runs out before "
            f"delivery` at other cautions (a user's is {CAUTION}). Library: statsforecast, fitted anew every evening; "
            f"the best of {len(METHODS)} methods, two distributions and two horizons for each measure and lead time, "
            f"chosen on the second half of 2014. For the first measure: {best}.",
            f"In brackets: the ratio in nine of ten of {draws} sets of items drawn from these.",
        ],
        [_settings(compared, everything), _classes(uses, compared), _each(compared, everything)],
    )


def setting(lead: str, pack: str) -> Setting:
    """How orders come."""
    return Setting(waits(LEADS[lead]), PACKS[pack])


def choose(uses: Uses, lead: str) -> dict[Measure, Chosen]:
    """By the second half of 2014, for each measure: the fewest days, by the ratios to those of the fixed levels."""
    shop = Shop(uses, setting(lead, "a week"), range(HALF), range(HALF, LEARNED))
    items = range(len(uses))
    marks = {each: [shop.fixed(each, share).points(items)[0] for share in SHARES] for each in MEASURES}
    scores: dict[Measure, list[tuple[float, Chosen]]] = {each: [] for each in MEASURES}
    for method in METHODS:
        known = [forecasts(method, use, shop.days) for use in uses.values()]
        for way, horizon in product(WAYS, range(len(shop.horizons))):
            rows = shop.library(known, way, shop.horizons[horizon], step=2)
            for each, points in marks.items():
                curve = shop.drawn(rows, each)
                score = sum(log(max(curve.at(stock, items), 0.01) / max(days, 0.01)) for stock, days in points)
                scores[each].append((score, Chosen(method, way, horizon)))
    return {each: min(found, key=lambda one: one[0])[1] for each, found in scores.items()}


def compare(
    uses: Uses, chosen: Mapping[str, Mapping[Measure, Chosen]], learned: range, days: range
) -> Iterator[Compared]:
    """All rows."""
    for lead, pack in product(chosen, PACKS):
        shop = Shop(uses, setting(lead, pack), learned, days)
        known: dict[str, list[Forecasts]] = {}
        for best in chosen[lead].values():
            if best.method not in known:
                known[best.method] = [forecasts(best.method, use, days) for use in uses.values()]
        larder = shop.larder()
        for each, best in chosen[lead].items():
            library = shop.drawn(shop.library(known[best.method], best.way, shop.horizons[best.horizon]), each)
            for share in SHARES:
                yield Compared(each, lead, pack, Row(shop.fixed(each, share), library, shop.drawn(larder, each)))


def _figures(each: Measure, compared: Sequence[Compared], draws: int, items: Sequence[int]) -> Iterator[Figure]:
    rows = [one.row for one in compared if one.measure == each]
    _, fixed, library, larder = _averages(rows, items)
    for other, days, ratio in zip(
        ("fixed levels", "the library"), (fixed, library), ratios(rows, items, draws), strict=True
    ):
        name = f"{each.name}: against {other} {_range(ratio)}"
        yield Figure(name, _said(larder), _said(days), ratio.value, Aim(1, at_most=True))


def _averages(rows: Sequence[Row], items: Sequence[int]) -> list[float]:
    return [fmean(column) for column in zip(*(row.days(items) for row in rows), strict=True)]


def _range(ratio: Ratio) -> str:
    return f"({ratio.low:.2f} to {ratio.high:.2f})"


def _said(days: float) -> str:
    return f"{days:.2f} days"


def _settings(compared: Sequence[Compared], items: Sequence[int]) -> Table:
    """The first measure in each setting."""
    rows = []
    for each in compared:
        if each.measure == MEASURES[0]:
            stock, *days = each.row.days(items)
            rows.append((each.lead, each.pack, f"{stock:.2f} pieces", *(f"{one:.2f}" for one in days)))
    return Table(("lead time", "a pack lasts", "average stock", *WAYS_COMPARED), rows)


def _classes(uses: Uses, compared: Sequence[Compared]) -> Table:
    """The first measure for items of some speed, at their own average stock; all settings together."""
    means = [fmean(use[:LEARNED]) for use in uses.values()]
    measured = [each.row for each in compared if each.measure == MEASURES[0]]
    rows = []
    for name, (low, high) in CLASSES.items():
        items = [place for place, mean in enumerate(means) if low <= mean < high]
        if items:
            stock, *days = _averages(measured, items)
            rows.append((name, str(len(items)), f"{stock:.2f} pieces", *(f"{one:.2f}" for one in days)))
    return Table(("used", "items", "average stock", *WAYS_COMPARED), rows)


def _each(compared: Sequence[Compared], items: Sequence[int]) -> Table:
    """Every measure where each item has the average stock of its own fixed level; all settings together."""
    rows = []
    for each in MEASURES:
        measured = [one.row for one in compared if one.measure == each]
        found = [_averages(measured, [item]) for item in items]
        _, *days = (fmean(column) for column in zip(*found, strict=True))
        rows.append((each.name, *(f"{one:.2f}" for one in days)))
    return Table(("each item at its own average stock", *WAYS_COMPARED), rows)

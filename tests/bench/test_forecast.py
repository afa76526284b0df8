"""What the forecast's measure makes of shelves and curves; by small numbers worked out by hand."""

from statistics import fmean

from bench.curves import Curve, Measure, Row, ratios
from bench.levels import by_larder, by_poisson, by_spread, rates
from bench.shelves import HALF, LAST, LEARNED, Lived, Setting, daily_uses, live, waits
from domain.lead_time import USUAL
from rules.forecast import outlasts

TWO_DAYS = Setting(waits=[2] * 20, pack_days=7)


def test_the_data_is_two_years_of_fifty_items() -> None:
    uses = daily_uses()
    assert (len(uses), {len(use) for use in uses.values()}) == (50, {729})
    assert sum(map(sum, uses.values())) > 10_000
    assert uses["Instant food products"][:5] == [2, 0, 0, 0, 1]
    assert (LAST - LEARNED, LEARNED // 2) == (364, HALF)


def test_a_shelf_is_lived_through_day_by_day() -> None:
    """A pack of 3; at 1 left, on the evening of day 2, a pack is ordered and comes on the evening of day 4.

    Day 3 takes the last one and misses one, day 4 begins with nothing and misses one.
    """
    use = [1, 0, 1, 2, 1, 1]
    assert live(use, range(6), [1] * 6, 3, TWO_DAYS) == Lived(stock=(2 + 2 + 1 + 0 + 3 + 2) / 6, empty=1, missed=2)


def test_so_many_packs_are_ordered_as_exceed_the_level() -> None:
    assert live([3, 0, 0, 0], range(4), [7] * 4, 3, TWO_DAYS) == Lived(stock=(0 + 0 + 9 + 9) / 4, empty=2, missed=0)


def test_nothing_is_ordered_while_something_is() -> None:
    assert live([1, 1, 0, 0], range(4), [2] * 4, 2, TWO_DAYS).stock == (1 + 0 + 2 + 2) / 4


def test_a_pack_is_at_least_one() -> None:
    assert [TWO_DAYS.pack(mean) for mean in (0.01, 1, 2.3)] == [1, 7, 16]


def test_the_waits_are_the_same_for_everybody() -> None:
    assert waits((1, 5)) == waits((1, 5))
    assert set(waits((1, 5))) == {1, 5}


def test_larders_level_is_the_greatest_that_runs_out() -> None:
    known = rates([1, 2] * 60, range(60, 120))
    levels = by_larder(known, USUAL, 1.645)
    assert all(
        rate is not None and not outlasts(level, rate, USUAL, 1.645) and outlasts(level + 1, rate, USUAL, 1.645)
        for level, rate in zip(levels, known, strict=True)
    )
    assert by_larder([None, *known], USUAL, 1.645) == [0, *levels]
    assert by_larder(known[::-1], USUAL, 1.645) == levels[::-1]


def test_poissons_level_is_the_greatest_that_is_used_up_with_that_risk() -> None:
    """Of a mean of one: at least one with 0.632, two with 0.264, three with 0.080."""
    assert [by_poisson([0.5], 2, risk)[0] for risk in (0.7, 0.6, 0.2, 0.05)] == [0, 1, 2, 3]


def test_a_spread_is_never_below_nothing() -> None:
    assert by_spread([1, 0.1], [2, 1], 4, 1) == [8, 2]
    assert by_spread([0.1], [1], 4, -1) == [0]


def test_curves_are_compared_at_equal_average_stock() -> None:
    """The fixed levels keep 3 on average and are out on 4 days; between 2 and 4 the others lie in the middle."""
    fixed = Curve([[2, 4]], [[6, 2]])
    library = Curve([[1, 3], [3, 5]], [[8, 8], [2, 2]])
    larder = Curve([[3, 5], [1, 3]], [[1, 1], [5, 5]])
    row = Row(fixed, library, larder)
    assert row.days([0, 1]) == (3, 4, 5, 3)
    assert row.days([1]) == (4, 2, 5, 3)
    against_fixed, against_library = ratios([row, row], [0, 1], 20)
    assert (against_fixed.value, against_library.value) == (3 / 4, 3 / 5)
    assert against_fixed.low <= against_fixed.value <= against_fixed.high


def test_beyond_its_ends_a_curve_has_the_days_of_the_end() -> None:
    curve = Curve([[1.0], [2.0]], [[5.0], [1.0]])
    assert [curve.at(stock, [0]) for stock in (0.5, 1.25, 9)] == [5, 4, 1]


def test_measures_count_pieces_or_days_of_use() -> None:
    lived, mean = Lived(stock=6, empty=2, missed=1), fmean([1, 2])
    assert Measure("missed", in_days_of_use=False).stock(lived, mean) == 6
    assert Measure("empty", in_days_of_use=True).stock(lived, mean) == 4
    assert [Measure(days, in_days_of_use=False).out(lived) for days in ("missed", "empty")] == [1, 2]

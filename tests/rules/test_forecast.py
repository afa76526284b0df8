"""How long a stock lasts, how sure that is, and what the rules make of it; the quantiles against simulated use."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.expiry import Batch, Inside
from domain.lead_time import ENOUGH, USUAL, LeadTime
from domain.stock import Stock
from domain.use import Rate, Use
from rules.forecast import CAUTION, MOST_DAYS, Forecast, forecast, lasts, runs_out, spoils

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FOR_GOOD = 10.0**9
TWO_DAYS = LeadTime(mean_days=2, longest_usual_days=2)


def a_stock(level: float | None) -> Stock:
    """So much of something of which two were used on each of 60 days."""
    use = Use().watched(NOON)
    for day in range(1, 61):
        use = use.used(2, NOON + timedelta(days=day))
    return Stock(on_shelf=None if level is None else Decimal(str(level)), use=use)


END = NOON + timedelta(days=60)


def test_ten_at_two_a_day_last_five_days_more_or_less() -> None:
    expected = forecast(a_stock(10), END)
    assert expected is not None
    assert float(expected.per_day) == pytest.approx(2, rel=0.02)
    assert expected.days_left is not None
    assert expected.cautious is not None
    assert expected.hopeful is not None
    assert 4.3 < expected.cautious < expected.days_left < expected.hopeful < 5.8


@pytest.mark.parametrize("level", [1, 4, 20])
@pytest.mark.parametrize("per_day", [0.3, 2])
def test_one_stock_in_twenty_is_used_up_before_the_cautious_forecast(level: int, per_day: float) -> None:
    """Single uses at random moments, whose rate is known: the cautious and the hopeful forecast hold what they say."""
    chance = random.Random(level)
    lived = [sum(chance.expovariate(per_day) for _ in range(level)) for _ in range(20_000)]
    rate = Rate(per_day, per_day, FOR_GOOD)
    early = sum(days < lasts(level, rate, -CAUTION) for days in lived) / len(lived)
    late = sum(days > lasts(level, rate, CAUTION) for days in lived) / len(lived)
    assert early == pytest.approx(0.05, abs=0.012)
    assert late == pytest.approx(0.05, abs=0.012)


def test_a_rate_of_which_little_was_seen_is_a_wider_guess() -> None:
    """Rates that are as likely as what was seen in ten days, and the time a stock of ten lasts at each."""
    chance = random.Random(1)
    lived = []
    for _ in range(20_000):
        rate = chance.gammavariate(10, 1 / 10)  # ten single uses in ten days
        lived.append(sum(chance.expovariate(rate) for _ in range(10)))
    cautious, hopeful = (lasts(10, Rate(1, 1, 10), caution) for caution in (-CAUTION, CAUTION))
    assert sum(days < cautious for days in lived) / len(lived) == pytest.approx(0.05, abs=0.012)
    assert sum(days > hopeful for days in lived) / len(lived) == pytest.approx(0.05, abs=0.012)


@settings(deadline=None)
@given(
    st.floats(0, 1e12),
    st.floats(0, 1e9),
    st.floats(0, 1e18),
    st.floats(0.001, 180),
    st.floats(0, 4),
)
@example(5e-324, 2.0, 0.0, 1.0, 1.0)
def test_no_use_whatever_makes_the_forecast_stumble(
    level: float, mean: float, variance: float, days: float, caution: float
) -> None:
    rate = Rate(mean, variance, days)
    cautious, expected, hopeful = (lasts(level, rate, way) for way in (-caution, 0, caution))
    assert 0 <= cautious <= hopeful <= MOST_DAYS
    assert 0 <= expected <= MOST_DAYS


@settings(deadline=None)
@given(st.floats(0.01, 50), st.floats(0.01, 100), st.floats(1, 180), st.floats(0.1, 3))
def test_more_lasts_longer_and_more_caution_says_less(
    mean: float, variance: float, days: float, caution: float
) -> None:
    rate = Rate(mean, variance, days)
    by_level = [lasts(level, rate, -caution) for level in (0, 1, 2, 5, 10, 50)]
    by_caution = [lasts(5, rate, -more) for more in (0, caution / 2, caution)]
    assert by_level == sorted(by_level)
    assert by_caution[1:] == sorted(by_caution[1:], reverse=True)


def test_nothing_is_said_before_three_days_and_three_uses() -> None:
    use = Use().watched(NOON)
    for hour in (1, 2, 3, 4):
        use = use.used(1, NOON + timedelta(hours=hour))
    stock = Stock(on_shelf=Decimal(8), use=use)
    almost, enough = NOON + timedelta(days=2.99), NOON + timedelta(days=3)
    assert (forecast(stock, almost), runs_out(stock, almost, USUAL)) == (None, None)
    assert forecast(stock, enough) is not None
    seldom = Stock(on_shelf=Decimal(8), use=Use().watched(NOON).used(1, enough).used(1, enough))
    assert forecast(seldom, NOON + timedelta(days=40)) is None


def test_without_a_count_only_the_use_is_known() -> None:
    stock = a_stock(None)
    expected = forecast(stock, END)
    assert expected is not None
    assert expected == Forecast(expected.per_day)
    assert runs_out(stock, END, USUAL) is None


@pytest.mark.parametrize(
    ("level", "lead_time", "runs"),
    [
        (0, TWO_DAYS, True),
        (6, TWO_DAYS, True),  # two days for the delivery, one until somebody looks again
        (8, TWO_DAYS, False),
        (8, LeadTime(mean_days=2, longest_usual_days=4), True),  # it may well take longer than that
        (14, LeadTime(mean_days=2, longest_usual_days=4), False),
        (14, LeadTime(mean_days=2, longest_usual_days=40), True),
        (60, LeadTime(mean_days=2, longest_usual_days=40), False),  # a wait that nobody knows is no reason for ever
    ],
)
def test_a_stock_must_last_the_usual_wait_and_a_day(level: int, lead_time: LeadTime, runs: bool) -> None:
    assert runs_out(a_stock(level), END, lead_time) is runs


def inside(*days: float) -> tuple[Inside, ...]:
    """Tags that expire so many days after the end, the first one first."""
    return tuple(Inside(tag=str(place), expires_at=END + timedelta(days=day)) for place, day in enumerate(days))


@pytest.mark.parametrize(
    ("tags", "spoiled"),
    [
        ((), False),
        ((1,), False),  # used within half a day
        ((0.2,), True),
        ((2, 2, 2, 2), False),  # four in two days
        ((2, 2, 2, 2, 2), True),  # the fifth is too much
        ((1, 9, 9, 9), False),
        ((-1, 9), True),
    ],
)
def test_the_first_to_expire_is_used_first_and_what_is_left_then_spoils(tags: tuple[float, ...], spoiled: bool) -> None:
    stock = a_stock(len(tags)).model_copy(update={"inside": inside(*tags), "expiry_told": True})
    assert spoils(stock, END) is spoiled


@pytest.mark.parametrize(
    ("batches", "tags", "spoiled"),
    [
        (((2, 4),), (), False),  # two a day
        (((2, 5),), (), True),
        (((1, 2), (3, 4)), (), False),
        (((1, 2), (3, 5)), (), True),
        (((2, 3),), (1,), False),  # the tag first, and then the three are used by then
        (((2, 3),), (1, 1.5), True),
    ],
)
def test_of_a_batch_all_of_it_must_be_used_in_time(
    batches: tuple[tuple[float, int], ...], tags: tuple[float, ...], spoiled: bool
) -> None:
    known = tuple(Batch(expires_at=END + timedelta(days=days), units=Decimal(units)) for days, units in batches)
    stock = a_stock(9).model_copy(update={"inside": inside(*tags), "batches": known})
    assert spoils(stock, END) is spoiled


def test_where_nobody_said_when_anything_expires_nobody_knows_whether_it_spoils() -> None:
    assert spoils(a_stock(9), END) is None


def test_what_has_expired_spoils_whatever_its_use_and_nobody_knows_of_the_rest() -> None:
    assert spoils(Stock(inside=inside(-1)), END) is True
    assert spoils(Stock(inside=inside(1)), END) is None


def waits(*days: float) -> list[timedelta]:
    return [timedelta(days=day) for day in days]


def test_one_delivery_in_twenty_or_so_comes_too_late_for_a_stock_that_just_does_not_run_out() -> None:
    """Steady use of two a day, and waits that differ: normally distributed, as the learned deviation takes them."""
    chance, lead_time = random.Random(1), LeadTime(mean_days=3, longest_usual_days=4.3)
    level = next(level for level in range(100) if not runs_out(a_stock(level), END, lead_time))
    waits = [1 + chance.gauss(3, lead_time.deviation_days) for _ in range(20_000)]
    assert 0.02 < sum(2 * wait > level for wait in waits) / len(waits) < 0.08


def test_a_lead_time_is_the_households_own_then_everybodys_then_the_usual() -> None:
    own, everybodys = waits(1, 2, 6), waits(3, 3, 3, 3)
    assert LeadTime.learned(own, everybodys) == LeadTime(mean_days=3, longest_usual_days=6, deliveries=3)
    assert LeadTime.learned(own[: ENOUGH - 1], everybodys) == LeadTime(mean_days=3, longest_usual_days=3, deliveries=4)
    assert LeadTime.learned(own[:2], everybodys[:2]) == USUAL


def test_of_many_deliveries_the_longest_in_ten_is_not_usual() -> None:
    learned = LeadTime.of(waits(*[2] * 18, 5, 14))
    assert (learned.longest_usual_days, learned.deliveries) == (5, 20)
    assert LeadTime.of(waits(*[2] * 20, 14)).longest_usual_days == 2
    assert LeadTime.of(waits(-1, -1, 0)).mean_days == 0

"""What is known of an item's use: a fold like the stock's, that fades with time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Arrival, Source
from domain.fold import after
from domain.stock import Stock
from domain.use import MEMORY_DAYS, Use
from rules.forecast import Forecast, forecast
from tests.judgement.household import Household, hours

DRAWN = st.lists(
    st.tuples(
        st.sampled_from(["counted", "used", "used", "added", "removed", "returned", "percent"]),
        st.integers(0, 12),
        st.integers(1, 900),
    ),
    min_size=1,
    max_size=14,
)


def days(count: float) -> datetime:
    """So many days after noon."""
    return hours(24 * count)


def told(drawn: list[tuple[str, int, int]]) -> list[tuple[str, int, datetime]]:
    """Kind, quantity and moment of observation, no two at once; all within reach of the end."""
    moment, facts = hours(0), []
    for kind, quantity, minutes in drawn:
        moment += timedelta(minutes=minutes)
        facts.append((kind, quantity, moment))
    return facts


def a_household() -> Household:
    return Household(capacity=Decimal(24))


def at_last(household: Household) -> Forecast | None:
    return forecast(household.state.stock.advanced(days(12)), days(12))


@settings(max_examples=200, deadline=None)
@given(DRAWN, st.data())
def test_any_split_and_any_order_of_arrival_give_the_same_forecast(
    drawn: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """However late and in whatever order facts come, once all of them are there it is as if each had come at once."""
    in_order, late = a_household(), a_household()
    facts = told(drawn)
    for kind, quantity, seen in facts:
        in_order.tell(kind, quantity, at=seen)
    shuffled = data.draw(st.permutations(facts))
    arrived = facts[-1][2] if facts else hours(0)
    arrivals: list[Arrival] = []
    for place, (kind, quantity, seen) in enumerate(shuffled):
        at = arrived + timedelta(seconds=place)
        arrivals.append(late.arrival(kind, quantity, at=at, seen=seen))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(facts)), max_size=5)))
    for start, end in zip([0, *cuts], [*cuts, len(facts)], strict=True):
        if start < end:
            late.settle(*arrivals[start:end], at=arrivals[end - 1].at)
    assert late.state.stock.use == in_order.state.stock.use
    assert at_last(late) == at_last(in_order)


@settings(deadline=None)
@given(DRAWN)
def test_a_stored_stock_goes_on_as_if_it_had_never_been_stored(drawn: list[tuple[str, int, int]]) -> None:
    kept, household = Stock(capacity=Decimal(24)), a_household()
    for kind, quantity, seen in told(drawn):
        arrival = household.arrival(kind, quantity, at=seen, capacity=Decimal(24) if kind == "percent" else None)
        household.settle(arrival, at=seen)
        kept = Stock.model_validate_json(after(kept, arrival).model_dump_json(exclude_defaults=True))
    assert kept.use == household.state.stock.use


def test_a_stock_of_before_is_read_and_watched_from_its_next_fact_on() -> None:
    old = Stock.model_validate_json('{"on_shelf": "5", "counted_at": "2026-03-01T12:00:00Z"}')
    assert (old.use, old.unused_for(days(1))) == (Use(), None)
    assert forecast(old, days(1)) is None
    jar = Household()
    later = after(old, jar.arrival("used", 1, at=days(1)))
    assert (later.use.since, later.use.units, later.unused_for(days(3))) == (days(1), 0, timedelta(days=2))


@pytest.mark.parametrize("quantity", [1, 2.5, 400])
@pytest.mark.parametrize("every", [0.25, 1, 3])
def test_the_forecast_of_a_constant_use_converges_to_it(quantity: float, every: float) -> None:
    stock, jar = Stock(), Household()
    stock = after(stock, jar.arrival("counted", quantity * 2000, at=days(0)))
    for turn in range(1, int(2 * MEMORY_DAYS / every)):
        stock = after(stock, jar.arrival("used", quantity, at=days(turn * every)))
    expected = forecast(stock, days(2 * MEMORY_DAYS))
    assert expected is not None
    assert float(expected.per_day) == pytest.approx(quantity / every, rel=0.03)
    assert expected.days_left is not None
    assert float(expected.days_left) == pytest.approx(float(stock.level or 0) / quantity * every, rel=0.03)


def test_what_is_no_longer_used_fades() -> None:
    jar = Household()
    jar.tell("counted", 100, at=days(0))
    for day in range(1, 31):
        jar.tell("used", 2, at=days(day))
    seen = [forecast(jar.state.stock, days(30 + later)) for later in (0, 30, 90, 365, 3650)]
    use = [float(each.per_day) for each in seen if each is not None]
    left = [float(each.days_left) for each in seen if each is not None and each.days_left is not None]
    assert len(use) == len(left) == 5
    assert use == sorted(use, reverse=True)
    assert left == sorted(left)
    assert (use[-1], left[-1]) == (0, 9999)


def test_a_change_of_use_is_followed() -> None:
    """Half a year at 4 a day after half a year at 1: the new use weighs more."""
    jar = Household()
    jar.tell("counted", 1000, at=days(0))
    for day in range(1, 361):
        jar.tell("used", 1 if day <= 180 else 4, at=days(day))
    expected = forecast(jar.state.stock, days(360))
    assert expected is not None
    assert 3 < expected.per_day < 3.4


def test_counts_that_fall_are_use_spread_over_the_days_since_the_last() -> None:
    """Twelve a week, counted once a week, is twelve sevenths a day, and as even as can be."""
    weekly, daily = Household(), Household()
    weekly.tell("counted", 120, at=days(0))
    daily.tell("counted", 84, at=days(0))
    for week in range(1, 8):
        weekly.tell("counted", 120 - 12 * week, at=days(7 * week))
    for day in range(1, 50):
        daily.tell("used", "1.714286", at=days(day))
    by_week, by_day = forecast(weekly.state.stock, days(49)), forecast(daily.state.stock, days(49))
    assert by_week is not None
    assert by_day is not None
    assert float(by_week.per_day) == pytest.approx(12 / 7, rel=0.01)
    assert weekly.state.stock.use.squares == pytest.approx(daily.state.stock.use.squares, rel=0.02)


def used_in_all(*facts: tuple[str, float, dict[str, Any]]) -> float:
    """What was used by the facts of one day, after a person's count of 20."""
    jar = Household()
    jar.tell("counted", 20, at=hours(0), source=Source.PERSON)
    for place, (kind, quantity, more) in enumerate(facts, start=1):
        jar.tell(kind, quantity, at=hours(place), **more)
    return round(jar.state.stock.use.units, 1)


@pytest.mark.parametrize(
    ("facts", "used"),
    [
        ([("used", 3, {})], 3),
        ([("removed", 3, {}), ("returned", 2, {})], 1),
        ([("removed", 1, {"tag": "a"}), ("removed", 1, {"tag": "a"}), ("returned", 1, {"tag": "a"})], 0),
        ([("counted", 17, {})], 3),
        ([("counted", 17, {}), ("counted", "17.2", {}), ("counted", "16.9", {})], 3.1),  # a scale that trembles
        ([("counted", 17, {}), ("counted", 29, {}), ("counted", 28, {})], 4),  # goods came in between
        ([("counted", 17, {"source": Source.PERSON}), ("counted", 18, {"source": Source.PERSON})], 3),
        ([("used", 25, {})], 25),  # more than there was: somebody wanted it all the same
        ([("added", 5, {}), ("pressed", None, {})], 0),
        ([("returned", 2, {})], 0),
    ],
)
def test_what_is_use_and_what_is_not(facts: list[tuple[str, float, dict[str, Any]]], used: float) -> None:
    assert used_in_all(*facts) == used


def test_what_comes_back_on_another_day_is_taken_back_too() -> None:
    jar = Household()
    jar.tell("counted", 20, at=days(0))
    jar.tell("removed", 3, at=days(1))
    jar.tell("removed", 2, at=days(2))
    jar.tell("returned", 2, at=days(3))
    use = jar.state.stock.use
    assert use.units == pytest.approx(3, rel=0.03)
    assert use.squares == pytest.approx(9, rel=0.05)


def test_unused_for_counts_from_the_last_use_or_the_first_count() -> None:
    jar = Household()
    assert jar.state.stock.unused_for(days(1)) is None
    jar.tell("counted", 20, at=days(0))
    assert jar.state.stock.unused_for(days(1)) == timedelta(days=1)
    jar.tell("counted", 20, at=days(2))
    assert jar.state.stock.unused_for(days(3)) == timedelta(days=3)
    jar.tell("used", 1, at=days(4))
    jar.tell("added", 6, at=days(5))
    assert jar.state.stock.unused_for(days(6)) == timedelta(days=2)


def test_what_was_taken_and_put_back_was_in_use() -> None:
    fridge = Household()
    fridge.tell("counted", 2, at=days(0))
    fridge.tell("removed", 1, at=days(3))
    fridge.tell("returned", 1, at=days(3.1))
    assert fridge.state.stock.unused_for(days(4)) == timedelta(days=1)


def test_a_use_before_the_first_count_begins_the_watch() -> None:
    """Nobody knows how long there was none before it, so it says nothing of how often that happens."""
    jar = Household()
    for day in range(8):
        jar.tell("used", 1, at=days(day))
    expected = forecast(jar.state.stock, days(7))
    assert expected is not None
    assert float(expected.per_day) == pytest.approx(1, rel=0.05)
    assert expected.days_left is None

"""Rules on the forecast, judged: an order in time, the retailer's real wait, and why not where nobody knows."""

from datetime import datetime, timedelta

import pytest

from domain.decisions import Verdict
from domain.item import Need
from domain.lead_time import LeadTime
from domain.orders import OrderState
from tests.judgement.household import NOON, SHOP, Household, a_rule, an_offer, hours

IN_TIME = "runs out before delivery"


def days(count: float) -> datetime:
    """So many days after noon."""
    return hours(24 * count)


def used_daily(jar: Household, per_day: int, first: int, last: int) -> None:
    """So many each day, at noon."""
    for day in range(first, last + 1):
        jar.tell("used", per_day, at=days(day))


def left_at(counted: int, need: Need) -> int:
    """What was left of a count at two a day when the need arose."""
    return counted - 2 * ((need.at - NOON) // timedelta(days=1))


@pytest.mark.parametrize(("longest", "level"), [(2, 6), (4, 10), (6, 16)])
def test_the_longer_a_retailer_may_take_the_earlier_is_ordered(longest: float, level: int) -> None:
    """Two cookies a day since two months; the wait is two days on average."""
    jar = Household([a_rule(IN_TIME)], lead_times={SHOP: LeadTime(mean_days=2, longest_usual_days=longest)})
    jar.tell("counted", 140, at=days(0))
    used_daily(jar, 2, 1, 70)
    assert [left_at(140, need) for need in jar.needs] == [level]


def test_who_orders_when_it_runs_out_is_never_without() -> None:
    """A pack of twelve each time, there two days later, for half a year of two a day."""
    jar = Household([a_rule(IN_TIME)], lead_times={SHOP: LeadTime(mean_days=2, longest_usual_days=2)})
    jar.tell("counted", 24, at=days(0))
    levels = []
    for day in range(1, 181):
        jar.tell("used", 2, at=days(day))
        levels.append(jar.level(days(day)))
        if jar.state.open is not None and jar.state.open.since <= days(day - 2):
            jar.order_is(OrderState.DELIVERED, 12, at=days(day) + timedelta(hours=1))
    assert min(level for level in levels if level is not None) >= 2
    assert len(jar.needs) == pytest.approx(30, abs=2)


@pytest.mark.parametrize("sentence", ["less than 4 days left", IN_TIME, "not (at least 4 days left) or 0 left"])
def test_a_delivery_after_which_it_still_does_not_last_orders_again(sentence: str) -> None:
    """Two a day, then four a day: guests. A pack of six is there after a day."""
    jar = Household([a_rule(sentence, offer=an_offer("6"))])
    jar.tell("counted", 30, at=days(0))
    delivered = 0
    for day in range(1, 61):
        jar.tell("used", 2 if day < 20 else 4, at=days(day))
        if jar.state.open is not None and jar.state.open.since < days(day):
            decision = jar.order_is(OrderState.DELIVERED, 6, at=days(day) + timedelta(hours=1))
            delivered += 1
            assert "already ordered for this" not in decision.sentence
            assert all(flag.armed or jar.state.open for flag in jar.state.memory.values())
    assert len(jar.needs) - delivered <= 1
    assert delivered >= 30  # ever since the guests are there


def test_what_will_last_after_a_delivery_orders_nothing() -> None:
    jar = Household([a_rule("less than 4 days left")])
    jar.tell("counted", 20, at=days(0))
    used_daily(jar, 2, 1, 7)
    assert len(jar.needs) == 1
    assert jar.order_is(OrderState.DELIVERED, 12, at=days(7.5)).verdict is Verdict.NOTHING


def test_without_a_report_time_alone_brings_no_order_but_the_rule_is_looked_at_daily() -> None:
    jar = Household([a_rule(IN_TIME)])
    jar.tell("counted", 100, at=days(0))
    used_daily(jar, 2, 1, 10)
    assert jar.state.next_check == days(11)
    jar.look(days(20))
    assert not jar.needs


def test_before_enough_was_seen_it_is_not_evaluable_and_nothing_is_ordered() -> None:
    jar = Household([a_rule(IN_TIME)])
    jar.tell("counted", 3, at=days(0))
    jar.tell("used", 2, at=hours(1))
    assert not jar.needs
    assert jar.decisions[-1].verdict is Verdict.NOT_EVALUABLE
    assert jar.decisions[-1].sentence == "Whether it will last until a delivery is not known yet."


def test_days_left_are_those_of_the_use_so_far() -> None:
    """At two a day, fewer than three and a half days are left from seven on."""
    jar = Household([a_rule("less than 3.5 days left")])
    jar.tell("counted", 60, at=days(0))
    used_daily(jar, 2, 1, 28)
    assert [left_at(60, need) for need in jar.needs] == [6]


def test_what_will_spoil_is_said_while_it_can_still_be_eaten() -> None:
    """One yoghurt a day; of three that expire in two days, one is too much."""
    fridge = Household([a_rule("expires before it is used", orders=False, notify=True)])
    fridge.tell("counted", 30, at=days(0))
    used_daily(fridge, 1, 1, 10)
    for tag in "ab":
        fridge.tell("added", 1, at=days(10), tag=tag, expires_at=NOON + timedelta(days=12.5))
    fridge.tell("added", 1, at=days(10), tag="c", expires_at=NOON + timedelta(days=12.5))
    assert [decision.verdict is Verdict.NOTIFIED for decision in fridge.decisions[-3:]] == [False, False, True]


def test_a_thing_that_nobody_uses_any_more_can_be_asked_for() -> None:
    jar = Household([a_rule("unused for 3 days", orders=False, notify=True)])
    jar.tell("counted", 12, at=days(0))
    jar.tell("used", 1, at=days(1))
    assert jar.state.next_check == days(4)
    jar.look(days(4))
    assert jar.decisions[-1].verdict is Verdict.NOTIFIED

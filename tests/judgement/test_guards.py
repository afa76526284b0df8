"""Guards of a household: each leaves the rule armed, says why and until when, and orders when it ends (1.M, 1.N)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.asking import Price
from domain.decisions import Verdict
from domain.facts import Source, Wish
from domain.guards import Guards, Ordered, day_of, month_of
from domain.orders import Approval, OrderState
from rules.quantity import Wanted
from tests.judgement.household import BUTTON, SHOP, Household, a_rule, hours

BERLIN = ZoneInfo("Europe/Berlin")


def euros(amount: str) -> Price:
    return Price(amount=Decimal(amount), currency="EUR")


def a_jar(guards: Guards, **order: Any) -> Household:
    """A pack of twelve for 3.49 EUR when five are left; noon UTC is 13:00 in Berlin."""
    jar = Household([a_rule("5 left", **order)], guards=guards, zone=BERLIN)
    jar.tell("counted", 12, at=hours(0))
    return jar


def is_held(jar: Household, until: datetime, because: str, after: float = 1) -> None:
    """Nothing is ordered before then; the rule stays armed; and then one order is made."""
    decision = jar.tell("counted", 5, at=hours(after), source=Source.PERSON)
    ordered = len(jar.needs)
    assert decision.verdict is Verdict.HELD
    assert decision.next_check == until
    assert because in decision.sentence
    assert all(flag.armed for flag in jar.state.memory.values())
    jar.look(until - timedelta(seconds=1))
    assert len(jar.needs) == ordered
    jar.look(until)
    assert len(jar.needs) == ordered + 1
    assert jar.needs[-1].at == until


MIDNIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)  # in Berlin
APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)  # there, where the clocks have been put forward meanwhile


def test_a_pause() -> None:
    jar = a_jar(Guards(paused_until=hours(50)))
    is_held(jar, hours(50), "ordering is paused: not before 2026-03-04 15:00 CET")


def test_when_a_pause_ends_everything_is_judged_once() -> None:
    """Whatever came and went meanwhile makes nothing; what is true then makes one order."""
    jar = a_jar(Guards(paused_until=hours(50)))
    for hour, level in enumerate((5, 4, 9, 3, 12, 2), start=1):
        jar.tell("counted", level, at=hours(hour), source=Source.PERSON)
    decisions = len(jar.decisions)
    jar.look(hours(60))
    assert [made.verdict for made in jar.decisions[decisions:]] == [Verdict.ORDERED]
    assert [need.at for need in jar.needs] == [hours(50)]


def test_a_pause_that_was_over_before_holds_nothing() -> None:
    jar = a_jar(Guards(paused_until=hours(1)))
    assert jar.tell("counted", 5, at=hours(1)).verdict is Verdict.ORDERED


def test_the_money_of_a_day_comes_again_at_midnight_of_the_household() -> None:
    jar = a_jar(Guards(money_per_day=euros("10.00")))
    jar.ordered_elsewhere = (Ordered(hours(-2), euros("6.52"), is_here=False),)
    is_held(jar, MIDNIGHT, "3.49 EUR is more than is left of the 10.00 EUR a day, 6.52 EUR of it spent: not before")


def test_the_last_cent_of_a_day_may_be_spent_and_yesterdays_money_is_not_todays() -> None:
    jar = a_jar(Guards(money_per_day=euros("10.00")))
    yesterday = MIDNIGHT - timedelta(days=1, seconds=1)
    jar.ordered_elsewhere = (
        Ordered(hours(-2), euros("6.51"), is_here=False),
        Ordered(yesterday, euros("9.99"), is_here=False),
        Ordered(hours(-2), Price(amount=Decimal(500), currency="USD"), is_here=False),
    )
    assert jar.tell("counted", 5, at=hours(1)).verdict is Verdict.ORDERED


def test_the_money_of_a_month() -> None:
    jar = a_jar(Guards(money_per_day=euros("10.00"), money_per_month=euros("40.00")))
    jar.ordered_elsewhere = tuple(Ordered(hours(-2), euros("9.20"), is_here=False) for _ in range(4))
    is_held(jar, APRIL, "3.49 EUR is more than is left of the 40.00 EUR a month, 36.80 EUR of it spent: not before")


def test_an_order_that_alone_is_more_than_a_day_allows_is_said_again_each_day_until_it_fits() -> None:
    jar = a_jar(Guards(money_per_day=euros("3.00")))
    assert jar.tell("counted", 5, at=hours(1)).verdict is Verdict.HELD
    jar.look(hours(24 * 3))
    assert [made.verdict for made in jar.decisions[1:]] == [Verdict.HELD] * 4
    assert jar.decisions[-1].sentence == "5 left is at or below 5; 3.49 EUR is more than the 3.00 EUR a day in all."


def test_orders_of_an_item_in_a_day() -> None:
    jar = a_jar(Guards(orders_per_item_and_day=2))
    for hour in (1, 2):
        jar.tell("counted", 5, at=hours(hour), source=Source.PERSON)
        jar.order_is(OrderState.DELIVERED, 12, at=hours(hour + 0.5))
    is_held(jar, MIDNIGHT, "ordered 2 times today, 2 a day at most: not before 2026-03-03 00:00 CET", after=3)


def test_what_came_to_nothing_counts_in_no_guard() -> None:
    jar = a_jar(Guards(orders_per_item_and_day=1, money_per_day=euros("3.49")))
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(OrderState.CANCELLED, at=hours(2))
    jar.tell("counted", 12, at=hours(3), source=Source.PERSON)
    assert jar.tell("counted", 5, at=hours(4), source=Source.PERSON).verdict is Verdict.ORDERED


def test_two_orders_judged_in_one_breath_spend_the_money_once() -> None:
    jar = a_jar(Guards(money_per_day=euros("5.00")), while_on_order="add", wanted=Wanted(packs=1))
    facts = [jar.arrival("counted", level, at=hours(1), source=Source.PERSON) for level in (5, 12, 5)]
    jar.settle(*facts, at=hours(1))
    assert len(jar.needs) == 1
    assert "3.49 EUR of it spent" in jar.decisions[-1].sentence


def test_money_of_another_currency_is_asked_about() -> None:
    jar = a_jar(Guards(money_per_month=Price(amount=Decimal(99), currency="USD")))
    decision = jar.tell("counted", 5, at=hours(1))
    assert jar.needs[0].approval is Approval.NEEDED
    assert "waits for your yes: 3.49 EUR cannot be compared with the 99.00 USD a month" in decision.sentence


STRICT = Guards(
    money_per_day=euros("1.00"), money_per_month=euros("1.00"), orders_per_item_and_day=1, paused_until=hours(99)
)


def test_a_press_passes_every_guard_but_money_is_asked_about() -> None:
    jar = a_jar(STRICT)
    decision = jar.tell("pressed", at=hours(1), instruction=BUTTON)
    assert jar.needs[0].approval is Approval.NEEDED
    assert "waits for your yes: 6.98 EUR is more than the 1.00 EUR a month in all" in decision.sentence
    assert (
        a_jar(STRICT.model_copy(update={"money_per_day": None, "money_per_month": None}))
        .tell("pressed", at=hours(1), instruction=BUTTON)
        .sentence.endswith("for 6.98 EUR.")
    )


def test_whoever_orders_by_hand_has_seen_what_it_costs() -> None:
    jar = a_jar(STRICT)
    jar.tell("wanted", at=hours(1), wish=Wish(retailer=SHOP, sku="cookies-12", packs=2))
    assert [need.approval for need in jar.needs] == [Approval.NOT_NEEDED]


def test_a_rule_that_cools_down_orders_again_only_then() -> None:
    jar = a_jar(Guards(), cool_down="3 days")
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(2))
    is_held(jar, hours(73), "ordered 1 day 23 hours ago: not before 2026-03-05 14:00 CET", after=48)


@pytest.mark.parametrize("end", [OrderState.REJECTED, OrderState.CHARGE_FAILED])
def test_an_order_that_came_to_nothing_cools_nothing_down(end: OrderState) -> None:
    jar = a_jar(Guards(), cool_down="3 days")
    jar.tell("counted", 5, at=hours(1))
    assert jar.order_is(end, at=hours(2)).next_check == hours(26)
    jar.look(hours(26))
    assert len(jar.needs) == 2


def test_a_rule_that_tells_is_held_by_no_guard() -> None:
    jar = Household([a_rule("5 left", notify=True)], guards=STRICT)
    decision = jar.tell("counted", 5, at=hours(1))
    assert decision.verdict is Verdict.NOTIFIED
    assert "ordering is paused" in decision.sentence


@pytest.mark.parametrize(
    ("zone", "at", "day", "month"),
    [
        # the last Sunday of March has 23 hours in Berlin, and that of October 25
        ("Europe/Berlin", "2026-03-29T12:00+02:00", 23, 31 * 24 - 1),
        ("Europe/Berlin", "2026-10-25T12:00+01:00", 25, 31 * 24 + 1),
        ("Europe/Berlin", "2026-02-28T23:59+01:00", 24, 28 * 24),
        # the clocks of Beirut skip midnight
        ("Asia/Beirut", "2026-03-29T12:00+03:00", 23, 31 * 24 - 1),
        ("Pacific/Kiritimati", "2026-12-31T23:59+14:00", 24, 31 * 24),
        ("UTC", "2028-02-29T00:00+00:00", 24, 29 * 24),
    ],
)
def test_days_and_months_are_the_households_own(zone: str, at: str, day: int, month: int) -> None:
    moment = datetime.fromisoformat(at)
    for span, length in ((day_of(moment, ZoneInfo(zone)), day), (month_of(moment, ZoneInfo(zone)), month)):
        assert span.end - span.start == timedelta(hours=length)
        assert span.holds(moment)
        assert not span.holds(span.end)
        assert span.holds(span.start)

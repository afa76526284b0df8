"""Contract 1.N, Arming: exactly one need, and never none."""

from decimal import Decimal
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.orders import Approval, OrderState
from rules.quantity import Wanted
from tests.judgement.household import BUTTON, Household, a_rule, an_offer, hours


def test_a_level_at_the_threshold_is_a_need_and_a_repeat_below_it_is_none() -> None:
    jar = Household([a_rule("5 left")])
    assert jar.tell("counted", 6, at=hours(0)).verdict is Verdict.NOTHING
    assert jar.tell("counted", 5, at=hours(1)).verdict is Verdict.ORDERED  # S59: reaching counts
    assert jar.tell("counted", 4, at=hours(2)).verdict is Verdict.ON_ORDER
    assert jar.tell("counted", 3, at=hours(3)).verdict is Verdict.ON_ORDER
    assert [need.number for need in jar.needs] == [1]


def test_a_first_report_that_is_already_below_orders() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 2, at=hours(0))
    assert len(jar.needs) == 1


def test_a_flapping_sensor_orders_once() -> None:
    jar = Household([a_rule("5 left")])
    for minute in range(200):
        jar.tell("counted", 5 + minute % 2, at=hours(minute / 60))
    assert len(jar.needs) == 1


def test_a_threshold_raised_above_the_level_orders_when_it_is_saved() -> None:
    jar = Household([a_rule("5 left", uuid=UUID(int=1))])
    jar.tell("counted", 8, at=hours(0))
    jar.rules = [a_rule("10 left", uuid=UUID(int=1))]
    assert jar.tell("changed", at=hours(1)).verdict is Verdict.ORDERED


def test_two_rules_on_one_item_share_one_need_of_the_older_one_and_the_strictest_approval() -> None:
    old = a_rule("5 left", wanted=Wanted(packs=1), uuid=UUID(int=1))
    young = a_rule("6 left", wanted=Wanted(packs=3), approval="always", uuid=UUID(int=2))
    jar = Household([old, young])
    jar.tell("counted", 5, at=hours(0))
    (need,) = jar.needs
    assert need.packs == 1
    assert need.rules == (old.uuid, young.uuid)
    assert need.approval is Approval.NEEDED
    assert not any(flag.armed for flag in jar.state.memory.values())


@pytest.mark.parametrize(("price", "needed"), [("25.00", Approval.NOT_NEEDED), ("25.01", Approval.NEEDED)])
def test_approval_above_an_amount(price: str, needed: Approval) -> None:
    jar = Household([a_rule("5 left", approval={"above": "25.00"}, offer=an_offer(price=price))])
    jar.tell("counted", 5, at=hours(0))
    assert jar.needs[0].approval is needed


def test_an_amount_above_which_is_asked_is_in_the_households_currency() -> None:
    offer = an_offer(price="24.00", currency="GBP")
    jar = Household([a_rule("5 left", approval={"above": "25.00"}, offer=offer)])
    sentence = jar.tell("counted", 5, at=hours(0)).sentence
    assert jar.needs[0].approval is Approval.NEEDED
    assert "waits for your yes: 24.00 GBP cannot be compared with the 25.00 EUR above which you are asked" in sentence


def test_a_delivery_that_leaves_it_low_orders_again() -> None:
    jar = Household([a_rule("20 left")])
    jar.tell("counted", 5, at=hours(0))
    decision = jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    assert jar.level(hours(1)) == 17
    assert decision.verdict is Verdict.ORDERED
    assert [need.number for need in jar.needs] == [1, 2]


def test_a_parcel_delivered_but_not_yet_in_the_jar_orders_nothing() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    assert jar.tell("counted", 4, at=hours(2)).verdict is Verdict.NOTHING
    assert jar.level(hours(2)) == 16
    assert len(jar.needs) == 1


def test_low_that_is_still_on_at_delivery_does_not_order_again_until_it_was_off() -> None:
    doser = Household([a_rule("low")])
    doser.tell("low", is_low=True, at=hours(0))
    assert doser.order_is(OrderState.DELIVERED, 1, at=hours(1)).verdict is Verdict.HELD
    assert doser.tell("low", is_low=True, at=hours(2)).verdict is Verdict.HELD
    doser.tell("low", is_low=False, at=hours(3))
    assert doser.tell("low", is_low=True, at=hours(4)).verdict is Verdict.ORDERED


def test_a_low_sensor_that_never_says_false_is_low_until_a_day_after_the_delivery() -> None:
    doser = Household([a_rule("low")])
    doser.tell("low", is_low=True, at=hours(0))
    doser.order_is(OrderState.DELIVERED, 1, at=hours(1))
    assert doser.tell("low", is_low=True, at=hours(24.9)).verdict is Verdict.HELD
    assert doser.tell("low", is_low=True, at=hours(25.1)).verdict is Verdict.ORDERED


def test_a_bare_percentage_is_false_again_only_by_a_report_above_it() -> None:
    milk = Household([a_rule("45% left")])
    assert milk.tell("percent", 45, at=hours(0)).verdict is Verdict.ORDERED
    assert milk.order_is(OrderState.DELIVERED, 12, at=hours(1)).verdict is Verdict.HELD
    assert milk.tell("percent", 40, at=hours(2)).verdict is Verdict.HELD
    assert milk.tell("percent", 100, at=hours(3)).verdict is Verdict.NOTHING
    assert milk.tell("percent", 44, at=hours(4)).verdict is Verdict.ORDERED


def test_a_rejection_holds_the_retailer_for_24_then_48_then_96_hours_then_for_good() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    moment = 0.0
    for hold in (24, 48, 96):
        decision = jar.order_is(OrderState.REJECTED, at=hours(moment))
        assert decision.verdict is Verdict.HELD
        assert decision.next_check == hours(moment + hold)
        assert jar.look(hours(moment + hold - 0.01)) is decision
        orders = len(jar.needs)
        moment += hold
        assert jar.look(hours(moment)) is not None
        assert len(jar.needs) == orders + 1
    last = jar.order_is(OrderState.REJECTED, at=hours(moment))
    assert last.verdict is Verdict.HELD
    assert last.next_check is None
    assert jar.tell("counted", 4, at=hours(moment + 5000)).verdict is Verdict.HELD


def test_after_a_rejection_a_press_or_another_consequence_is_the_owners_word() -> None:
    uuid = UUID(int=1)
    jar = Household([a_rule("5 left", uuid=uuid)])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.REJECTED, at=hours(0.5))
    assert jar.tell("pressed", at=hours(1), instruction=BUTTON).verdict is Verdict.ORDERED
    jar.order_is(OrderState.REJECTED, at=hours(2))
    assert jar.tell("changed", at=hours(3)).verdict is Verdict.HELD
    jar.rules = [a_rule("5 left", uuid=uuid, notify=True)]
    assert jar.tell("changed", at=hours(4)).verdict is Verdict.ORDERED


@pytest.mark.parametrize("sentence", ["5 left or pressed", "pressed twice in a row"])
def test_a_rule_that_asks_for_a_press_is_the_owners_word_only_when_there_is_one(sentence: str) -> None:
    jar = Household([a_rule(sentence)])
    jar.tell("counted", 9, at=hours(0))
    jar.tell("counted", 4, at=hours(1))
    for minute in range(2):
        jar.tell("pressed", at=hours(2 + minute / 60))
    decision = jar.order_is(OrderState.REJECTED, at=hours(3))
    assert (decision.verdict, decision.next_check) == (Verdict.HELD, hours(27))
    assert jar.tell("pressed", at=hours(4)).verdict is Verdict.ORDERED


def test_a_delivery_forgives_earlier_rejections() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.REJECTED, at=hours(1))
    jar.look(hours(25))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(26))
    assert jar.state.holds == {}


@pytest.mark.parametrize("no", [OrderState.CANCELLED, OrderState.REFUSED])
def test_the_owners_no_disarms_until_the_condition_has_been_false(no: OrderState) -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    assert jar.order_is(no, at=hours(1)).verdict is Verdict.HELD
    assert jar.tell("counted", 4, at=hours(2)).verdict is Verdict.HELD
    assert jar.tell("counted", 9, at=hours(3)).verdict is Verdict.NOTHING
    assert jar.tell("counted", 5, at=hours(4)).verdict is Verdict.ORDERED


def test_a_rejection_after_a_part_delivery_ends_the_rest() -> None:
    jar = Household([a_rule("5 left", wanted=Wanted(packs=3))])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.PARTIALLY_DELIVERED, 12, at=hours(1))
    assert jar.level(hours(1)) == 17
    jar.order_is(OrderState.REJECTED, 12, at=hours(2))
    assert jar.level(hours(2)) == 17
    assert jar.state.open is None
    assert jar.state.stock.on_order is None


def test_a_rule_that_only_tells_has_a_flag_of_its_own_and_orders_nothing() -> None:
    jar = Household([a_rule("5 left", orders=False, notify=True)])
    assert jar.tell("counted", 5, at=hours(0)).verdict is Verdict.NOTIFIED
    assert jar.tell("counted", 4, at=hours(1)).verdict is Verdict.HELD
    jar.tell("counted", 9, at=hours(2))
    assert jar.tell("counted", 5, at=hours(3)).verdict is Verdict.NOTIFIED
    assert jar.needs == []


def test_a_press_orders_its_own_quantity_whenever_nothing_is_open() -> None:
    shelf = Household()
    assert shelf.tell("pressed", at=hours(0), instruction=BUTTON).verdict is Verdict.ORDERED
    assert shelf.needs[0].packs == 2
    assert shelf.tell("pressed", at=hours(1), instruction=BUTTON).verdict is Verdict.ON_ORDER
    shelf.order_is(OrderState.DELIVERED, 24, at=hours(2))
    assert shelf.level(hours(2)) is None  # S28: only where it is tracked
    assert shelf.tell("pressed", at=hours(3), instruction=BUTTON).verdict is Verdict.ORDERED


def test_presses_without_a_key_within_ten_seconds_of_the_last_counted_one_are_one() -> None:
    shelf = Household()
    second = 1 / 3600
    shelf.tell("pressed", at=hours(0), instruction=BUTTON, keyed=False)
    assert shelf.tell("pressed", at=hours(9 * second), instruction=BUTTON, keyed=False).verdict is Verdict.IGNORED
    assert shelf.tell("pressed", at=hours(11 * second), instruction=BUTTON, keyed=False).verdict is Verdict.ON_ORDER
    assert shelf.tell("pressed", at=hours(12 * second), instruction=BUTTON, keyed=True).verdict is Verdict.ON_ORDER
    assert len(shelf.needs) == 1


def test_a_rule_may_wait_for_a_press() -> None:
    shelf = Household([a_rule("pressed")])
    assert shelf.tell("counted", 5, at=hours(0)).verdict is Verdict.NOTHING
    assert shelf.tell("pressed", at=hours(1)).verdict is Verdict.ORDERED
    shelf.order_is(OrderState.DELIVERED, 12, at=hours(2))
    assert shelf.tell("pressed", at=hours(3)).verdict is Verdict.ORDERED


def test_each_press_is_an_occasion_of_its_own() -> None:
    """Nothing is told between the two."""
    shelf = Household([a_rule("pressed", while_on_order="add")])
    assert [shelf.tell("pressed", at=hours(hour)).verdict for hour in (0, 1)] == [Verdict.ORDERED] * 2


@pytest.mark.parametrize(
    ("wanted", "capacity", "level", "pack", "packs"),
    [
        (Wanted(up_to=Decimal(24)), None, 5, "12", 2),  # 19 missing: two packs of 12
        (Wanted(up_to=Decimal(29)), None, 5, "12", 2),  # 24 missing: exactly two
        (Wanted(up_to=Decimal(24), at_most=1), None, 5, "12", 1),
        (Wanted(packs=3), Decimal(30), 5, "12", 2),  # room for 25: two packs of 12
        (Wanted(packs=1), Decimal(17), 5, "12", 1),  # room for exactly 12
        (Wanted(up_to=Decimal(7)), Decimal(100), 5, "0.5", 4),
    ],
)
def test_how_many_packs(wanted: Wanted, capacity: Decimal | None, level: float, pack: str, packs: int) -> None:
    jar = Household([a_rule("5 left", wanted=wanted, offer=an_offer(pack_size=pack))], capacity=capacity)
    jar.tell("counted", level, at=hours(0))
    assert jar.needs[0].packs == packs


@pytest.mark.parametrize(
    ("wanted", "capacity"), [(Wanted(packs=1), Decimal(16)), (Wanted(up_to=Decimal(4)), Decimal(100))]
)
def test_below_one_pack_there_is_no_need_and_the_rule_stays_armed(wanted: Wanted, capacity: Decimal) -> None:
    rule = a_rule("5 left", wanted=wanted)
    jar = Household([rule], capacity=capacity)
    assert jar.tell("counted", 5, at=hours(0)).verdict is Verdict.HELD
    assert jar.needs == []
    assert jar.state.memory[str(rule.uuid)].armed


def test_every_decision_says_why_in_a_sentence() -> None:
    jar = Household([a_rule("5 left")])
    assert jar.tell("counted", 6, at=hours(0)).sentence == "6 left is above 5."
    assert (
        jar.tell("counted", 4, at=hours(1)).sentence
        == "4 left is at or below 5; nothing on order; ordered 1 pack of 12 Oat cookies at Corner Shop for 3.49 EUR."
    )
    assert (
        jar.tell("counted", 4, at=hours(2)).sentence
        == "4 left is at or below 5; already on order (about to be placed)."
    )


@pytest.mark.parametrize("other", ["low", "less than 4 days left and low"])
def test_what_nobody_has_ever_known_keeps_no_rule_from_ordering_again(other: str) -> None:
    """Five left of twelve, twelve delivered, five left again: a jar that only counts never says low, nor not low."""
    jar = Household([a_rule(f"5 left or {other}")])
    for day in (0, 4):
        jar.tell("counted", 16, at=hours(24 * day))
        assert jar.tell("counted", 4, at=hours(24 * day + 1)).verdict is Verdict.ORDERED
        jar.order_is(OrderState.DELIVERED, 12, at=hours(24 * day + 2))
    jar.tell("counted", 16, at=hours(24 * 5))
    assert jar.tell("counted", 4, at=hours(24 * 5 + 1)).verdict is Verdict.ORDERED
    jar.order_is(OrderState.CANCELLED, at=hours(24 * 5 + 2))
    assert jar.tell("counted", 3, at=hours(24 * 5 + 3)).verdict is Verdict.HELD
    jar.tell("counted", 16, at=hours(24 * 6))
    assert jar.tell("counted", 4, at=hours(24 * 6 + 1)).verdict is Verdict.ORDERED


def test_a_level_that_is_not_known_for_a_while_arms_nothing() -> None:
    group = Household([a_rule("5 left or low")])
    group.tell("pooled", 4, at=hours(0))
    group.order_is(OrderState.CANCELLED, at=hours(1))
    group.tell("pooled", at=hours(2))
    assert group.tell("pooled", 4, at=hours(3)).verdict is Verdict.HELD


@pytest.mark.parametrize("sentence", ["5 left", "5 left or pressed", "5 left unless pressed"])
def test_goods_that_nobody_has_seen_are_asked_about_whatever_else_the_rule_asks(sentence: str) -> None:
    jar = Household([a_rule(sentence)])
    jar.tell("counted", 10, at=hours(0))
    jar.tell("counted", 4, at=hours(1))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(2))
    jar.tell("counted", 4, at=hours(3))
    decision = jar.look(hours(60))
    assert decision is not None
    assert (decision.verdict, len(jar.needs)) == (Verdict.ASKED, 1)


def test_a_press_after_the_owners_no_orders_though_it_has_been_low_all_the_time() -> None:
    jar = Household([a_rule("5 left or pressed")])
    jar.tell("counted", 10, at=hours(0))
    jar.tell("counted", 4, at=hours(1))
    jar.order_is(OrderState.CANCELLED, at=hours(2))
    assert jar.tell("counted", 3, at=hours(3)).verdict is Verdict.HELD
    assert jar.tell("pressed", at=hours(4)).verdict is Verdict.ORDERED
    assert jar.tell("pressed", at=hours(5)).verdict is Verdict.ON_ORDER

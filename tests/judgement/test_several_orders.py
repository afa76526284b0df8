"""`whileOnOrder: add`: a rule that orders beside an open order, and what each order's news then means (1.M)."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.facts import Source
from domain.item import Cancelling, ItemState
from domain.orders import OrderState
from domain.stock import Stock
from rules.quantity import Wanted
from tests.judgement.household import BUTTON, Household, a_rule, an_offer, hours

WATCHFUL, URGENT = UUID(int=1), UUID(int=2)


def a_jar(**more: Any) -> Household:
    """A pack at ten, and one more at three even if that has not come; sixty fit in."""
    rules = [a_rule("10 left", uuid=WATCHFUL), a_rule("3 left", uuid=URGENT, while_on_order="add", **more)]
    return Household(rules, capacity=Decimal(60))


def two_orders() -> Household:
    """Twelve ordered at ten, twelve more at three."""
    jar = a_jar()
    jar.tell("counted", 10, at=hours(0))
    assert jar.tell("counted", 9, at=hours(1)).verdict is Verdict.ON_ORDER
    decision = jar.tell("counted", 3, at=hours(2))
    assert decision.verdict is Verdict.ORDERED
    assert "nothing on order" not in decision.sentence
    assert jar.tell("counted", 2, at=hours(3)).verdict is Verdict.ON_ORDER
    assert [need.rules for need in jar.needs] == [(WATCHFUL,), (URGENT,)]
    return jar


def test_both_are_on_order_and_both_come() -> None:
    jar = two_orders()
    first, second = jar.needs
    assert jar.state.stock.ordered_units == 24
    assert [each.need.order for each in jar.state.opens] == [first.order, second.order]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(4), need=second)
    assert [jar.level(hours(4)), jar.state.stock.ordered_units] == [14, 12]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(5), need=first)
    assert [jar.level(hours(5)), jar.state.stock.ordered_units] == [26, 0]
    assert (jar.state.open, jar.state.stock.on_order) == (None, None)
    assert len(jar.needs) == 2


def test_a_delivery_orders_nothing_more_while_the_other_order_is_on_its_way() -> None:
    """Still low after the first parcel, but the second is coming: that is what the rule had ordered it for."""
    jar = a_jar()
    jar.tell("counted", 10, at=hours(0))
    jar.tell("counted", 0, at=hours(1))
    first, second = jar.needs
    jar.rules = [a_rule("10 left", uuid=WATCHFUL), a_rule("30 left", uuid=URGENT, while_on_order="add")]
    jar.tell("changed", at=hours(2))
    third = jar.needs[2]  # a changed condition is armed anew
    assert jar.order_is(OrderState.DELIVERED, 12, at=hours(3), need=first).verdict is Verdict.ON_ORDER
    assert jar.order_is(OrderState.DELIVERED, 12, at=hours(4), need=second).verdict is Verdict.ON_ORDER
    jar.tell("counted", 5, at=hours(5), source=Source.PERSON)
    assert len(jar.needs) == 3
    assert jar.order_is(OrderState.DELIVERED, 12, at=hours(6), need=third).verdict is Verdict.ORDERED


def test_how_many_are_missing_counts_all_that_is_on_order() -> None:
    rules = [
        a_rule("10 left", uuid=WATCHFUL),
        a_rule("3 left", uuid=URGENT, while_on_order="add", wanted=Wanted(up_to=Decimal(40))),
    ]
    jar = Household(rules, capacity=Decimal(60))
    jar.tell("counted", 10, at=hours(0))
    jar.tell("counted", 3, at=hours(1))
    assert jar.needs[1].packs == 3  # 40 wanted, 3 there, 12 on order: 25 missing
    jar.tell("counted", 5, at=hours(2))
    decision = jar.tell("counted", 2, at=hours(3))  # armed again, but 48 are on order
    assert decision.verdict is Verdict.HELD
    assert "the level is already up to 40; already on order" in decision.sentence


def test_goods_seen_early_are_the_oldest_orders_first() -> None:
    jar = two_orders()
    first, second = jar.needs
    jar.tell("added", 20, at=hours(4))
    assert [order.early for order in jar.state.stock.orders] == [12, 8]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(5), need=first)
    assert jar.level(hours(5)) == 22
    jar.order_is(OrderState.DELIVERED, 12, at=hours(6), need=second)
    assert jar.level(hours(6)) == 26


def test_one_is_rejected_and_the_other_one_still_comes() -> None:
    jar = two_orders()
    first, second = jar.needs
    decision = jar.order_is(OrderState.REJECTED, at=hours(4), need=second)
    assert decision.verdict is Verdict.HELD
    assert "rejected there" in decision.sentence
    assert [each.need.order for each in jar.state.opens] == [first.order]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(5), need=first)
    assert jar.level(hours(5)) == 14


def test_the_owners_no_to_one_holds_every_rule_back_until_it_was_false() -> None:
    jar = two_orders()
    jar.order_is(OrderState.CANCELLED, at=hours(4))
    assert jar.tell("counted", 1, at=hours(5)).verdict is Verdict.ON_ORDER
    jar.order_is(OrderState.DELIVERED, 12, at=hours(6), need=jar.needs[0])
    assert len(jar.needs) == 2


def test_a_press_waits_for_what_is_open_though_a_rule_may_add() -> None:
    jar = two_orders()
    assert jar.tell("pressed", at=hours(4), instruction=BUTTON).verdict is Verdict.ON_ORDER


def test_what_was_returned_in_time_takes_back_the_order_that_it_made_and_no_other() -> None:
    rules = [
        a_rule("5 left", uuid=WATCHFUL),
        a_rule("out for 5 hours", uuid=URGENT, while_on_order="add"),
    ]
    dish = Household(rules)
    dish.tell("counted", 5, at=hours(0))
    dish.tell("removed", 1, at=hours(1))
    dish.look(hours(6))
    assert len(dish.needs) == 2
    decision = dish.tell("returned", 1, at=hours(8), seen=hours(3))
    assert "cancelled if it still can be" in decision.sentence
    assert [each.cancelling for each in dish.state.opens] == [Cancelling.NO, Cancelling.WANTED]


def test_documents_of_old_knew_one_order_and_are_read_as_such() -> None:
    jar = two_orders()
    jar.order_is(OrderState.REJECTED, at=hours(4))
    stored = json.loads(jar.state.model_dump_json(exclude_defaults=True))
    assert "beside" not in stored
    assert "beside" not in stored["stock"]
    assert ItemState.model_validate(stored) == jar.state
    assert [each.need.order for each in ItemState.model_validate(stored).opens] == [jar.needs[0].order]


@pytest.mark.parametrize("model", [ItemState(item=UUID(int=1)), Stock()])
def test_who_has_nothing_open_has_none_of_them(model: ItemState | Stock) -> None:
    assert (model.opens if isinstance(model, ItemState) else model.orders) == ()


def test_a_state_with_two_open_orders_is_stored_and_read_back() -> None:
    state = two_orders().state
    assert ItemState.model_validate_json(state.model_dump_json(exclude_defaults=True)) == state
    assert len(state.opens) == 2


def test_a_rule_whose_order_has_come_orders_anew_when_the_other_order_comes_to_nothing() -> None:
    jar = two_orders()
    jar.order_is(OrderState.DELIVERED, 6, at=hours(4), need=jar.needs[0])
    jar.order_is(OrderState.REJECTED, at=hours(5), need=jar.needs[1])
    jar.tell("counted", 8, at=hours(6), source=Source.PERSON)
    jar.look(hours(40))
    assert [need.rules for need in jar.needs[2:]] == [(WATCHFUL,)]


def test_a_rule_that_adds_orders_again_after_a_delivery_that_leaves_it_low_while_the_other_order_is_late() -> None:
    jar = a_jar(offer=an_offer("1"))
    jar.tell("counted", 10, at=hours(0))
    jar.tell("counted", 1, at=hours(1))
    assert jar.order_is(OrderState.DELIVERED, 1, at=hours(2), need=jar.needs[1]).verdict is Verdict.ORDERED
    assert [need.rules for need in jar.needs[2:]] == [(URGENT,)]
    assert jar.order_is(OrderState.DELIVERED, 12, at=hours(3), need=jar.needs[0]).verdict is Verdict.NOTHING

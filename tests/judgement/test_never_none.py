"""Histories that once lost a need, doubled a delivery or ordered in a circle (1.N)."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.facts import Source
from domain.fold import after
from domain.item import Cancelling
from domain.orders import OrderState
from rules import settling
from tests.judgement.household import Household, a_rule, hours


def test_an_order_that_larder_takes_back_leaves_every_rule_as_it_was() -> None:
    dish = Household([a_rule("out for 5 hours", uuid=UUID(int=1)), a_rule("5 left", uuid=UUID(int=2))])
    dish.tell("counted", 9, at=hours(0))
    dish.tell("removed", 1, at=hours(1))
    dish.look(hours(6))
    dish.tell("used", 5, at=hours(6.1))
    dish.tell("returned", 0, at=hours(6.5), seen=hours(2))
    assert dish.state.open is not None
    assert dish.state.open.cancelling is Cancelling.WANTED
    dish.order_is(OrderState.CANCELLED, at=hours(6.6))
    dish.look(hours(7))
    assert [need.rules for need in dish.needs] == [(UUID(int=1),), (UUID(int=2),)]


def test_a_condition_that_a_delivery_only_makes_truer_does_not_order_at_each_delivery() -> None:
    doser = Household([a_rule("low and more than 0 left")])
    doser.tell("counted", 3, at=hours(0))
    doser.tell("low", is_low=True, at=hours(1))
    for delivery in range(5):
        doser.order_is(OrderState.DELIVERED, 12, at=hours(2 + delivery))
    assert len(doser.needs) == 1


def test_the_first_count_of_an_item_takes_what_was_delivered_before_it() -> None:
    jar = Household([a_rule("low")])
    jar.tell("low", is_low=True, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    jar.tell("counted", 12, at=hours(2))
    assert jar.level(hours(2)) == 12


@pytest.mark.parametrize("state", [OrderState.DELIVERED, OrderState.REJECTED])
def test_news_of_an_order_never_comes_before_the_order_nor_too_late(state: OrderState) -> None:
    for at, seen in ((hours(1), hours(-0.1)), (hours(24 * 9), hours(1))):
        jar = Household([a_rule("5 left")])
        jar.tell("counted", 3, at=hours(0))
        news = {"order": jar.needs[0].order, "state": state, "units": 12 if state is OrderState.DELIVERED else 0}
        jar.settle(jar.arrival("order", at=at, seen=seen, order=news, source=Source.LARDER), at=at)
        assert jar.state.open is None
        assert jar.state.stock.on_order is None
        assert jar.level(at) == (15 if state is OrderState.DELIVERED else 3)


def test_an_unavailable_product_is_asked_for_again_within_the_hour() -> None:
    rule = a_rule("5 left")
    assert rule.order is not None
    assert rule.order.offer is not None
    gone = rule.order.offer.model_copy(update={"available": False})
    without = type(rule)(**(vars(rule) | {"order": type(rule.order)(**(vars(rule.order) | {"offer": gone}))}))
    jar = Household([without])
    decision = jar.tell("counted", 5, at=hours(0))
    assert decision.verdict is Verdict.HELD
    assert decision.next_check == hours(1)
    jar.rules = [rule]
    jar.look(hours(1))
    assert len(jar.needs) == 1


def test_a_changed_capacity_does_not_rewrite_what_a_percentage_was_then() -> None:
    milk = Household(capacity=Decimal(10))
    milk.tell("percent", 50, at=hours(0))
    milk.capacity = Decimal(20)
    milk.state = milk.state.model_copy(update={"stock": milk.state.stock.model_copy(update={"capacity": Decimal(20)})})
    milk.settle(milk.arrival("used", 1, at=hours(1), seen=hours(0) - timedelta(minutes=1)), at=hours(1))
    assert milk.level(hours(1)) == 5


@pytest.mark.parametrize("end", [OrderState.DELIVERED, OrderState.CANCELLED])
def test_a_rule_that_was_switched_off_and_on_is_armed_as_a_new_one_is(end: OrderState) -> None:
    """Nobody has seen what was so meanwhile; to switch it on is the owner's word."""
    rule = a_rule("5 left")
    jar = Household([rule])
    jar.tell("counted", 4, at=hours(0))
    jar.rules = []
    jar.tell("changed", at=hours(1))
    jar.order_is(end, 12 if end is OrderState.DELIVERED else 0, at=hours(2))
    jar.tell("counted", 16, at=hours(3), source=Source.PERSON)
    jar.tell("counted", 3, at=hours(2000), source=Source.PERSON)
    jar.rules = [rule]
    assert jar.tell("changed", at=hours(2001)).verdict is Verdict.ORDERED


def test_what_was_kept_for_an_open_order_ends_with_it() -> None:
    """The rule is switched on again before anything else is told."""
    rule = a_rule("20 left")
    jar = Household([rule])
    jar.tell("counted", 4, at=hours(0))
    jar.rules = []
    jar.order_is(OrderState.CANCELLED, at=hours(1))
    jar.rules = [rule]
    assert jar.tell("changed", at=hours(2)).verdict is Verdict.ORDERED


def test_a_rule_that_was_switched_off_and_on_orders_nothing_beside_its_own_order() -> None:
    rule = a_rule("5 left", while_on_order="add")
    jar = Household([rule])
    jar.tell("counted", 5, at=hours(0))
    jar.rules = []
    jar.tell("changed", at=hours(1))
    jar.rules = [rule]
    assert jar.tell("changed", at=hours(2)).verdict is Verdict.ON_ORDER
    assert len(jar.needs) == 1


def test_a_cool_down_goes_on_while_the_rule_is_switched_off() -> None:
    rule = a_rule("5 left", cool_down="3 days")
    jar = Household([rule])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    jar.rules = []
    jar.tell("counted", 4, at=hours(20), source=Source.PERSON)
    jar.rules = [rule]
    assert jar.tell("changed", at=hours(40)).next_check == hours(72)
    jar.look(hours(72))
    assert [need.at for need in jar.needs] == [hours(0), hours(72)]


def test_a_rule_that_tells_and_was_switched_off_and_on_tells_again() -> None:
    rule = a_rule("5 left", orders=False, notify=True)
    jar = Household([rule])
    jar.tell("counted", 5, at=hours(0))
    jar.rules = []
    jar.tell("counted", 16, at=hours(1), source=Source.PERSON)
    jar.rules = [rule]
    assert jar.tell("counted", 4, at=hours(2), source=Source.PERSON).verdict is Verdict.NOTIFIED


def test_of_rules_that_came_and_went_nothing_is_kept_but_what_they_cool_down_from() -> None:
    jar = Household()
    for hour in range(50):
        cool_down = "3 hours" if hour % 2 else None
        jar.rules = [a_rule("5 left", cool_down=cool_down)]
        jar.tell("counted", 5, at=hours(hour), source=Source.PERSON)
        jar.order_is(OrderState.DELIVERED, 12, at=hours(hour + 0.5))
    assert len(jar.needs) == 50
    assert len(jar.state.memory) == 2


def test_many_late_facts_are_folded_in_once() -> None:
    jar = Household()
    jar.settle(*(jar.arrival("counted", 1000, at=hours(n / 3600)) for n in range(2000)), at=hours(1))
    late = [jar.arrival("used", 1, at=hours(2), seen=hours(0) - timedelta(seconds=n + 1)) for n in range(500)]
    with patch.object(settling, "after", side_effect=after) as folding:
        jar.settle(*late, at=hours(2))
    assert jar.state.arrivals == 2500
    assert 500 <= folding.call_count < 2 * (2000 + 500)

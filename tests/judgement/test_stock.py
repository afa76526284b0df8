"""Contract 1.N, Level and Delivery: the fold over what was observed."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from domain.decisions import Verdict
from domain.facts import Source
from domain.orders import OrderState
from domain.stock import Stock
from rules.quantity import Wanted
from tests.judgement.household import Household, a_rule, hours

PERSON = Source.PERSON


def a_jar_with_a_parcel(shelf: float = 5, rule: str = "5 left") -> Household:
    """Five cookies, and twelve delivered at one o'clock that nobody has put into the jar."""
    jar = Household([a_rule(rule)])
    jar.tell("counted", shelf, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    return jar


def test_facts_change_the_level_each_in_its_way() -> None:
    jar = Household()
    levels = []
    for hour, (kind, quantity) in enumerate(
        [("counted", 10), ("used", 3), ("added", 5), ("removed", 2), ("returned", 1)]
    ):
        jar.tell(kind, quantity, at=hours(hour))
        levels.append(jar.level(hours(hour)))
    assert levels == [10, 7, 12, 10, 11]


def test_stock_stops_at_nothing_and_what_was_cut_off_is_the_discrepancy_until_the_next_count() -> None:
    jar = Household()
    jar.tell("counted", 2, at=hours(0))
    jar.tell("used", 5, at=hours(1))
    assert [jar.level(hours(1)), jar.state.stock.discrepancy] == [0, 3]
    jar.tell("counted", 4, at=hours(2))
    assert [jar.level(hours(2)), jar.state.stock.discrepancy] == [4, 0]


def test_a_percentage_of_a_capacity_is_a_count() -> None:
    milk = Household([a_rule("450 left")], capacity=Decimal(1000))
    milk.tell("percent", 45, at=hours(0))
    assert milk.level(hours(0)) == 450
    assert len(milk.needs) == 0 or milk.needs[0].packs == 1
    assert milk.state.stock.percent == 45


def test_without_a_capacity_only_the_percentage_is_known() -> None:
    milk = Household([a_rule("5 left")])
    assert milk.tell("percent", 45, at=hours(0)).verdict is Verdict.NOT_EVALUABLE
    assert milk.level(hours(0)) is None


def test_use_before_the_first_count_is_recorded_and_not_judged() -> None:
    jar = Household([a_rule("5 left")])
    assert jar.tell("used", 3, at=hours(0)).verdict is Verdict.RECORDED
    assert jar.level(hours(0)) is None


def test_shuffled_facts_give_the_level_of_the_ordered_ones() -> None:
    jar = Household()
    jar.settle(
        jar.arrival("used", 2, at=hours(5), seen=hours(3)),
        jar.arrival("counted", 20, at=hours(5), seen=hours(1)),
        jar.arrival("added", 4, at=hours(5), seen=hours(2)),
        at=hours(5),
    )
    assert jar.level(hours(5)) == 22


def test_a_devices_count_after_a_delivery_is_the_shelf_and_the_parcel_is_still_arriving() -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("counted", 4, at=hours(2))
    assert [jar.state.stock.on_shelf, jar.state.stock.arriving, jar.level(hours(2))] == [4, 12, 16]


def test_a_rise_of_a_quarter_pack_comes_out_of_what_is_arriving_and_less_is_flutter() -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("counted", 7, at=hours(2))
    assert [jar.state.stock.on_shelf, jar.state.stock.arriving] == [7, 12]
    jar.tell("counted", 10, at=hours(3))
    assert [jar.state.stock.on_shelf, jar.state.stock.arriving] == [10, 9]


def test_a_persons_count_is_the_whole_level() -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("counted", 9, at=hours(2), source=PERSON)
    assert [jar.level(hours(2)), jar.state.stock.arriving] == [9, 0]


def test_added_goods_come_out_of_what_is_arriving_and_use_takes_the_shelf_first() -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("added", 4, at=hours(2))
    assert [jar.state.stock.on_shelf, jar.state.stock.arriving] == [9, 8]
    jar.tell("used", 10, at=hours(3))
    assert [jar.state.stock.on_shelf, jar.state.stock.arriving] == [0, 7]


def test_goods_seen_before_they_are_reported_delivered_count_once() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    jar.tell("counted", 17, at=hours(1))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(2))
    assert [jar.level(hours(2)), jar.state.stock.arriving] == [17, 0]


def test_part_of_the_goods_added_early_leaves_the_rest_to_the_delivery() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    jar.tell("added", 4, at=hours(1))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(2))
    assert jar.level(hours(2)) == 17


def test_running_totals_count_once_in_any_order() -> None:
    jar = Household([a_rule("5 left", wanted=Wanted(packs=3))])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.PARTIALLY_DELIVERED, 24, at=hours(1))
    jar.order_is(OrderState.PARTIALLY_DELIVERED, 12, at=hours(2))
    assert jar.level(hours(2)) == 29
    jar.order_is(OrderState.DELIVERED, 36, at=hours(3))
    assert jar.level(hours(3)) == 41


def test_after_a_day_what_is_left_of_a_delivery_joins_the_shelf() -> None:
    jar = a_jar_with_a_parcel()
    jar.look(hours(25))
    stock = jar.state.stock.advanced(hours(25))
    assert [stock.on_shelf, stock.arriving, stock.unseen] == [17, 0, 0]


def test_goods_a_device_has_not_seen_in_a_day_are_unseen_and_the_owner_is_asked_once() -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("counted", 4, at=hours(2))
    decision = jar.look(hours(25))
    assert decision is not None
    assert decision.verdict is Verdict.ASKED
    assert "12 delivered, not seen: order again?" in decision.sentence
    assert jar.tell("counted", 3, at=hours(26)).verdict is Verdict.HELD
    assert len(jar.needs) == 1


@pytest.mark.parametrize(
    ("kind", "quantity", "more"),
    [("counted", 15, {}), ("added", 12, {}), ("counted", 15, {"source": PERSON}), ("pressed", None, {})],
)
def test_a_rise_added_goods_a_persons_count_or_a_press_ends_unseen(
    kind: str, quantity: int | None, more: dict[str, Any]
) -> None:
    jar = a_jar_with_a_parcel()
    jar.tell("counted", 4, at=hours(2))
    jar.look(hours(25))
    jar.settle(jar.arrival(kind, quantity, at=hours(26), **more), at=hours(26))
    assert jar.state.stock.unseen == 0


def test_a_level_low_even_with_the_unseen_goods_is_a_need() -> None:
    jar = a_jar_with_a_parcel(rule="20 left", shelf=19)
    jar.tell("counted", 4, at=hours(2))
    jar.look(hours(25))
    assert len(jar.needs) == 2


def test_a_changed_copy_is_what_pydantic_makes_of_it() -> None:
    stock = Stock(on_shelf=Decimal(3), pack_size=Decimal(12))
    for changes in ({}, {"on_shelf": Decimal(2)}, {"low": True, "pack_size": Decimal(6)}):
        copied, pydantics = stock.model_copy(update=changes), BaseModel.model_copy(stock, update=changes)
        assert copied == pydantics
        assert copied.model_fields_set == pydantics.model_fields_set
        assert copied.model_dump_json(exclude_defaults=True) == pydantics.model_dump_json(exclude_defaults=True)
    assert stock == Stock(on_shelf=Decimal(3), pack_size=Decimal(12))

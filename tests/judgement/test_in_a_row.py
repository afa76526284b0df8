"""`3 times in a row`: reports that are judged are counted one after another (contract 1.M)."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.facts import Source
from domain.orders import OrderState
from tests.judgement.household import Household, a_rule, an_offer, hours

RULE = "5 left 3 times in a row"


def counted(jar: Household, *levels: float, start: float = 0) -> list[Verdict]:
    """One count an hour."""
    return [
        jar.tell("counted", level, at=hours(start + number), source=Source.PERSON).verdict
        for number, level in enumerate(levels)
    ]


def test_three_reports_in_a_row_and_none_between_them() -> None:
    jar = Household([a_rule(RULE)])
    assert counted(jar, 5, 4, 6, 5, 4, 3) == [Verdict.NOTHING] * 5 + [Verdict.ORDERED]


def test_the_count_begins_anew_after_what_was_otherwise_and_only_then_is_the_rule_armed() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5, 4, 3)
    jar.order_is(OrderState.CANCELLED, at=hours(3))
    assert counted(jar, 2, 2, 2, start=4) == [Verdict.HELD] * 3
    assert counted(jar, 20, 5, 5, 5, start=7) == [Verdict.NOTHING] * 3 + [Verdict.ORDERED]


@pytest.mark.parametrize("sentence", ["5 left twice in a row", "(5 left and not low) twice in a row or 0 left"])
def test_after_a_delivery_that_leaves_it_low_reports_are_counted_anew(sentence: str) -> None:
    """A pack of two each time, and never more than three left."""
    jar = Household([a_rule(sentence, offer=an_offer("2"))])
    jar.tell("low", is_low=False, at=hours(0))
    for round_ in range(5):
        start = 10 * round_
        assert counted(jar, 1, 1, start=start) == [Verdict.NOTHING, Verdict.ORDERED]
        assert jar.order_is(OrderState.DELIVERED, 2, at=hours(start + 2)).verdict is Verdict.NOTHING
        assert "Reported so 0 times in a row" in jar.decisions[-1].sentence


def test_the_delivery_of_what_another_rule_ordered_leaves_the_count_as_it_is() -> None:
    jar = Household([a_rule("5 left twice in a row"), a_rule("2 left", while_on_order="add")])
    counted(jar, 5, 5, 2)
    jar.order_is(OrderState.DELIVERED, 2, at=hours(4), need=jar.needs[1])
    assert [flag.streak for flag in jar.state.memory.values()] == [3, 0]
    jar.order_is(OrderState.DELIVERED, 2, at=hours(5), need=jar.needs[0])
    assert [flag.streak for flag in jar.state.memory.values()] == [0, 0]


def test_a_delivery_that_is_not_the_last_one_leaves_the_flag_as_it_is() -> None:
    """Its own shop has nothing, so that it waits with its flag while others order."""
    sold_out = a_rule(RULE, while_on_order="add", offer=an_offer(available=False))
    jar = Household([a_rule("5 left"), a_rule("4 left", while_on_order="add"), sold_out])
    counted(jar, 5, 4, 3)
    jar.order_is(OrderState.DELIVERED, 12, at=hours(4), need=jar.needs[0])
    assert jar.state.memory[str(sold_out.uuid)].armed


def test_what_no_delivery_can_end_is_counted_on() -> None:
    """A sensor that still says low waits until it has said otherwise."""
    doser = Household([a_rule("low twice in a row")])
    for hour in range(2):
        doser.tell("low", is_low=True, at=hours(hour))
    doser.order_is(OrderState.DELIVERED, 1, at=hours(3))
    for hour in range(4, 7):
        assert doser.tell("low", is_low=True, at=hours(hour)).verdict is Verdict.HELD


def test_what_was_reported_before_unseen_goods_settled_asks_first() -> None:
    """With the goods that no device has seen, it would not have been reported so."""
    scales = Household([a_rule("5 left twice in a row")])
    for hour in range(2):
        scales.tell("counted", 5, at=hours(hour))
    scales.order_is(OrderState.DELIVERED, 12, at=hours(2))
    assert [scales.tell("counted", 5, at=hours(hour)).verdict for hour in (3, 27, 28)] == [
        Verdict.NOTHING,
        Verdict.NOTHING,
        Verdict.ASKED,
    ]


def test_time_and_larders_own_facts_are_no_reports() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5, 4)
    for hour in range(2, 9):
        jar.tell("changed", at=hours(hour))
    jar.look(hours(99))
    assert jar.needs == []
    assert counted(jar, 3, start=100) == [Verdict.ORDERED]


def test_what_nobody_can_know_neither_counts_nor_ends_the_count() -> None:
    """A use before the first count says nothing of the level."""
    jar = Household([a_rule("low 2 times in a row")])
    jar.tell("low", is_low=True, at=hours(0))
    assert [flag.streak for flag in jar.state.memory.values()] == [1]
    unknown = Household([a_rule("5 left 2 times in a row")])
    unknown.tell("percent", 50, at=hours(0))
    assert [flag.streak for flag in unknown.state.memory.values()] == [0]


def test_a_changed_condition_counts_from_the_start() -> None:
    jar = Household([a_rule(RULE, uuid=UUID(int=1))])
    counted(jar, 5, 4)
    jar.rules = [a_rule("6 left 3 times in a row", uuid=UUID(int=1))]
    assert counted(jar, 3, start=3) == [Verdict.NOTHING]


def test_what_is_caught_up_on_is_judged_once_and_counts_as_one_report() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5)
    for minute in range(3):
        jar.tell("counted", 4, at=hours(1) + timedelta(seconds=minute), seen=hours(0.5), source=Source.PERSON)
    jar.look(hours(2))
    assert jar.needs == []
    assert counted(jar, 3, start=3) == [Verdict.ORDERED]


def test_a_device_that_is_always_late_is_counted_all_the_same() -> None:
    """It measures, and sends three minutes later."""
    jar = Household([a_rule("5 left twice in a row")])
    for day in (1, 2):
        jar.tell("counted", 4, at=hours(24 * day), seen=hours(24 * day - 0.05))
        assert len(jar.needs) == 0
        jar.look(hours(24 * day + 1))
    assert len(jar.needs) == 1


def test_to_be_away_ourselves_is_no_report() -> None:
    jar = Household([a_rule("expires within 1 day", orders=False), a_rule("5 left twice in a row")])
    jar.tell("counted", 4, at=hours(0), expires_at=hours(48))
    jar.settle(at=hours(30))
    jar.look(hours(40))
    assert jar.decisions[-1].id.startswith("caught-up:")
    assert jar.needs == []


def test_the_decision_says_how_often_it_was_reported() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5, 4, 3)
    assert "Reported so 3 times in a row" in jar.decisions[-1].sentence

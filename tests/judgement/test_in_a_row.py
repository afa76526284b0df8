"""`3 times in a row`: reports that are judged are counted one after another (contract 1.M)."""

from datetime import timedelta
from uuid import UUID

from domain.decisions import Verdict
from domain.facts import Source
from domain.orders import OrderState
from tests.judgement.household import Household, a_rule, hours

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
    jar.order_is(OrderState.DELIVERED, 12, at=hours(3))
    assert counted(jar, 2, 2, 2, start=4) == [Verdict.HELD] * 3
    assert counted(jar, 20, 5, 5, 5, start=7) == [Verdict.NOTHING] * 3 + [Verdict.ORDERED]


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


def test_what_is_caught_up_on_is_judged_once_and_counts_as_no_report() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5)
    for minute in range(3):
        jar.tell("counted", 4, at=hours(1) + timedelta(seconds=minute), seen=hours(0.5), source=Source.PERSON)
    jar.look(hours(2))
    assert jar.needs == []
    assert counted(jar, 3, 2, start=3) == [Verdict.NOTHING, Verdict.ORDERED]


def test_the_decision_says_how_often_it_was_reported() -> None:
    jar = Household([a_rule(RULE)])
    counted(jar, 5, 4, 3)
    assert "Reported so 3 times in a row" in jar.decisions[-1].sentence

"""Windows: outside them a rule waits as before a guard, and its decision says so (contract 1.M, 1.N)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.decisions import Verdict
from domain.facts import Source
from domain.orders import OrderState
from tests.judgement.household import Household, a_rule, hours

BERLIN = ZoneInfo("Europe/Berlin")
BY_DAY = "5 left and between 08:00 and 20:00"


def a_jar(sentence: str = BY_DAY, zone: ZoneInfo = BERLIN, **more: Any) -> Household:
    """It is Monday noon in UTC, 13:00 in Berlin."""
    jar = Household([a_rule(sentence, **more)], zone=zone)
    jar.tell("counted", 12, at=hours(0))
    return jar


def test_within_its_window_a_rule_orders_at_once() -> None:
    assert a_jar().tell("counted", 5, at=hours(6.9)).verdict is Verdict.ORDERED


def test_outside_its_window_the_decision_says_not_now_and_when_and_then_it_orders() -> None:
    jar = a_jar()
    decision = jar.tell("counted", 5, at=hours(8))
    assert decision.verdict is Verdict.HELD
    assert "5 left is at or below 5" in decision.sentence
    assert "outside its window: not now, asked again at 2026-03-03 08:00 CET" in decision.sentence
    assert decision.next_check == hours(19)
    assert jar.tell("counted", 4, at=hours(9)).verdict is Verdict.HELD
    jar.look(hours(19))
    assert [need.at for need in jar.needs] == [hours(19)]


def test_what_is_not_so_needs_no_window() -> None:
    decision = a_jar().tell("counted", 6, at=hours(8))
    assert decision.verdict is Verdict.NOTHING
    assert "window" not in decision.sentence


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        # the night in which 02:00 is followed by 03:00, and the one that has 02:00 twice
        ("2026-03-28", "2026-03-29T06:00+00:00"),
        ("2026-10-24", "2026-10-25T07:00+00:00"),
    ],
)
def test_a_window_opens_by_the_households_clock_in_both_nights_in_which_that_is_changed(day: str, opens: str) -> None:
    jar = Household([a_rule(BY_DAY)], zone=BERLIN)
    evening = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=UTC)
    assert jar.tell("counted", 5, at=evening).next_check == datetime.fromisoformat(opens)
    jar.look(datetime.fromisoformat(opens))
    assert len(jar.needs) == 1


def test_on_a_day_of_the_week() -> None:
    jar = a_jar("5 left on saturday")
    decision = jar.tell("counted", 5, at=hours(1))
    assert "asked again at 2026-03-07 00:00 CET" in decision.sentence
    jar.look(hours(24 * 6))
    assert [need.at for need in jar.needs] == [datetime(2026, 3, 6, 23, tzinfo=UTC)]


def test_the_end_of_a_window_arms_nothing_by_itself() -> None:
    """The owner's no holds until it was otherwise, not only until the evening."""
    jar = a_jar()
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(OrderState.CANCELLED, at=hours(2))
    for hour in (10, 20, 30, 44, 54):
        assert jar.tell("counted", 4, at=hours(hour)).verdict is Verdict.HELD
    jar.tell("counted", 12, at=hours(55), source=Source.PERSON)
    jar.tell("counted", 5, at=hours(56), source=Source.PERSON)
    jar.look(hours(96))
    assert len(jar.needs) == 2


def test_a_no_at_night_holds_back_what_waits_for_the_morning() -> None:
    jar = Household([a_rule("6 left"), a_rule(BY_DAY)], zone=BERLIN)
    jar.tell("counted", 5, at=hours(8))
    jar.order_is(OrderState.CANCELLED, at=hours(9))
    jar.look(hours(48))
    assert len(jar.needs) == 1


def test_a_delivery_at_night_that_leaves_it_low_orders_again_in_the_morning() -> None:
    jar = a_jar("20 left and between 08:00 and 20:00")
    jar.tell("counted", 5, at=hours(1))
    decision = jar.order_is(OrderState.DELIVERED, 12, at=hours(9))
    assert "outside its window" in decision.sentence
    jar.look(hours(19))
    assert [need.at for need in jar.needs] == [hours(0), hours(19)]


def test_a_press_outside_the_window_is_over_when_that_opens_and_the_decision_says_so() -> None:
    jar = a_jar("pressed and between 08:00 and 20:00")
    decision = jar.tell("pressed", at=hours(8))
    assert decision.verdict is Verdict.HELD
    assert decision.sentence.startswith(
        "It was pressed; it is 21:00; outside its window: press again from 2026-03-03 08:00"
    )
    jar.look(hours(24))
    assert not jar.needs
    assert jar.tell("pressed", at=hours(24)).verdict is Verdict.ORDERED


def test_of_two_alternatives_only_the_one_that_asks_for_no_press_waits() -> None:
    jar = a_jar("(pressed or 5 left) and between 08:00 and 20:00")
    jar.tell("counted", 5, at=hours(8))
    sentence = jar.tell("pressed", at=hours(9)).sentence
    assert "not now, asked again at 2026-03-03 08:00 CET; " in sentence
    assert "press again from 2026-03-03 08:00 CET on" in sentence
    jar.look(hours(19))
    assert [need.at for need in jar.needs] == [hours(19)]


def test_a_rule_that_asks_for_nothing_but_the_time_is_a_schedule() -> None:
    jar = a_jar("on saturday", zone=ZoneInfo("UTC"))
    for week in range(3):
        jar.look(hours(24 * 7 * (week + 1)))
        assert len(jar.needs) == week + 1
        jar.order_is(OrderState.DELIVERED, 12, at=hours(24 * 7 * (week + 1) + 1))
    assert {need.at.strftime("%A %H:%M") for need in jar.needs} == {"Saturday 00:00"}


def test_a_rule_that_tells_tells_once_however_many_windows_pass() -> None:
    jar = a_jar(BY_DAY, orders=False, notify=True)
    jar.tell("counted", 5, at=hours(8))
    jar.look(hours(24 * 5))
    assert [made.at for made in jar.decisions if made.verdict is Verdict.NOTIFIED] == [hours(19)]

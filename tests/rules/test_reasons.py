"""What people read: amounts of the item by its name and unit, comparisons as they are, the household's clock."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.decisions import ConditionReport
from rules import reasons
from rules.nouns import PLAIN, Words
from tests.judgement.household import Household, a_rule, hours


@pytest.mark.parametrize(
    ("name", "unit", "amount", "text"),
    [
        ("Cookies", "piece", "4", "4 cookies"),
        ("Cookies", "piece", "1", "1 cookie"),
        ("Oat cookies", "piece", "0", "0 oat cookies"),
        ("Berries", "piece", "1", "1 berry"),
        ("Tomatoes", "piece", "1", "1 tomato"),
        ("Eggs", "piece", "1", "1 egg"),
        ("Butter", "piece", "2", "2 pieces of butter"),
        ("Butter", "piece", "1", "1 piece of butter"),
        ("Swiss", "piece", "2", "2 pieces of swiss"),
        ("Flour", "g", "250.50", "250.5 g of flour"),
        ("Cookies", "g", "250", "250 g of cookies"),
        ("Paper", "roll", "3", "3 rolls of paper"),
        ("Paper", "roll", "1", "1 roll of paper"),
        ("Paper", "rolls", "3", "3 rolls of paper"),
        ("Ben & Jerry's", "piece", "2", "2 Ben & Jerry's"),
        ("H-Milch", "l", "0.5", "0.5 l of H-Milch"),
        ("", "piece", "4", "4"),
        ("", "kg", "4", "4 kg"),
        ("x" * 41, "piece", "4", "4"),
        (" Two\tlines ", "l", "1", "1 l of two lines"),
    ],
)
def test_an_amount_is_said_with_the_items_own_words(name: str, unit: str, amount: str, text: str) -> None:
    assert Words(name, unit).amount(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (("level", "<=", "5", "4", True), "4 cookies left is at or below 5"),
        (("level", "<=", "5", "6", False), "6 cookies left is above 5"),
        (("level", "<", "5", "5", False), "5 cookies left is at or above 5"),
        (("level", ">", "5", "5", False), "5 cookies left is at or below 5"),
        (("level", "<=", "5", None, None), "how much is left is not known yet (at or below 5 wanted)"),
        (("percent", "<=", "45", "40", True), "40% of the cookies left is at or below 45%"),
        (("percent", "<=", "45", None, None), "what percentage is left is not known yet (at or below 45% wanted)"),
        (("outFor", ">=", "18000", "18000", True), "cookies out for 5 hours, at least 5 hours"),
        (("outFor", ">=", "18000", "3600", False), "cookies out for 1 hour, less than 5 hours"),
        (("outFor", ">=", "18000", None, False), "nothing is out (out for 5 hours wanted)"),
        (("expiresIn", "<=", "172800", "90000", True), "expires in 1 day 1 hour, within 2 days"),
        (("expiresIn", "<=", "172800", "-60", True), "expired 1 minute ago, within 2 days"),
        (("expiresIn", "<=", "172800", "172801", False), "expires in 2 days 1 second, not within 2 days"),
        (("low", "==", True, None, None), "whether it is low is not known yet"),
        (("low", "==", True, False, False), "it is not low"),
        (("dayOfWeek", "==", "6", "6", True), "it is Saturday"),
        (("dayOfWeek", "<=", "5", "6", False), "it is Saturday, not Monday to Friday"),
        (("dayOfWeek", "!=", "6", "6", False), "it is Saturday, not any day but Saturday"),
        (("timeOfDay", ">=", "28800", "32400", True), "it is 09:00"),
        (("timeOfDay", "<", "72000", "75600", False), "it is 21:00, not before 20:00"),
        (("unusedFor", ">=", "259200", "86400", False), "unused for 1 day, less than 3 days"),
        (("daysLeft", "<", "4", "3.1415", True), "3.1 days left is below 4"),
        (("daysLeft", "<", "4", None, None), "how many days it will last is not known yet (below 4 wanted)"),
        (("runsOut", "==", True, True, True), "it would run out before a delivery"),
        (("spoils", "==", True, False, False), "it will be used before it expires"),
        (("repeats", ">=", "3", "1", False), "reported so 1 time in a row, 3 wanted"),
        (("repeats", ">=", "3", "3", True), "reported so 3 times in a row"),
        (("pressed", "==", True, True, True), "it was pressed"),
    ],
)
def test_a_condition_says_what_was_found(found: tuple[object, ...], text: str) -> None:
    report = ConditionReport.model_validate(dict(zip(ConditionReport.model_fields, found, strict=True)))
    assert reasons.condition(report, Words("Cookies")) == text


def test_a_moment_is_said_by_the_clock_on_the_households_wall() -> None:
    noon = datetime(2026, 7, 2, 12, tzinfo=UTC)
    assert PLAIN.moment(noon) == "2026-07-02 12:00 UTC"
    assert Words(zone=ZoneInfo("Europe/Berlin")).moment(noon) == "2026-07-02 14:00 CEST"
    assert Words(zone=ZoneInfo("Asia/Kathmandu")).moment(noon.replace(second=5)) == "2026-07-02 17:45:05 +0545"


def test_an_order_says_why_and_what() -> None:
    jar = Household([a_rule("5 left")], name="Cookies")
    assert jar.tell("counted", 4, at=hours(0)).sentence == (
        "4 cookies left is at or below 5; nothing on order; "
        "ordered 1 pack of 12 Oat cookies at Corner Shop for 3.49 EUR."
    )

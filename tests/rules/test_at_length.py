"""A rule told at length."""

from typing import Any

import pytest

from rules.at_length import condition, told
from rules.then import Then
from rules.tree import tree_from_json

SHOP = "01920b3c-6f6a-7000-8000-000000000003"
OTHER = "01920b3c-6f6a-7000-8000-000000000004"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"field": "level", "op": "<=", "value": 5}, "the level is 5 or less"),
        ({"field": "level", "op": ">", "value": 0.5, "unit": "kg"}, "the level is above 0.5 kg"),
        ({"field": "percent", "op": "<", "value": 45}, "the level is below 45% of the capacity"),
        (
            {"field": "outFor", "op": ">=", "value": "5 hours"},
            "it has been taken out and not returned for 5 hours or longer",
        ),
        ({"field": "expiresIn", "op": "<=", "value": "2 days"}, "something inside expires within 2 days"),
        ({"field": "unusedFor", "op": ">", "value": "3 days"}, "it has not been used for longer than 3 days"),
        ({"field": "daysLeft", "op": "<", "value": 4}, "by its use it will last less than 4 days"),
        ({"field": "daysLeft", "op": "<=", "value": 1}, "by its use it will last 1 day or less"),
        ({"field": "runsOut", "op": "==", "value": True}, "by its use it may run out before a delivery"),
        ({"field": "spoils", "op": "==", "value": False}, "by its use it will be used before it expires"),
        ({"field": "dayOfWeek", "op": "==", "value": "saturday"}, "it is Saturday"),
        ({"field": "dayOfWeek", "op": "<=", "value": "friday"}, "it is Monday to Friday"),
        ({"field": "dayOfWeek", "op": ">=", "value": "saturday"}, "it is Saturday or Sunday"),
        ({"field": "timeOfDay", "op": ">=", "value": "08:00"}, "it is 08:00 or later"),
        ({"field": "timeOfDay", "op": "<", "value": "20:00"}, "it is before 20:00"),
        ({"field": "pressed", "op": "==", "value": True}, "the button is pressed"),
        ({"field": "low", "op": "==", "value": False}, "it was reported not to be low"),
        (
            {
                "all": [
                    {"any": [{"field": "level", "op": "<=", "value": 5}, {"field": "low", "op": "==", "value": True}]},
                    {"not": {"field": "pressed", "op": "==", "value": True}},
                ]
            },
            "(the level is 5 or less or it was reported to be low) and it is not so that the button is pressed",
        ),
        (
            {"repeats": 3, "of": {"field": "level", "op": "<=", "value": 5}},
            "3 reports in a row find that the level is 5 or less",
        ),
    ],
)
def test_every_condition_has_words(document: dict[str, Any], words: str) -> None:
    assert condition(tree_from_json(document)) == words


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({}, "only note it in the decisions"),
        ({"notify": True}, "tell you"),
        (
            {"order": {"retailer": SHOP, "sku": "cookies-12"}, "approval": "always"},
            "order 1 pack of cookies-12 at Corner Shop; not again before that has come and it has been otherwise; "
            "ask you first",
        ),
        (
            {
                "order": {
                    "retailer": SHOP,
                    "sku": "cookies-12",
                    "upTo": 24,
                    "atMost": 3,
                    "elsewhere": [{"retailer": OTHER, "sku": "biscuits"}],
                    "prefer": "cheapest",
                    "whileOnOrder": "add",
                    "coolDown": "3 days",
                },
                "approval": {"above": "25.00"},
                "notify": True,
            },
            "order as many packs of cookies-12 at Corner Shop as bring the level up to 24, 3 packs at most; "
            f"or, where it is cheaper, biscuits at {OTHER}; even while an order is open; "
            "at the earliest 3 days after its last order; ask you first where that costs more than 25.00; tell you",
        ),
    ],
)
def test_what_follows_has_words(then: dict[str, Any], words: str) -> None:
    tree = tree_from_json({"field": "level", "op": "<=", "value": 5})
    shops = {SHOP: "Corner Shop"}
    assert told(tree, Then.model_validate(then), shops) == f"Whenever the level is 5 or less: {words}."
    assert told(tree) == "Whenever the level is 5 or less."


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (None, "(the level is 2 or less and the level is above 1 kg)"),
        ("g", "(the level is 2 g or less and the level is above 1 kg)"),
        ("piece", "(the level is 2 pieces or less and the level is above 1 kg)"),
        ("roll", "(the level is 2 rolls or less and the level is above 1 kg)"),
    ],
)
def test_a_level_is_told_in_the_unit_of_the_item_where_that_is_known(unit: str | None, words: str) -> None:
    two = {"field": "level", "op": "<=", "value": 2}
    kilo = {"field": "level", "op": ">", "value": 1, "unit": "kg"}
    low = {"field": "low", "op": "==", "value": True}
    tree = tree_from_json({"any": [{"all": [two, kilo]}, {"not": two}, {"repeats": 2, "of": low}]})
    said = told(tree, unit=unit)
    assert said.startswith(f"Whenever {words} or it is not so that the level is 2")

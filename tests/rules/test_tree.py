"""The JSON form of rules: what is read, what is refused and in which words (contract 1.M)."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.errors import RuleError
from rules.tree import Condition, Not, Tree, check, reads, tree_from_json, tree_to_json
from tests.rules.parts import random_rules

FIVE_LEFT = {"field": "level", "op": "<=", "value": 5}
LOW = {"field": "low", "op": "==", "value": True}
FIELDS = "level, percent, outFor, expiresIn, unusedFor, daysLeft, runsOut, spoils, dayOfWeek, timeOfDay, pressed, low"
FORMS = '{"all": [...]}, {"any": [...]}, {"not": ...}, {"repeats", "of"} or {"field", "op", "value"}'


def a_condition(field: str = "level", op: str = "<=", value: object = 5) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (18_000, 18_000),
        (0.5, 0.5),
        ("5 hours", 18_000),
        ("1.5 days", 129_600),
        (" 90  minutes ", 5_400),
        ("1 Second", 1),
        (Decimal("0.25"), 0.25),
    ],
)
def test_a_duration_is_a_number_of_seconds_or_a_text_and_printed_as_seconds(value: object, seconds: float) -> None:
    assert tree_to_json(tree_from_json(a_condition("outFor", ">=", value))) == a_condition("outFor", ">=", seconds)


def test_numbers_are_kept_exactly() -> None:
    tree = tree_from_json(a_condition(value=0.1))
    assert isinstance(tree, Condition)
    assert tree.value == Decimal("0.1")
    assert json.dumps(tree_to_json(tree)) == '{"field": "level", "op": "<=", "value": 0.1}'


def test_a_list_of_one_is_its_only_element() -> None:
    assert tree_from_json({"all": [{"any": [LOW]}]}) == tree_from_json(LOW)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, f"At the top: expected {FORMS}, found null."),
        ("5 left", f'At the top: expected {FORMS}, found "5 left".'),
        ([], f"At the top: expected {FORMS}, found a list."),
        ({}, f"At the top: expected {FORMS}, found an object."),
        ({"all": []}, f"At the top: expected {FORMS}, found an object."),
        ({"any": FIVE_LEFT}, f"At the top: expected {FORMS}, found an object."),
        ({"all": [LOW], "any": [LOW]}, f"At the top: expected {FORMS}, found an object."),
        ({"not": LOW, "x": 1}, f"At the top: expected {FORMS}, found an object."),
        ({"any": [LOW, {"not": 7}]}, f"At any[1].not: expected {FORMS}, found 7."),
        ({"field": "level"}, "At the top: expected the key 'op' beside 'field', found an object."),
        ({"not": {"field": "level", "op": "<="}}, "At not: expected the key 'value' beside 'field', found an object."),
        (FIVE_LEFT | {"x": 1}, "At the top: expected no key but 'field', 'op' and 'value', or 'unit', found \"x\"."),
        (
            a_condition("colour"),
            f'At field: expected one of {FIELDS}, found "colour".',
        ),
        (
            a_condition(["level"]),  # type: ignore[arg-type]  # hostile
            f"At field: expected one of {FIELDS}, found a list.",
        ),
        (a_condition(op="=="), 'At op: expected one of <= < >= > for level, found "==".'),
        (a_condition(op="!="), 'At op: expected one of <= < >= > for level, found "!=".'),
        (a_condition(op=True), "At op: expected one of <= < >= > for level, found true."),  # type: ignore[arg-type]  # hostile
        (a_condition("outFor", "<=", 5), 'At op: expected one of >= > for outFor, found "<=".'),
        (a_condition("pressed", ">=", True), 'At op: expected one of == for pressed, found ">=".'),
        (a_condition("low", "==", 1), "At value: expected true or false, found 1."),
        (a_condition("low", "==", "true"), 'At value: expected true or false, found "true".'),
    ],
)
def test_a_wrong_form_is_refused_with_its_place(document: object, message: str) -> None:
    with pytest.raises(RuleError) as refusal:
        tree_from_json(document)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, "true"),
        ("5", '"5"'),
        (None, "null"),
        (-1, "-1"),
        (-0.0, "-0.0"),
        (1_000_000_001, "1000000001"),
        (10**4_000, "a huge number"),
        (0.0000001, "1e-07"),
        (Decimal("1.0000000000000000000000000000000001"), "1.0000000000000000000000000000000001"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1E+400000"), "1E+400000"),
        ([5], "a list"),
        ({}, "an object"),
        ("x" * 100, f'"{"x" * 40}"'),
        (b"5", "something else"),
    ],
)
def test_a_level_is_compared_with_plain_numbers_only(value: object, found: str) -> None:
    with pytest.raises(RuleError) as refusal:
        tree_from_json(a_condition(value=value))
    expected = f"At value: expected a number from 0 to 1000000000 with at most 6 decimals, found {found}."
    assert refusal.value.message == expected


@pytest.mark.parametrize("value", ["5", "5 hous", "hours", "-5 hours", "5e3 hours", "1654 weeks", "0.0000001 days", ""])
def test_what_is_no_duration_is_refused(value: str) -> None:
    with pytest.raises(RuleError, match=r"^At value: expected a duration such as '5 hours'"):
        tree_from_json(a_condition("outFor", ">=", value))


def nested(depth: int) -> Any:
    document: Any = LOW
    for _ in range(depth):
        document = {"not": document}
    return document


def listed(depth: int) -> Any:
    document: Any = LOW
    for _ in range(depth):
        document = {"any": [document]}
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (nested(8), "The rule is nested more than 8 levels deep."),
        (nested(200_000), "The rule is nested more than 8 levels deep."),
        (listed(200_000), "The rule is nested more than 8 levels deep."),
        ({"any": [LOW] * 33}, "The rule has more than 32 alternatives when it is multiplied out."),
        ({"not": {"all": [LOW] * 33}}, "The rule has more than 32 alternatives when it is multiplied out."),
        ({"all": [{"any": [LOW] * 6}] * 2}, "The rule has more than 32 alternatives when it is multiplied out."),
        ({"all": [{"any": [LOW] * 10}] * 5}, "The rule has more than 32 alternatives when it is multiplied out."),
        ({"all": [LOW] * 17}, "The rule has an alternative of more than 16 conditions."),
        ({"any": [LOW] * 65}, "The rule has more than 64 parts."),
        ({"any": [LOW] * 1_000_000}, "The rule has more than 64 parts."),
    ],
)
def test_a_rule_out_of_bounds_is_refused(document: object, message: str) -> None:
    with pytest.raises(RuleError) as refusal:
        tree_from_json(document)
    assert refusal.value.message == message


def test_a_rule_at_the_bounds_is_accepted() -> None:
    assert tree_from_json(nested(7))
    assert tree_from_json({"any": [LOW] * 32})
    assert tree_from_json({"all": [LOW] * 16})


def test_a_tree_made_by_hand_is_held_to_the_same_language() -> None:
    for wrong in (
        Condition(field="outFor", op="<", value=5),
        Condition(field="level", op="<=", value=True),
        Condition(field="low", op="==", value=1),
        Not(of=Condition(field="colour", op="==", value=True)),
    ):
        with pytest.raises(RuleError, match="No such condition"):
            check(wrong)


def test_a_tree_survives_being_sent_and_stored() -> None:
    letter = TypeAdapter[Tree](Tree)
    for _, tree in random_rules(seed=1, number=300):
        assert letter.validate_json(letter.dump_json(tree)) == tree


def test_a_tree_tells_what_it_reads() -> None:
    tree = tree_from_json({"all": [FIVE_LEFT, {"not": {"any": [LOW, a_condition("outFor", ">=", 5)]}}]})
    assert reads(tree) == {"level", "low", "outFor"}

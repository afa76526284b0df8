"""The JSON form of rules: what is read, what is refused and in which words (contract 1.M)."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.errors import RuleError
from rules.tree import (
    Condition,
    Not,
    Repeated,
    Tree,
    check,
    conditions,
    in_unit,
    reads,
    repeated,
    tree_from_json,
    tree_to_json,
)
from tests.rules.parts import random_rules

ONCE = "A rule says only once how often something is to be reported in a row."
FIVE_LEFT: dict[str, object] = {"field": "level", "op": "<=", "value": 5}
LOW: dict[str, object] = {"field": "low", "op": "==", "value": True}
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
    ("document", "message"),
    [
        (
            a_condition("levle"),
            f"At field: expected one of {FIELDS}, found \"levle\". Did you mean 'level'?",
        ),
        (a_condition("repeats", ">=", 3), f'At field: expected one of {FIELDS}, found "repeats".'),
        (a_condition("otherUnit"), f'At field: expected one of {FIELDS}, found "otherUnit".'),
        (
            FIVE_LEFT | {"unit": "kilo"},
            'At unit: expected one of piece, mg, g, kg, ml, cl, l, found "kilo".',
        ),
        (FIVE_LEFT | {"unit": None}, "At unit: expected one of piece, mg, g, kg, ml, cl, l, found null."),
        (LOW | {"unit": "g"}, "At the top: expected no key but 'field', 'op' and 'value', found \"unit\"."),
        (
            a_condition("dayOfWeek", "==", "satruday"),
            "At value: expected a day such as 'saturday', found \"satruday\". Did you mean 'saturday'?",
        ),
        (
            a_condition("dayOfWeek", "==", "Saturday"),
            "At value: expected a day such as 'saturday', found \"Saturday\". Did you mean 'saturday'?",
        ),
        (a_condition("dayOfWeek", "==", 6), "At value: expected a day such as 'saturday', found 6."),
        (a_condition("dayOfWeek", "<", "friday"), 'At op: expected one of == <= >= for dayOfWeek, found "<".'),
        (a_condition("dayOfWeek", "!=", "friday"), 'At op: expected one of == <= >= for dayOfWeek, found "!=".'),
        (a_condition("timeOfDay", "<", "8 pm"), "At value: expected a time such as '08:00', found \"8 pm\"."),
        (a_condition("timeOfDay", "<", 28_800), "At value: expected a time such as '08:00', found 28800."),
        (a_condition("timeOfDay", "<=", "08:00"), 'At op: expected one of < >= for timeOfDay, found "<=".'),
        ({"repeats": 1, "of": LOW}, "At repeats: expected a whole number from 2 to 20, found 1."),
        ({"repeats": 21, "of": LOW}, "At repeats: expected a whole number from 2 to 20, found 21."),
        ({"repeats": 2.0, "of": LOW}, "At repeats: expected a whole number from 2 to 20, found 2.0."),
        ({"repeats": True, "of": LOW}, "At repeats: expected a whole number from 2 to 20, found true."),
        ({"repeats": 3}, f"At the top: expected {FORMS}, found an object."),
        ({"repeats": 3, "of": {}}, f"At of: expected {FORMS}, found an object."),
        ({"repeats": 3, "of": LOW, "x": 1}, f"At the top: expected {FORMS}, found an object."),
        ({"repeats": 3, "of": {"repeats": 3, "of": LOW}}, ONCE),
        ({"any": [{"repeats": 3, "of": LOW}, {"not": {"repeats": 3, "of": LOW}}]}, ONCE),
        (
            {"repeats": 3, "of": {"any": [LOW] * 33}},
            "The rule has more than 32 alternatives when it is multiplied out.",
        ),
    ],
)
def test_days_times_units_and_repetition_are_held_to_their_forms(document: object, message: str) -> None:
    with pytest.raises(RuleError) as refusal:
        tree_from_json(document)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("document", "unit", "level"),
    [
        (FIVE_LEFT, "ml", 5),
        (FIVE_LEFT | {"unit": "kg"}, "g", 5_000),
        (FIVE_LEFT | {"unit": "g"}, "kg", 0.005),
        (FIVE_LEFT | {"unit": "cl"}, "ml", 50),
        (FIVE_LEFT | {"unit": "piece"}, "piece", 5),
    ],
)
def test_a_level_is_converted_to_the_unit_of_the_item(document: dict[str, object], unit: str, level: float) -> None:
    of_item = in_unit(tree_from_json(document), unit)
    assert tree_to_json(of_item) == a_condition(value=level)
    within = in_unit(tree_from_json({"not": {"all": [LOW, {"repeats": 3, "of": document}]}}), unit)
    assert tree_to_json(within) == {"not": {"all": [LOW, {"repeats": 3, "of": a_condition(value=level)}]}}


@pytest.mark.parametrize(
    ("said", "unit", "why"),
    [
        ("kg", "ml", "'5 kg' says nothing about this item. This item is measured in ml."),
        ("piece", "bottle", "'5 piece' says nothing about this item. This item is measured in bottle."),
        ("mg", "kg", None),
    ],
)
def test_a_level_in_a_unit_of_another_kind_says_nothing(said: str, unit: str, why: str | None) -> None:
    tree = tree_from_json({"any": [FIVE_LEFT | {"unit": said}, LOW]})
    if why is None:
        assert in_unit(tree, unit) == tree_from_json({"any": [a_condition(value=0.000005), LOW]})
        return
    with pytest.raises(RuleError) as refusal:
        in_unit(tree, unit)
    assert refusal.value.message == why
    assert reads(in_unit(tree, unit, strict=False)) == {"otherUnit", "low"}


def test_a_tree_without_units_stays_itself() -> None:
    tree = tree_from_json({"not": {"all": [FIVE_LEFT, {"any": [LOW, {"repeats": 3, "of": LOW}]}]}})
    assert in_unit(tree, "g") is tree


def test_what_is_repeated_is_one_condition_to_the_rest() -> None:
    tree = tree_from_json({"any": [LOW, {"not": {"repeats": 3, "of": {"all": [FIVE_LEFT, LOW]}}}]})
    assert [(each.field, each.op, each.value) for each in conditions(tree)] == [
        ("low", "==", True),
        ("repeats", ">=", 3),
    ]
    assert repeated(tree) == Repeated(times=3, of=tree_from_json({"all": [FIVE_LEFT, LOW]}))
    assert reads(tree) == {"level", "low", "repeats"}
    assert repeated(tree_from_json(LOW)) is None


def test_a_rule_of_old_is_stored_as_it_was() -> None:
    stored = '{"kind":"condition","field":"level","op":"<=","value":"5"}'
    assert tree_from_json(FIVE_LEFT).model_dump_json() == stored
    assert Condition.model_validate_json(stored) == tree_from_json(FIVE_LEFT)


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
        Condition(field="level", op="<=", value=5, unit="stone"),
        Condition(field="low", op="==", value=True, unit="g"),
        Condition(field="repeats", op=">=", value=3),
        Condition(field="dayOfWeek", op="!=", value=3),
        Condition(field="dayOfWeek", op="==", value=8),
        Condition(field="timeOfDay", op="<", value=30),
    ):
        with pytest.raises(RuleError, match="No such condition"):
            check(wrong)
    for times in (0, 1, 21):
        with pytest.raises(RuleError, match="2 to 20 times in a row"):
            check(Repeated(times=times, of=Condition(field="low", op="==", value=True)))


def test_a_tree_survives_being_sent_and_stored() -> None:
    letter = TypeAdapter[Tree](Tree)
    for _, tree in random_rules(seed=1, number=300):
        assert letter.validate_json(letter.dump_json(tree)) == tree


def test_a_tree_tells_what_it_reads() -> None:
    tree = tree_from_json({"all": [FIVE_LEFT, {"not": {"any": [LOW, a_condition("outFor", ">=", 5)]}}]})
    assert reads(tree) == {"level", "low", "outFor"}

"""Sentences: what they mean, and what is said about those that mean nothing (contract 1.M)."""

from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from domain.errors import RuleError
from rules.sentence import MAX_LENGTH, parse, say
from rules.tree import MAX_DEPTH, MAX_PARTS, tree_from_json, tree_to_json
from tests.rules.parts import DOCUMENTS, Document, outcome, random_rules

HOUR = 3600


def level(op: str, value: float) -> dict[str, Any]:
    return {"field": "level", "op": op, "value": value}


def percent(op: str, value: float) -> dict[str, Any]:
    return {"field": "percent", "op": op, "value": value}


def out_for(op: str, seconds: float) -> dict[str, Any]:
    return {"field": "outFor", "op": op, "value": seconds}


def expires(seconds: float) -> dict[str, Any]:
    return {"field": "expiresIn", "op": "<=", "value": seconds}


def flag(field: str, value: bool = True) -> dict[str, Any]:
    return {"field": field, "op": "==", "value": value}


PRESSED, LOW = flag("pressed"), flag("low")

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("5 left", level("<=", 5)),
    ("when 5 left", level("<=", 5)),
    ("5 cookies left", level("<=", 5)),
    ("5 home-made oat cookies left", level("<=", 5)),
    ("5 jalapeños left", level("<=", 5)),
    ("5 of Ada's cookies left", level("<=", 5)),
    ("at most 5 left", level("<=", 5)),
    ("AT MOST 5 Cookies LEFT", level("<=", 5)),
    ("fewer than 5 left", level("<", 5)),
    ("less than 5 left", level("<", 5)),
    ("at least 5 left", level(">=", 5)),
    ("more than 5 left", level(">", 5)),
    ("0 left", level("<=", 0)),
    ("0.000001 left", level("<=", 0.000001)),
    ("1.50 left", level("<=", 1.5)),
    ("007 left", level("<=", 7)),
    ("1000000000 left", level("<=", 1_000_000_000)),
    ("  5   left  ", level("<=", 5)),
    ("45% left", percent("<=", 45)),
    ("45 % left", percent("<=", 45)),
    ("45 percent left", percent("<=", 45)),
    ("45% of the milk left", percent("<=", 45)),
    ("less than 12.5% left", percent("<", 12.5)),
    ("at least 45% left", percent(">=", 45)),
    ("more than 45 % milk left", percent(">", 45)),
    ("out for 5 hours", out_for(">=", 5 * HOUR)),
    ("butter out for 5 hours", out_for(">=", 5 * HOUR)),
    ("when the butter is out for 5 hours", out_for(">=", 5 * HOUR)),
    ("butter out for at least 5 hours", out_for(">=", 5 * HOUR)),
    ("butter out for more than 5 hours", out_for(">", 5 * HOUR)),
    ("out for 1 second", out_for(">=", 1)),
    ("out for 90 Minutes", out_for(">=", 5400)),
    ("out for 0.5 hours", out_for(">=", 1800)),
    ("out for 1.5 days", out_for(">=", 36 * HOUR)),
    ("out for 2 weeks", out_for(">=", 14 * 24 * HOUR)),
    ("out for 0.000001 seconds", out_for(">=", 0.000001)),
    ("expires within 2 days", expires(2 * 24 * HOUR)),
    ("the yoghurts expire within 36 hours", expires(36 * HOUR)),
    ("When the milk expires within 1 week", expires(7 * 24 * HOUR)),
    ("5 left or not expires within 2 days", {"any": [level("<=", 5), {"not": expires(2 * 24 * HOUR)}]}),
    ("pressed", PRESSED),
    ("the button is pressed", PRESSED),
    ("pressed is true", PRESSED),
    ("pressed is false", flag("pressed", False)),
    ("low", LOW),
    ("Milk is low", LOW),
    ("low is false", flag("low", False)),
    ("not low", {"not": LOW}),
    ("not not low", {"not": {"not": LOW}}),
    ("5 left or low", {"any": [level("<=", 5), LOW]}),
    ("5 left or low or pressed", {"any": [level("<=", 5), LOW, PRESSED]}),
    ("5 left and not low", {"all": [level("<=", 5), {"not": LOW}]}),
    ("low and pressed or 5 left", {"any": [{"all": [LOW, PRESSED]}, level("<=", 5)]}),
    ("low or pressed and 5 left", {"any": [LOW, {"all": [PRESSED, level("<=", 5)]}]}),
    ("(low or pressed) and 5 left", {"all": [{"any": [LOW, PRESSED]}, level("<=", 5)]}),
    ("not (low or pressed)", {"not": {"any": [LOW, PRESSED]}}),
    ("not low and pressed", {"all": [{"not": LOW}, PRESSED]}),
    ("(((5 left)))", level("<=", 5)),
    ("(low or pressed) or 5 left", {"any": [{"any": [LOW, PRESSED]}, level("<=", 5)]}),
]

A_CONDITION = "a condition such as '5 left'"
A_DURATION = "a duration such as '5 hours' (0 to 1000000000 seconds, at most 6 decimals)"
A_LEVEL = "a number from 0 to 1000000000 with at most 6 decimals"

REFUSED: list[tuple[str, str]] = [
    ("", f"At column 1: expected {A_CONDITION}, found the end."),
    ("when", f"At column 5: expected {A_CONDITION}, found the end."),
    ("when (fife left)", "At column 7: expected a number, found 'fife'."),
    ("fife left", "At column 1: expected a number, found 'fife'."),
    ("at most fife left", "At column 9: expected a number, found 'fife'."),
    ("low or fife left", "At column 8: expected a number, found 'fife'."),
    ("cookies", f"At column 1: expected {A_CONDITION}, found 'cookies'."),
    ("5", "At column 2: expected 'left', found the end."),
    ("5 cookies", "At column 10: expected 'left', found the end."),
    ("5 hours left", "At column 3: expected 'left', found 'hours'."),
    ("5 or fewer left", "At column 3: expected 'left', found 'or'."),
    ("5 or more left", "At column 3: expected 'left', found 'or'."),
    ("5 no longer left", "At column 3: expected 'left', found 'no'."),
    ("5 aren't left", "At column 3: expected 'left', found 'aren't'."),
    ("-5 left", f"At column 1: expected {A_LEVEL}, found '-5'."),
    ("1000000001 left", f"At column 1: expected {A_LEVEL}, found '1000000001'."),
    ("0.0000001 left", f"At column 1: expected {A_LEVEL}, found '0.0000001'."),
    ("1,000 left", f"At column 1: expected {A_CONDITION}, found '1,000'."),
    ("1e3 left", f"At column 1: expected {A_CONDITION}, found '1e3'."),
    ("5left", f"At column 1: expected {A_CONDITION}, found '5left'."),
    ("5kg left", f"At column 1: expected {A_CONDITION}, found '5kg'."),
    ("at 5 left", "At column 4: expected 'most' or 'least', found '5'."),
    ("fewer 5 left", "At column 7: expected 'than', found '5'."),
    ("101% left", "At column 1: expected a number from 0 to 100 with at most 6 decimals, found '101'."),
    ("5 left left", "At column 8: expected 'and' or 'or', found 'left'."),
    ("5 left android", "At column 8: expected 'and' or 'or', found 'android'."),
    ("5 left and", f"At column 11: expected {A_CONDITION}, found the end."),
    ("5 left and and low", f"At column 12: expected {A_CONDITION}, found 'and'."),
    ("5 left unless low", "At column 8: expected 'and' or 'or', found 'unless'."),
    ("5 left; low", "At column 7: expected 'and' or 'or', found ';'."),
    ("not", f"At column 4: expected {A_CONDITION}, found the end."),
    ("(5 left", "At column 8: expected ')', found the end."),
    ("5 left)", "At column 7: expected the end, found ')'."),
    ("()", f"At column 2: expected {A_CONDITION}, found ')'."),
    ("low is", "At column 7: expected 'true' or 'false', found the end."),
    ("butter not out for 5 hours", "At column 8: expected 'out', 'expires', 'pressed' or 'low', found 'not'."),
    ("butter is not out for 5 hours", "At column 11: expected 'out', 'expires', 'pressed' or 'low', found 'not'."),
    ("butter isn't out for 5 hours", "At column 8: expected 'out', 'expires', 'pressed' or 'low', found 'isn't'."),
    ("on monday butter out for 5 hours", f"At column 1: expected {A_CONDITION}, found 'on'."),
    ("expires in 2 days", "At column 9: expected 'within', found 'in'."),
    ("expires within days", "At column 16: expected a number, found 'days'."),
    ("out 5 hours", "At column 5: expected 'for', found '5'."),
    ("out for hours", "At column 9: expected a number, found 'hours'."),
    ("out for less than 5 hours", "At column 9: expected a number, found 'less'."),
    ("out for 5", "At column 10: expected seconds, minutes, hours, days or weeks, found the end."),
    ("out for 5 h", "At column 11: expected seconds, minutes, hours, days or weeks, found 'h'."),
    ("out for 1654 weeks", f"At column 9: expected {A_DURATION}, found '1654 weeks'."),
    ("out for 0.0000001 weeks", f"At column 9: expected {A_DURATION}, found '0.0000001 weeks'."),
    ("out for -1 hours", f"At column 9: expected {A_DURATION}, found '-1 hours'."),
    ("5\x00left", "At column 2: the character U+0000 is not allowed."),
    ("5\tleft", "At column 2: the character U+0009 is not allowed."),
    ("5 left\n", "At column 7: the character U+000A is not allowed."),
    ("5 \u202eleft", "At column 3: the character U+202E is not allowed."),
    ("5 \ud800 left", "At column 3: the character U+D800 is not allowed."),
    ("x" * 50 + " 5", "At column 52: expected 'out', 'expires', 'pressed' or 'low', found '5'."),
    ("5 " + "x" * 4_000, "A rule has at most 4000 characters; this one has 4002."),
    ("low or " + "y" * 50, f"At column 8: expected {A_CONDITION}, found '{'y' * 40}…'."),
    ("not " * 8 + "low", "The rule is nested more than 8 levels deep."),
    (" or ".join(["low"] * 64), "The rule has more than 64 parts."),
    (" or ".join(["low"] * 33), "The rule has more than 32 alternatives when it is multiplied out."),
    (" and ".join(["low"] * 17), "The rule has an alternative of more than 16 conditions."),
]


@pytest.mark.parametrize(("sentence", "document"), ACCEPTED)
def test_a_sentence_means_its_json_form(sentence: str, document: dict[str, Any]) -> None:
    tree = parse(sentence)
    assert tree_to_json(tree) == document
    assert tree == tree_from_json(document)
    assert parse(say(tree)) == tree


@pytest.mark.parametrize(("sentence", "message"), REFUSED)
def test_a_sentence_that_means_nothing_is_refused_with_its_place(sentence: str, message: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse(sentence)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    "sentence",
    [
        "5 left",
        "fewer than 5 left",
        "at least 5 left",
        "more than 5 left",
        "45% left",
        "less than 45% left",
        "out for 5 hours",
        "out for more than 90 minutes",
        "out for 1 week",
        "out for 0 seconds",
        "out for 0.5 seconds",
        "pressed",
        "pressed is false",
        "low or 5 left",
        "not low and (5 left or pressed)",
        "not (low or pressed)",
    ],
)
def test_a_plain_sentence_is_said_as_it_was_written(sentence: str) -> None:
    assert say(parse(sentence)) == sentence


def test_every_rule_that_json_allows_can_be_said_and_read_back() -> None:
    for document, tree in random_rules(seed=31, number=2_000):
        assert parse(say(tree)) == tree == tree_from_json(tree_to_json(tree))
        assert tree_to_json(tree) == document


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
def test_any_rule_that_json_allows_can_be_said_and_read_back(document: Document) -> None:
    tree = outcome(tree_from_json, document)
    if isinstance(tree, RuleError):
        reject()
    assert tree_to_json(parse(say(tree))) == document


def test_the_longest_sentence_of_all_rules_is_within_the_length_that_is_read() -> None:
    widest = out_for(">", 999_999_999.999999)
    group = {"all": [widest] * 15}
    nested: dict[str, Any] = {"any": [group, group, group, {"all": [widest] * 14}]}
    tree = tree_from_json(nested)
    assert parse(say(tree)) == tree
    assert len(say(tree)) + MAX_PARTS * len("not ()") < MAX_LENGTH


def test_the_deepest_rule_can_be_said_and_read_back() -> None:
    document: dict[str, Any] = LOW
    for _ in range(MAX_DEPTH - 1):
        document = {"not": document}
    assert tree_to_json(parse(say(tree_from_json(document)))) == document


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_rule_or_a_refusal_in_one_line(text: str) -> None:
    tree = outcome(parse, text)
    assert tree.message.isprintable() if isinstance(tree, RuleError) else parse(say(tree)) == tree


@settings(max_examples=300, deadline=None)
@given(st.decimals(0, 10**9, places=6).map(lambda number: f"{number:f}"))
def test_a_number_is_kept_to_the_last_digit(number: str) -> None:
    assert say(parse(f"{number} left")) == f"{number.rstrip('0').rstrip('.')} left"

"""Sentences: what they mean, and what is said about those that mean nothing (contract 1.M)."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from domain.errors import RuleError
from rules.sentence import MAX_LENGTH, parse, say
from rules.tokens import grammar, tokens
from rules.tree import MAX_DEPTH, MAX_PARTS, tree_from_json, tree_to_json
from rules.written import understood
from tests.rules.parts import WRITTEN, Document, in_units, outcome, random_rules

LOW: Document = {"field": "low", "op": "==", "value": True}

# What no line of a text file can show.
REFUSED: list[tuple[str, str]] = [
    ("", "At column 1: expected a condition such as '5 left', found the end."),
    ("5\x00left", "At column 2: the character U+0000 is not allowed."),
    ("5\tleft", "At column 2: the character U+0009 is not allowed."),
    ("5 left\n", "At column 7: the character U+000A is not allowed."),
    ("5 \u202eleft", "At column 3: the character U+202E is not allowed."),
    ("5 \ud800 left", "At column 3: the character U+D800 is not allowed."),
    ("x" * 50 + " 5", "At column 53: expected 'left', found the end."),
    ("5 " + "x" * 4_000, "A rule has at most 4000 characters; this one has 4002."),
    ("low or " + "y" * 50, f"At column 8: expected a condition such as '5 left', found '{'y' * 40}…'."),
    ("not " * 8 + "low", "The rule is nested more than 8 levels deep."),
    (" or ".join(["low"] * 64), "The rule has more than 64 parts."),
    (" or ".join(["low"] * 33), "The rule has more than 32 alternatives when it is multiplied out."),
    (" and ".join(["low"] * 17), "The rule has an alternative of more than 16 conditions."),
]


def told(name: str) -> list[tuple[str, str]]:
    """The lines of a file of sentences, each with what is told of it in the line below."""
    lines = (Path(__file__).parent / "sentences" / name).read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("# ")]
    assert all(line.startswith("    ") is bool(number % 2) for number, line in enumerate(lines))
    return [(sentence, below.strip()) for sentence, below in zip(lines[::2], lines[1::2], strict=True)]


def test_there_are_sentences_enough() -> None:
    accepted, refused = told("accepted.txt"), told("refused.txt")
    assert len({sentence for sentence, _ in accepted}) == len(accepted) >= 350
    assert len({sentence for sentence, _ in refused}) == len(refused) >= 300


@pytest.mark.parametrize(("sentence", "written"), told("accepted.txt"))
def test_a_sentence_means_its_json_form(sentence: str, written: str) -> None:
    tree, document = understood(sentence), json.loads(written)
    assert tree_to_json(tree) == document
    assert tree == tree_from_json(document)
    assert parse(say(tree)) == tree


@pytest.mark.parametrize(("sentence", "message"), [*told("refused.txt"), *REFUSED])
def test_a_sentence_that_means_nothing_is_refused_with_its_place(sentence: str, message: str) -> None:
    with pytest.raises(RuleError) as refusal:
        understood(sentence)
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
        "500 g left",
        "1 piece left",
        "at most 1 day left",
        "unused for 3 days",
        "runs out before delivery",
        "expires before it is used",
        "on saturday",
        "on weekdays and between 08:00 and 20:00",
        "5 left and (on saturday or on sunday)",
        "on tuesday to friday",
        "on friday to monday",
        "on wednesday or later",
        "between 20:00 and 06:00",
        "before 06:30 or after 08:00",
        "not on saturday or (on sunday)",
        "5 left and (on weekends or on weekdays)",
        "(on weekdays and after 18:00) or on weekends",
        "5 left and ((on weekdays and after 18:00) or on weekends)",
        "5 left and not (on saturday and after 18:00)",
        "on saturday or not on sunday",
        "(5 left and on saturday) or (on sunday and after 18:00)",
        "on saturday and (on weekends)",
        "5 left twice in a row",
        "(not low) 3 times in a row",
        "not (low 3 times in a row)",
    ],
)
def test_a_plain_sentence_is_said_as_it_was_written(sentence: str) -> None:
    assert say(parse(sentence)) == sentence


def test_every_rule_that_json_allows_can_be_said_and_read_back() -> None:
    rng = random.Random(31)
    for plain, _ in random_rules(seed=31, number=2_000):
        document = in_units(rng, plain)
        tree = tree_from_json(document)
        assert parse(say(tree)) == tree == tree_from_json(tree_to_json(tree))
        assert tree_to_json(tree) == document


@settings(max_examples=1_000, deadline=None)
@given(WRITTEN)
def test_any_rule_that_json_allows_can_be_said_and_read_back(document: Document) -> None:
    tree = outcome(tree_from_json, document)
    if isinstance(tree, RuleError):
        reject()
    assert tree_to_json(parse(say(tree))) == document


def test_the_longest_sentence_of_all_rules_is_within_the_length_that_is_read() -> None:
    widest = {"field": "unusedFor", "op": ">", "value": 999_999_999.999999}
    group = {"all": [widest] * 15}
    nested: dict[str, Any] = {"any": [group, group, group, {"all": [widest] * 14}]}
    tree = tree_from_json(nested)
    assert parse(say(tree)) == tree
    assert len(say(tree)) + MAX_PARTS * len("not ()") < MAX_LENGTH


def test_the_deepest_rule_can_be_said_and_read_back() -> None:
    document = LOW
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


@pytest.mark.parametrize(
    ("item", "sentence", "plainly"),
    [
        ("Milk 3.5%", "Milk 3.5%: 5 left", "5 left"),
        ("Milk 3.5%", "milk 3.5% less than 4 days left", "less than 4 days left"),
        ("No Name flour", "No Name flour: 0.5 kg left", "0.5 kg left"),
        ("No Name flour", "  no name flour is low", "low"),
        ("7up", "7up on saturday", None),
        ("7up", "7up: on saturday 5 left", "on saturday 5 left"),
        ("Low", "low", "low"),
        ("Low", "low or pressed", "low or pressed"),
        ("Sunday roast", "sunday roast out for 5 hours", "out for 5 hours"),
        ("Cookies", "cookies: 5 left", "5 left"),
        ("Spring onions", "spring onions 5 left", "5 left"),
        ("Paper cups", "5 paper cups left", "5 left"),
        ("Paper cups", "paper cups: 5 paper cups left or low", "5 left or low"),
        ("Easter eggs", "on saturday fewer than 12 easter eggs left", "on saturday fewer than 12 left"),
        ("Easter eggs", "in easter 5 left", None),
        ("Tonight", "tonight: 5 left", "5 left"),
        ("Paper cups", "5 plastic cups left", None),
        (" ", "5 left", "5 left"),
    ],
)
def test_a_sentence_may_begin_with_the_name_of_the_item_whatever_that_is(
    item: str, sentence: str, plainly: str | None
) -> None:
    if plainly is None:
        with pytest.raises(RuleError):
            parse(sentence, item)
    else:
        assert parse(sentence, item) == parse(plainly)


def test_a_mistake_behind_the_name_has_its_place_in_the_whole_sentence() -> None:
    with pytest.raises(RuleError) as refusal:
        parse("Milk 3.5%: 5 lft", "Milk 3.5%")
    assert refusal.value.message == "At column 14: expected 'left', found 'lft'. Did you mean 'left'?"
    with pytest.raises(RuleError) as refusal:
        parse("Milk 3.5%", "Milk 3.5%")
    assert refusal.value.message == "At column 10: expected 'left', found the end."


def test_no_word_is_read_as_a_keyword_and_a_rest() -> None:
    keywords = {terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str"}
    for keyword in filter(str.isalpha, keywords):
        for rest in ("hing", "s", "n't", "5", "-less"):
            found, fault = tokens(f"{keyword}{rest}")
            assert fault == 1 or (len(found) == 1 and found[0] == f"{keyword}{rest}")

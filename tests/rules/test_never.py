"""What is never or always so is told to whoever writes it, and to nobody who has it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.errors import RuleError
from rules.never import check_sense
from rules.saying import say
from rules.sentence import parse
from rules.situation import Situation
from rules.tree import AnyOf, Tree, tree_from_json, tree_to_json
from rules.written import understood
from tests.rules.parts import DAYS, TIMES, Document, by_the_book

A_WEEK = [
    Situation(
        at=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day, hours=hour, minutes=minute), zone=ZoneInfo("UTC")
    )
    for day in range(7)
    for hour in range(24)
    for minute in (0, 1, 29, 30, 31, 59)
]
NEVER = {
    "all": [{"field": "timeOfDay", "op": ">=", "value": "22:00"}, {"field": "timeOfDay", "op": "<", "value": "06:00"}]
}


def test_it_agrees_with_a_week_that_is_looked_at_minute_by_minute() -> None:
    rng = random.Random(12)
    refused = 0
    for _ in range(400):
        document = windows(rng, 2)
        tree = tree_from_json(document)
        if any(is_senseless(part) for part in parts(tree)):
            refused += 1
            with pytest.raises(RuleError, match=r"^This is (never|always) so: "):
                check_sense(tree)
        else:
            check_sense(tree)
    assert 80 < refused < 320


def windows(rng: random.Random, depth: int) -> Document:
    """A rule about days and times alone."""
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        if rng.random() < 0.5:
            return {"field": "dayOfWeek", "op": rng.choice(["==", "<=", ">="]), "value": rng.choice(DAYS)}
        return {"field": "timeOfDay", "op": rng.choice(["<", ">="]), "value": rng.choice(TIMES)}
    if kind < 0.5:
        return {"not": windows(rng, depth - 1)}
    return {rng.choice(["all", "any"]): [windows(rng, depth - 1) for _ in range(rng.randint(2, 3))]}


def parts(tree: Tree) -> Iterator[Tree]:
    yield tree
    inside = getattr(tree, "of", ())
    for part in inside if isinstance(inside, tuple) else (inside,):
        yield from parts(part)


def is_senseless(tree: Tree) -> bool:
    document = tree_to_json(tree)
    found = {by_the_book(document, situation) for situation in A_WEEK}
    return found == {False} or (found == {True} and isinstance(tree, AnyOf))


@pytest.mark.parametrize(
    "sentence",
    [
        "5 left on saturday or on sunday unless on sunday after 18:00",
        "5 left and low and not low",
        "fewer than 10 left and more than 5 left",
        "500 g left and more than 2 kg left",
        "at least 5 left and 5 left",
        "5% left or more than 95% left",
        "on saturday and on saturday",
        "5 left and after 00:00",
        "(on saturday) twice in a row and on monday",
    ],
)
def test_what_may_be_so_is_not_refused(sentence: str) -> None:
    assert understood(sentence) == parse(sentence)


@pytest.mark.parametrize("when", [NEVER, {"any": [NEVER, {"field": "low", "op": "==", "value": True}]}])
def test_json_is_refused_as_its_sentence_is(when: Document) -> None:
    with pytest.raises(RuleError) as refusal:
        understood(when)
    meant = "Did you mean 'between 22:00 and 06:00'?"
    assert refusal.value.message == f"This is never so: 'after 22:00 and before 06:00'. {meant}"


def test_what_was_stored_before_is_still_read_and_said() -> None:
    tree = tree_from_json(NEVER)
    assert say(tree) == "after 22:00 and before 06:00"
    assert parse(say(tree)) == tree


def test_of_long_rules_as_much_is_told_as_can_be_read() -> None:
    times = [f"after {hour:02}:{minute:02} and on saturday" for hour in range(4) for minute in (1, 3, 5, 7)][:15]
    sentence = " or ".join(f"({each} and low)" for each in times)
    assert understood(sentence) == parse(sentence)
    days = " and ".join(["at least 1 left"] * 15)
    with pytest.raises(RuleError) as refusal:
        understood(f"{days} and fewer than 1 left")
    assert len(refusal.value.message) < 300

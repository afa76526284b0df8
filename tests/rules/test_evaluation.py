"""Verdicts with their reasons: engine, mirror and the book agree, also where something is unknown."""

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject, settings

from domain.errors import RuleError
from domain.expiry import NEVER
from rules.compiled import compiled
from rules.engine import Engine, EngineDisagrees
from rules.evaluation import ConditionSeen, Truth, evaluate
from rules.fields import Operator
from rules.sentence import parse
from rules.situation import Situation
from rules.tree import in_unit, tree_from_json
from tests.rules.parts import (
    DOCUMENTS,
    MICROSECOND,
    SITUATIONS,
    Document,
    a_situation,
    by_the_book,
    outcome,
    random_rules,
)

VERDICTS = 100_000
TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
FIVE, FOUR = Decimal(5), Decimal(4)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY_MORNING = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)  # half past midnight there


@pytest.mark.parametrize(
    ("sentence", "situation", "expected"),
    [
        ("5 left", Situation(level=FIVE), Truth.TRUE),
        ("5 left", Situation(level=Decimal("5.000001")), Truth.FALSE),
        ("5 left", Situation(), Truth.UNKNOWN),
        ("not 5 left", Situation(), Truth.UNKNOWN),
        ("5 left or low", Situation(low=True), Truth.TRUE),
        ("5 left or low", Situation(low=False), Truth.UNKNOWN),
        ("5 left and low", Situation(low=False), Truth.FALSE),
        ("5 left and low", Situation(low=True), Truth.UNKNOWN),
        ("5 left or not 5 left", Situation(), Truth.UNKNOWN),
        ("5 left and not 5 left", Situation(), Truth.UNKNOWN),
        ("5 left and not 5 left", Situation(level=FIVE), Truth.FALSE),
        ("fewer than 5 left", Situation(level=FIVE), Truth.FALSE),
        ("45% left", Situation(percent=Decimal(45)), Truth.TRUE),
        ("45% left", Situation(level=FIVE), Truth.UNKNOWN),
        ("out for 5 hours", Situation(out_for=5 * HOUR), Truth.TRUE),
        ("out for 5 hours", Situation(out_for=5 * HOUR - MICROSECOND), Truth.FALSE),
        ("out for more than 5 hours", Situation(out_for=5 * HOUR), Truth.FALSE),
        ("out for 5 hours", Situation(), Truth.FALSE),
        ("not out for 5 hours", Situation(), Truth.TRUE),
        ("out for 0 seconds", Situation(), Truth.FALSE),
        ("out for 0 seconds", Situation(out_for=timedelta()), Truth.TRUE),
        ("not out for 0 seconds", Situation(), Truth.TRUE),
        ("out for 5 hours", Situation(out_for=HOUR, out_standing=5 * HOUR), Truth.TRUE),
        ("out for 5 hours", Situation(out_standing=HOUR), Truth.FALSE),
        ("expires within 2 hours", Situation(expires_in=2 * HOUR), Truth.TRUE),
        ("expires within 2 hours", Situation(expires_in=2 * HOUR + MICROSECOND), Truth.FALSE),
        ("expires within 2 hours", Situation(expires_in=-HOUR), Truth.TRUE),
        ("expires within 2 hours", Situation(expires_in=NEVER), Truth.FALSE),
        ("not expires within 2 hours", Situation(expires_in=NEVER), Truth.TRUE),
        ("expires within 2 hours", Situation(), Truth.UNKNOWN),
        ("not expires within 2 hours", Situation(), Truth.UNKNOWN),
        ("5 left or expires within 2 hours", Situation(level=FIVE), Truth.TRUE),
        ("5 left and expires within 2 hours", Situation(level=Decimal(9)), Truth.FALSE),
        ("expires within 0 seconds", Situation(expires_in=timedelta()), Truth.TRUE),
        ("pressed", Situation(pressed=True), Truth.TRUE),
        ("pressed", Situation(), Truth.FALSE),
        ("pressed is false", Situation(), Truth.TRUE),
        ("low is false", Situation(), Truth.UNKNOWN),
        ("low is false", Situation(low=False), Truth.TRUE),
        ("unused for 3 days", Situation(unused_for=72 * HOUR), Truth.TRUE),
        ("unused for 3 days", Situation(unused_for=72 * HOUR - MICROSECOND), Truth.FALSE),
        ("unused for 3 days", Situation(), Truth.UNKNOWN),
        ("not unused for 3 days", Situation(), Truth.UNKNOWN),
        ("less than 4 days left", Situation(days_left=FOUR), Truth.FALSE),
        ("4 days left", Situation(days_left=FOUR), Truth.TRUE),
        ("4 days left", Situation(level=FOUR), Truth.UNKNOWN),
        ("runs out before delivery", Situation(runs_out=True), Truth.TRUE),
        ("runs out before delivery", Situation(runs_out=False), Truth.FALSE),
        ("runs out before delivery", Situation(), Truth.UNKNOWN),
        ("expires before it is used", Situation(spoils=True), Truth.TRUE),
        ("expires before it is used is false", Situation(spoils=False), Truth.TRUE),
        ("expires before it is used", Situation(), Truth.UNKNOWN),
        ("5 left 3 times in a row", Situation(level=FIVE, repeats=2), Truth.FALSE),
        ("5 left 3 times in a row", Situation(level=Decimal(9), repeats=3), Truth.TRUE),
        ("not (5 left 3 times in a row)", Situation(repeats=3), Truth.FALSE),
        ("on saturday", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
        ("on saturday", Situation(at=SATURDAY_MORNING - HOUR, zone=BERLIN), Truth.FALSE),
        ("not on saturday", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.FALSE),
        ("not on sunday", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
        ("on friday to monday", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
        ("on monday to friday", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.FALSE),
        ("on saturday", Situation(at=SATURDAY_MORNING), Truth.UNKNOWN),
        ("not on saturday", Situation(at=SATURDAY_MORNING), Truth.UNKNOWN),
        ("after 00:30", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
        ("between 23:00 and 00:30", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.FALSE),
        ("between 23:00 and 00:31", Situation(at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
        ("5 left on weekdays", Situation(level=FIVE, at=SATURDAY_MORNING, zone=BERLIN), Truth.FALSE),
        ("5 left unless on weekdays", Situation(level=FIVE, at=SATURDAY_MORNING, zone=BERLIN), Truth.TRUE),
    ],
)
def test_a_rule_is_true_false_or_unknown(engine: Engine, sentence: str, situation: Situation, expected: Truth) -> None:
    assert evaluate(engine, compiled(parse(sentence)), situation).truth is expected


def test_an_evaluation_gives_its_reasons(engine: Engine) -> None:
    rule = compiled(parse("5 left and not out for 5 hours or low and 5 left"))
    situation = Situation(level=FOUR, out_for=timedelta(minutes=90))
    evaluation = evaluate(engine, rule, situation)
    assert (evaluation.truth, evaluation.clauses) == (Truth.TRUE, [0])
    assert evaluation.next_check_in == timedelta(minutes=210)
    assert evaluation.conditions == (
        ConditionSeen(field="level", op=Operator.AT_MOST, wanted=FIVE, actual=FOUR, holds=True),
        ConditionSeen(field="outFor", op=Operator.BELOW, wanted=Decimal(18_000), actual=Decimal(5_400), holds=True),
        ConditionSeen(field="low", op=Operator.IS, wanted=True, actual=None, holds=None),
    )


def test_where_nothing_expires_the_reasons_say_so_and_nobody_waits(engine: Engine) -> None:
    rule = compiled(parse("expires within 5 hours or not expires within 2 hours"))
    evaluation = evaluate(engine, rule, Situation(expires_in=NEVER))
    assert [(seen.actual, seen.holds) for seen in evaluation.conditions] == [(None, False), (None, True)]
    assert evaluation.next_check_in is None
    unknown = evaluate(engine, rule, Situation())
    assert [(seen.actual, seen.holds) for seen in unknown.conditions] == [(None, None), (None, None)]
    assert unknown.next_check_in is None


def test_where_nothing_is_out_the_reasons_say_so(engine: Engine) -> None:
    evaluation = evaluate(engine, compiled(parse("out for 5 hours or not out for 2 hours")), Situation())
    assert [(seen.actual, seen.holds) for seen in evaluation.conditions] == [(None, False), (None, True)]
    assert evaluation.next_check_in is None


def test_many_verdicts_are_those_of_the_book(engine: Engine) -> None:
    rng, seen = random.Random(6), dict.fromkeys(Truth, 0)
    situations = [a_situation(rng) for _ in range(2_000)]
    for document, tree in random_rules(seed=6, number=VERDICTS // 50):
        rule = compiled(tree)
        for situation in rng.choices(situations, k=50):
            truth = evaluate(engine, rule, situation).truth
            assert truth is TRUTHS[by_the_book(document, situation)], (document, situation)
            seen[truth] += 1
    assert sum(seen.values()) == VERDICTS
    assert min(seen.values()) > VERDICTS // 10


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, SITUATIONS)
def test_any_verdict_is_that_of_the_book(engine: Engine, document: Document, situation: Situation) -> None:
    tree = outcome(tree_from_json, document)
    if isinstance(tree, RuleError):
        reject()
    assert evaluate(engine, compiled(tree), situation).truth is TRUTHS[by_the_book(document, situation)]


def test_a_wrong_word_of_the_engine_is_found_out(engine: Engine) -> None:
    five, nine = compiled(parse("5 left")), compiled(parse("9 left"))
    mistaken = dataclasses.replace(five, thresholds=nine.thresholds)
    with pytest.raises(EngineDisagrees, match=r"The engine finds clauses \[0\], the tree is False"):
        evaluate(engine, mistaken, Situation(level=Decimal(7)))
    assert evaluate(engine, five, Situation(level=Decimal(7))).truth is Truth.FALSE


def test_a_wrong_normal_form_is_found_out(engine: Engine) -> None:
    either, both = compiled(parse("low or pressed")), compiled(parse("low and pressed"))
    mistaken = dataclasses.replace(either, tree=both.tree, truth=both.truth, written=both.written)
    with pytest.raises(EngineDisagrees):
        evaluate(engine, mistaken, Situation(low=True))


def test_a_wrong_reading_of_the_clauses_is_found_out(engine: Engine) -> None:
    five, nine = compiled(parse("5 left")), compiled(parse("9 left"))
    mistaken = dataclasses.replace(five, limits=nine.limits)
    with pytest.raises(EngineDisagrees):
        evaluate(engine, mistaken, Situation(level=Decimal(7)))


def test_what_people_are_shown_is_what_the_engine_was_told(engine: Engine) -> None:
    rule = compiled(parse("5 left or 40% left or out for 5 hours or pressed or low"))
    situation = Situation(Decimal("5.50"), Decimal("45.0000006"), timedelta(seconds=90), pressed=True, low=False)
    shown = [str(seen.actual) for seen in evaluate(engine, rule, situation).conditions]
    assert shown == ["5.5", "45.000001", "90", "True", "False"]


def test_more_decimals_than_a_rule_can_ask_for_are_rounded_for_all_alike(engine: Engine) -> None:
    rule = compiled(parse("5 left"))
    assert evaluate(engine, rule, Situation(level=Decimal("5.0000004"))).truth is Truth.TRUE
    assert evaluate(engine, rule, Situation(level=Decimal("5.0000006"))).truth is Truth.FALSE


def test_a_level_in_a_unit_is_never_judged_as_if_it_were_in_the_items_own() -> None:
    with pytest.raises(RuleError, match="converted to the item's own"):
        compiled(parse("5 kg left"))


def test_what_is_asked_in_another_unit_is_not_evaluable(engine: Engine) -> None:
    tree = in_unit(parse("5 kg left or low"), "ml", strict=False)
    evaluation = evaluate(engine, compiled(tree), Situation(level=FOUR, low=False))
    assert evaluation.truth is Truth.UNKNOWN
    assert [(seen.field, seen.holds) for seen in evaluation.conditions] == [("otherUnit", None), ("low", False)]
    assert evaluate(engine, compiled(tree), Situation(level=FOUR, low=True)).truth is Truth.TRUE

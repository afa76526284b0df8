"""When to ask again: exactly when the clock alone changes the verdict, never later."""

import dataclasses
import random
from datetime import timedelta

import pytest

from rules.clock import next_check_in
from rules.compiled import compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.sentence import parse
from rules.situation import Situation
from rules.tree import reads
from tests.rules.parts import MICROSECOND, SECONDS, a_situation, by_the_book, random_rules

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("sentence", "out_for", "expected"),
    [
        ("out for 5 hours", timedelta(), 5 * HOUR),
        ("out for 5 hours", 5 * HOUR - MICROSECOND, MICROSECOND),
        ("out for 5 hours", 5 * HOUR, None),
        ("out for 5 hours", None, None),
        ("out for more than 5 hours", 5 * HOUR, MICROSECOND),
        ("not out for 5 hours", 3 * HOUR, 2 * HOUR),
        ("out for 2 hours and not out for 5 hours", HOUR, HOUR),
        ("out for 2 hours and not out for 5 hours", 2 * HOUR, 3 * HOUR),
        ("out for 2 hours or out for 5 hours", HOUR, HOUR),
        ("out for 2 hours or out for 5 hours", 2 * HOUR, None),
        ("out for 2 hours and pressed", HOUR, None),
        ("out for 2 hours or 5 left", HOUR, HOUR),
        ("5 left", HOUR, None),
    ],
)
def test_the_next_check_is_when_the_verdict_changes(
    engine: Engine, sentence: str, out_for: timedelta | None, expected: timedelta | None
) -> None:
    evaluation = evaluate(engine, compiled(parse(sentence)), Situation(out_for=out_for))
    assert evaluation.next_check_in == expected


def test_the_next_check_of_three_thousand_rules_is_never_late_and_never_in_vain() -> None:
    rng, judged, found = random.Random(7), 0, 0
    for document, tree in random_rules(seed=7, number=6_500):
        if "outFor" not in reads(tree):
            continue
        judged += 1
        rule = compiled(tree)
        out_for = rng.choice([timedelta(), timedelta(seconds=rng.randrange(20_000)), 5 * HOUR])
        situation = dataclasses.replace(a_situation(rng), out_for=out_for)
        now = by_the_book(document, situation)
        wait = next_check_in(rule, situation.millionths, now)
        # The verdict can only turn at a threshold, so looking there and beside it is looking everywhere.
        for passed in times_of_change(situation):
            if wait is None or passed < wait:
                assert by_the_book(document, later(situation, passed)) is now, (document, situation, passed)
        if wait is not None:
            found += 1
            assert wait > timedelta()
            assert by_the_book(document, later(situation, wait)) is not now, (document, situation, wait)
    assert judged > 3_000
    assert found > 500


def times_of_change(situation: Situation) -> list[timedelta]:
    assert situation.out_for is not None
    waits = [timedelta(seconds=seconds) - situation.out_for for seconds in SECONDS]
    beside = [wait + step * MICROSECOND for wait in waits for step in (-1, 0, 1)]
    return [wait for wait in beside if wait > timedelta()]


def later(situation: Situation, passed: timedelta) -> Situation:
    assert situation.out_for is not None
    return dataclasses.replace(situation, out_for=situation.out_for + passed)

"""When to ask again: exactly when the clock alone changes the verdict, never later."""

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.expiry import NEVER
from rules.clock import next_check_in
from rules.compiled import compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.sentence import parse
from rules.situation import Situation
from rules.tree import reads
from tests.rules.parts import MICROSECOND, SECONDS, a_situation, by_the_book, random_rules

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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
        # what is worked out from the use of it is looked at again each day
        ("less than 4 days left", HOUR, DAY),
        ("runs out before delivery", HOUR, DAY),
        ("expires before it is used", HOUR, DAY),
        ("less than 4 days left or out for 5 hours", HOUR, 4 * HOUR),
        ("less than 4 days left or out for 50 hours", HOUR, DAY),
    ],
)
def test_the_next_check_is_when_the_verdict_changes(
    engine: Engine, sentence: str, out_for: timedelta | None, expected: timedelta | None
) -> None:
    evaluation = evaluate(engine, compiled(parse(sentence)), Situation(out_for=out_for))
    assert evaluation.next_check_in == expected


@pytest.mark.parametrize(
    ("sentence", "situation", "expected"),
    [
        ("expires within 2 hours", Situation(expires_in=5 * HOUR), 3 * HOUR),
        ("expires within 2 hours", Situation(expires_in=2 * HOUR + MICROSECOND), MICROSECOND),
        ("expires within 2 hours", Situation(expires_in=2 * HOUR), None),
        ("expires within 2 hours", Situation(expires_in=-HOUR), None),
        ("expires within 2 hours", Situation(), None),
        ("not expires within 2 hours", Situation(expires_in=3 * HOUR), HOUR),
        ("expires within 2 hours or out for 5 hours", Situation(expires_in=5 * HOUR, out_for=HOUR), 3 * HOUR),
        ("expires within 2 hours and out for 5 hours", Situation(expires_in=5 * HOUR, out_for=HOUR), 4 * HOUR),
        # a clock that stands still waits for nothing, and is overtaken by one that runs
        ("out for 5 hours", Situation(out_standing=4 * HOUR), None),
        ("out for 5 hours", Situation(out_standing=4 * HOUR, out_for=HOUR), 4 * HOUR),
        ("out for 5 hours", Situation(out_standing=5 * HOUR, out_for=HOUR), None),
        ("out for more than 5 hours", Situation(out_standing=5 * HOUR, out_for=HOUR), 4 * HOUR + MICROSECOND),
    ],
)
def test_the_next_check_knows_expiries_and_clocks_that_stand_still(
    engine: Engine, sentence: str, situation: Situation, expected: timedelta | None
) -> None:
    assert evaluate(engine, compiled(parse(sentence)), situation).next_check_in == expected


@pytest.mark.parametrize(
    ("sentence", "hour", "expected"),
    [
        ("after 08:00", 7, HOUR),
        ("after 08:00", 20, 4 * HOUR),
        ("before 08:00", 20, 4 * HOUR),
        ("before 08:00", 7, HOUR),
        ("between 22:00 and 06:00", 23, 7 * HOUR),
        ("after 20:00 and 5 left", 21, 3 * HOUR),
    ],
)
def test_a_window_also_turns_at_midnight(engine: Engine, sentence: str, hour: int, expected: timedelta) -> None:
    now = Situation(level=Decimal(5), at=datetime(2026, 3, 2, hour, tzinfo=UTC), zone=ZoneInfo("UTC"))
    assert evaluate(engine, compiled(parse(sentence)), now).next_check_in == expected


def test_the_next_check_of_three_thousand_rules_is_never_late_and_never_in_vain() -> None:
    rng, judged, found = random.Random(7), 0, 0
    for document, tree in random_rules(seed=7, number=5_500):
        if not reads(tree) & {"outFor", "expiresIn", "unusedFor"}:
            continue
        judged += 1
        rule = compiled(tree)
        out_for, standing, expires_in, unused_for = rng.choices(
            [None, timedelta(), timedelta(seconds=rng.randrange(20_000)), 5 * HOUR], weights=[1, 2, 4, 2], k=4
        )
        situation = dataclasses.replace(
            a_situation(rng),
            out_for=out_for,
            out_standing=standing,
            expires_in=rng.choice([expires_in, expires_in, NEVER]),
            unused_for=unused_for,
            at=None,
        )
        now = by_the_book(document, situation)
        wait = next_check_in(rule, situation, now)
        # The verdict can only turn at a threshold, so looking there and beside it is looking everywhere.
        for passed in times_of_change(situation):
            if wait is None or passed < wait:
                assert by_the_book(document, later(situation, passed)) is now, (document, situation, passed)
        if wait is not None:
            found += 1
            assert wait > timedelta()
            if rule.daily and wait == DAY:
                continue
            assert by_the_book(document, later(situation, wait)) is not now, (document, situation, wait)
    assert judged > 3_000
    assert found > 500


def times_of_change(situation: Situation) -> list[timedelta]:
    waits = []
    for threshold in (timedelta(seconds=seconds) for seconds in SECONDS):
        waits += [] if situation.out_for is None else [threshold - situation.out_for]
        waits += [] if situation.unused_for is None else [threshold - situation.unused_for]
        waits += [] if situation.expires_in in (None, NEVER) else [situation.expires_in - threshold]
    beside = [wait + step * MICROSECOND for wait in waits for step in (-1, 0, 1)]
    return [wait for wait in beside if wait > timedelta()]


def later(situation: Situation, passed: timedelta) -> Situation:
    return dataclasses.replace(
        situation,
        out_for=None if situation.out_for is None else situation.out_for + passed,
        unused_for=None if situation.unused_for is None else situation.unused_for + passed,
        expires_in=situation.expires_in if situation.expires_in in (None, NEVER) else situation.expires_in - passed,
    )

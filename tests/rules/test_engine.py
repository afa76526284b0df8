"""The door to durable_rules: it finds the clauses that hold, forgets what failed, and does not grow."""

import dataclasses
import random
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from rules.compiled import Compiled, compiled
from rules.engine import Engine, EngineFailed
from rules.sentence import parse
from rules.situation import Situation
from tests.rules.parts import a_situation, by_the_book, random_rules


def a_rule(sentence: str) -> Compiled:
    return compiled(parse(sentence))


def at(level: float | None, *, low: bool | None = None) -> Situation:
    return Situation(level=None if level is None else Decimal(str(level)), low=low)


def resident_bytes() -> int:
    """The memory this process occupies; its peak where the system does not tell."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_the_clauses_that_hold_are_named(engine: Engine) -> None:
    rule = a_rule("5 left or low or 10 left and not low")
    assert engine.clauses_that_hold(rule, at(4, low=True)) == [0, 1]
    assert engine.clauses_that_hold(rule, at(4, low=False)) == [0, 2]
    assert engine.clauses_that_hold(rule, at(10, low=False)) == [2]
    assert engine.clauses_that_hold(rule, at(11, low=False)) == []


def test_what_is_unknown_never_holds_in_either_direction(engine: Engine) -> None:
    for sentence in ("5 left", "more than 5 left", "at least 0 left", "fewer than 5 left", "low", "not low"):
        assert engine.clauses_that_hold(a_rule(sentence), at(None)) == []


def test_the_smallest_and_the_largest_numbers_are_told_apart(engine: Engine) -> None:
    rule = a_rule("999999999.999999 left")
    assert engine.clauses_that_hold(rule, at(999_999_999.999999)) == [0]
    assert engine.clauses_that_hold(rule, at(1_000_000_000)) == []
    assert engine.clauses_that_hold(rule, Situation(level=Decimal("1E+300"))) == []
    assert engine.clauses_that_hold(rule, Situation(level=Decimal("-1E+300"))) == [0]
    assert engine.clauses_that_hold(a_rule("0.000001 left"), at(0.000001)) == [0]
    assert engine.clauses_that_hold(a_rule("fewer than 0.000001 left"), at(0.000001)) == []


def test_as_many_alternatives_as_are_allowed_may_hold_at_once(engine: Engine) -> None:
    rule = a_rule(" or ".join(f"{n} left" for n in range(1, 33)))
    assert engine.clauses_that_hold(rule, at(1)) == list(range(32))
    assert engine.clauses_that_hold(rule, at(20)) == list(range(19, 32))


def test_sixty_five_thresholds_take_turns_on_one_shape(engine: Engine) -> None:
    rules = [a_rule(f"{n} left") for n in range(65)]
    assert len({rule.shape.digest for rule in rules}) == 1
    for level in range(65):
        held = [n for n, rule in enumerate(rules) if engine.clauses_that_hold(rule, at(level))]
        assert held == list(range(level, 65))


def test_a_failed_ruleset_is_replaced(engine: Engine) -> None:
    rule = a_rule("5 left and not low")
    broken = dataclasses.replace(rule, thresholds='"p0":1e-05,"p1":0')
    assert engine.clauses_that_hold(rule, at(5, low=False)) == [0]
    with pytest.raises(EngineFailed, match=rule.shape.digest):
        engine.clauses_that_hold(broken, at(5, low=False))
    assert engine.clauses_that_hold(rule, at(5, low=False)) == [0]
    assert engine.clauses_that_hold(rule, at(6, low=False)) == []


def test_a_ruleset_in_which_a_fact_was_left_behind_is_never_used_again(engine: Engine) -> None:
    rule = a_rule("5 left or pressed")
    # Another id keeps the fact from being retracted, so that the engine takes its return for a repetition.
    clinging = dataclasses.replace(rule, thresholds=f'{rule.thresholds},"id":"another"')
    for _ in range(3):
        assert engine.clauses_that_hold(clinging, at(5)) == [0]
        with pytest.raises(EngineFailed):
            engine.clauses_that_hold(clinging, at(5))


def test_a_shape_that_the_engine_cannot_compile_fails_by_name(engine: Engine) -> None:
    rule = a_rule("5 left")
    broken = dataclasses.replace(rule, shape=dataclasses.replace(rule.shape, digest="broken", ruleset='{"0": {"all"'))
    with pytest.raises(EngineFailed, match="broken"):
        engine.clauses_that_hold(broken, at(5))


def test_an_engine_with_room_for_three_shapes_answers_for_all_and_does_not_grow() -> None:
    small = Engine(max_shapes=3)
    rules = [(document, compiled(tree)) for document, tree in random_rules(seed=3, number=40)]
    rng = random.Random(3)

    def churn(times: int) -> None:
        for _ in range(times):
            document, rule = rng.choice(rules)
            situation = a_situation(rng)
            assert bool(small.clauses_that_hold(rule, situation)) is (by_the_book(document, situation) is True)

    churn(2_000)
    before = resident_bytes()
    churn(8_000)
    assert resident_bytes() - before < 8_000_000


def test_threads_get_their_own_answers() -> None:
    shared = Engine(max_shapes=2)
    sentences = ["{} left", "low or {} left", "fewer than {} left and not low"]

    def work(seed: int) -> int:
        rng, wrong = random.Random(seed), 0
        for _ in range(2_000):
            threshold, level = rng.randrange(1, 50), rng.randrange(50)
            form = rng.randrange(3)
            held = shared.clauses_that_hold(a_rule(sentences[form].format(threshold)), at(level, low=False))
            expected = [[0], [1], [0]][form] if level < threshold or (form < 2 and level == threshold) else []
            wrong += held != expected
        return wrong

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [0] * 4


def test_memory_stays_flat_over_a_million_evaluations() -> None:
    engine, rng = Engine(), random.Random(4)
    sentences = ["5 left", "45% left or low", "out for 5 hours", "5 left and not out for 5 hours", "low or pressed"]
    cases = [(a_rule(sentence), a_situation(rng)) for sentence in sentences for _ in range(200)]

    def evaluate(rounds: int) -> None:
        for _ in range(rounds):
            for rule, situation in cases:
                engine.clauses_that_hold(rule, situation)

    evaluate(50)
    before = resident_bytes()
    evaluate(1_000)
    assert resident_bytes() - before < 4_000_000

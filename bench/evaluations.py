"""Rule evaluations with thousands of distinct rules, against durable_rules' C module on one rule."""

import gc
import json
import random
import resource
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import durable_rules_engine as durable  # type: ignore[import-not-found]  # a C extension without stubs

from bench.figures import Aim, Figure, Pairs, Report, said
from rules.compiled import Compiled, compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.sentence import parse
from rules.situation import Situation

MOST_GROWTH = 40  # MB
SENTENCES = (
    "{} left",
    "fewer than {} left",
    "{}% left",
    "out for {} hours",
    "{} left or low",
    "{} left and not out for {} hours",
    "pressed or {} left",
    "{}% left or out for {} hours",
    "more than {} left and low",
    "not ({} left or low)",
)
ONE_RULE = '{"r": {"all": [{"m": {"$lte": {"level": 50000000}}}]}}'
FACT = '{"id":"f"}'

Event = tuple[Sequence[Compiled], tuple[Decimal | None, Decimal, timedelta | None, bool, bool | None]]


def measure(rounds: int, count: int) -> Report:
    """Evaluate events of one to three rules each; the situation is made for each event, as the judge does."""
    rng = random.Random(4)
    sentences = list(_sentences(rng, count))
    gc.collect()
    before = resident()
    rules = [compiled(parse(sentence)) for sentence in sentences]
    engine, events = Engine(), list(_events(rng, rules))
    held, known = _larder(engine, events), len(rules)
    gc.collect()
    growth = (resident() - before) / 1e6
    ruleset = durable.create_ruleset("bench", ONE_RULE)
    levels = [Decimal(rng.randrange(100)) for _ in range(known)]
    facts = [_fact(level) for level in levels]
    driver, text = Pairs(), Pairs()
    for _ in range(rounds):
        measured = known / _seconds(lambda: _larder(engine, events))
        driver.add(known / _seconds(lambda: _bare(ruleset, levels)), measured)
        text.add(known / _seconds(lambda: _calls(ruleset, facts)), measured)
    return Report(
        "Rules",
        [
            driver.figure(f"rule evaluations with {count:,} distinct rules", "/s", Aim(0.5)),
            text.figure("the same, against the C calls alone on ready-made text", "/s"),
            Figure("memory growth", said(growth, "MB"), said(MOST_GROWTH, "MB"), growth / MOST_GROWTH, Aim(1, True)),
        ],
        [
            f"{len(SENTENCES)} forms of rules, one to three rules for each situation; {held / known:.0%} of the "
            "evaluations found the rule true. Each verdict is checked by the reading of the tree and of the clauses.",
            "Bare: one rule on one field; a thin driver makes JSON of a fact, asserts it, drains it, retracts it.",
        ],
    )


def _sentences(rng: random.Random, count: int) -> set[str]:
    found: set[str] = set()
    while len(found) < count:
        form = rng.choice(SENTENCES)
        found.add(form.format(rng.randrange(1, 10_000) / 100, rng.randrange(1, 1_000)))
    return found


def _events(rng: random.Random, rules: Sequence[Compiled]) -> list[Event]:
    events: list[Event] = []
    left = list(rules)
    while left:
        count = rng.randint(1, 3)
        said_of = (
            rng.choice([None, *[Decimal(rng.randrange(10_000)) / 100] * 9]),
            Decimal(rng.randrange(10_000)) / 100,
            rng.choice([None, timedelta(seconds=rng.randrange(10**6))]),
            rng.random() < 0.2,  # noqa: PLR2004
            rng.choice([None, True, False]),
        )
        events.append((left[:count], said_of))
        del left[:count]
    return events


def _larder(engine: Engine, events: Sequence[Event]) -> int:
    held = 0
    for rules, readings in events:
        situation = Situation(*readings)
        for rule in rules:
            held += bool(evaluate(engine, rule, situation).clauses)
    return held


def _bare(ruleset: int, levels: Sequence[Decimal]) -> None:
    for level in levels:
        _assert(ruleset, _fact(level))


def _calls(ruleset: int, facts: Sequence[str]) -> None:
    for fact in facts:
        _assert(ruleset, fact)


def _fact(level: Decimal) -> str:
    return json.dumps({"id": "f", "level": int(level * 1_000_000)})


def _assert(ruleset: int, fact: str) -> None:
    code, session = durable.assert_fact(ruleset, fact)
    if code:
        return
    match = durable.start_action_for_state(ruleset, session)
    while match:
        match = durable.complete_and_start_action(ruleset, session)
    durable.retract_fact(ruleset, FACT)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def resident() -> int:
    """The memory of this process, in bytes; its peak where the system does not tell."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

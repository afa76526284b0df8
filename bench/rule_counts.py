"""What rules of the whole language cost when there are few and when there are many: time for each, and memory."""

import gc
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bench.evaluations import resident
from bench.figures import Aim, Figure, Pairs, Report, said
from rules.compiled import Compiled, compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.sentence import parse
from rules.situation import Situation

EVALUATIONS = 5_000
_BERLIN = ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SENTENCES = (
    "{n} left",
    "fewer than {n} left",
    "{share}% left",
    "out for {n} hours",
    "unused for {n} days",
    "less than {n} days left",
    "{n} left or low",
    "{n} left and not out for {n} hours",
    "{n} left or less than {n} days left",
    "{n} left on weekdays",
    "{n} left between {time} and 22:00",
    "{n} left unless on sunday",
    "expires within {n} days or {n} left",
    "({n} left or low) 3 times in a row",
    "not ({n} left or low)",
)


@dataclass(frozen=True)
class Shelf:
    """So many distinct rules, ready, with what reading and keeping them took."""

    rules: Sequence[Compiled]
    engine: Engine
    situations: Sequence[Situation]
    megabytes: float
    sentences_per_second: float

    def evaluations_per_second(self) -> float:
        """Judge rules in turn, each in a situation of its own."""
        started = time.perf_counter()
        for number in range(EVALUATIONS):
            # neighbours in memory are not neighbours in time
            rule = self.rules[number * 7_919 % len(self.rules)]
            evaluate(self.engine, rule, self.situations[number % len(self.situations)])
        return EVALUATIONS / (time.perf_counter() - started)


def measure(rounds: int, counts: Sequence[int]) -> Report:
    """The same at each of the counts, against the first."""
    few, *more = [_shelf(count) for count in counts]
    pairs = [Pairs() for _ in more]
    for shelf in (few, *more):
        shelf.evaluations_per_second()
    for _ in range(rounds):
        for pair, shelf in zip(pairs, more, strict=True):
            pair.add(few.evaluations_per_second(), shelf.evaluations_per_second())
    figures: list[Figure] = []
    for pair, shelf in zip(pairs, more, strict=True):
        count = len(shelf.rules)
        name = f"evaluations with {count:,} rules, against {len(few.rules)}"
        figures.append(pair.figure(name, "/s", Aim(0.5)))
        each = shelf.megabytes * 1e3 / count
        figures.append(
            Figure(f"memory of {count:,} rules", said(shelf.megabytes, "MB"), "10 kB each", each / 10, Aim(1, True))
        )
    return Report(
        "Rules, few and many",
        figures,
        [
            f"{len(SENTENCES)} forms of the whole language, windows and forecasts among them; a rule that reads the "
            "wall clock also says when its window opens or closes next.",
            f"{len(few.rules)} rules took {said(few.megabytes, 'MB')}, with grammar and engine. Sentences are read "
            f"and compiled at {said(more[-1].sentences_per_second, '/s')}.",
        ],
    )


def _shelf(count: int) -> Shelf:
    rng = random.Random(count)
    sentences: set[str] = set()
    while len(sentences) < count:
        number, hour = rng.randrange(100, 1_000_000) / 100, rng.randrange(20)
        sentences.add(
            rng.choice(SENTENCES).format(
                n=number, share=round(number / 100, 4), time=f"{hour:02}:{rng.randrange(60):02}"
            )
        )
    gc.collect()
    before, started = resident(), time.perf_counter()
    rules = [compiled(parse(sentence)) for sentence in sentences]
    read = count / (time.perf_counter() - started)
    engine = Engine()
    situations = [_situation(rng) for _ in range(500)]
    shelf = Shelf(rules, engine, situations, 0, read)
    shelf.evaluations_per_second()
    gc.collect()
    return Shelf(rules, engine, situations, (resident() - before) / 1e6, read)


def _situation(rng: random.Random) -> Situation:
    return Situation(
        level=rng.choice([None, *[Decimal(rng.randrange(1_000_000)) / 100] * 9]),
        percent=Decimal(rng.randrange(10_000)) / 100,
        out_for=rng.choice([None, timedelta(seconds=rng.randrange(10**6))]),
        low=rng.choice([None, True, False]),
        expires_in=rng.choice([None, timedelta(seconds=rng.randrange(10**6))]),
        unused_for=timedelta(seconds=rng.randrange(10**6)),
        days_left=rng.choice([None, Decimal(rng.randrange(3_000)) / 10]),
        repeats=rng.randrange(5),
        at=_NOW + timedelta(minutes=rng.randrange(10_000)),
        zone=_BERLIN,
    )

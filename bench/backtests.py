"""Trying rules on a past of many facts: two worlds side by side, against a bare loop over the same facts.

Bare: each stored fact is read and folded into one stock, and nobody judges anything.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bench.figures import Aim, Figure, Pairs, Report, said
from domain.facts import Arrival, Fact, FactKind
from domain.fold import after
from domain.item import Offer
from domain.stock import Stock
from rules.active import ActiveRule, InForce, Order
from rules.backtest import Trial, backtest
from rules.engine import Engine
from rules.judge import Judge
from rules.quantity import Wanted
from rules.sentence import parse
from rules.then import Then
from rules.world import Beginning
from storage.recorded import Stored

MOST_SECONDS = 5.0
START = datetime(2026, 1, 1, tzinfo=UTC)
SHOP, ITEM = UUID(int=7), UUID(int=1)
COUNT_EVERY = 10
PACK = 48
SENTENCES = (
    ("on the level", "5 left", "10 left"),
    ("with a window, and in a row", "10 left between 08:00 and 20:00", "5 left 3 times in a row"),
    ("on the forecast", "5 left", "less than 2 days left"),
    ("on dates", "expires within 2 days", "5 left or expires before it is used"),
)
ADD_EVERY, ADDED, KEEPS_FOR = 40, 7, timedelta(days=9)


def measure(facts: int) -> Report:
    """Each pair of versions, with the bare loop in turn."""
    judge = Judge(Engine())
    figures, orders = list[Figure](), list[int]()
    for name, *sentences in SENTENCES:
        stored = list(_recorded(facts, are_dated=any("expires" in sentence for sentence in sentences)))
        end = stored[-1].observed_at
        versions = [_in_force(sentence) for sentence in sentences]
        pairs, seconds = Pairs(), list[float]()
        for _ in range(3):
            began = time.process_time()
            _bare(stored)
            bare = time.process_time() - began
            began = time.process_time()
            trial = Trial(Beginning(ITEM, Stock(), START, _two_days), _read(stored), end)
            found = backtest(judge, versions, trial)
            seconds.append(time.process_time() - began)
            pairs.add(facts / bare, facts / seconds[-1])
        orders += [len(outcome.orders) for outcome in found]
        figures.append(pairs.figure(f"facts tried by two versions {name}", "/s"))
        best = min(seconds) * 100_000 / facts
        figures.append(
            Figure(
                f"100,000 facts {name}, both versions",
                said(best, "s"),
                said(MOST_SECONDS, "s"),
                best / MOST_SECONDS,
                Aim(1, at_most=True),
            )
        )
    return Report(
        "Backtest",
        figures,
        [
            f"{facts:,} facts at random moments, every {COUNT_EVERY}th a count, and with dates every {ADD_EVERY}th "
            f"{ADDED} more that keep for {KEEPS_FOR.days} days; the versions made "
            f"{', '.join(map(str, orders))} orders. Seconds are of one processor, the best of three rounds.",
            "Bare: the same facts, read from JSON and folded into one stock, without any judgement.",
        ],
    )


def _recorded(number: int, *, are_dated: bool) -> Iterator[Stored]:
    rng, at, level = random.Random(7), START, 100
    # nobody ordered anything then: once all is used, the counts say so, and what was wanted is still reported
    for place in range(number):
        at += timedelta(seconds=round(rng.expovariate(1 / 3_600)))
        if place % COUNT_EVERY == 0:
            fact = Fact(id=f"f{place}", kind=FactKind.COUNTED, quantity=Decimal(level))
        elif are_dated and place % ADD_EVERY == 1:
            level += ADDED
            fact = Fact(id=f"f{place}", kind=FactKind.ADDED, quantity=Decimal(ADDED), expires_at=at + KEEPS_FOR)
        else:
            used = int(rng.random() < 0.2)  # noqa: PLR2004 - a fifth of the reports
            level = max(0, level - used)
            fact = Fact(id=f"f{place}", kind=FactKind.USED, quantity=Decimal(used))
        yield Stored(at, at, fact.model_dump_json(exclude_defaults=True))


def _read(stored: Sequence[Stored]) -> Iterator[Arrival]:
    return (each.read() for each in stored)


def _bare(stored: Sequence[Stored]) -> Stock:
    stock = Stock()
    for arrival in _read(stored):
        stock = after(stock, arrival)
    return stock


def _two_days(_: UUID) -> timedelta:
    return timedelta(days=2)


def _in_force(sentence: str) -> InForce:
    offer = Offer(
        retailer=SHOP,
        retailer_name="Corner Shop",
        sku="cookies",
        name="Cookies",
        pack_size=Decimal(PACK),
        unit_price=Decimal("3.49"),
        currency="EUR",
    )
    then = Then.model_validate({"order": {"retailer": SHOP, "sku": "cookies", "packs": 1}})
    order = Order(SHOP, "cookies", Wanted(packs=1), offer)
    rule = ActiveRule(UUID(int=1), 1, sentence, parse(sentence), then, order)
    return InForce((rule,), {}, offers={(SHOP, "cookies"): offer})

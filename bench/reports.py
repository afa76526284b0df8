"""Single level reports over HTTP against bare signals; then the same facts in batches; and who used the processors."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench.bare import bare
from bench.cost import Cost
from bench.databases import Kind
from bench.figures import Aim, Pairs, Report
from bench.household import Household, move_in, opened, settled
from bench.http_lines import Line
from bench.load import Rates, reports_to_bare, reports_to_larder, until_settled
from bench.processes import Processes, larder
from storage.database import Database

ITEMS = 200
LEVEL = Decimal(9)
BATCH, BATCH_ITEMS = 1_000, 100


async def measure(home: Path, url: str, kind: Kind, rounds: int, count: int) -> Report:
    """`count` reports of each kind in each round."""
    acknowledged, done, batched = Pairs(), Pairs(), Pairs()
    async with larder(home, url) as processes, opened(url) as db, bare(processes.address) as side:
        household = await move_in(db, ITEMS)
        # every workflow is started, every device's secret has been checked once
        await reports_to_bare(side, ITEMS, ITEMS)
        await reports_to_larder(processes, db, household, ITEMS, LEVEL)
        bare_cost, cost, repeats = Cost(), Cost(), 0
        for _ in range(rounds):
            with bare_cost.of(lambda: processes.seconds_used() | {"worker": side.seconds_used()}, count):
                bare_rates = await reports_to_bare(side, ITEMS, count)
            with cost.of(processes.seconds_used, count):
                rates = await reports_to_larder(processes, db, household, count, LEVEL)
            repeats += rates.repeats
            acknowledged.add(bare_rates.acknowledged, rates.acknowledged)
            done.add(bare_rates.settled, rates.settled)
            batched.add(rates.acknowledged, (await _batch(processes, db, household)).acknowledged)
    return Report(
        f"Reports, {kind}",
        [
            acknowledged.figure("level reports acknowledged", "/s", Aim(0.85)),
            done.figure("level reports settled", "/s", Aim(0.7)),
            batched.figure(f"facts acknowledged by POST /facts, {BATCH:,} over {BATCH_ITEMS} items", "/s", Aim(10)),
        ],
        [
            f"{ITEMS} items, 32 clients, {rounds} rounds of {count} reports. Bare: a client that signals with start, a "
            "workflow with an empty local activity, the same server. The batches: against the single reports.",
            f"Processor time per single report: {cost}; bare: {bare_cost}. Answered 503 and repeated: {repeats}.",
        ],
    )


async def _batch(processes: Processes, db: Database, household: Household) -> Rates:
    wanted = await settled(db, household) + BATCH
    run = time.time_ns()
    facts = [
        {
            "id": f"{run}-{number}",
            "item": str(household.items[number % BATCH_ITEMS]),
            "kind": "counted",
            "quantity": 9,
            "at": datetime.now(UTC).isoformat(),
        }
        for number in range(BATCH)
    ]
    async with Line(processes.api_ports[0]) as line:
        started = time.perf_counter()
        await line.json("/facts", {"facts": facts}, household.token)
        acknowledged = time.perf_counter() - started
    await until_settled(db, household, wanted)
    return Rates(BATCH / acknowledged, BATCH / (time.perf_counter() - started))

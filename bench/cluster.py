"""PostgreSQL, two API processes and one or two workers against one Temporal: what a second worker is worth."""

from pathlib import Path

from bench.cost import Cost
from bench.figures import Pairs, Report
from bench.household import move_in, opened
from bench.load import reports_to_larder
from bench.processes import larder
from bench.reports import ITEMS, LEVEL


async def measure(home: Path, url: str, rounds: int, count: int) -> Report:
    """With one worker, with two, with one, ..."""
    acknowledged, settled, costs = Pairs(), Pairs(), {1: Cost(), 2: Cost()}
    async with larder(home, url, apis=2, workers=1) as processes, opened(url) as db:
        household = await move_in(db, ITEMS)
        await reports_to_larder(processes, db, household, 2 * ITEMS, LEVEL)  # both API processes know each secret
        for _ in range(rounds):
            with costs[1].of(processes.seconds_used, count):
                one = await reports_to_larder(processes, db, household, count, LEVEL)
            second = await processes.start_larder("worker")
            await reports_to_larder(processes, db, household, ITEMS, LEVEL)  # each item has found its worker
            with costs[2].of(processes.seconds_used, count):
                two = await reports_to_larder(processes, db, household, count, LEVEL)
            processes.stop(second)
            await reports_to_larder(processes, db, household, ITEMS, LEVEL)
            acknowledged.add(one.acknowledged, two.acknowledged)
            settled.add(one.settled, two.settled)
    return Report(
        "One worker, two workers",
        [
            acknowledged.figure("acknowledged with two workers", "/s"),
            settled.figure("settled with two workers", "/s"),
        ],
        [
            f"PostgreSQL, two API processes, one Temporal development server, {rounds} rounds of {count} reports. "
            "Bare: one worker.",
            f"Processor time per report: {costs[1]} with one worker, {costs[2]} with two.",
        ],
    )

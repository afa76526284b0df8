"""What a hundred thousand facts about one item leave behind, against a thousand: history and memory of the worker."""

import time

from bench.figures import Aim, Figure, Report, said
from bench.household import Household, move_in, opened
from bench.http_lines import Line
from bench.load import until_settled
from bench.processes import Processes
from names import item_workflow_id
from storage.database import Database

FEW = 1_000
PART = 500
SUGGESTED = 4_096  # events after which the server suggests to continue as new; the rest is what one settle adds


async def measure(processes: Processes, worker: str, many: int) -> Report:
    """Facts in parts of 500 until there are few, then until there are many."""
    async with opened(processes.database_url) as db:
        household = await move_in(db, 1)
        await _report(processes, db, household, 0, FEW)
        few_events, few_memory = await _events(processes, household), processes.resident(worker)
        started = time.perf_counter()
        await _report(processes, db, household, FEW, many)
        rate = (many - FEW) / (time.perf_counter() - started)
        events, memory = await _events(processes, household), processes.resident(worker)
    return Report(
        "One item",
        [
            Figure(
                f"history after {many:,} facts, against where the server suggests to begin a new one",
                said(events, "events"),
                said(SUGGESTED, "events"),
                events / SUGGESTED,
                Aim(1.3, at_most=True),
            ),
            Figure(
                f"memory of the worker after {many:,} facts",
                said(memory, "MB"),
                said(few_memory, "MB"),
                memory / few_memory if few_memory else 0.0,
                Aim(1.3, at_most=True),
            ),
        ],
        [
            f"Bare: after {FEW:,} facts (history then: {few_events} events). Settled at {said(rate, '/s')}, "
            f"in parts of {PART}; {await _runs(processes, household)} runs of the workflow so far."
        ],
    )


async def _report(processes: Processes, db: Database, household: Household, first: int, last: int) -> None:
    async with Line(processes.api_ports[0]) as line:
        for start in range(first, last, PART):
            facts = [
                {"id": str(number), "item": str(household.items[0]), "kind": "counted", "quantity": 9}
                for number in range(start, min(start + PART, last))
            ]
            await line.json("/facts", {"facts": facts}, household.token)
            await until_settled(db, household, start + len(facts))


async def _events(processes: Processes, household: Household) -> int:
    client = await processes.connected()
    return (await client.get_workflow_handle(item_workflow_id(household.items[0])).describe()).history_length


async def _runs(processes: Processes, household: Household) -> int:
    client = await processes.connected()
    query = f"WorkflowId = '{item_workflow_id(household.items[0])}'"
    return (await client.count_workflows(query)).count

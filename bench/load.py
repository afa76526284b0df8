"""Many clients at once, against Larder and against something bare, and how long each took."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal

from bench.bare import Bare
from bench.household import Household, settled
from bench.http_lines import Line
from bench.processes import Processes
from storage.database import Database

CLIENTS = 32
PAUSE = 0.02
PATIENCE = 300.0


@dataclass(frozen=True)
class Rates:
    """Reports per second: acknowledged, and settled with everything that waited."""

    acknowledged: float
    settled: float
    repeats: int = 0


async def reports_to_bare(bare: Bare, items: int, count: int) -> Rates:
    """So many signals to so many bare items."""
    wanted = bare.settled_so_far + count
    started = time.perf_counter()
    await at_once(bare.report(number % items) for number in range(count))
    acknowledged = time.perf_counter() - started
    await bare.settled(wanted)
    return Rates(count / acknowledged, count / (time.perf_counter() - started))


async def reports_to_larder(
    processes: Processes, db: Database, household: Household, count: int, level: Decimal
) -> Rates:
    """So many `POST /v2/level` above every trigger level."""
    items = len(household.items)
    wanted = await settled(db, household) + count
    async with AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(Line(processes.api_ports[number % len(processes.api_ports)]))
            for number in range(CLIENTS)
        ]
        run, free = time.time_ns(), asyncio.Queue[Line]()
        for line in lines:
            free.put_nowait(line)

        async def report(number: int) -> None:
            line = await free.get()
            said = {"level": level, "event_id": f"{run}-{number}"}
            await line.form("/v2/level", household.credentials(number % items) | said)
            free.put_nowait(line)

        started = time.perf_counter()
        await at_once(report(number) for number in range(count))
        acknowledged = time.perf_counter() - started
        repeats = sum(line.repeats for line in lines)
    await until_settled(db, household, wanted)
    return Rates(count / acknowledged, count / (time.perf_counter() - started), repeats)


async def until_settled(db: Database, household: Household, wanted: int) -> None:
    """Return when so many facts have been judged."""
    async with asyncio.timeout(PATIENCE):
        while await settled(db, household) < wanted:  # noqa: ASYNC110 - the news is in a database
            await asyncio.sleep(PAUSE)


async def at_once(works: Iterator[Awaitable[None]]) -> None:
    """Do all of it, as many at a time as there are clients."""

    async def client() -> None:
        for work in works:
            await work

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(client())

"""What a thousand fridges cost that have nothing to say but that they live, and a hundred that ask for commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from bench.figures import Aim, Figure, Report, said
from bench.household import move_in, opened
from bench.http_lines import Line
from bench.processes import KEY, Processes
from domain.fridges import SILENT_AFTER_BEATS, DoorStatus
from domain.identity import new_uuid
from storage import tokens
from storage.database import Database, insert_new
from storage.secrets import Secrets
from storage.tables import Fleet, Fridge

FRIDGES, INTERVAL = 1_000, 300
# a tenth of them ten times as often is the same work, and its workflows look for silence within the time of a measure
BEATING, OFTEN = FRIDGES // 10, INTERVAL // 10
ASKING = 100


async def measure(processes: Processes, seconds: int, *, settled: bool) -> Report:
    """So many seconds with nothing going on, then as many with the fridges; `settled`: once all have been looked at."""
    async with opened(processes.database_url) as db:
        callers = await _moved_in(db)
        idle = await _shares(processes, seconds)
        async with _going_on(processes, callers):
            if settled:
                await asyncio.sleep(OFTEN * SILENT_AFTER_BEATS)
            busy = await _shares(processes, seconds)
    share = sum(busy.values()) - sum(idle.values())
    costs = ", ".join(f"{kind} {said(100 * (busy[kind] - idle[kind]), '%')}" for kind in sorted(busy))
    return Report(
        "Fridges",
        [
            Figure(
                f"{FRIDGES:,} fridges that say every {INTERVAL} s that they live, {ASKING} asking for commands at once",
                said(100 * share, "%"),
                "100 % of a core",
                share,
                Aim(0.25, at_most=True),
            )
        ],
        [
            f"Processor time of all processes in {seconds} s, beyond what they use with nothing going on "
            f"({said(100 * sum(idle.values()), '%')}): {costs}. Measured with {BEATING} fridges and an interval of "
            f"{OFTEN} s, which is as much to do in every second."
        ],
    )


async def _moved_in(db: Database) -> list[str]:
    """The tokens of the fridges that call; there are others that do not."""
    household, fleet, now, secrets = await move_in(db, 1), new_uuid(), datetime.now(UTC), Secrets(KEY)
    at = {"created_at": now, "updated_at": now}
    uuids = [new_uuid() for _ in range(FRIDGES)]
    async with db.writing() as session:
        await insert_new(session, Fleet, [{"uuid": fleet, "account": household.account, "name": "My Fleet", **at}])
        rows = [_fridge(uuid, now) | {"account": household.account, "fleet": fleet, **at} for uuid in uuids]
        await insert_new(session, Fridge, rows)
        return [
            tokens.issue(session, secrets, kind="fridge", prefix="ft", subject=uuid, now=now)
            for uuid in uuids[:BEATING]
        ]


def _fridge(uuid: UUID, now: datetime) -> dict[str, object]:
    return {
        "uuid": uuid,
        "door_status": DoorStatus.CLOSED,
        "last_activity": now,
        "linked_at": now,
        "heartbeat_interval": OFTEN,
        "webhook_secret": "none",
        "is_offline": False,
        "is_out_of_band": False,
        "sequence": 0,
        "version": 1,
    }


@asynccontextmanager
async def _going_on(processes: Processes, callers: list[str]) -> AsyncIterator[None]:
    port = processes.api_ports[0]
    async with Line(port) as line:
        for token in callers:  # whose workflows watch for their silence from now on
            await line.json("/fridge/notifications", {"type": "boot"}, token)
    tasks = [asyncio.create_task(_beat(port, callers))]
    tasks += [asyncio.create_task(_ask(port, token)) for token in callers[:ASKING]]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _beat(port: int, callers: list[str]) -> None:
    """Evenly, as fridges that know nothing of each other do."""
    async with Line(port) as line:
        while True:
            for token in callers:
                await line.json("/fridge/notifications", {"type": "heartbeat", "data": None}, token)
                await asyncio.sleep(OFTEN / len(callers))


async def _ask(port: int, token: str) -> None:
    async with Line(port) as line:
        while True:
            await line.get("/fridge/commands?wait=25", token)


async def _shares(processes: Processes, seconds: int) -> dict[str, float]:
    """Of one core, by kind of process."""
    before = processes.seconds_used()
    await asyncio.sleep(seconds)
    return {kind: (used - before[kind]) / seconds for kind, used in processes.seconds_used().items()}

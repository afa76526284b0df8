"""C4-C7: the database killed, locked or full, and Temporal away; nothing acknowledged is lost, nothing is half done."""

import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from uuid import uuid4

import anyio
import httpx
from sqlalchemy import text

from domain.item import CATCH_UP
from simulator.family import eventually, ok
from storage.sqlite_file import sqlite_file
from tests.chaos.household import MAC, SECRET, Household
from tests.chaos.ruin import Ruin
from tests.chaos.size import DATABASE_KILLS, TEMPORAL_AWAY
from tests.databases import opened, postgresql

FEEDERS = 4
LOCKED_FOR = 10.0
JAR = {"name": "Jar", "macAddress": MAC, "secret": SECRET}


async def test_c4_the_database_killed_under_load(home: Household) -> None:
    """PostgreSQL as by `pg_ctl stop -m immediate`; SQLite lives in our processes, so they are killed."""
    items = [await home.item(level=1000) for _ in range(FEEDERS)]
    used = dict.fromkeys(items, 0)
    enough = anyio.Event()

    async def feed(item: str) -> None:
        while not enough.is_set():
            await home.report(item, "used", 1)
            used[item] += 1

    async with home.stack.watched(), anyio.create_task_group() as feeding:
        for item in items:
            feeding.start_soon(feed, item)
        for _ in range(DATABASE_KILLS):
            before = sum(used.values())
            _kill_the_database(home.stack)
            await eventually(_sum(used), lambda found, before=before: found > before + FEEDERS, 60)  # type: ignore[misc] # a bound lambda
        enough.set()
    await home.everything_settled()
    for item in items:
        await home.level_is(item, 1000 - used[item])
    await home.check(0, "C4 database killed under load")


async def test_c5_the_database_locked(home: Household) -> None:
    item = await home.item()
    async with _locked(home.stack):
        with anyio.fail_after(LOCKED_FOR):
            refused = await home.http.post("/devices", json=JAR)
        _is_away(refused)
        await home.report(item, "counted", 4)
    await home.orders_are(1)
    await home.send("POST", "/devices", json=JAR)
    assert len(await home.all("/devices")) == 1
    await home.pass_time(CATCH_UP)
    await home.check(1, "C5 database locked")


async def test_c6_the_disk_full(home: Household) -> None:
    """To our processes only: no file of theirs may grow. PostgreSQL's own files can grow on."""
    item = await home.item()
    home.stack.let_files_grow(1)
    if home.stack.kind == "sqlite":
        _is_away(await home.http.post("/devices", json=JAR))
    await home.report(item, "counted", 4)
    home.stack.let_files_grow(resource.RLIM_INFINITY)
    await home.pass_time(CATCH_UP)
    await home.orders_are(1)
    ok(await home.send("POST", "/devices", json=JAR))
    await home.check(1, "C6 disk full")


async def test_c7_temporal_away(home: Household) -> None:
    item = await home.item()
    home.stack.kill("temporal")
    fact = {"id": uuid4().hex, "item": item, "kind": "counted", "quantity": 4}
    _is_away(await home.http.post("/facts", json={"facts": [fact]}))
    _is_away(await home.http.post("/items", json={"name": "Milk", "unit": "piece"}))
    assert (await home.http.get("/readyz")).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert (await home.look(item))["level"] == 12
    await anyio.sleep(TEMPORAL_AWAY.total_seconds())
    _is_away(await home.http.post("/facts", json={"facts": [fact]}))
    await home.stack.start("temporal")
    await home.report_all([fact])
    assert len(await home.all("/items")) == 1
    await home.pass_time(CATCH_UP)
    await home.orders_are(1)
    await home.check(1, "C7 Temporal away")


def _is_away(answer: httpx.Response) -> None:
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
    assert int(answer.headers["Retry-After"]) > 0


def _sum(used: dict[str, int]):  # type: ignore[no-untyped-def] # an async function, used just above
    async def total() -> int:
        return sum(used.values())

    return total


def _kill_the_database(stack: Ruin) -> None:
    if stack.kind == "postgresql":
        postgresql().stop()
        postgresql().start()
        stack.kills += 1
    else:
        for name in ("api", "worker"):
            stack.processes[name].kill()


@asynccontextmanager
async def _locked(stack: Ruin) -> AsyncIterator[None]:
    """A stranger holds what every writer needs, for ten seconds at least."""
    if file := sqlite_file(stack.database_url):
        stranger = sqlite3.connect(file, isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        yield
        await anyio.sleep(LOCKED_FOR)
        stranger.close()
    else:
        async with opened(stack.database_url) as db, db.writing() as session:
            await session.execute(text("LOCK TABLE devices, items IN EXCLUSIVE MODE"))
            yield
            await anyio.sleep(LOCKED_FOR)

"""A database that is busy, full, gone or stopped is Unavailable, and works again when it is back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Unavailable
from storage import database
from storage.database import Database
from storage.sqlite_file import sqlite_file
from tests.databases import fresh_database, opened, postgresql

SOON = timedelta(milliseconds=100)


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up after a tenth of a second, so that nobody has to wait for what must fail."""
    monkeypatch.setattr(database, "WAIT", SOON)
    monkeypatch.setattr(database, "WAIT_FOR_STRANGERS", SOON)
    monkeypatch.setattr(database, "POOL", {**database.POOL, "pool_timeout": SOON.total_seconds()})


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Iterator[str]:
    with fresh_database("sqlite", tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield url


@asynccontextmanager
async def counting(url: str) -> AsyncIterator[Database]:
    """The database with two counters in it, both at 0."""
    async with opened(url) as db:
        async with db.writing() as session:
            await session.execute(text("CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL)"))
            await session.execute(text("INSERT INTO counters VALUES ('a', 0), ('b', 0)"))
        yield db


async def count(db: Database, *names: str) -> None:
    """One more on each of the counters, one after the other."""
    async with db.writing() as session:
        for name in names:
            await session.execute(text("UPDATE counters SET n = n + 1 WHERE name = :name"), {"name": name})
            await asyncio.sleep(0)


async def total(db: Database) -> int:
    async with db.reading() as session:
        return int(await session.scalar(text("SELECT sum(n) FROM counters")) or 0)


@pytest.mark.usefixtures("impatience")
async def test_a_database_that_somebody_else_has_locked_is_unavailable_until_it_is_released(sqlite_url: str) -> None:
    async with counting(sqlite_url) as db:
        stranger = sqlite3.connect(str(sqlite_file(sqlite_url)), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refusal:
            await count(db, "a")
        assert refusal.value.retry_after > timedelta(0)
        assert await total(db) == 0
        stranger.execute("ROLLBACK")
        stranger.close()
        await count(db, "a")
        assert await total(db) == 1


@pytest.mark.usefixtures("impatience")
async def test_who_waits_too_long_for_another_writer_is_told_so_and_the_other_one_succeeds(sqlite_url: str) -> None:
    async with counting(sqlite_url) as db, opened(sqlite_url) as other:
        async with db.writing() as session:
            await session.execute(text("UPDATE counters SET n = 1 WHERE name = 'a'"))
            for waiting in (db, other):
                with pytest.raises(Unavailable, match="busy"):
                    await count(waiting, "a")
        await count(other, "a")
        await count(db, "b")
        assert await total(db) == 3


@pytest.mark.usefixtures("impatience")
async def test_a_row_that_another_transaction_keeps_is_unavailable_until_it_is_released(postgresql_url: str) -> None:
    async with counting(postgresql_url) as db:
        async with db.writing() as session:
            await session.execute(text("SELECT * FROM counters FOR UPDATE"))
            with pytest.raises(Unavailable):
                await count(db, "a")
        await count(db, "a")
        assert await total(db) == 1


async def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(postgresql_url: str) -> None:
    async with counting(postgresql_url) as db:
        first_locks = asyncio.Barrier(2)

        async def count_both(one: str, other: str) -> None:
            async with db.writing() as session:
                update = text("UPDATE counters SET n = n + 1 WHERE name = :name")
                await session.execute(update, {"name": one})
                await first_locks.wait()
                await session.execute(update, {"name": other})

        outcomes = await asyncio.gather(count_both("a", "b"), count_both("b", "a"), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {type(None), Unavailable}
        assert await total(db) == 2


@pytest.mark.usefixtures("impatience")
async def test_more_sessions_than_there_are_connections_wait_and_are_then_told_so(database_url: str) -> None:
    async with counting(database_url) as db:

        async def read_on(until: asyncio.Event, started: asyncio.Event) -> None:
            async with db.reading():
                started.set()
                await until.wait()

        enough = asyncio.Event()
        everybody = [asyncio.create_task(read_on(enough, asyncio.Event())) for _ in range(12)]
        refused, _ = await asyncio.wait(everybody, return_when=asyncio.FIRST_EXCEPTION)
        assert all(isinstance(task.exception(), Unavailable) for task in refused)
        enough.set()
        outcomes = await asyncio.gather(*everybody, return_exceptions=True)
        assert 2 <= sum(isinstance(outcome, Unavailable) for outcome in outcomes) <= 4
        await count(db, "a")


async def test_a_full_disk_is_unavailable_and_works_again_when_there_is_room(sqlite_url: str) -> None:
    async with counting(sqlite_url) as db:
        async with db.writing() as session:  # the limit stays with the only connection that writes
            pages = await session.scalar(text("PRAGMA page_count"))
            await session.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(Unavailable):
            async with db.writing() as session:
                await session.execute(text("INSERT INTO counters VALUES (hex(zeroblob(100000)), 1)"))
        await count(db, "a")
        async with db.writing() as session:
            await session.execute(text("PRAGMA max_page_count = 1000000"))
            await session.execute(text("INSERT INTO counters VALUES (hex(zeroblob(100000)), 1)"))
        assert await total(db) == 2


async def test_a_file_that_is_gone_is_unavailable_and_works_again_when_it_is_back(sqlite_url: str) -> None:
    file = sqlite_file(sqlite_url)
    assert file is not None
    async with counting(sqlite_url) as db:
        await count(db, "a")
        for part in file.parent.glob("larder.db*"):
            part.rename(part.with_name(f"away-{part.name}"))
        for attempt in (count(db, "a"), total(db)):
            with pytest.raises(Unavailable, match="gone"):
                await attempt
        for part in file.parent.glob("away-*"):
            part.replace(part.with_name(part.name.removeprefix("away-")))
        await count(db, "a")
        assert await total(db) == 2


async def test_a_file_that_was_replaced_is_not_written_to(sqlite_url: str) -> None:
    file = sqlite_file(sqlite_url)
    assert file is not None
    async with counting(sqlite_url) as db:
        other = file.with_name("other.db")
        other.write_bytes(file.read_bytes())
        other.replace(file)
        for attempt in (count(db, "a"), total(db)):
            with pytest.raises(Unavailable, match="replaced"):
                await attempt


async def test_a_file_that_never_was_is_unavailable_and_is_not_made(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/larder.db") as db:
        for attempt in (count(db, "a"), total(db)):
            with pytest.raises(Unavailable, match="gone"):
                await attempt
    assert not (tmp_path / "larder.db").exists()


async def test_a_path_with_odd_characters_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "50% für # 1"
    folder.mkdir()
    with fresh_database("sqlite", folder) as url:
        async with counting(url) as db:
            await count(db, "a")
        assert {part.name.partition(".")[0] for part in folder.iterdir()} == {"larder"}


@pytest.mark.usefixtures("server_up")
async def test_a_stopped_server_is_unavailable_and_works_again_when_it_is_back(postgresql_url: str) -> None:
    async with counting(postgresql_url) as db:
        await count(db, "a")
        postgresql().stop()
        for attempt in (count(db, "a"), total(db)):
            with pytest.raises(Unavailable):
                await attempt
        postgresql().start()
        await count(db, "a")
        assert await total(db) == 2


async def lose_the_server(session: AsyncSession) -> None:
    await session.execute(text("UPDATE counters SET n = 1"))
    postgresql().stop()
    await session.execute(text("UPDATE counters SET n = 2"))


@pytest.mark.usefixtures("server_up")
async def test_a_server_that_stops_in_the_middle_of_a_transaction_is_unavailable(postgresql_url: str) -> None:
    async with counting(postgresql_url) as db:
        with pytest.raises(Unavailable):
            async with db.writing() as session:
                await lose_the_server(session)
        postgresql().start()
        assert await total(db) == 0


@pytest.fixture
def server_up() -> Iterator[None]:
    """Starts the server again should the test fail."""
    yield
    postgresql().start()


async def test_a_server_that_takes_no_more_connections_is_unavailable(postgresql_url: str) -> None:
    postgresql().run("DROP ROLE IF EXISTS guest")
    postgresql().run("CREATE ROLE guest LOGIN CONNECTION LIMIT 0")
    async with opened(postgresql_url.replace("postgres:@", "guest:@")) as db:
        with pytest.raises(Unavailable):
            await total(db)


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/larder", "postgresql://nowhere.invalid/larder"])
async def test_a_server_that_is_not_there_is_unavailable(url: str) -> None:
    async with opened(url) as db:
        with pytest.raises(Unavailable):
            await total(db)

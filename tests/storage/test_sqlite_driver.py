"""The driver for SQLite: what a cursor tells, how errors come out, and how often its thread is asked."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage import sqlite_driver
from storage.sqlite_driver import OneTripConnection


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[OneTripConnection]:
    """An open connection to a new file with one table."""
    connection = sqlite_driver.connect(str(tmp_path / "some.db"), isolation_level=None)
    await connection
    await connection.cursor().execute("CREATE TABLE jars (name TEXT PRIMARY KEY, level INTEGER)")
    yield connection
    await connection.close()


async def test_a_cursor_tells_what_sqlite_told_it(connection: OneTripConnection) -> None:
    cursor = connection.cursor()
    await cursor.executemany("INSERT INTO jars VALUES (?, ?)", [("flour", 3), ("rice", 5)])
    assert (cursor.rowcount, cursor.description, await cursor.fetchall()) == (2, None, ())
    await cursor.execute("SELECT name, level FROM jars WHERE level > ? ORDER BY level", (1,))
    assert [column[0] for column in cursor.description] == ["name", "level"]
    assert await cursor.fetchall() == [("flour", 3), ("rice", 5)]
    await cursor.execute("INSERT INTO jars VALUES ('oats', 1) RETURNING level")
    assert (cursor.lastrowid, await cursor.fetchall()) == (3, [(1,)])


async def test_errors_are_those_of_sqlite(connection: OneTripConnection) -> None:
    await connection.cursor().execute("INSERT INTO jars VALUES ('flour', 3)")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        await connection.cursor().execute("INSERT INTO jars VALUES ('flour', 4)")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await connection.cursor().execute("SELECT * FROM shelves")


async def test_a_statement_is_one_trip_to_the_thread(
    connection: OneTripConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[object] = []
    ask = connection._execute

    async def counted(*what: Any) -> Any:
        trips.append(what)
        return await ask(*what)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(connection, "_execute", counted)
    cursor = await connection.cursor().__aenter__()  # as SQLAlchemy's adapter enters it, which never leaves it
    await cursor.execute("SELECT name FROM jars")
    await cursor.fetchall()
    await cursor.close()
    assert len(trips) == 1

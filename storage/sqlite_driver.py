"""A statement on SQLite in one trip to the driver's thread, where aiosqlite's own cursor makes four."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite

Row = tuple[Any, ...]


class OneTripConnection(aiosqlite.Connection):
    """A connection as SQLAlchemy wants it (`async_creator_fn`), whose cursors have all rows as soon as they ran."""

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]
        """A cursor, made without the thread."""
        return OneTripCursor(self)

    async def in_thread(self, run: Callable[[sqlite3.Cursor], object]) -> "Ran":
        """Let a new cursor do this, and tell everything about it that SQLAlchemy asks for."""
        ran: Ran = await self._execute(_ran, self._conn, run)  # type: ignore[no-untyped-call]
        return ran


class Ran:
    """What a cursor knew when it had run."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        self.rows: Sequence[Row] = cursor.fetchall() if cursor.description else ()


class OneTripCursor:
    """What SQLAlchemy's adapter calls of an asynchronous cursor (`AsyncIODBAPICursor`)."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Row] = ()

    async def __aenter__(self) -> "OneTripCursor":
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement; sqlite3's errors come out as they are."""
        self._know(await self._connection.in_thread(lambda cursor: cursor.execute(statement, parameters)))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of the parameters."""
        self._know(await self._connection.in_thread(lambda cursor: cursor.executemany(statement, parameters)))

    async def fetchall(self) -> Sequence[Row]:
        """The rows, which are there already."""
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    def _know(self, ran: Ran) -> None:
        self.description, self.rowcount, self.lastrowid = ran.description, ran.rowcount, ran.lastrowid
        self._rows = ran.rows


def connect(database: str, **arguments: Any) -> OneTripConnection:
    """A connection that is not open yet; takes what `sqlite3.connect` takes."""
    connection = OneTripConnection(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy has it for its own: a process need not wait for it
    return connection


def _ran(connection: sqlite3.Connection, run: Callable[[sqlite3.Cursor], object]) -> Ran:
    cursor = connection.cursor()
    try:
        run(cursor)
        return Ran(cursor)
    finally:
        cursor.close()

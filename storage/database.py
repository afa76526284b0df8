"""The door to the database, SQLite or PostgreSQL: the only place that creates an engine."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.base import ExecutableOption

from domain.errors import Unavailable
from failpoints import Failpoints
from storage import sqlite_driver
from storage.away import report_away
from storage.sqlite_file import SameFile, Turn, sqlite_file
from storage.tables import Table

WAIT = timedelta(seconds=5)
WAIT_FOR_SCHEMA = timedelta(seconds=60)
# writers of ours wait for their turn; only somebody else's connection can make SQLite itself wait
WAIT_FOR_STRANGERS = timedelta(seconds=2)
# a server that went silent would otherwise be waited for until TCP gives up
STATEMENT_LIMIT = timedelta(seconds=30)
SCHEMA_LOCK = int.from_bytes(b"larder")
DURABLE = ["journal_mode=WAL", "synchronous=FULL"]
POOL = {"max_overflow": 0, "pool_timeout": WAIT.total_seconds()}
INSERT: dict[str, Callable[[type[Table]], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}

Value = TypeVar("Value")


class Database:
    """Sessions for reading and for writing; made by `open_database`, used within one event loop.

    When the database is away, busy for too long or full, entering, using or leaving a session raises Unavailable.
    A connection lost during a commit leaves open whether it happened, so what is written must be safe to repeat.
    """

    def __init__(
        self,
        readers: AsyncEngine,
        writers: AsyncEngine,
        turn: Callable[[], AbstractAsyncContextManager[None]],
        failpoints: Failpoints,
        criteria: Sequence[ExecutableOption] = (),
    ) -> None:
        self._readers, self._writers, self._turn, self._failpoints = readers, writers, turn, failpoints
        self._criteria = criteria

    def limited(self, criteria: Sequence[ExecutableOption]) -> "Database":
        """The same database, of which nothing is seen or changed that these loader criteria do not let through."""
        return Database(self._readers, self._writers, self._turn, self._failpoints, criteria)

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction that cannot write."""
        return _transaction(self._readers, self._criteria)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed on leaving, rolled back on an error; never one within another."""
        async with self._turn(), _transaction(self._writers, self._criteria) as session:
            yield session
            self._failpoints.reach("before_commit")
        self._failpoints.reach("after_commit")

    async def dispose(self) -> None:
        """Close all connections; the next session opens new ones."""
        async with AsyncExitStack() as stack:
            # The last connection to leave an SQLite file checkpoints it. SQLite has locked out everybody else by then,
            # so not getting the turn is no reason to stay open.
            with suppress(Unavailable):
                await stack.enter_async_context(self._turn())
            await self._readers.dispose()
            await self._writers.dispose()


def open_database(url: str, failpoints: Failpoints | None = None) -> Database:
    """The database at `sqlite:///<file>` or `postgresql://...`; it connects with its first session.

    An SQLite file must exist, `storage.migrate.upgrade` makes it. ValueError for any other kind of URL.
    """
    if file := sqlite_file(url):
        same = SameFile(file)
        return Database(
            readers=_sqlite(file, same, "BEGIN DEFERRED", ["foreign_keys=ON", "query_only=ON"], pool_size=8, **POOL),
            writers=_sqlite(file, same, "BEGIN IMMEDIATE", [*DURABLE, "foreign_keys=ON"], pool_size=1, **POOL),
            turn=Turn(file, WAIT).taken,
            failpoints=failpoints or Failpoints(),
        )
    engine = _postgresql(url, WAIT, pool_size=10, **POOL)
    readers = engine.execution_options(postgresql_readonly=True)
    return Database(readers, engine, turn=nullcontext, failpoints=failpoints or Failpoints())


async def insert_new(
    session: AsyncSession,
    table: type[Table],
    rows: Sequence[Mapping[str, Any]],
    returning: InstrumentedAttribute[Value] | None = None,
) -> list[Value]:
    """Insert the rows that no unique key refuses and answer `returning` of just those, in no particular order.

    All rows name the same columns. There may be any number: SQLAlchemy sends them in parts that a database can take.
    What the session has not flushed yet is not there for them.
    """
    if not rows:
        return []
    # past the mapper, which has nothing to add here and doubles the cost
    connection = await session.connection()
    insert = _insert_new(connection.dialect.name, table)
    values = [dict(row) for row in rows]
    if returning is None:
        await connection.execute(insert, values)
        return []
    return list((await connection.execute(insert.returning(returning), values)).scalars())


@cache
def _insert_new(dialect: str, table: type[Table]) -> postgresql.Insert | sqlite.Insert:
    """Made once for each table: making it costs more than a row."""
    return INSERT[dialect](table).on_conflict_do_nothing()


@asynccontextmanager
async def changing_schema(url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction for a migration, alone among all processes; an SQLite file is made where there is none.

    Foreign keys are off on SQLite, where changing a table means to copy and drop it. Unavailable after a minute's wait.
    """
    async with AsyncExitStack() as stack:
        if file := sqlite_file(url):
            with _reaching():
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.touch(mode=0o600)
            await stack.enter_async_context(Turn(file, WAIT_FOR_SCHEMA).taken())
            pragmas = [*DURABLE, "foreign_keys=OFF"]
            engine = _sqlite(file, SameFile(file), "BEGIN IMMEDIATE", pragmas, poolclass=NullPool)
        else:
            engine = _postgresql(url, WAIT_FOR_SCHEMA, poolclass=NullPool)
        with _reaching():
            connection = await stack.enter_async_context(engine.begin())
            if not file:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCHEMA_LOCK})
        yield connection


def _sqlite(file: Path, same: SameFile, begin: str, pragmas: list[str], **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        # read and write, but do not create: an empty file in place of a lost one would hide the loss
        URL.create("sqlite+aiosqlite", database=file.as_uri(), query={"uri": "true", "mode": "rw"}),
        connect_args={
            "async_creator_fn": sqlite_driver.connect,
            "isolation_level": None,
            "timeout": WAIT_FOR_STRANGERS.total_seconds(),
        },
        hide_parameters=True,  # of what a log could then show, some is secret
        **pool,
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def look_first(*_: object) -> None:
        same.check()

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        same.check()
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "handle_error", report_away)
    return engine


def _postgresql(url: str, lock_limit: timedelta, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": WAIT.total_seconds(),
            "command_timeout": (lock_limit + STATEMENT_LIMIT).total_seconds(),
            "server_settings": {
                "application_name": "larder",
                "lock_timeout": _milliseconds(lock_limit),
                "idle_in_transaction_session_timeout": _milliseconds(timedelta(minutes=1)),
            },
        },
        hide_parameters=True,  # of what a log could then show, some is secret
        **pool,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def still_open(connection: Any, *_: object) -> None:
        # costs nothing, where the pool's own pre-ping costs three round trips
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    event.listen(engine.sync_engine, "handle_error", report_away)
    return engine


@asynccontextmanager
async def _transaction(engine: AsyncEngine, criteria: Sequence[ExecutableOption]) -> AsyncIterator[AsyncSession]:
    session = AsyncSession(engine, expire_on_commit=False)
    if criteria:
        _limit(session, criteria)
    try:
        with _reaching():
            await session.connection()
        yield session
        await _finished(session.commit())
    except BaseException:
        await _finished(session.close())  # rolls back
        raise
    await session.close()


def _limit(session: AsyncSession, criteria: Sequence[ExecutableOption]) -> None:
    @event.listens_for(session.sync_session, "do_orm_execute")
    def limit(state: ORMExecuteState) -> None:
        if state.is_select or state.is_update or state.is_delete:
            state.statement = state.statement.options(*criteria)


@contextmanager
def _reaching() -> Iterator[None]:
    """Nothing of ours has been asked yet, so whatever fails here is the database's fault."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable("The database cannot be reached.") from error


async def _finished(work: Coroutine[Any, Any, None]) -> None:
    """Let a commit or rollback end before a cancelled caller goes on: SQLite's thread needs the turn until then."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled from task.exception()
    task.result()


def _milliseconds(limit: timedelta) -> str:
    return str(round(limit.total_seconds() * 1000))

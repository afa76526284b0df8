"""What SQLite leaves to its users: one writer at a time, and a file that stays where it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import make_url

from domain.errors import Unavailable

# the poll grows between these; the timers of event loops do not go below a millisecond
FIRST_PAUSE = 0.001
LONGEST_PAUSE = 0.005

GONE = "The database file is gone."


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, None for PostgreSQL."""
    where = make_url(url)
    match where.get_backend_name():
        case "sqlite" if where.database and where.database != ":memory:":
            return Path(where.database).absolute()
        case "postgresql" | "postgres":
            return None
    raise ValueError("the database must be an SQLite file or PostgreSQL")


class Turn:
    """The right to write to the SQLite file `database`, or to checkpoint it.

    SQLite 3.7.0 to 3.51.2 can corrupt a database when one connection commits while another one checkpoints
    (https://sqlite.org/wal.html#walresetbug), so both happen in turn only. Processes meet at two lock files beside the
    database: whoever waits holds the first one, so that a process that has just written queues behind it.
    """

    def __init__(self, database: Path, limit: timedelta) -> None:
        self._database, self._limit = database, limit
        self._tasks = asyncio.Lock()
        self._next = FileLock(f"{database}.next.lock")
        self._writing = FileLock(f"{database}.lock")

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Mine within the block; Unavailable when it did not come in time, or when there is no such file."""
        if not self._database.exists():  # else the locks would make its folder anew
            raise Unavailable(GONE)
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                await self._take()
        except TimeoutError as error:
            raise Unavailable("The database is busy.") from error
        except OSError as error:
            raise Unavailable("The database cannot be locked.") from error
        try:
            yield
        finally:
            self._writing.release()
            self._tasks.release()

    async def _take(self) -> None:
        await self._tasks.acquire()
        try:
            await _locked(self._next)
            try:
                await _locked(self._writing)
            finally:
                self._next.release()
        except BaseException:
            self._tasks.release()
            raise


async def _locked(lock: FileLock) -> None:
    pause = FIRST_PAUSE
    while True:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        else:
            return


class SameFile:
    """Notices when the file is no longer where it was: SQLite would go on writing to what nobody can open any more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._first: tuple[int, int] | None = None

    def check(self) -> None:
        """Unavailable when the file is gone, or another one than at the first check."""
        try:
            now = self._file.stat()
        except OSError as error:
            raise Unavailable(GONE) from error
        self._first = self._first or (now.st_dev, now.st_ino)
        if self._first != (now.st_dev, now.st_ino):
            raise Unavailable("The database file was replaced; Larder must be restarted.")

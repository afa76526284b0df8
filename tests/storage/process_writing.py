"""One of several processes that write to the same SQLite file: `python process_writing.py <url> <transactions>`."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from storage.database import WAIT, open_database
from storage.sqlite_file import Turn, sqlite_file

TASKS = 4


async def main(url: str, transactions: int) -> None:
    """Count up in all tasks at once; checkpoint within the commits, and on its own as well."""
    db, file = open_database(url), sqlite_file(url)
    assert file is not None
    async with db.writing() as session:
        await session.execute(text("PRAGMA wal_autocheckpoint = 3"))

    async def count() -> None:
        for number in range(transactions // TASKS):
            async with db.writing() as session:
                n = await session.scalar(text("SELECT n FROM counter"))
                await session.execute(text("UPDATE counter SET n = :n"), {"n": (n or 0) + 1})
            if number % 10 == 0:
                await checkpoint(file)

    await asyncio.gather(*(count() for _ in range(TASKS)))
    await db.dispose()


async def checkpoint(file: Path) -> None:
    """Move everything into the database file, from a connection of its own."""
    async with Turn(file, WAIT).taken():
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


asyncio.run(main(sys.argv[1], int(sys.argv[2])))

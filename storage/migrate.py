"""Bringing a database to the shape that this code expects, and telling whether it has it."""

import asyncio
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from domain.errors import LarderError
from storage.database import Database, changing_schema, open_database
from storage.sqlite_file import sqlite_file

MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseTooNew(LarderError):
    """A newer Larder has migrated the database; this one must not touch it."""


def upgrade(database_url: str) -> None:
    """Bring the database to the newest revision, all steps or none; an SQLite file is made where there is none.

    Processes that start together take turns. Raises DatabaseTooNew or Unavailable. Not for use within an event loop.
    """
    asyncio.run(_upgrade(database_url))


def at_head(database_url: str) -> bool:
    """Whether the database needs no upgrade, or Unavailable. Not for use within an event loop."""
    if (file := sqlite_file(database_url)) and not file.exists():
        return False
    return asyncio.run(_at_head(database_url))


async def is_at_head(db: Database) -> bool:
    """Whether the database is at the newest revision that this code knows, neither older nor newer."""
    async with db.reading() as session:
        connection = await session.connection()
        return await connection.run_sync(_revisions) == set(_scripts(MIGRATIONS).get_heads())


async def _at_head(database_url: str) -> bool:
    db = open_database(database_url)
    try:
        return await is_at_head(db)
    finally:
        await db.dispose()


async def _upgrade(database_url: str) -> None:
    async with changing_schema(database_url) as connection:
        await connection.run_sync(_run)


def _run(connection: Connection) -> None:
    known = {script.revision for script in _scripts(MIGRATIONS).walk_revisions()}
    if unknown := _revisions(connection) - known:
        revision = ", ".join(sorted(unknown))
        raise DatabaseTooNew(
            f"The database is at revision {revision}, which only a newer Larder knows; start that one."
        )
    config = Config()
    # a percent sign would begin an interpolation
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and (
        broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    ):
        msg = f"a migration has left rows in {broken.table} that refer to nothing in {broken.parent}"
        raise RuntimeError(msg)


def _revisions(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


@cache
def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder))

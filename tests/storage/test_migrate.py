"""Migrations: from nothing to the tables of the code, once, by one process, on both databases."""

import ast
import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from storage import migrate
from storage.database import Database
from storage.migrate import MIGRATIONS, DatabaseTooNew, at_head, is_at_head, upgrade
from storage.tables import Table
from tests.databases import KINDS, bare_database, opened
from tests.sources import parsed

ROOT = Path(__file__).parents[2]
FAILING = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.create_table("half_done", sa.Column("n", sa.Integer()))
    op.execute("INSERT INTO nothing VALUES (1)")
"""


@pytest.fixture(params=KINDS)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with bare_database(request.param, tmp_path) as url:
        yield url


async def inspected(db: Database, look: Any) -> Any:
    async with db.reading() as session:
        return await (await session.connection()).run_sync(look)


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


def primary_keys(connection: Connection) -> dict[str, list[str]]:
    look = inspect(connection)
    return {table: look.get_pk_constraint(table)["constrained_columns"] for table in Table.metadata.tables}


async def test_the_migrations_make_exactly_the_tables_of_the_code(db: Database) -> None:
    assert await inspected(db, differences) == []
    assert await inspected(db, primary_keys) == {
        name: [column.name for column in table.primary_key] for name, table in Table.metadata.tables.items()
    }


def test_an_empty_database_is_brought_to_head_and_stays_there(bare_url: str) -> None:
    assert not at_head(bare_url)
    upgrade(bare_url)
    assert at_head(bare_url)
    upgrade(bare_url)
    assert at_head(bare_url)


def test_the_folder_of_an_sqlite_file_is_made_and_both_are_private(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "down" / "larder.db"
    upgrade(f"sqlite:///{file}")
    assert file.parent.stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0


def test_processes_that_start_together_migrate_once(bare_url: str) -> None:
    code = "import sys; from storage.migrate import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-W", "error", "-c", code, bare_url]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert at_head(bare_url)


async def test_an_open_database_tells_whether_it_is_at_head(bare_url: str) -> None:
    await asyncio.to_thread(upgrade, bare_url)
    async with opened(bare_url) as db:
        assert await is_at_head(db)
        async with db.writing() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        assert not await is_at_head(db)
        async with db.writing() as session:
            await session.execute(text("DROP TABLE alembic_version"))
        assert not await is_at_head(db)


async def test_a_database_that_is_newer_than_the_code_is_refused_and_left_alone(
    db: Database, database_url: str
) -> None:
    async with db.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="revision 9999, which only a newer Larder knows"):
        await asyncio.to_thread(upgrade, database_url)
    assert not await is_at_head(db)


async def test_a_migration_that_fails_leaves_nothing_behind(
    db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = shutil.copytree(MIGRATIONS, tmp_path / "100% newer")
    head = sorted(newer.glob("versions/*.py"))[-1].name.partition("_")[0]
    (newer / "versions" / "9999_failing.py").write_text(FAILING.format(head=head))
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "MIGRATIONS", newer)
        with pytest.raises(Exception, match="nothing"):
            await asyncio.to_thread(upgrade, database_url)
        assert not await is_at_head(db)
    assert await is_at_head(db)
    assert not await inspected(db, lambda connection: inspect(connection).has_table("half_done"))


@pytest.mark.parametrize("file", sorted(MIGRATIONS.glob("versions/*.py")), ids=lambda file: file.stem)
def test_a_migration_does_not_change_with_the_code(file: Path) -> None:
    imported = set()
    for node in ast.walk(parsed(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= {"alembic", "sqlalchemy"}

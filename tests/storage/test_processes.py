"""Several processes on one SQLite file lose nothing and leave it whole, however often it is checkpointed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.sqlite_file import sqlite_file
from tests.databases import fresh_database, opened

WRITER = Path(__file__).with_name("process_writing.py")
ROOT = Path(__file__).parents[2]
PROCESSES, TRANSACTIONS = 4, 200


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """An SQLite database with a counter at 0."""
    with fresh_database("sqlite", tmp_path) as url:
        with closing(sqlite3.connect(str(sqlite_file(url)), isolation_level=None)) as connection:
            connection.execute("CREATE TABLE counter (n INTEGER)")
            connection.execute("INSERT INTO counter VALUES (0)")
        yield url


def a_writer(url: str, transactions: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-W", "error", str(WRITER), url, str(transactions)]
    return subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})


def counted(url: str) -> int:
    with closing(sqlite3.connect(str(sqlite_file(url)))) as connection:
        return int(connection.execute("SELECT n FROM counter").fetchone()[0])


def integrity(url: str) -> str:
    with closing(sqlite3.connect(str(sqlite_file(url)))) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_four_processes_that_write_and_checkpoint_lose_nothing_and_corrupt_nothing(url: str) -> None:
    writers = [a_writer(url, TRANSACTIONS) for _ in range(PROCESSES)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * PROCESSES
    assert counted(url) == PROCESSES * TRANSACTIONS
    assert integrity(url) == "ok"


async def test_a_process_that_is_killed_while_it_writes_holds_nobody_up_and_corrupts_nothing(url: str) -> None:
    writer = a_writer(url, 1_000_000)
    while counted(url) < 50:
        assert writer.poll() is None
    writer.kill()
    writer.wait()
    async with opened(url) as db, db.writing() as session:
        await session.execute(text("UPDATE counter SET n = n + 1"))
    assert counted(url) > 50
    assert integrity(url) == "ok"

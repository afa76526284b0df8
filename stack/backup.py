"""`larder backup` and `larder restore`: everything of this installation in one file, and back; but for its key.

The file is a zip of `larder.db`, of `temporal.db` where Temporal's server is our own, and of `about.json`. Both
databases are of one moment, in which nobody could commit: to whoever starts from them it looks like a crash just then,
after which everything goes on under the keys that it had (docs/crashes.md).
"""

import asyncio
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import names
from domain.errors import Unavailable
from settings import Settings
from stack import temporal
from stack.folder import claimed
from stack.halt import FAILED, USAGE, Halt
from storage.secrets import Secrets
from storage.sqlite_file import Turn, sqlite_file

LARDER, TEMPORAL, ABOUT = "larder.db", "temporal.db", "about.json"
FORMAT = 1
PATIENCE = timedelta(seconds=10)
_OF_WHICH_KEY = "the key of this backup"


@dataclass(frozen=True)
class Kept:
    """What a backup holds: the files by name, and when it was made."""

    files: tuple[str, ...]
    made_at: str


def backup(settings: Settings, file: Path) -> Kept:
    """Write a new backup, of a running Larder or of a stopped one; raises Halt."""
    sources = _present(settings)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with _made(file) as archive, TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
            _copy(sources, Path(folder))
            about = {"format": FORMAT, "larder": names.VERSION, "made_at": made_at, "key": _key_hash(settings)}
            archive.writestr(ABOUT, json.dumps(about, indent=2))
            for name in sources:
                archive.write(Path(folder, name), name)
    except (OSError, sqlite3.Error, Unavailable) as error:
        raise Halt(f"The backup was not made ({_reason(error)}).", FAILED) from error
    return Kept(tuple(sources), made_at)


def restore(settings: Settings, file: Path, *, replace: bool) -> Kept:
    """Put the databases of a backup where Larder looks for them; raises Halt, and then nothing has changed.

    Only while nothing uses them, and over others that are there only with `replace`.
    """
    with claimed(settings.home), _opened(file) as archive, TemporaryDirectory(dir=settings.home) as folder:
        about = json.loads(archive.read(ABOUT))
        _check(settings, about)
        places = {name: place for name, place in _places(settings).items() if name in archive.namelist()}
        occupied = [place for place in places.values() if place.exists()]
        if occupied and not replace:
            raise Halt(
                f"{_listed(occupied)} would be overwritten. Next: restore into an empty LARDER_HOME, or repeat with "
                "--replace if what is there now may go for good.",
                USAGE,
            )
        for name in places:
            with archive.open(name) as packed, Path(folder, name).open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
                unpacked.flush()
                os.fsync(unpacked.fileno())
            _sound(Path(folder, name))
        for place in occupied:
            _let_go(place)
        for name, place in places.items():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(folder, name).chmod(0o600)
            shutil.move(Path(folder, name), place)
    return Kept(tuple(places), about["made_at"])


def _places(settings: Settings) -> dict[str, Path]:
    """Where each of them is, by its name in a backup; Halt where a database is not ours to copy."""
    file = sqlite_file(settings.database_url)
    if file is None:
        raise Halt(
            "The database is PostgreSQL, which larder backup leaves to PostgreSQL's own tools. Next: use pg_dump and "
            "pg_restore, or the backups of whoever runs it; see docs/operating.md.",
            USAGE,
        )
    return {LARDER: file} | ({} if settings.temporal_given else {TEMPORAL: temporal.database(settings)})


def _present(settings: Settings) -> dict[str, Path]:
    places = _places(settings)
    if not places[LARDER].exists():
        raise Halt(f"There is no database {places[LARDER]}. Next: correct LARDER_HOME or LARDER_DATABASE_URL.")
    return {name: place for name, place in places.items() if place.exists()}


def _key_hash(settings: Settings) -> str:
    return Secrets(settings.instance_key.get_secret_value()).keyed_hash(_OF_WHICH_KEY)


@contextmanager
def _made(file: Path) -> Iterator[ZipFile]:
    """A new zip file for nobody else's eyes, which is gone again when it could not be finished."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise Halt(f"{file} is there already. Next: name a file that is not.", USAGE) from None
    try:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            yield archive
    except BaseException:
        file.unlink()
        raise


def _copy(sources: Mapping[str, Path], folder: Path) -> None:
    with ExitStack() as opened:
        frozen = {name: opened.enter_context(closing(_reader(source))) for name, source in sources.items()}
        asyncio.run(_freeze(sources[LARDER], list(frozen.values())))
        # Temporal's database has no write-ahead log, so its server can write nothing until its copy is made
        for name in sorted(frozen, key=(TEMPORAL, LARDER).index):
            with closing(sqlite3.connect(folder / name)) as copy:
                frozen[name].backup(copy)
            frozen[name].execute("COMMIT")


async def _freeze(file: Path, connections: list[sqlite3.Connection]) -> None:
    """Begin to read while no transaction of Larder is under way: Temporal then knows nothing that Larder does not."""
    async with Turn(file, PATIENCE).taken():
        for connection in connections:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema")


def _reader(file: Path) -> sqlite3.Connection:
    seconds = PATIENCE.total_seconds()
    connection = sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as archive:
            if not {ABOUT, LARDER} <= set(archive.namelist()):
                raise BadZipFile
            yield archive
    except (BadZipFile, EOFError, zlib.error):
        raise Halt(f"{file} is no backup of Larder, or was not finished. Next: take another one.", FAILED) from None
    except OSError as error:
        raise Halt(f"The backup was not restored ({_reason(error)}).", FAILED) from error


def _check(settings: Settings, about: Mapping[str, object]) -> None:
    if about["format"] != FORMAT:
        raise Halt(f"The backup was made by Larder {about['larder']}. Next: restore it with that version.", FAILED)
    if about["key"] != _key_hash(settings):
        raise Halt(
            "The backup belongs to another instance key: no token, device or retailer of it would be known. Next: put "
            f"that key into {settings.home / 'instance.key'} or into LARDER_INSTANCE_KEY, then repeat."
        )


def _sound(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        try:
            (found,) = database.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise Halt(f"{file.name} in the backup is damaged ({found}). Next: take another backup.", FAILED)


def _let_go(file: Path) -> None:
    """Take care that nobody uses a database, and remove what SQLite keeps beside it: that must not meet another one."""
    try:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as database:
            # only its last user may leave the write-ahead log
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise Halt(f"{file} is in use ({error}). Next: stop every process of Larder, then repeat.") from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be why the backup is wanted
    for rest in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + rest).unlink(missing_ok=True)


def _listed(files: list[Path]) -> str:
    return " and ".join(map(str, files))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

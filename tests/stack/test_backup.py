"""`larder backup` and `larder restore`: what they refuse, and that nothing has changed then."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from settings import Settings
from stack.backup import ABOUT, LARDER, TEMPORAL, backup, restore
from stack.folder import claimed
from stack.halt import FAILED, UNAVAILABLE, USAGE, Halt
from storage.migrate import at_head, upgrade
from tests.stack.parts import LARDER as COMMAND
from tests.stack.parts import environment, run


def mark(home: Path, value: int | None = None) -> int:
    """A number in Temporal's database, which is a file like any other to a backup."""
    with closing(sqlite3.connect(home / TEMPORAL)) as database, database:
        if value is not None:
            database.execute(f"PRAGMA user_version={value}")
        return int(database.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with both databases and a key."""
    settings = Settings(home=tmp_path / "home")
    upgrade(settings.database_url)
    mark(settings.home, 1)
    return settings


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Path:
    """A backup of it; the data folder has gone on since."""
    backup(settings, tmp_path / "kept.zip")
    mark(settings.home, 2)
    return tmp_path / "kept.zip"


def refusal(settings: Settings, file: Path, *, replace: bool = True) -> Halt:
    """Why the restore is refused; it has changed nothing."""
    before = mark(settings.home)
    with pytest.raises(Halt) as refused:
        restore(settings, file, replace=replace)
    assert mark(settings.home) == before
    return refused.value


def test_the_commands_say_what_they_did_and_what_is_left_to_do(settings: Settings, tmp_path: Path) -> None:
    env, file = environment(settings.home), str(tmp_path / "kept.zip")
    made = run((*COMMAND, "backup", file), env)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(f"{file} holds larder.db and temporal.db of 20")
    assert f"keep {settings.home}/instance.key at another safe place" in made.stdout
    refused = run((*COMMAND, "restore", file), env)
    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert refused.stderr.startswith(f"larder: {settings.home}/larder.db and {settings.home}/temporal.db would be over")
    done = run((*COMMAND, "restore", file, "--replace"), env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("larder.db and temporal.db are again as they were at 20")


def test_the_file_is_private_and_does_not_hold_the_key(settings: Settings, kept: Path) -> None:
    assert kept.stat().st_mode & 0o077 == 0
    with ZipFile(kept) as archive:
        assert set(archive.namelist()) == {LARDER, TEMPORAL, ABOUT}
        assert settings.instance_key.get_secret_value() not in archive.read(ABOUT).decode()
    assert {file.name for file in kept.parent.iterdir()} == {"home", "kept.zip"}


def test_a_backup_never_overwrites_a_file(settings: Settings, kept: Path) -> None:
    before = kept.read_bytes()
    with pytest.raises(Halt, match="is there already"):
        backup(settings, kept)
    assert kept.read_bytes() == before


def test_without_a_database_there_is_no_backup_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(Halt, match="There is no database"):
        backup(Settings(home=tmp_path / "nobody"), tmp_path / "kept.zip")
    assert not (tmp_path / "kept.zip").exists()


def test_a_backup_that_cannot_be_finished_leaves_no_file(settings: Settings, tmp_path: Path) -> None:
    (settings.home / TEMPORAL).write_bytes(b"no database at all" * 1000)
    with pytest.raises(Halt, match="The backup was not made"):
        backup(settings, tmp_path / "kept.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["home"]


def test_postgresql_is_left_to_its_own_tools(settings: Settings, kept: Path, tmp_path: Path) -> None:
    other = settings.model_copy(update={"database_url": "postgresql+asyncpg://larder:hunter2@127.0.0.1:9/larder"})
    with pytest.raises(Halt, match="use pg_dump and pg_restore"):
        backup(other, tmp_path / "other.zip")
    assert not (tmp_path / "other.zip").exists()
    assert refusal(other, kept).exit_code == USAGE


def test_what_is_there_is_overwritten_only_when_that_is_asked_for(settings: Settings, kept: Path) -> None:
    assert refusal(settings, kept, replace=False).exit_code == USAGE
    restore(settings, kept, replace=True)
    assert mark(settings.home) == 1


def test_an_empty_folder_is_filled_if_it_has_the_right_key(settings: Settings, kept: Path, tmp_path: Path) -> None:
    empty = Settings(home=tmp_path / "empty")
    assert f"put that key into {empty.home}/instance.key" in refusal(empty, kept, replace=False).sentence
    (empty.home / TEMPORAL).unlink()
    right = empty.model_copy(update={"instance_key": settings.instance_key})
    restore(right, kept, replace=False)
    assert mark(right.home) == 1
    assert {(right.home / name).stat().st_mode & 0o077 for name in (LARDER, TEMPORAL)} == {0}


def test_where_temporal_is_not_our_own_it_is_left_alone(
    settings: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.com:7233")
    assert restore(settings, kept, replace=True).files == (LARDER,)
    assert mark(settings.home) == 2


def test_a_running_stack_is_not_pulled_from_under_its_feet(settings: Settings, kept: Path) -> None:
    with claimed(settings.home):
        assert "Larder already runs" in refusal(settings, kept).sentence


@pytest.mark.parametrize("name", [LARDER, TEMPORAL])
def test_a_process_that_runs_alone_is_noticed_by_what_it_holds_open(settings: Settings, kept: Path, name: str) -> None:
    with closing(sqlite3.connect(settings.home / name, isolation_level=None)) as process:
        process.execute("BEGIN")
        process.execute("SELECT count(*) FROM sqlite_schema")
        refused = refusal(settings, kept)
    assert refused.exit_code == UNAVAILABLE
    assert f"{settings.home / name} is in use" in refused.sentence


def test_a_damaged_database_can_be_replaced(settings: Settings, kept: Path) -> None:
    (settings.home / LARDER).write_bytes(b"no database at all" * 1000)
    (settings.home / "larder.db-wal").write_bytes(b"of the damaged one")
    restore(settings, kept, replace=True)
    assert not (settings.home / "larder.db-wal").exists()
    assert at_head(settings.database_url)


@pytest.mark.parametrize("cut", [0, 0.5, 0.99])
def test_half_a_backup_is_refused(settings: Settings, kept: Path, cut: float) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(len(whole) * cut)])
    refused = refusal(settings, kept)
    assert refused.exit_code == FAILED
    assert "is no backup of Larder, or was not finished" in refused.sentence


def test_a_changed_byte_is_noticed(settings: Settings, kept: Path) -> None:
    with ZipFile(kept) as archive:
        middle = archive.getinfo(LARDER).header_offset + archive.getinfo(LARDER).compress_size // 2
    changed = bytearray(kept.read_bytes())
    changed[middle] ^= 0xFF
    kept.write_bytes(changed)
    assert refusal(settings, kept).exit_code == FAILED


def test_a_damaged_database_in_a_backup_is_noticed(settings: Settings, kept: Path, tmp_path: Path) -> None:
    with ZipFile(kept) as archive:
        archive.extractall(tmp_path / "unpacked")
    (tmp_path / "unpacked" / TEMPORAL).write_bytes(b"no database at all" * 1000)
    kept.unlink()
    shutil.make_archive(str(kept.with_suffix("")), "zip", tmp_path / "unpacked")
    assert "temporal.db in the backup is damaged" in refusal(settings, kept).sentence


def test_a_backup_of_a_later_form_is_refused(settings: Settings, kept: Path, tmp_path: Path) -> None:
    with ZipFile(kept) as archive:
        archive.extractall(tmp_path / "unpacked")
    about = tmp_path / "unpacked" / ABOUT
    about.write_text(about.read_text().replace('"format": 1', '"format": 2'))
    kept.unlink()
    shutil.make_archive(str(kept.with_suffix("")), "zip", tmp_path / "unpacked")
    assert "restore it with that version" in refusal(settings, kept).sentence

"""Sessions on both databases: what is written stays, once, and nobody's write is lost."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, insert_new, open_database
from storage.tables import Change, ItemMemory, User
from tests.databases import opened

WRITERS, TIMES = 8, 100


def a_user(email: str = "ann@example.org") -> User:
    now = datetime.now(UTC)
    return User(
        uuid=uuid4(),
        email=email,
        name="0",
        password_hash="-",
        time_zone="Europe/Berlin",
        currency="EUR",
        created_at=now,
        updated_at=now,
    )


async def write_and_fail(session: AsyncSession) -> None:
    session.add(a_user())
    await session.flush()
    raise ZeroDivisionError


async def users(db: Database) -> int:
    async with db.reading() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def test_what_was_written_is_read_and_still_usable_after_the_commit(db: Database) -> None:
    async with db.writing() as session:
        user = a_user()
        session.add(user)
    async with db.reading() as session:
        assert await session.get_one(User, user.uuid) is not user
    assert user.email == "ann@example.org"


async def test_an_error_within_the_block_undoes_all_of_it(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.writing() as session:
            await write_and_fail(session)
    assert await users(db) == 0


async def test_a_reading_session_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with db.reading() as session:
            session.add(a_user())
    assert await users(db) == 0


async def test_a_unique_key_that_is_taken_is_an_integrity_error(db: Database) -> None:
    async with db.writing() as session:
        session.add(a_user())
    with pytest.raises(IntegrityError):
        async with db.writing() as session:
            session.add(a_user())


async def test_a_row_that_refers_to_nothing_is_an_integrity_error(db: Database) -> None:
    with pytest.raises(IntegrityError):
        async with db.writing() as session:
            session.add(ItemMemory(item=uuid4(), state="", sentence="", verdict="", updated_at=datetime.now(UTC)))


async def test_a_fault_of_the_program_is_not_taken_for_an_absent_database(db: Database) -> None:
    for sql in ("SELECT * FROM nothing", "SELEC 1"):
        with pytest.raises(DBAPIError):
            async with db.reading() as session:
                await session.execute(text(sql))


async def test_eight_writers_that_read_and_then_write_lose_nothing(db: Database) -> None:
    async with db.writing() as session:
        user = a_user()
        session.add(user)

    async def add_one() -> None:
        for _ in range(TIMES):
            async with db.writing() as session:
                row = await session.get_one(User, user.uuid, with_for_update=True)
                row.name = str(int(row.name) + 1)

    await asyncio.gather(*(add_one() for _ in range(WRITERS)))
    async with db.reading() as session:
        assert (await session.get_one(User, user.uuid)).name == str(WRITERS * TIMES)


async def test_two_that_opened_the_same_database_in_one_process_take_turns(database_url: str) -> None:
    async with opened(database_url) as first, opened(database_url) as second:

        async def add(db: Database, side: int) -> None:
            for number in range(50):
                async with db.writing() as session:
                    session.add(a_user(f"{side}.{number}@example.org"))

        await asyncio.gather(add(first, 1), add(second, 2))
        assert await users(first) == await users(second) == 100


async def test_readers_see_the_past_and_do_not_wait_while_somebody_writes(db: Database) -> None:
    async with db.writing() as session:
        session.add(a_user())
        await session.flush()
        assert await users(db) == 0
    assert await users(db) == 1


async def test_a_writer_cancelled_in_the_middle_leaves_nothing_and_nothing_locked(db: Database) -> None:
    inside = asyncio.Event()

    async def write_forever() -> None:
        async with db.writing() as session:
            session.add(a_user())
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_forever())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with db.writing() as session:
        session.add(a_user())
    assert await users(db) == 1


async def test_a_writer_cancelled_while_it_commits_has_committed_before_it_stops(db: Database) -> None:
    async def write() -> None:
        async with db.writing() as session:
            session.add(a_user())
            _cancel_at_commit(session)

    task = asyncio.create_task(write())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await users(db) == 1
    async with db.writing() as session:
        session.add(a_user("ben@example.org"))


def _cancel_at_commit(session: AsyncSession) -> None:
    task = asyncio.current_task()
    assert task is not None
    event.listen(session.sync_session, "before_commit", lambda _: task.cancel())


async def test_only_new_rows_are_inserted_and_just_those_are_named(db: Database) -> None:
    def row(version: int, digest: str = "first") -> dict[str, object]:
        return {"subject": subject, "version": version, "kind": "item", "digest": digest, "created_at": now}

    subject, now = uuid4(), datetime.now(UTC)
    async with db.writing() as session:
        assert await insert_new(session, Change, [row(1), row(2)], returning=Change.version) == [1, 2]
    async with db.writing() as session:
        again = [row(2, "again"), row(3), row(3, "again")]
        assert await insert_new(session, Change, again, returning=Change.version) == [3]
        assert await insert_new(session, Change, [row(4), row(1, "again")]) == []
        assert await insert_new(session, Change, [], returning=Change.version) == []
    async with db.reading() as session:
        kept = await session.execute(select(Change.version, Change.digest).order_by(Change.version))
        assert kept.all() == [(number, "first") for number in (1, 2, 3, 4)]


async def test_more_rows_can_be_inserted_at_once_than_a_statement_has_room_for(db: Database) -> None:
    count = 8_000  # of 5 columns: 40 000 parameters, where 32 766 are allowed
    subject, now = uuid4(), datetime.now(UTC)
    rows = [
        {"subject": subject, "version": version, "kind": "item", "digest": "", "created_at": now}
        for version in range(count)
    ]
    async with db.writing() as session:
        assert len(await insert_new(session, Change, rows, returning=Change.version)) == count
        assert await insert_new(session, Change, rows, returning=Change.version) == []
        assert await insert_new(session, Change, rows) == []


@pytest.mark.parametrize("url", ["mysql://localhost/larder", "sqlite://", "sqlite:///:memory:", "oracle://x"])
def test_only_sqlite_files_and_postgresql_can_be_opened(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite file or PostgreSQL"):
        open_database(url)

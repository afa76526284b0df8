"""Wrong guesses are counted exactly, whoever counts them and however many at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from storage import guesses
from storage.database import Database
from storage.guesses import KNOWN_FOR, WINDOW, Limit, TooManyAttempts
from storage.tables import KnownPlace, Table, WrongGuesses

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA, HERE = Limit("ada", 3), Limit("here", 5)


async def wrong(db: Database, *limits: Limit, more: tuple[Limit, ...] = (), after: float = 0) -> bool:
    """Whether the wrong guess, so many seconds after noon, was counted."""
    try:
        async with db.writing() as session:
            await guesses.count(session, limits, more, NOON + timedelta(seconds=after))
    except TooManyAttempts:
        return False
    return True


async def wait_of(db: Database, *limits: Limit, after: float = 0) -> int:
    """How many seconds somebody has to wait; 0 for not at all."""
    try:
        async with db.reading() as session:
            await guesses.check(session, limits, NOON + timedelta(seconds=after))
    except TooManyAttempts as refused:
        return round(refused.retry_after.total_seconds())
    return 0


async def number_of(db: Database, table: type[Table]) -> int | None:
    async with db.reading() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def test_the_limit_holds_for_any_fifteen_minutes(db: Database) -> None:
    moments = (0, 100, 899.9)
    assert [await wrong(db, ADA, after=moment) for moment in moments] == [True] * 3
    assert not await wrong(db, ADA, after=899.95)
    assert await wait_of(db, ADA, after=899.95) == 1
    assert await wrong(db, ADA, after=900.1), "the first one is long ago"
    assert not await wrong(db, ADA, after=901)
    assert await wait_of(db, ADA, after=901) == 99


async def test_a_limit_may_have_a_window_of_its_own(db: Database) -> None:
    an_hour = Limit("letters", 2, timedelta(hours=1))
    assert [await wrong(db, an_hour, after=moment) for moment in (0, 1000, 2000)] == [True, True, False]
    assert await wait_of(db, an_hour, after=2000) == 1600
    assert await wrong(db, ADA, after=3000), "others sweep away what is over, and no more"
    assert await wait_of(db, an_hour, after=3000) == 600
    assert [await wrong(db, an_hour, after=moment) for moment in (3601, 3602)] == [True, False]


async def test_who_is_refused_is_not_counted_and_so_never_waits_longer(db: Database) -> None:
    for _ in range(3):
        await wrong(db, ADA)
    for moment in range(0, 900, 90):
        assert not await wrong(db, ADA, HERE, after=moment)
    assert await wait_of(db, ADA, after=899) == 1
    assert await wait_of(db, ADA, after=900) == 0
    assert await wait_of(db, HERE) == 0


async def test_what_only_counts_refuses_nobody_and_keeps_the_newest(db: Database) -> None:
    for moment in range(6):
        assert await wrong(db, HERE if moment < 5 else Limit("elsewhere", 5), more=(ADA,), after=moment)
    assert await wait_of(db, ADA, after=10) == 900 - 10 + 3


async def test_many_at_once_are_counted_one_by_one(db: Database) -> None:
    ten = Limit("ten", 10)
    many = await asyncio.gather(*(wrong(db, ten, more=(Limit(f"of {n % 3}", 10),)) for n in range(30)))
    assert many.count(True) == 10
    crossed = [(Limit("a", 50), Limit("b", 50)), (Limit("b", 50), Limit("a", 50))]
    assert all(await asyncio.gather(*(wrong(db, *crossed[n % 2]) for n in range(30))))


async def test_a_clock_that_was_put_back_locks_nobody_out_for_longer(db: Database) -> None:
    for _ in range(3):
        await wrong(db, ADA, after=3600)
    assert await wait_of(db, ADA) == WINDOW.total_seconds()


async def test_a_known_place_is_known_for_a_month_after_the_last_time(db: Database) -> None:
    async with db.writing() as session:
        assert not await guesses.is_known(session, "home", NOON)
        await guesses.know(session, "home", NOON)
        await guesses.know(session, "home", NOON + timedelta(days=1))
        assert await guesses.is_known(session, "home", NOON + KNOWN_FOR)
        assert not await guesses.is_known(session, "home", NOON + KNOWN_FOR + timedelta(days=1))
        assert not await guesses.is_known(session, "work", NOON)


@pytest.mark.parametrize("table", [WrongGuesses, KnownPlace])
async def test_what_is_over_goes_as_others_come(db: Database, table: type[Table]) -> None:
    async with db.writing() as session:
        for number in range(5):
            await guesses.count(session, [Limit(f"key {number}", 10)], [], NOON)
            await guesses.know(session, f"place {number}", NOON)
    assert await number_of(db, table) == 5
    async with db.writing() as session:
        later = NOON + KNOWN_FOR + timedelta(seconds=1)
        await guesses.count(session, [Limit("key 0", 10)], [], later)
        await guesses.know(session, "place 0", later)
    assert await number_of(db, table) == 1


def test_the_sentence_and_the_seconds_agree() -> None:
    refused = TooManyAttempts(timedelta(seconds=12.3))
    assert refused.message == "Too many attempts. Try again in 13 seconds."
    assert refused.retry_after == timedelta(seconds=13)
    assert TooManyAttempts(timedelta()).retry_after == timedelta(seconds=1)

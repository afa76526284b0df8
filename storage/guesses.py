"""Wrong guesses at secrets, and letters: how many there were lately, whoever counted, and when one may try again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import LarderError
from storage.database import INSERT
from storage.tables import KnownPlace, WrongGuesses

WINDOW = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=30)
_SWEPT_AT_ONCE = 100

# made once, for every call with a secret
_COUNTED = select(WrongGuesses.key, WrongGuesses.moments).where(WrongGuesses.key.in_(bindparam("keys", expanding=True)))


class TooManyAttempts(LarderError):
    """Enough wrong guesses for now; whether this one was right is not said."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = timedelta(seconds=max(1, -(-retry_after // timedelta(seconds=1))))
        super().__init__(f"Too many attempts. Try again in {self.retry_after // timedelta(seconds=1)} seconds.")


@dataclass(frozen=True)
class Limit:
    """At most so many in 15 minutes, or in `window`; `key` is a keyed hash, so that a row tells of nobody."""

    key: str
    most: int
    window: timedelta = WINDOW


async def check(session: AsyncSession, limits: Sequence[Limit], now: datetime) -> None:
    """Raise TooManyAttempts where one of the limits is reached; counts nothing."""
    found = await session.execute(_COUNTED, {"keys": [each.key for each in limits]})
    stored = {row.key: row.moments for row in found}
    _refuse_beyond(limits, {each.key: _lately(stored.get(each.key, ""), each, now) for each in limits}, now)


async def count(session: AsyncSession, limits: Sequence[Limit], more: Sequence[Limit], now: datetime) -> None:
    """Count one wrong guess in all of them; raises TooManyAttempts, having counted nothing, where `limits` are reached.

    To be committed on its own, whatever the caller is answered. Calls at once come one after another.
    """
    # always in the same order, or two calls could wait for each other
    every = sorted({*limits, *more}, key=lambda limit: limit.key)
    lately = {limit.key: _lately(await _locked(session, limit, now), limit, now) for limit in every}
    _refuse_beyond(limits, lately, now)
    for limit in every:
        kept = [*lately[limit.key], now][-limit.most :]
        text = " ".join(str(round(moment.timestamp() * 1000)) for moment in kept)
        await session.execute(update(WrongGuesses).where(WrongGuesses.key == limit.key).values(moments=text))
    await _sweep(session, WrongGuesses, now)


async def is_known(session: AsyncSession, place: str, now: datetime) -> bool:
    """Whether somebody has proved there lately who they are."""
    until = await session.scalar(select(KnownPlace.until).where(KnownPlace.key == place))
    return until is not None and now < until


async def know(session: AsyncSession, place: str, now: datetime) -> None:
    """Remember for a month that somebody has proved there who they are."""
    insert = INSERT[session.get_bind().dialect.name](KnownPlace).values(key=place, until=now + KNOWN_FOR)
    await session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"until": insert.excluded.until}))
    await _sweep(session, KnownPlace, now)


async def _locked(session: AsyncSession, limit: Limit, now: datetime) -> str:
    """The moments of a row that is there from now on, and that nobody else can change before this transaction ends."""
    row = {"key": limit.key, "moments": "", "until": now + limit.window}
    insert = INSERT[session.get_bind().dialect.name](WrongGuesses).values(row)
    upsert = insert.on_conflict_do_update(index_elements=["key"], set_={"until": insert.excluded.until})
    return (await session.scalars(upsert.returning(WrongGuesses.moments))).one()


async def _sweep(session: AsyncSession, table: type[WrongGuesses | KnownPlace], now: datetime) -> None:
    """Remove old rows; last in a transaction and never waiting, so that no two calls can wait for each other."""
    old = select(table.key).where(table.until <= now).limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(table).where(table.key.in_(old)))


def _lately(moments: str, limit: Limit, now: datetime) -> list[datetime]:
    counted = [datetime.fromtimestamp(int(moment) / 1000, UTC) for moment in moments.split()]
    return [moment for moment in counted if moment > now - limit.window]


def _refuse_beyond(limits: Sequence[Limit], lately: Mapping[str, Sequence[datetime]], now: datetime) -> None:
    """The oldest guess of as many as there may be says when there is room for another."""
    waits = [
        min(lately[limit.key][-limit.most] + limit.window - now, limit.window)
        for limit in limits
        if len(lately[limit.key]) >= limit.most
    ]
    if waits:
        raise TooManyAttempts(max(waits))

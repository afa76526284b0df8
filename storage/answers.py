"""What a POST with an Idempotency-Key made and answered, kept for a week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import insert_new
from storage.tables import Answer

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Once:
    """Which answer: the same principal, method and route, and key mean the same call."""

    principal: str
    route: str
    key: str


async def reserve(session: AsyncSession, once: Once, body_hash: str, made: UUID, now: datetime) -> Answer | None:
    """The answer held from an earlier call, or None where this is the first, which then makes `made`.

    An answer without a status belongs to a call that did not end: its repeat makes the same thing again.
    """
    await session.execute(delete(Answer).where(Answer.created_at < now - LIFE))
    row: dict[str, object] = {"principal": once.principal, "route": once.route, "key": once.key}
    row |= {"body_hash": body_hash, "made": made, "created_at": now}
    # where another transaction is just inserting the same key, this waits for its end
    if await insert_new(session, Answer, [row], returning=Answer.made):
        return None
    return (await session.scalars(select(Answer).where(*_is(once)))).one()


async def complete(session: AsyncSession, once: Once, status: int, sealed: str) -> None:
    """Keep the answer for repeats; the first one stays."""
    statement = update(Answer).where(*_is(once), Answer.status.is_(None))
    await session.execute(statement.values(status=status, body=sealed))


async def forget(session: AsyncSession, once: Once) -> None:
    """Free a key whose call was refused, so that it can be used for a better one."""
    await session.execute(delete(Answer).where(*_is(once), Answer.status.is_(None)))


def _is(once: Once) -> tuple[ColumnElement[bool], ...]:
    return (Answer.principal == once.principal, Answer.route == once.route, Answer.key == once.key)

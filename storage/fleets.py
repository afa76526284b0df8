"""Fleets of an account: made, listed, changed, and deleted once they are empty (S70, S71)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage import people
from storage.tables import Connection, Fleet, Fridge

MOST_FLEETS = 200


async def add(session: AsyncSession, fleet: Mapping[str, Any]) -> Fleet:
    """A new fleet; raises Conflict where the account has as many as it may."""
    await people.lock(session, fleet["account"])
    alive = select(func.count()).where(Fleet.account == fleet["account"], Fleet.deleted_at.is_(None))
    if (await session.scalar(alive) or 0) >= MOST_FLEETS:
        raise Conflict(f"An account has at most {MOST_FLEETS} fleets.")
    row = Fleet(**fleet)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID, *, to_change: bool = False) -> Fleet:
    """One fleet of an account, locked if it is `to_change`; raises NotFound for another's and a deleted one."""
    mine = select(Fleet).where(Fleet.uuid == uuid, Fleet.account == account, Fleet.deleted_at.is_(None))
    fleet = (await session.scalars(mine.with_for_update() if to_change else mine)).one_or_none()
    if fleet is None:
        raise NotFound("There is no such fleet.")
    return fleet


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Fleet]:
    """The fleets of an account, newest first, from the one after `before`; one more than `limit` if there are more."""
    statement = select(Fleet).where(Fleet.account == account, Fleet.deleted_at.is_(None))
    if before is not None:
        statement = statement.where(Fleet.uuid < before)
    return (await session.scalars(statement.order_by(Fleet.uuid.desc()).limit(limit + 1))).all()


async def in_use(session: AsyncSession, fleet: Fleet) -> bool:
    """Whether a fridge that is not deleted is in it, or another cloud brings its fridges there."""
    used = exists().where(Fridge.fleet == fleet.uuid, Fridge.deleted_at.is_(None))
    filled = exists().where(Connection.fleet == fleet.uuid, Connection.deleted_at.is_(None))
    return bool(await session.scalar(select(used | filled)))

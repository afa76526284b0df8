"""Rules as the API reads them (1.M)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from storage.tables import Rule


async def find(session: AsyncSession, account: UUID, uuid: UUID) -> Rule | None:
    """One rule of an account, unless it was deleted."""
    return (await session.scalars(_living(account).where(Rule.uuid == uuid))).one_or_none()


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> Rule:
    """One rule of an account; raises NotFound for another's and a deleted one."""
    rule = await find(session, account, uuid)
    if rule is None:
        raise NotFound("There is no such rule.")
    return rule


async def page(
    session: AsyncSession, account: UUID, before: UUID | None, limit: int, *, item: UUID | None = None
) -> Sequence[Rule]:
    """The rules of an account, or of one item, newest first; one more than `limit` if there are more."""
    statement = _living(account).order_by(Rule.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Rule.uuid < before)
    if item is not None:
        statement = statement.where(Rule.item == item)
    return (await session.scalars(statement)).all()


async def number_on(session: AsyncSession, item: UUID) -> int:
    """How many rules an item has."""
    return await session.scalar(select(func.count()).where(Rule.item == item, Rule.deleted_at.is_(None))) or 0


def _living(account: UUID) -> Select[Rule]:
    return select(Rule).where(Rule.account == account, Rule.deleted_at.is_(None))

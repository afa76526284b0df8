"""Rules as the API reads them (1.M)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from storage.tables import Rule, RuleVersion

Columns = TypeVarTuple("Columns")


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
    session: AsyncSession,
    account: UUID,
    before: UUID | None,
    limit: int,
    *,
    item: UUID | None = None,
    product: UUID | None = None,
    location: str | None = None,
) -> Sequence[Rule]:
    """The rules of an account, or only those on something, newest first; one more than `limit` if there are more."""
    statement = _living(account).order_by(Rule.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Rule.uuid < before)
    return (await session.scalars(_on(statement, item, product, location))).all()


async def versions(
    session: AsyncSession, account: UUID, uuid: UUID, before: int | None, limit: int
) -> Sequence[RuleVersion]:
    """Every text of a rule, also of a deleted one, newest first, those below `before`; one more than `limit`.

    Raises NotFound for another account's.
    """
    if await session.scalar(select(Rule.uuid).where(Rule.uuid == uuid, Rule.account == account)) is None:
        raise NotFound("There is no such rule.")
    statement = select(RuleVersion).where(RuleVersion.rule == uuid).order_by(RuleVersion.version.desc())
    if before is not None:
        statement = statement.where(RuleVersion.version < before)
    return (await session.scalars(statement.limit(limit + 1))).all()


async def number_on(
    session: AsyncSession,
    account: UUID,
    item: UUID | None = None,
    product: UUID | None = None,
    location: str | None = None,
) -> int:
    """How many rules an item, a product or a location has."""
    every = _living(account).with_only_columns(func.count())
    return await session.scalar(_on(every, item, product, location)) or 0


async def forget_product(session: AsyncSession, product: UUID, at: datetime) -> None:
    """End the rules on a product that no item is of any more: there is nobody to be told."""
    of_product = update(Rule).where(Rule.product == product, Rule.deleted_at.is_(None))
    await session.execute(of_product.values(updated_at=at, deleted_at=at))


def _on(statement: Select[*Columns], item: UUID | None, product: UUID | None, location: str | None) -> Select[*Columns]:
    for column, value in ((Rule.item, item), (Rule.product, product), (Rule.location, location)):
        if value is not None:
            statement = statement.where(column == value)
    return statement


def _living(account: UUID) -> Select[Rule]:
    return select(Rule).where(Rule.account == account, Rule.deleted_at.is_(None))

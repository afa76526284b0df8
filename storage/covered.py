"""The items that a change concerns, a page at a time (domain/spreading.py)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.changes import Covers
from storage.tables import Item


async def covered(
    session: AsyncSession, account: UUID, covers: Covers, after: UUID | None, limit: int
) -> Sequence[Row[UUID, str]]:
    """Uuid and name of the account's items that are covered, by rising uuid, from the one after `after`."""
    return (await session.execute(page(account, covers, after, limit))).all()


def page(account: UUID, covers: Covers, after: UUID | None, limit: int) -> Select[UUID, str]:
    """What it reads."""
    statement = select(Item.uuid, Item.name).where(Item.account == account, Item.deleted_at.is_(None))
    if covers.product is not None:
        statement = statement.where(Item.product == covers.product)
    if covers.location is not None:
        statement = statement.where(Item.location == covers.location)
    if after is not None:
        statement = statement.where(Item.uuid > after)
    return statement.order_by(Item.uuid).limit(limit)

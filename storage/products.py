"""Products of an account: made, listed, found again by their barcode (S9)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage.tables import Item, Product, User


async def add(session: AsyncSession, product: Mapping[str, Any]) -> Product:
    """A new product; raises Conflict where the account has one with this GTIN."""
    await _check_free(session, product["account"], product["gtin"])
    row = Product(**product)
    session.add(row)
    await session.flush()
    return row


async def change(session: AsyncSession, product: Product, changes: Mapping[str, Any]) -> None:
    """Change some of its columns; raises Conflict for a GTIN of another one, and for another unit while items use it.

    The items of a product are measured in units of its dimension, so its own stays what it was.
    """
    if changes.get("gtin") not in (None, product.gtin):
        await _check_free(session, product.account, changes["gtin"])
    if changes.get("unit", product.unit) != product.unit and await in_use(session, product):
        raise Conflict("Items use this product: its unit cannot be changed.")
    for column, value in changes.items():
        setattr(product, column, value)
    await session.flush()


async def get(session: AsyncSession, account: UUID, uuid: UUID, *, to_change: bool = False) -> Product:
    """One product of an account, locked if it is `to_change`; raises NotFound for another's and a deleted one."""
    statement = select(Product).where(Product.uuid == uuid, Product.account == account, Product.deleted_at.is_(None))
    if to_change:
        statement = statement.with_for_update()
    product = (await session.scalars(statement)).one_or_none()
    if product is None:
        raise NotFound("There is no such product.")
    return product


async def page(
    session: AsyncSession, account: UUID, before: UUID | None, limit: int, *, gtin: str | None = None
) -> Sequence[Product]:
    """The products of an account, newest first, or the one of a GTIN; one more than `limit` if there are more."""
    statement = select(Product).where(Product.account == account, Product.deleted_at.is_(None))
    if before is not None:
        statement = statement.where(Product.uuid < before)
    if gtin is not None:
        statement = statement.where(Product.gtin == gtin)
    return (await session.scalars(statement.order_by(Product.uuid.desc()).limit(limit + 1))).all()


async def in_use(session: AsyncSession, product: Product) -> bool:
    """Whether an item that is not deleted is of this product."""
    used = exists().where(Item.account == product.account, Item.product == product.uuid, Item.deleted_at.is_(None))
    return bool(await session.scalar(select(used)))


async def _check_free(session: AsyncSession, account: UUID, gtin: str | None) -> None:
    if gtin is None:
        return
    # one after another for each account, so that the answer is a sentence and not the refusal of the unique index
    await session.execute(select(User.uuid).where(User.uuid == account).with_for_update())
    # the table and not the entity: a key that is limited to a brand must not miss another brand's
    of_all = Product.__table__.c
    taken = select(of_all.uuid).where(of_all.account == account, of_all.gtin == gtin, of_all.deleted_at.is_(None))
    if (await session.scalars(taken)).first() is not None:
        raise Conflict("There is already a product with this GTIN.")

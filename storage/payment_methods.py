"""How accounts pay (S7): providers' tokens, sealed; an account that has methods has one default among them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage import people
from storage.tables import PaymentMethod

MOST = 100


async def add(session: AsyncSession, method: Mapping[str, Any]) -> PaymentMethod:
    """A new method, the default if it is to be or is the first; raises Conflict where there are too many."""
    account = method["account"]
    await people.get(session, account, to_change=True)
    number = await session.scalar(select(func.count()).where(PaymentMethod.account == account)) or 0
    if number >= MOST:
        raise Conflict(f"An account has at most {MOST} payment methods.")
    row = PaymentMethod(**{**method, "is_default": False})
    session.add(row)
    await session.flush()
    if method["is_default"] or number == 0:
        await _make_default(session, row, method["created_at"])
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> PaymentMethod:
    """One method of an account; raises NotFound for another's."""
    mine = select(PaymentMethod).where(PaymentMethod.uuid == uuid, PaymentMethod.account == account)
    method = (await session.scalars(mine)).one_or_none()
    if method is None:
        raise NotFound("There is no such payment method.")
    return method


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[PaymentMethod]:
    """The methods of an account, newest first; one more than `limit` if there are more."""
    statement = select(PaymentMethod).where(PaymentMethod.account == account)
    if before is not None:
        statement = statement.where(PaymentMethod.uuid < before)
    return (await session.scalars(statement.order_by(PaymentMethod.uuid.desc()).limit(limit + 1))).all()


async def change(
    session: AsyncSession, account: UUID, uuid: UUID, changes: Mapping[str, Any], now: datetime
) -> PaymentMethod:
    """Change a method; raises NotFound, and Conflict for a default that is to be none without another one."""
    await people.get(session, account, to_change=True)
    method = await get(session, account, uuid)
    if method.is_default and changes.get("is_default") is False:
        raise Conflict("One payment method is the default: make another one the default instead.")
    method.name, method.updated_at = changes.get("name", method.name), now
    if changes.get("is_default"):
        await _make_default(session, method, now)
    return method


async def delete(session: AsyncSession, account: UUID, uuid: UUID, now: datetime) -> None:
    """Forget a method; of those that remain, the newest is the default if this one was. Raises NotFound."""
    await people.get(session, account, to_change=True)
    method = await get(session, account, uuid)
    await session.delete(method)
    await session.flush()
    if method.is_default:
        for newest in await page(session, account, None, 0):
            await _make_default(session, newest, now)


async def _make_default(session: AsyncSession, method: PaymentMethod, now: datetime) -> None:
    others = (PaymentMethod.account == method.account) & PaymentMethod.is_default & (PaymentMethod.uuid != method.uuid)
    await session.execute(update(PaymentMethod).where(others).values(is_default=False, updated_at=now))
    method.is_default = True
    await session.flush()

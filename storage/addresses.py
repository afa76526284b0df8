"""Where orders are delivered (S7); an account that has addresses has one default among them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage import people
from storage.tables import Address

MOST = 100


async def add(session: AsyncSession, address: Mapping[str, Any]) -> Address:
    """A new address, the default if it is to be or is the first; raises Conflict where there are too many."""
    account = address["account"]
    await people.lock(session, account)
    number = await session.scalar(select(func.count()).where(Address.account == account)) or 0
    if number >= MOST:
        raise Conflict(f"An account has at most {MOST} addresses.")
    row = Address(**{**address, "is_default": False})
    session.add(row)
    await session.flush()
    if address["is_default"] or number == 0:
        await _make_default(session, row, address["created_at"])
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> Address:
    """One address of an account; raises NotFound for another's."""
    mine = select(Address).where(Address.uuid == uuid, Address.account == account)
    address = (await session.scalars(mine)).one_or_none()
    if address is None:
        raise NotFound("There is no such address.")
    return address


async def default(session: AsyncSession, account: UUID) -> Address | None:
    """Where orders of an account go, if it has said."""
    chosen = select(Address).where(Address.account == account, Address.is_default)
    return (await session.scalars(chosen)).one_or_none()


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Address]:
    """The addresses of an account, newest first; one more than `limit` if there are more."""
    statement = select(Address).where(Address.account == account)
    if before is not None:
        statement = statement.where(Address.uuid < before)
    return (await session.scalars(statement.order_by(Address.uuid.desc()).limit(limit + 1))).all()


async def change(
    session: AsyncSession, account: UUID, uuid: UUID, changes: Mapping[str, Any], now: datetime
) -> Address:
    """Change an address; raises NotFound, and Conflict for a default that is to be none without another one."""
    await people.lock(session, account)
    address = await get(session, account, uuid)
    if address.is_default and changes.get("is_default") is False:
        raise Conflict("One address is the default: make another one the default instead.")
    for field, value in changes.items():
        if field != "is_default":
            setattr(address, field, value)
    address.updated_at = now
    if changes.get("is_default"):
        await _make_default(session, address, now)
    return address


async def delete(session: AsyncSession, account: UUID, uuid: UUID, now: datetime) -> None:
    """Forget an address; of those that remain, the newest is the default if this one was. Raises NotFound."""
    await people.lock(session, account)
    address = await get(session, account, uuid)
    await session.delete(address)
    await session.flush()
    if address.is_default:
        for newest in await page(session, account, None, 0):
            await _make_default(session, newest, now)


def written(address: Address) -> str:
    """As it stands on a parcel."""
    return "\n".join((address.name, address.street, f"{address.postal_code} {address.city}", address.country))


async def _make_default(session: AsyncSession, address: Address, now: datetime) -> None:
    former = update(Address).where(Address.account == address.account, Address.is_default, Address.uuid != address.uuid)
    await session.execute(former.values(is_default=False, updated_at=now))
    address.is_default = True
    await session.flush()

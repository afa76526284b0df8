"""What an account has several of and one as its default: where orders are delivered, how they are paid (S7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage import people
from storage.tables import Address, PaymentMethod

MOST = 100

Row = TypeVar("Row", Address, PaymentMethod)


@dataclass(frozen=True)
class Choices(Generic[Row]):
    """The rows of one table; an account that has some has one default among them."""

    table: type[Row]
    one: str
    several: str

    async def add(self, session: AsyncSession, values: Mapping[str, Any]) -> Row:
        """A new one, the default if it is to be or is the first; raises Conflict where there are too many."""
        account = values["account"]
        await people.lock(session, account)
        number = await session.scalar(select(func.count()).where(self.table.account == account)) or 0
        if number >= MOST:
            raise Conflict(f"An account has at most {MOST} {self.several}.")
        row = self.table(**{**values, "is_default": False})
        session.add(row)
        await session.flush()
        if values["is_default"] or number == 0:
            await self._make_default(session, row, values["created_at"])
        return row

    async def get(self, session: AsyncSession, account: UUID, uuid: UUID) -> Row:
        """One of an account; raises NotFound for another's."""
        mine = select(self.table).where(self.table.uuid == uuid, self.table.account == account)
        row = (await session.scalars(mine)).one_or_none()
        if row is None:
            raise NotFound(f"There is no such {self.one}.")
        return row

    async def default(self, session: AsyncSession, account: UUID) -> Row | None:
        """The one that an account uses, if it has any."""
        chosen = select(self.table).where(self.table.account == account, self.table.is_default)
        return (await session.scalars(chosen)).one_or_none()

    async def page(self, session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Row]:
        """Those of an account, newest first; one more than `limit` if there are more."""
        statement = select(self.table).where(self.table.account == account)
        if before is not None:
            statement = statement.where(self.table.uuid < before)
        return (await session.scalars(statement.order_by(self.table.uuid.desc()).limit(limit + 1))).all()

    async def change(
        self, session: AsyncSession, account: UUID, uuid: UUID, changes: Mapping[str, Any], now: datetime
    ) -> Row:
        """Change one; raises NotFound, and Conflict for a default that is to be none without another one."""
        await people.lock(session, account)
        row = await self.get(session, account, uuid)
        if row.is_default and changes.get("is_default") is False:
            raise Conflict(f"One {self.one} is the default: make another one the default instead.")
        for field, value in changes.items():
            if field != "is_default":
                setattr(row, field, value)
        row.updated_at = now
        if changes.get("is_default"):
            await self._make_default(session, row, now)
        return row

    async def delete(self, session: AsyncSession, account: UUID, uuid: UUID, now: datetime) -> None:
        """Forget one; of those that remain, the newest is the default if this one was. Raises NotFound."""
        await people.lock(session, account)
        row = await self.get(session, account, uuid)
        await session.delete(row)
        await session.flush()
        if row.is_default:
            for newest in await self.page(session, account, None, 0):
                await self._make_default(session, newest, now)

    async def _make_default(self, session: AsyncSession, row: Row, now: datetime) -> None:
        former = update(self.table).where(
            self.table.account == row.account, self.table.is_default, self.table.uuid != row.uuid
        )
        await session.execute(former.values(is_default=False, updated_at=now))
        row.is_default = True
        await session.flush()


addresses = Choices(Address, "address", "addresses")
payment_methods = Choices(PaymentMethod, "payment method", "payment methods")

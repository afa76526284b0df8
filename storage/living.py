"""Every item that is not deleted and every device that is watched, for whoever has to tell them all something."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from storage.database import Database
from storage.tables import Device, Item

AT_ONCE = 500


@dataclass(frozen=True)
class Living:
    """An item as Temporal has to know it."""

    uuid: UUID
    account: UUID
    name: str


async def living(db: Database) -> AsyncIterator[list[Living]]:
    """All of them, some at a time; no transaction is open meanwhile."""
    query = select(Item.uuid, Item.account, Item.name).where(Item.deleted_at.is_(None)).order_by(Item.uuid)
    following = query.limit(AT_ONCE)
    while True:
        async with db.reading() as session:
            rows = (await session.execute(following)).all()
        if not rows:
            return
        yield [Living(*row) for row in rows]
        following = query.where(Item.uuid > rows[-1].uuid).limit(AT_ONCE)


async def watched(db: Database) -> list[tuple[UUID, UUID]]:
    """The account and the uuid of every device whose silence somebody wants to know of."""
    query = select(Device.account, Device.uuid).where(Device.silent_after.is_not(None), Device.revoked_at.is_(None))
    async with db.reading() as session:
        return [(account, device) for account, device in await session.execute(query.order_by(Device.uuid))]

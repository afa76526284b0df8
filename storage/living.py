"""Every item and fridge that is not deleted, every device that is watched, for whoever has to tell them something."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.fridge_webhooks import Delivery
from domain.orders import ENDED
from storage.database import Database
from storage.tables import Device, Fridge, FridgeErrand, FridgeNotification, Item, OrderRow

AT_ONCE = 500


@dataclass(frozen=True)
class Living:
    """An item as Temporal has to know it."""

    uuid: UUID
    account: UUID
    name: str


async def living(db: Database) -> AsyncIterator[list[Living]]:
    """All of them, some at a time, deleted ones while orders of theirs run out; no transaction is open meanwhile."""
    has_orders = Item.uuid.in_(select(OrderRow.item).where(OrderRow.state.not_in(ENDED)))
    query = select(Item.uuid, Item.account, Item.name).where(Item.deleted_at.is_(None) | has_orders).order_by(Item.uuid)
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


async def fridges(db: Database) -> list[tuple[UUID, UUID]]:
    """The account and the uuid of every fridge, a deleted one while it has still to tell somebody something."""
    has_errands = Fridge.uuid.in_(select(FridgeErrand.fridge))
    query = select(Fridge.account, Fridge.uuid).where(Fridge.deleted_at.is_(None) | has_errands).order_by(Fridge.uuid)
    async with db.reading() as session:
        return [(account, fridge) for account, fridge in await session.execute(query)]


async def to_tell(db: Database) -> list[tuple[UUID, UUID]]:
    """The account and the uuid of every fridge whose webhookUrl has still to be told something."""
    waiting = select(FridgeNotification.fridge).where(FridgeNotification.delivery == Delivery.WAITING)
    query = select(Fridge.account, Fridge.uuid).where(Fridge.uuid.in_(waiting)).order_by(Fridge.uuid)
    async with db.reading() as session:
        return [(account, fridge) for account, fridge in await session.execute(query)]

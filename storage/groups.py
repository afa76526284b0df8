"""Groups: items whose level is what their members hold together, and how they hear of that."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict
from domain.facts import MAX_QUANTITY
from domain.item import ItemState
from domain.units import converted_roughly, same_dimension
from storage.tables import Item, ItemMember, ItemMemory

MOST_MEMBERS = 100


@dataclass(frozen=True)
class Untold:
    """A change of an item's level that a group has not heard of yet."""

    group: UUID
    name: str
    since: int
    number: int


async def members(session: AsyncSession, group: UUID) -> Sequence[Row[Item, Decimal | None]]:
    """The items of a group that are not deleted, with their levels, oldest first."""
    statement = select(Item, ItemMember.level).join(ItemMember, ItemMember.item == Item.uuid)
    living = statement.where(ItemMember.pool == group, Item.deleted_at.is_(None))
    return (await session.execute(living.order_by(Item.uuid))).all()


async def level(session: AsyncSession, group: UUID, unit: str) -> Decimal | None:
    """What the members hold together, in the group's unit; None while nobody knows of one of them."""
    held = [(item.unit, amount) for item, amount in await members(session, group)]
    amounts = [converted_roughly(amount, of, unit) for of, amount in held if amount is not None]
    return min(sum(amounts, Decimal(0)), MAX_QUANTITY) if amounts and len(amounts) == len(held) else None


async def of_item(session: AsyncSession, item: UUID) -> Sequence[tuple[UUID, str]]:
    """Uuid and name of the groups that an item is or was in, as long as they are not deleted."""
    statement = select(Item.uuid, Item.name).join(ItemMember, ItemMember.pool == Item.uuid)
    rows = await session.execute(statement.where(ItemMember.item == item, Item.deleted_at.is_(None)))
    return [(row.uuid, row.name) for row in rows]


async def says(session: AsyncSession, item: UUID, now: Decimal | None) -> bool:
    """Write down the level of an item for its groups; whether one of them has still to be told."""
    untold = False
    for row in await session.scalars(select(ItemMember).where(ItemMember.item == item)):
        if row.level != now:
            row.level, row.number = now, row.number + 1
        untold |= row.number > row.told
    await session.flush()
    return untold


async def untold(session: AsyncSession, item: UUID) -> list[Untold]:
    """What the groups of an item have still to be told."""
    statement = (
        select(ItemMember.pool, Item.name, ItemMember.since, ItemMember.number)
        .join(Item, Item.uuid == ItemMember.pool)
        .where(ItemMember.item == item, ItemMember.number > ItemMember.told)
    )
    return [Untold(*row) for row in await session.execute(statement.order_by(ItemMember.pool))]


async def told(session: AsyncSession, item: UUID, news: Collection[Untold]) -> None:
    """They know these now."""
    for each in news:
        of_group = update(ItemMember).where(ItemMember.item == item, ItemMember.pool == each.group)
        await session.execute(of_group.where(ItemMember.since == each.since).values(told=each.number))


async def store_members(session: AsyncSession, group: Item, version: int, wanted: Collection[UUID]) -> None:
    """Have just these items in a group, with their levels of now; raises Conflict where one cannot be."""
    # no level changes between the moment it is read here and that from which its item tells it
    found = select(Item).where(Item.uuid.in_(wanted)).order_by(Item.uuid).with_for_update()
    items = (await session.scalars(found)).all()
    for item in items:
        if item.account != group.account or item.is_group or not same_dimension(item.unit, group.unit):
            raise Conflict(f"{item.name} cannot be in this group.")
    living = {item.uuid for item in items if item.deleted_at is None}
    if living != set(wanted):
        raise Conflict("One of the items has been deleted.")
    rows = select(ItemMember.item).where(ItemMember.pool == group.uuid)
    present = set(await session.scalars(rows))
    await session.execute(delete(ItemMember).where(ItemMember.pool == group.uuid, ItemMember.item.not_in(living)))
    for uuid in sorted(living - present):
        state = await session.scalar(select(ItemMemory.state).where(ItemMemory.item == uuid))
        now = None if state is None else ItemState.model_validate_json(state).stock.level
        session.add(ItemMember(pool=group.uuid, item=uuid, since=version, level=now, number=0, told=0))
    await session.flush()


async def forget(session: AsyncSession, group: UUID) -> None:
    """Nobody tells it anything any more."""
    await session.execute(delete(ItemMember).where(ItemMember.pool == group))

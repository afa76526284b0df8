"""Items as the API reads them: with their state, their newest decision, and all that was reported and judged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.decisions import Decision
from domain.errors import NotFound
from domain.item import ItemState
from storage.tables import DecisionRow, FactRow, Item, ItemMemory


@dataclass(frozen=True)
class ItemView:
    """An item with what its workflow remembers; `state` and `newest` are None before it has settled once."""

    item: Item
    state: ItemState | None
    newest: Decision | None


async def find(session: AsyncSession, account: UUID, uuid: UUID) -> ItemView | None:
    """One item of an account, unless it was deleted."""
    found = (await session.execute(_views(account).where(Item.uuid == uuid))).one_or_none()
    return None if found is None else _view(found)


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> ItemView:
    """One item of an account; raises NotFound for another's and a deleted one."""
    view = await find(session, account, uuid)
    if view is None:
        raise NotFound("There is no such item.")
    return view


async def page(
    session: AsyncSession, account: UUID, before: UUID | None, limit: int, *, groups_only: bool = False
) -> Sequence[ItemView]:
    """The items of an account by falling uuid, from the one after `before`; one more than `limit` if there are more."""
    statement = _views(account).order_by(Item.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Item.uuid < before)
    if groups_only:
        statement = statement.where(Item.is_group)
    return [_view(found) for found in await session.execute(statement)]


async def own(session: AsyncSession, account: UUID, wanted: Collection[UUID]) -> dict[UUID, Item]:
    """Those of the wanted items that are the account's and not deleted."""
    statement = select(Item).where(Item.uuid.in_(wanted), Item.account == account, Item.deleted_at.is_(None))
    return {item.uuid: item for item in await session.scalars(statement)}


async def has_any(session: AsyncSession, account: UUID) -> bool:
    """Whether an account keeps track of anything."""
    return bool(await session.scalar(select(exists().where(Item.account == account, Item.deleted_at.is_(None)))))


async def unit_of(session: AsyncSession, item: UUID) -> str | None:
    """What an item is measured in, None where there is no such item."""
    return await session.scalar(select(Item.unit).where(Item.uuid == item))


async def names_of_others(session: AsyncSession, account: UUID, item: UUID) -> frozenset[str]:
    """What the other items of an account are called; groups are none."""
    statement = select(Item.name).where(
        Item.account == account, Item.uuid != item, Item.deleted_at.is_(None), Item.is_group.is_(False)
    )
    return frozenset(await session.scalars(statement))


async def facts(session: AsyncSession, item: UUID, before: int | None, limit: int) -> Sequence[FactRow]:
    """The facts of an item, newest arrival first, those below `before`; one more than `limit` if there are more."""
    statement = select(FactRow).where(FactRow.item == item).order_by(FactRow.arrival.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(FactRow.arrival < before)
    return (await session.scalars(statement)).all()


async def decision(session: AsyncSession, item: UUID, trigger: str) -> Decision | None:
    """What was decided because of that fact or deadline, None before it was."""
    row = await session.get(DecisionRow, (item, trigger))
    return None if row is None else Decision.model_validate_json(row.decision)


def _views(account: UUID) -> Select[Item, str | None, str | None]:
    any_decision = aliased(DecisionRow)
    newest = select(func.max(any_decision.number)).where(any_decision.item == Item.uuid).scalar_subquery()
    return (
        select(Item, ItemMemory.state, DecisionRow.decision)
        .outerjoin(ItemMemory, ItemMemory.item == Item.uuid)
        .outerjoin(DecisionRow, (DecisionRow.item == Item.uuid) & (DecisionRow.number == newest))
        .where(Item.account == account, Item.deleted_at.is_(None))
    )


def _view(found: Row[Item, str | None, str | None]) -> ItemView:
    item, state, newest = found
    return ItemView(
        item,
        None if state is None else ItemState.model_validate_json(state),
        None if newest is None else Decision.model_validate_json(newest),
    )

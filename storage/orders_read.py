"""Orders as their owner and their retailer read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from domain.orders import ENDED, NOT_YET_AT_THE_RETAILER, OrderState
from storage import purchasing
from storage.tables import Address, Charge, ChargeNote, Item, OrderEvent, OrderRow, PlacingAttempt, User

KNOWN_TO_THE_RETAILER = frozenset(OrderState) - NOT_YET_AT_THE_RETAILER - ENDED | {
    OrderState.DELIVERED,
    OrderState.REJECTED,
}
"""The states that an order has only once it is with its retailer, or on its way there."""

Place = tuple[datetime, UUID]
ForRetailer = tuple[OrderRow, str, Address | None]
"""An order, its customer's name, and where the customer now wants orders delivered."""


_Columns = TypeVarTuple("_Columns")


@dataclass(frozen=True)
class OrderView:
    """An order, the name of its item, every state that it went through, oldest first, and how it is paid for.

    `tried` is the newest attempt to hand it over that has failed, where it is still being handed over.
    """

    order: OrderRow
    item_name: str
    events: Sequence[OrderEvent]
    charge: Charge | None
    notes: Sequence[str]
    tried: PlacingAttempt | None


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> OrderView:
    """One order of an account; raises NotFound for another's."""
    views = await _views(session, _of_account(account).where(OrderRow.uuid == uuid))
    if not views:
        raise NotFound("There is no such order.")
    return views[0]


async def page(
    session: AsyncSession,
    account: UUID,
    before: Place | None,
    limit: int,
    *,
    item: UUID | None = None,
    status: OrderState | None = None,
) -> Sequence[OrderView]:
    """The orders of an account, newest need first, of one item or in one state; one more than `limit` if there are."""
    statement = _newest_first(_of_account(account), before, limit, status)
    if item is not None:
        statement = statement.where(OrderRow.item == item)
    return await _views(session, statement)


async def get_for_retailer(session: AsyncSession, retailer: UUID, uuid: UUID) -> ForRetailer:
    """One order that has reached its retailer; raises NotFound for another's and for one that has not."""
    found = (await session.execute(_at(retailer).where(OrderRow.uuid == uuid))).one_or_none()
    if found is None:
        raise NotFound("There is no such order.")
    return found


async def page_for_retailer(
    session: AsyncSession, retailer: UUID, before: Place | None, limit: int, *, status: OrderState | None = None
) -> Sequence[ForRetailer]:
    """The orders that have reached a retailer, newest need first; one more than `limit` if there are more."""
    return (await session.execute(_newest_first(_at(retailer), before, limit, status))).all()


def _of_account(account: UUID) -> Select[OrderRow, str]:
    return select(OrderRow, Item.name).join(Item, Item.uuid == OrderRow.item).where(OrderRow.account == account)


def _at(retailer: UUID) -> Select[OrderRow, str, Address | None]:
    return (
        select(OrderRow, User.name, Address)
        .join(User, User.uuid == OrderRow.account)
        .outerjoin(Address, (Address.account == OrderRow.account) & Address.is_default)
        # an order of a sandbox never reaches anybody (S65)
        .where(OrderRow.retailer == retailer, User.live.is_(None), _has_reached_the_retailer())
    )


def _has_reached_the_retailer() -> ColumnElement[bool]:
    # one that was cancelled may have been there before, so its state alone does not tell; one that is on its way there
    # has no event of that yet, and yet its retailer may already answer
    was_there = exists().where(OrderEvent.order == OrderRow.uuid, OrderEvent.state.in_(KNOWN_TO_THE_RETAILER))
    return OrderRow.state.in_(KNOWN_TO_THE_RETAILER) | was_there


def _newest_first(
    statement: Select[*_Columns], before: Place | None, limit: int, status: OrderState | None
) -> Select[*_Columns]:
    statement = statement.order_by(OrderRow.needed_at.desc(), OrderRow.uuid.desc()).limit(limit + 1)
    if before is not None:
        needed_at, uuid = before
        statement = statement.where(
            (OrderRow.needed_at < needed_at) | (OrderRow.needed_at == needed_at) & (OrderRow.uuid < uuid)
        )
    if status is not None:
        statement = statement.where(OrderRow.state == status)
    return statement


async def _views(session: AsyncSession, statement: Select[OrderRow, str]) -> Sequence[OrderView]:
    found = (await session.execute(statement)).all()
    events: dict[UUID, list[OrderEvent]] = {order.uuid: [] for order, _ in found}
    history = select(OrderEvent).where(OrderEvent.order.in_(events)).order_by(OrderEvent.version)
    for event in await session.scalars(history):
        events[event.order].append(event)
    query = select(Charge, ChargeNote).outerjoin(ChargeNote).where(Charge.order.in_(events)).order_by(ChargeNote.at)
    charges: dict[UUID, Charge] = {}
    notes: dict[UUID, list[str]] = {order: [] for order in events}
    for charge, note in await session.execute(query):
        charges[charge.order] = charge
        notes[charge.order] += [note.sentence] if note is not None else []
    tried = await _tried(session, [order.uuid for order, _ in found if order.state == OrderState.PLACING])
    return [
        OrderView(order, name, events[order.uuid], charges.get(order.uuid), notes[order.uuid], tried.get(order.uuid))
        for order, name in found
    ]


async def _tried(session: AsyncSession, placing: Sequence[UUID]) -> dict[UUID, PlacingAttempt]:
    """The newest failed attempt of each of these orders."""
    if not placing:
        return {}
    failed = select(PlacingAttempt).where(
        PlacingAttempt.order.in_(placing), PlacingAttempt.outcome.in_([purchasing.LATER, purchasing.UNKNOWN])
    )
    found = await session.scalars(failed.order_by(PlacingAttempt.number))
    return {attempt.order: attempt for attempt in found}

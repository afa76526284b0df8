"""What an order's own activities read and write: its row, its events, the attempts to place it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from domain.notices import NoticeKind, notice_uuid
from domain.orders import ENDED, NOT_YET_AT_THE_RETAILER, OrderState, Progress, Step
from domain.process import OrderBrief, OrderUpdate
from storage.choices import addresses
from storage.database import insert_new
from storage.tables import CatalogueEntry, NoticeRow, OrderEvent, OrderRow, PlacingAttempt, Retailer, User

BOOKED, REFUSED, LATER, UNKNOWN = "booked", "refused", "later", "unknown"
"""What came of an attempt to place an order; the first two are its last."""
SANDBOX = "sandbox"
"""The reference of an order that no retailer hears of."""
AT_THE_RETAILER = frozenset(
    {
        OrderState.PLACED,
        OrderState.ACCEPTED,
        OrderState.PARTIALLY_DISPATCHED,
        OrderState.DISPATCHED,
        OrderState.PARTIALLY_DELIVERED,
        OrderState.DELIVERED,
    }
)


@dataclass(frozen=True)
class ToPlace:
    """An order with everybody it concerns, and where it is to go."""

    order: OrderRow
    retailer: Retailer
    customer: str
    address: str | None
    in_sandbox: bool


async def to_place(session: AsyncSession, order: UUID) -> ToPlace:
    """The order, its retailer, its customer's name and default address."""
    query = (
        select(OrderRow, Retailer, User)
        .join(Retailer, Retailer.uuid == OrderRow.retailer)
        .join(User, User.uuid == OrderRow.account)
        .where(OrderRow.uuid == order)
    )
    row, retailer, customer = (await session.execute(query)).one()
    address = await addresses.default(session, row.account)
    written = None if address is None else address.written()
    return ToPlace(row, retailer, customer.name, written, customer.live is not None)


async def attempts(session: AsyncSession, order: UUID) -> Sequence[PlacingAttempt]:
    """Every attempt to place an order, oldest first."""
    query = select(PlacingAttempt).where(PlacingAttempt.order == order).order_by(PlacingAttempt.number)
    return (await session.scalars(query)).all()


def uncertain(earlier: Iterable[PlacingAttempt]) -> bool:
    """Whether any of them may have been booked (1.N); one without an outcome died, perhaps after the booking."""
    return any(attempt.outcome in (None, UNKNOWN) for attempt in earlier)


async def begin_attempt(session: AsyncSession, order: UUID, number: int, at: datetime) -> None:
    """Note the attempt that is about to start."""
    session.add(PlacingAttempt(order=order, number=number, started_at=at))
    await session.execute(
        update(OrderRow)
        .where(OrderRow.uuid == order, OrderRow.state.in_(NOT_YET_AT_THE_RETAILER))
        .values(state=OrderState.PLACING)
    )


async def end_attempt(
    session: AsyncSession, order: UUID, number: int, *, outcome: str, reason: str | None, reference: str | None
) -> None:
    """Note what came of an attempt; a reference counts even if a callback has overtaken the answer that brought it."""
    await session.execute(
        update(PlacingAttempt)
        .where(PlacingAttempt.order == order, PlacingAttempt.number == number)
        .values(outcome=outcome, reason=reason)
    )
    if reference is not None:
        await session.execute(update(OrderRow).where(OrderRow.uuid == order).values(reference=reference))


async def may_be_booked(session: AsyncSession, order: UUID) -> bool:
    """Whether any attempt had, or may have had, an outcome that nobody knows."""
    return uncertain(await attempts(session, order))


async def record(session: AsyncSession, change: OrderUpdate) -> None:
    """One more state of an order; an older or repeated one changes nothing."""
    progress = change.progress
    values: dict[str, object] = {
        "state": progress.state,
        "steps": " ".join(progress.steps),
        "dispatched_packs": progress.dispatched_packs,
        "delivered_packs": progress.delivered_packs,
        "reason": change.reason,
        "version": change.version,
        "updated_at": change.at,
    }
    if change.reference is not None:
        values["reference"] = change.reference
    if progress.substitute is not None:
        values |= {f"substitute_{name}": getattr(progress.substitute, name) for name in ("sku", "name")}
        values["substitute_price"] = progress.substitute.unit_price
    if progress.state in AT_THE_RETAILER:
        values["placed_at"] = func.coalesce(OrderRow.placed_at, change.at)
    if progress.state in ENDED:
        values["ended_at"] = change.at
    connection = await session.connection()
    news = await connection.execute(
        update(OrderRow).where(OrderRow.uuid == change.order, OrderRow.version < change.version).values(**values)
    )
    if change.out_of_stock and news.rowcount:  # a repeat may come when the shop has it again
        await _sold_out(session, change.order)
    event = {
        "order": change.order,
        "version": change.version,
        "state": progress.state,
        "delivered_packs": progress.delivered_packs,
        "reason": change.reason,
        "at": change.at,
    }
    await insert_new(session, OrderEvent, [event])


async def _sold_out(session: AsyncSession, order: UUID) -> None:
    """What the retailer had no more of is not available in its catalogue, until it is uploaded again.

    A sandbox only plays the retailer, so it changes nobody's catalogue (S65).
    """
    ordered = select(OrderRow.retailer, OrderRow.sku).join(User, User.uuid == OrderRow.account)
    ordered = ordered.where(OrderRow.uuid == order, User.live.is_(None))
    entry = tuple_(CatalogueEntry.retailer, CatalogueEntry.sku).in_(ordered)
    await session.execute(update(CatalogueEntry).where(entry).values(available=False))


async def recorded(session: AsyncSession, order: UUID) -> tuple[Progress, int]:
    """How far an order had come when it was last written down, and which version that was; raises `NotFound`."""
    row = await _row(session, order)
    return _progress(row), row.version


async def resumed(session: AsyncSession, brief: OrderBrief) -> OrderBrief:
    """The brief of an order that may have been begun, with all that was last written down; raises `NotFound`."""
    row = await _row(session, brief.order)
    told = [notice_uuid(NoticeKind.ORDER_OVERDUE, row.uuid, version) for version in range(1, row.version + 1)]
    overdue = await session.scalar(select(exists().where(NoticeRow.uuid.in_(told))))
    written = {
        "progress": _progress(row),
        "version": row.version,
        "reason": row.reason,
        "pulled": await _is_pulled(session, row),
        "placed_at": row.placed_at,
        "overdue": bool(overdue),
    }
    return brief.model_copy(update=written)


async def _is_pulled(session: AsyncSession, row: OrderRow) -> bool:
    """Whether it was left to be pulled, even if its retailer wants to be called by now; a sandbox plays either."""
    if row.reference == SANDBOX:
        return await session.scalar(select(Retailer.orders_url).where(Retailer.uuid == row.retailer)) is None
    return not await attempts(session, row.uuid)


async def _row(session: AsyncSession, order: UUID) -> OrderRow:
    row = await session.get(OrderRow, order)
    if row is None:
        raise NotFound("No such order.")
    return row


def _progress(row: OrderRow) -> Progress:
    return Progress(
        state=OrderState(row.state),
        packs=row.packs,
        steps=tuple(Step(step) for step in row.steps.split()),
        dispatched_packs=row.dispatched_packs,
        delivered_packs=row.delivered_packs,
        substitute=row.substitute,
    )

"""What decides whether a household is asked before an order: its settings, and what it has agreed to pay."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.asking import AskFirst, Price
from domain.orders import ENDED_WITHOUT_DELIVERY, OWNERS_NO
from storage.tables import CatalogueEntry, OrderRow, User

_NOT_AGREED = OWNERS_NO | ENDED_WITHOUT_DELIVERY


async def asks_first(session: AsyncSession, account: UUID) -> AskFirst:
    """When the household wants to be asked."""
    query = select(User.ask_above, User.price_tolerance, User.currency).where(User.uuid == account)
    above, tolerance, currency = (await session.execute(query)).one()
    return AskFirst(above=None if above is None else Price(amount=above, currency=currency), tolerance=tolerance)


async def paid(
    session: AsyncSession, account: UUID, wanted: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Price]:
    """What a pack cost when the household last ordered it, and wanted it even so."""
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return {}
    query = (
        select(OrderRow.retailer, OrderRow.sku, OrderRow.unit_price, OrderRow.currency)
        .where(
            OrderRow.account == account,
            tuple_(OrderRow.retailer, OrderRow.sku).in_(pairs),
            OrderRow.state.not_in(_NOT_AGREED),
        )
        .order_by(OrderRow.needed_at)
    )
    rows = await session.execute(query)
    return {(retailer, sku): Price(amount=price, currency=currency) for retailer, sku, price, currency in rows}


async def price_now(session: AsyncSession, retailer: UUID, sku: str) -> Price | None:
    """What a pack costs by the catalogue."""
    entry = await session.get(CatalogueEntry, (retailer, sku))
    return None if entry is None else Price(amount=entry.price, currency=entry.currency)

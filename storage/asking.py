"""What decides whether a household is asked before an order, or gets none: its settings, and what it has spent."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.asking import AskFirst, Price
from domain.guards import Guards, Ordered, Tally
from domain.lead_time import LeadTime
from domain.orders import ENDED_WITHOUT_DELIVERY, OWNERS_NO
from storage.lead_times import lead_times
from storage.tables import CatalogueEntry, OrderRow, User

_SETTINGS = select(
    User.ask_above,
    User.price_tolerance,
    User.currency,
    User.money_per_day,
    User.money_per_month,
    User.orders_per_item_and_day,
    User.paused_until,
).where(User.uuid == bindparam("account"))
# rows that refer to the household may be written meanwhile
_ONE_AT_A_TIME = _SETTINGS.with_for_update(key_share=True)
_NOT_AGREED = OWNERS_NO | ENDED_WITHOUT_DELIVERY


class Purse:
    """What one household has set and spent, read inside one transaction of the caller."""

    def __init__(self, session: AsyncSession, account: UUID, *, to_look_only: bool = False) -> None:
        self._session, self._account, self._to_look_only = session, account, to_look_only

    async def settings(self) -> tuple[AskFirst, Guards]:
        """When the household wants to be asked, and what it lets Larder do by itself.

        Where money is counted the household is locked until the transaction ends: two items ordered at once must not
        both spend the last of it. Whoever only looks locks nothing.
        """
        found = (await self._session.execute(_SETTINGS, {"account": self._account})).one()
        counts_money = found.money_per_day is not None or found.money_per_month is not None
        if counts_money and not self._to_look_only:
            found = (await self._session.execute(_ONE_AT_A_TIME, {"account": self._account})).one()

        def price(amount: Decimal | None) -> Price | None:
            return None if amount is None else Price(amount=amount, currency=found.currency)

        guards = Guards(
            money_per_day=price(found.money_per_day),
            money_per_month=price(found.money_per_month),
            orders_per_item_and_day=found.orders_per_item_and_day,
            paused_until=found.paused_until,
        )
        asks_first = AskFirst(above=price(found.ask_above), tolerance=found.price_tolerance, currency=found.currency)
        return asks_first, guards

    async def ordered(self, item: UUID, since: datetime) -> Tally:
        """The household's orders since then, without what came to nothing; of one that ended early what had come."""
        columns = OrderRow.needed_at, OrderRow.item, OrderRow.packs, OrderRow.delivered_packs, OrderRow.state
        query = select(*columns, OrderRow.unit_price, OrderRow.substitute_price, OrderRow.currency)
        rows = await self._session.execute(query.where(OrderRow.account == self._account, OrderRow.needed_at >= since))
        orders = []
        for row in rows:
            packs = row.delivered_packs if row.state in _NOT_AGREED else row.packs
            if packs:
                price = row.unit_price if row.substitute_price is None else row.substitute_price
                cost = Price(amount=packs * price, currency=row.currency)
                orders.append(Ordered(row.needed_at, cost, is_here=row.item == item))
        return Tally(tuple(orders))

    async def paid(self, wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Price]:
        """What a pack cost when the household last ordered it, and wanted it even so."""
        pairs = list(dict.fromkeys(wanted))
        if not pairs:
            return {}
        query = (
            select(OrderRow.retailer, OrderRow.sku, OrderRow.unit_price, OrderRow.currency)
            .where(
                OrderRow.account == self._account,
                tuple_(OrderRow.retailer, OrderRow.sku).in_(pairs),
                OrderRow.state.not_in(_NOT_AGREED),
            )
            .order_by(OrderRow.needed_at)
        )
        rows = await self._session.execute(query)
        return {(retailer, sku): Price(amount=price, currency=currency) for retailer, sku, price, currency in rows}

    async def lead_times(self, retailers: Iterable[UUID]) -> dict[UUID, LeadTime]:
        """How long it has to wait for each of the retailers."""
        return await lead_times(self._session, self._account, retailers)


async def price_now(session: AsyncSession, retailer: UUID, sku: str) -> Price | None:
    """What a pack costs by the catalogue."""
    entry = await session.get(CatalogueEntry, (retailer, sku))
    return None if entry is None else Price(amount=entry.price, currency=entry.currency)

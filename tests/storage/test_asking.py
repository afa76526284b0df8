"""What a household has spent, counted while two of its items are judged at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import update

from bench.household import Household, move_in
from domain.asking import Price
from domain.guards import Span
from domain.identity import order_uuid
from domain.item import Need, Offer
from domain.orders import Approval, OrderState
from storage.asking import Purse
from storage.database import Database
from storage.ledger import Ledger
from storage.tables import OrderRow, User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = Span(NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def a_need(home: Household, item: UUID, at: datetime = NOON, number: int = 1) -> Need:
    """Two packs of 3.49 EUR."""
    return Need(
        number=number,
        order=order_uuid(item, number),
        at=at,
        offer=Offer(
            retailer=home.retailer,
            retailer_name="Corner Shop",
            sku="cookies-12",
            name="Oat cookies",
            pack_size=Decimal(12),
            unit_price=Decimal("3.49"),
            currency="EUR",
        ),
        packs=2,
        approval=Approval.NOT_NEEDED,
        rules=(),
        removals=(),
        pressed=False,
    )


async def a_household(db: Database, **guards: object) -> Household:
    home = await move_in(db, 2)
    if not guards:
        return home
    async with db.writing() as session:
        await session.execute(update(User).where(User.uuid == home.account).values(**guards))
    return home


async def test_who_counts_the_money_waits_for_whoever_is_spending_it(db: Database) -> None:
    home = await a_household(db, money_per_day=Decimal(10))
    first, second = home.items

    async def count() -> Decimal:
        async with db.writing() as session:
            purse = Purse(session, home.account)
            _, guards = await purse.settings()
            assert guards.money_per_day == Price(amount=Decimal(10), currency="EUR")
            return (await purse.ordered(second, NOON - timedelta(days=1))).spent(DAY, "EUR")

    async with db.writing() as session:
        purse = Purse(session, home.account)
        await purse.settings()
        assert (await purse.ordered(first, NOON - timedelta(days=1))).orders == ()
        other = asyncio.create_task(count())
        done, _ = await asyncio.wait({other}, timeout=0.5)
        assert not done, "it would count what is not there yet"
        await Ledger(session, first).need(a_need(home, first), home.account)
    assert await other == Decimal("6.98")


async def test_a_household_without_such_a_guard_waits_for_nobody(db: Database) -> None:
    home = await a_household(db, orders_per_item_and_day=1)
    async with db.reading() as one, db.reading() as two:
        for session in (one, two):
            _, guards = await Purse(session, home.account).settings()
            assert (guards.orders_per_item_and_day, guards.counts_money) == (1, False)


async def test_what_came_to_nothing_is_not_counted_but_what_had_come_of_it(db: Database) -> None:
    home = await a_household(db)
    item, other = home.items
    ends = {
        OrderState.DELIVERED: 2,
        OrderState.PLACED: 0,
        OrderState.UNKNOWN: 0,
        OrderState.REJECTED: 1,
        OrderState.CHARGE_FAILED: 0,
        OrderState.CANCELLED: 0,
        OrderState.NEVER_CAME: 0,
    }
    async with db.writing() as session:
        for number, (state, delivered) in enumerate(ends.items(), start=1):
            need = a_need(home, item, number=number)
            await Ledger(session, item).need(need, home.account)
            values = {"state": state, "delivered_packs": delivered}
            await session.execute(update(OrderRow).where(OrderRow.uuid == need.order).values(**values))
        await Ledger(session, other).need(a_need(home, other, NOON - timedelta(days=2)), home.account)
        tally = await Purse(session, home.account).ordered(other, NOON - timedelta(days=1))
    # three stand with 6.98 each, and one pack of the rejected one had come
    assert tally.spent(DAY, "EUR") == Decimal("24.43")
    assert tally.spent(DAY, "USD") == 0
    assert tally.orders_here(DAY) == 0
    assert all(not each.is_here for each in tally.orders)

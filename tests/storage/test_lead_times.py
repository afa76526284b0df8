"""How long retailers took: the household's own deliveries, else everybody's, never a sandbox's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import event, update

from domain.identity import new_uuid
from domain.lead_time import USUAL
from domain.orders import OrderState
from storage.database import Database
from storage.lead_times import lead_times
from storage.tables import Item, OrderRow, Retailer, User
from tests.storage.test_init_keys import a_household

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = {"created_at": NOW, "updated_at": NOW}


async def a_retailer(db: Database) -> UUID:
    uuid = new_uuid()
    async with db.writing() as session:
        session.add(
            Retailer(
                uuid=uuid,
                name="Corner Shop",
                contact_email="orders@example.com",
                signing_secret="",
                **MADE,
            )
        )
    return uuid


async def deliveries(
    db: Database, account: UUID, retailer: UUID, *days: float, state: OrderState = OrderState.DELIVERED
) -> None:
    """An item and its orders, each placed a day after the one before and ended so many days later."""
    item = new_uuid()
    async with db.writing() as session:
        session.add(Item(uuid=item, account=account, name="Cookies", unit="piece", version=1, **MADE))
        await session.flush()
        for need, wait in enumerate(days, start=1):
            placed = NOW + timedelta(days=need)
            session.add(
                OrderRow(
                    uuid=new_uuid(),
                    account=account,
                    item=item,
                    need=need,
                    retailer=retailer,
                    sku="cookies-12",
                    name="Oat cookies",
                    packs=1,
                    pack_size=Decimal(12),
                    unit_price=Decimal("3.49"),
                    currency="EUR",
                    state=state,
                    steps="",
                    dispatched_packs=0,
                    delivered_packs=0,
                    version=1,
                    needed_at=placed,
                    placed_at=placed,
                    ended_at=placed + timedelta(days=wait),
                    updated_at=placed,
                )
            )


async def learned(db: Database, account: UUID, *retailers: UUID) -> list[tuple[float, float, int]]:
    async with db.reading() as session:
        found = await lead_times(session, account, retailers)
    return [
        (round(each.mean_days, 6), round(each.longest_usual_days, 6), each.deliveries)
        for each in (found[retailer] for retailer in retailers)
    ]


@pytest.fixture
async def account(db: Database) -> UUID:
    return (await a_household(db))[0]


@pytest.fixture
async def other(db: Database) -> UUID:
    return (await a_household(db))[0]


async def test_a_households_own_deliveries_count_before_those_of_others(
    db: Database, account: UUID, other: UUID
) -> None:
    shop, market, mill = [await a_retailer(db) for _ in range(3)]
    await deliveries(db, account, shop, 1, 2, 3)
    await deliveries(db, other, shop, 9, 9, 9, 9)
    await deliveries(db, account, market, 1, 1)
    await deliveries(db, other, market, 4, 4, 7)
    await deliveries(db, other, mill, 5, 5, 5, state=OrderState.CANCELLED)
    usual = (USUAL.mean_days, USUAL.longest_usual_days, 0)
    assert await learned(db, account, shop, market, mill) == [(2, 3, 3), (3.4, 7, 5), usual]
    assert await learned(db, account) == []


async def test_only_the_newest_deliveries_count(db: Database, account: UUID) -> None:
    """Twenty of one's own: a retailer that has become slower is soon known as slow."""
    shop = await a_retailer(db)
    await deliveries(db, account, shop, *[1] * 30, *[4] * 20)
    assert await learned(db, account, shop) == [(4, 4, 20)]


async def test_a_sandbox_teaches_nobody_else(db: Database, account: UUID, other: UUID) -> None:
    """S122: it says `delivered` by itself, whenever its owner likes."""
    shop = await a_retailer(db)
    await deliveries(db, other, shop, 0, 0, 0, 0)
    async with db.writing() as session:
        await session.execute(update(User).where(User.uuid == other).values(live=account))
    assert await learned(db, account, shop) == [(USUAL.mean_days, USUAL.longest_usual_days, 0)]
    assert await learned(db, other, shop) == [(0, 0, 4)]


async def test_any_number_of_retailers_is_one_query(db: Database, account: UUID) -> None:
    retailers = [await a_retailer(db) for _ in range(6)]
    asked: list[str] = []
    async with db.reading() as session:
        connection = await session.connection()

        def note(*execution: object) -> None:
            asked.append(str(execution[2]))

        event.listen(connection.sync_connection, "before_cursor_execute", note)
        await lead_times(session, account, retailers)
    assert len(asked) == 1

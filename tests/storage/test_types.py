"""Column types on both databases: the moment and the number that were stored come back."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from storage.database import Database
from storage.tables import CatalogueEntry, Retailer

NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, UTC)


def a_retailer(moment: datetime = NOON) -> Retailer:
    return Retailer(
        uuid=uuid4(), name="Corner", contact_email="-", signing_secret="-", created_at=moment, updated_at=moment
    )


async def offer(db: Database, size: Decimal) -> None:
    async with db.writing() as session:
        session.add(retailer := a_retailer())
        await session.flush()
        session.add(
            CatalogueEntry(
                retailer=retailer.uuid,
                sku="oats",
                name="Oats",
                pack_size=size,
                unit="g",
                price=Decimal("2.49"),
                currency="EUR",
                available=True,
            )
        )


@pytest.mark.parametrize("hours", [-9, 0, 5.5])
async def test_any_zone_goes_in_and_utc_comes_out(db: Database, hours: float) -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=hours)))
    async with db.writing() as session:
        session.add(a_retailer(moment))
    async with db.reading() as session:
        stored = (await session.scalars(select(Retailer.created_at).where(Retailer.created_at == moment))).one()
        assert stored == moment
        assert stored.tzinfo is UTC


async def test_moments_are_in_order_whatever_zone_they_were_given_in(db: Database) -> None:
    zones = [timezone(timedelta(hours=hours)) for hours in (14, -11, 0)]
    moments = [(NOON + timedelta(minutes=number)).astimezone(zone) for number, zone in enumerate(zones)]
    async with db.writing() as session:
        session.add_all(a_retailer(moment) for moment in reversed(moments))
    async with db.reading() as session:
        assert (await session.scalars(select(Retailer.created_at).order_by(Retailer.created_at))).all() == moments


async def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        async with db.writing() as session:
            session.add(a_retailer(NOON.replace(tzinfo=None)))


@pytest.mark.parametrize(
    "digits", ["0.1", "1.10", "-0.000001", "123456789012345678901234567890.123456", "1E+3", "0.30000000000000004"]
)
async def test_a_number_comes_back_to_its_last_digit(db: Database, digits: str) -> None:
    await offer(db, Decimal(digits))
    async with db.reading() as session:
        assert str(await session.scalar(select(CatalogueEntry.pack_size))) == format(Decimal(digits), "f")
        assert await session.scalar(text("SELECT pack_size FROM catalogue")) == format(Decimal(digits), "f")


@pytest.mark.parametrize("digits", ["NaN", "Infinity", "-Infinity", "1E+40"])
async def test_a_number_that_is_none_or_too_long_is_refused(db: Database, digits: str) -> None:
    with pytest.raises(StatementError, match="not a finite number"):
        await offer(db, Decimal(digits))

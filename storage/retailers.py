"""Retailers, their secrets, and one entry of their catalogues (S25)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from storage.tables import CatalogueEntry, Retailer


async def add(session: AsyncSession, retailer: Mapping[str, Any]) -> Retailer:
    """A new retailer."""
    row = Retailer(**retailer)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, uuid: UUID) -> Retailer:
    """One retailer; raises NotFound."""
    retailer = await session.get(Retailer, uuid)
    if retailer is None:
        raise NotFound("There is no such retailer.")
    return retailer


async def page(session: AsyncSession, before: UUID | None, limit: int) -> Sequence[Retailer]:
    """All retailers, newest first, from the one after `before`; one more than `limit` if there are more."""
    statement = select(Retailer).order_by(Retailer.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Retailer.uuid < before)
    return (await session.scalars(statement)).all()


async def names(session: AsyncSession, wanted: Collection[UUID]) -> dict[UUID, str]:
    """What these retailers are called; unknown ones are left out."""
    rows = await session.scalars(select(Retailer).where(Retailer.uuid.in_(wanted)))
    return {retailer.uuid: retailer.name for retailer in rows}


async def entry(session: AsyncSession, retailer: UUID, sku: str) -> CatalogueEntry | None:
    """What the retailer says of one SKU."""
    return await session.get(CatalogueEntry, (retailer, sku))


def signing_secrets(retailer: Retailer, now: datetime) -> list[str]:
    """What the retailer's callbacks and its orders are signed with, sealed, the newest first; two while it changes."""
    secrets = [retailer.signing_secret]
    until = retailer.old_signing_secret_until
    if retailer.old_signing_secret is not None and until is not None and now < until:
        secrets.append(retailer.old_signing_secret)
    return secrets


def rotate(retailer: Retailer, signing_secret: str, now: datetime, grace: timedelta) -> None:
    """Another signing secret, sealed; the one before counts for `grace`, any older one no more."""
    retailer.old_signing_secret, retailer.old_signing_secret_until = retailer.signing_secret, now + grace
    retailer.signing_secret, retailer.updated_at = signing_secret, now

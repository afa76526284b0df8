"""Retailers and their catalogues (S25)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select
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


async def replace_catalogue(session: AsyncSession, retailer: UUID, entries: Sequence[Mapping[str, Any]]) -> None:
    """The whole catalogue anew; SKUs that are no longer in it are gone."""
    # two replacements at once would each miss the rows of the other
    await session.get(Retailer, retailer, with_for_update=True)
    await session.execute(delete(CatalogueEntry).where(CatalogueEntry.retailer == retailer))
    if entries:
        await session.execute(insert(CatalogueEntry), [{**entry, "retailer": retailer} for entry in entries])


async def catalogue(
    session: AsyncSession, retailer: UUID, query: str, after: str | None, limit: int
) -> Sequence[CatalogueEntry]:
    """Entries in the order of their SKUs whose SKU, name, brand or GTIN contains `query`; one more than `limit`."""
    statement = select(CatalogueEntry).where(CatalogueEntry.retailer == retailer)
    if query:
        searched = (CatalogueEntry.sku, CatalogueEntry.name, CatalogueEntry.brand, CatalogueEntry.gtin)
        statement = statement.where(or_(*(column.icontains(query, autoescape=True) for column in searched)))
    if after is not None:
        statement = statement.where(CatalogueEntry.sku > after)
    return (await session.scalars(statement.order_by(CatalogueEntry.sku).limit(limit + 1))).all()


async def entry(session: AsyncSession, retailer: UUID, sku: str) -> CatalogueEntry | None:
    """What the retailer says of one SKU."""
    return await session.get(CatalogueEntry, (retailer, sku))


async def signing_secret(session: AsyncSession, uuid: UUID) -> str | None:
    """What the retailer signs its callbacks with, sealed; None for an unknown retailer."""
    return await session.scalar(select(Retailer.signing_secret).where(Retailer.uuid == uuid))

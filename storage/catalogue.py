"""Catalogues (S25): staged row by row where nobody looks, exchanged at once, and searched (0019)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import INSERT
from storage.tables import CatalogueEntry, Retailer, StagedEntry

DISCARDED_AT_ONCE = 5_000
_SAID = ("name", "brand", "gtin", "pack_size", "unit", "price", "currency", "available", "words")


@dataclass(frozen=True)
class NewPrice:
    """A row whose price is not the one that the catalogue has."""

    row: int
    old: Decimal
    old_currency: str
    new: Decimal
    currency: str


async def stage(
    session: AsyncSession, upload: UUID, at: datetime, rows: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Keep some numbered rows of an upload for later."""
    values = [
        {**entry, "upload": upload, "row": number, "staged_at": at, "words": _words(entry)} for number, entry in rows
    ]
    # past the mapper, which has nothing to add here
    await (await session.connection()).execute(insert(StagedEntry), values)


async def repeated(session: AsyncSession, upload: UUID, limit: int) -> Sequence[tuple[int, int]]:
    """Rows whose SKU an earlier row has already, each with the first such row."""
    # by a window and not by a join with itself, which SQLite makes of each row with all rows before it
    first = func.min(StagedEntry.row).over(partition_by=StagedEntry.sku).label("first")
    staged = select(StagedEntry.row, first).where(StagedEntry.upload == upload).subquery()
    statement = select(staged.c.row, staged.c.first).where(staged.c.row > staged.c.first)
    found = await session.execute(statement.order_by(staged.c.row).limit(limit))
    return [(row, first) for row, first in found]


async def new_prices(session: AsyncSession, retailer: UUID, upload: UUID, first: int, most: int) -> list[NewPrice]:
    """Those of `most` staged rows, from row `first` on, that have another price than the catalogue."""
    statement = (
        select(StagedEntry.row, CatalogueEntry.price, CatalogueEntry.currency, StagedEntry.price, StagedEntry.currency)
        .join(CatalogueEntry, and_(CatalogueEntry.retailer == retailer, CatalogueEntry.sku == StagedEntry.sku))
        .where(
            StagedEntry.upload == upload,
            StagedEntry.row.between(first, first + most - 1),
            or_(StagedEntry.price != CatalogueEntry.price, StagedEntry.currency != CatalogueEntry.currency),
        )
        .order_by(StagedEntry.row)
    )
    return [NewPrice(*found) for found in await session.execute(statement)]


async def size(session: AsyncSession, retailer: UUID) -> int:
    """How many SKUs the catalogue has."""
    query = select(func.count()).select_from(CatalogueEntry).where(CatalogueEntry.retailer == retailer)
    return await session.scalar(query) or 0


async def exchange(session: AsyncSession, retailer: UUID, upload: UUID) -> None:
    """Make the staged rows the retailer's whole catalogue, touching only what is different."""
    # two exchanges at once would each miss the rows of the other
    await session.get(Retailer, retailer, with_for_update=True)
    staged = select(StagedEntry.row).where(StagedEntry.upload == upload, StagedEntry.sku == CatalogueEntry.sku)
    await session.execute(delete(CatalogueEntry).where(CatalogueEntry.retailer == retailer, ~staged.exists()))
    said = [getattr(StagedEntry, name) for name in _SAID]
    source = select(literal(retailer, StagedEntry.upload.type), StagedEntry.sku, *said)
    put = INSERT[session.get_bind().dialect.name](CatalogueEntry).from_select(
        ["retailer", "sku", *_SAID], source.where(StagedEntry.upload == upload)
    )
    new = {name: getattr(put.excluded, name) for name in _SAID}
    differs = or_(*(getattr(CatalogueEntry, name).is_distinct_from(value) for name, value in new.items()))
    await session.execute(put.on_conflict_do_update(index_elements=["retailer", "sku"], set_=new, where=differs))


async def discard(session: AsyncSession, upload: UUID) -> bool:
    """Remove some of an upload's staged rows; whether there are more of them."""
    some = select(StagedEntry.row).where(StagedEntry.upload == upload).limit(DISCARDED_AT_ONCE)
    gone = await (await session.connection()).execute(
        delete(StagedEntry).where(StagedEntry.upload == upload, StagedEntry.row.in_(some))
    )
    return gone.rowcount == DISCARDED_AT_ONCE


async def forgotten(session: AsyncSession, before: datetime) -> Sequence[UUID]:
    """Uploads that were begun before that moment: whoever made them has died over it."""
    return (await session.scalars(select(StagedEntry.upload).where(StagedEntry.staged_at < before).distinct())).all()


async def search(
    session: AsyncSession,
    retailer: UUID,
    query: str,
    after: str | None,
    limit: int,
    *,
    available: bool | None = None,
) -> Sequence[CatalogueEntry]:
    """Entries in the order of their SKUs that have every word of `query` in their SKU, name, brand or GTIN.

    One more than `limit` if there are more.
    """
    statement = select(CatalogueEntry).where(CatalogueEntry.retailer == retailer, *map(_has, query.split()))
    if available is not None:
        statement = statement.where(CatalogueEntry.available == available)
    if after is not None:
        statement = statement.where(CatalogueEntry.sku > after)
    return (await session.scalars(statement.order_by(CatalogueEntry.sku).limit(limit + 1))).all()


def _words(entry: Mapping[str, Any]) -> str:
    """Folded here, since SQLite knows upper and lower case of English letters only."""
    return "\n".join(str(entry[name]) for name in ("sku", "name", "brand", "gtin") if entry[name]).casefold()


def _has(word: str) -> ColumnElement[bool]:
    one_of = (CatalogueEntry.sku, CatalogueEntry.name, CatalogueEntry.brand, CatalogueEntry.gtin)
    unfolded = or_(*(column.icontains(word, autoescape=True) for column in one_of))
    # what was stored before there were words is found as it was before
    return or_(
        CatalogueEntry.words.contains(word.casefold(), autoescape=True), and_(CatalogueEntry.words.is_(None), unfolded)
    )

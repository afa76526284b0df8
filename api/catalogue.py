"""A retailer's catalogue: replaced whole, unseen until all of it is there, and searched by users (S25)."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation

from api.bodies import PLAIN
from api.decoding import CATALOGUE_LIMIT, CSV, FAULTS_SHOWN, JSON, ApiRequest
from api.entries import COLUMNS, Catalogue, Checking, Faults
from api.envelope import Envelope, Listing, Paging, Price, Quantity, Shown
from api.parts import Parts
from api.principals import Principal
from api.retailers import check_is
from api.uploads import rows_of
from domain.asking import Price as Money
from domain.errors import Invalid
from domain.identity import new_uuid
from domain.prices import is_suspicious, is_suspicious_loss
from storage import catalogue, retailers
from storage.catalogue import NewPrice
from storage.database import Database
from storage.tables import CatalogueEntry

STAGED_AT_ONCE = 1_000
FORGOTTEN_AFTER = timedelta(hours=1)


class EntryShown(Shown):
    """One SKU as users see it."""

    sku: str
    name: str
    brand: str | None
    gtin: str | None
    pack_size: Quantity
    unit: str
    price: Price
    currency: str
    available: bool


class CatalogueSize(Shown):
    """How many SKUs are stored."""

    entries: int


class CatalogueController(Controller):
    """What a retailer sells."""

    path = "/retailers/{uuid:uuid}/catalogue"
    tags = ("Fulfiller",)

    @put(
        operation_id="ReplaceCatalogue",
        request_max_body_size=CATALOGUE_LIMIT,
        opt={"body": Catalogue, "media_types": (JSON, CSV)},
    )
    async def replace(
        self,
        uuid: FromPath[UUID],
        request: ApiRequest,
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        confirm: Annotated[
            list[Literal["prices", "rows"]] | None,
            QueryParameter(
                description="`prices` for prices that change more than tenfold, or their currency; `rows` for a "
                "catalogue that has none of its rows left, or a tenth of ten and more."
            ),
        ] = None,
    ) -> Envelope[CatalogueSize]:
        """Replace one's own catalogue, whole or not at all, by a JSON array or a CSV file with a header line.

        Faults are named by their row, counted from 0 without the header, such as `rows.17.packSize`.
        """
        check_is(principal, uuid)
        with TemporaryFile() as file:
            media_type = await request.into(file, (JSON, CSV))
            upload = Upload(parts.db, uuid, new_uuid(), datetime.now(UTC))
            entries = await upload.stored(Checking(rows_of(file, media_type, COLUMNS)), frozenset(confirm or ()))
        return Envelope(message="Catalogue stored.", data=CatalogueSize(entries=entries))

    @get(operation_id="SearchCatalogue")
    async def search(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        parts: NamedDependency[SkipValidation[Parts]],
        wanted: Annotated[
            str,
            QueryParameter(
                name="query",
                max_length=200,
                description="Words, each of which is part of the SKU, name, brand or GTIN.",
                schema_extra={"pattern": PLAIN.pattern},
            ),
        ] = "",
        available: Annotated[bool | None, QueryParameter(description="Only what is, or is not, available.")] = None,
    ) -> Listing[EntryShown]:
        """What the retailer sells, in the order of the SKUs."""
        after = paging.after_one(str)
        if not PLAIN.fullmatch(wanted):
            raise Invalid({"query": ["This value contains a control character."]})
        async with parts.db.reading() as session:
            await retailers.get(session, uuid)
            rows = await catalogue.search(session, uuid, wanted, after, paging.limit, available=available)
        return paging.listing("Catalogue.", rows, _shown, lambda entry: (entry.sku,))


@dataclass(frozen=True)
class Upload:
    """One catalogue on its way: staged in small transactions, so that nobody waits for it, then exchanged in one."""

    db: Database
    retailer: UUID
    uuid: UUID
    at: datetime

    async def stored(self, rows: Checking, confirmed: Set[str]) -> int:
        """How many entries the catalogue has now; raises Invalid, with the catalogue as it was, for any fault."""
        await self._tidied()
        try:
            # in a thread, since it may take seconds, and in portions, since they share this process with others
            while (good := await asyncio.to_thread(rows.portion, STAGED_AT_ONCE)) is not None:
                if good and not rows.faults.shown:
                    async with self.db.writing() as session:
                        await catalogue.stage(session, self.uuid, self.at, good)
            rows.faults.check()
            await self._checked_together(rows.number, confirmed)
            async with self.db.writing() as session:
                await catalogue.exchange(session, self.retailer, self.uuid)
        finally:
            await self._discarded(self.uuid)
        return rows.number

    async def _checked_together(self, rows: int, confirmed: Set[str]) -> None:
        """What no row shows by itself: a SKU that is there twice, a price or a loss of rows that cannot be meant."""
        faults = Faults()
        async with self.db.reading() as session:
            for row, first in await catalogue.repeated(session, self.uuid, FAULTS_SHOWN + 1):
                faults.add(f"rows.{row}.sku", [f"This SKU is in row {first} already."])
            faults.check()
            for first in range(0, 0 if "prices" in confirmed else rows, STAGED_AT_ONCE):
                for price in await catalogue.new_prices(session, self.retailer, self.uuid, first, STAGED_AT_ONCE):
                    if price.currency != price.old_currency or is_suspicious(price.old, price.new):
                        faults.add(f"rows.{price.row}.price", [_doubt(price)])
            before = await catalogue.size(session, self.retailer)
        if "rows" not in confirmed and is_suspicious_loss(before, rows):
            lost = f"This catalogue has {rows} rows, and the one that it replaces has {before}"
            faults.add("rows", [f"{lost}: if that is right, repeat with ?confirm=rows."])
        faults.check()

    async def _tidied(self) -> None:
        """Without what others have left behind who died in the middle of an upload."""
        async with self.db.reading() as session:
            forgotten = await catalogue.forgotten(session, self.at - FORGOTTEN_AFTER)
        for upload in forgotten:
            await self._discarded(upload)

    async def _discarded(self, upload: UUID) -> None:
        more = True
        while more:
            async with self.db.writing() as session:
                more = await catalogue.discard(session, upload)


def _doubt(price: NewPrice) -> str:
    old, new = Money(amount=price.old, currency=price.old_currency), Money(amount=price.new, currency=price.currency)
    return f"This price changes from {old} to {new}: if that is right, repeat with ?confirm=prices."


def _shown(entry: CatalogueEntry) -> EntryShown:
    return EntryShown.model_validate(entry, from_attributes=True)

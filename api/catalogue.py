"""A retailer's catalogue: stored whole, searched by users (S25)."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from pydantic import ConfigDict, Field, JsonValue, RootModel, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from api.bodies import PLAIN, Body, Currency, Money, Name, PositiveAmount, Sku, Unit
from api.decoding import CATALOGUE_LIMIT
from api.envelope import Envelope, Listing, Paging, Price, Quantity, Shown
from api.parts import Parts
from api.principals import Principal, requires
from api.retailers import check_is
from domain.errors import Invalid
from storage import retailers
from storage.tables import CatalogueEntry

MOST_ENTRIES = 20_000


class Entry(Body):
    """One SKU: what a pack holds and what it costs."""

    sku: Sku
    name: Name
    brand: Name | None = None
    gtin: Annotated[str, Field(pattern="^([0-9]{8}|[0-9]{12,14})$", examples=["4006381333931"])] | None = None
    pack_size: PositiveAmount
    unit: Unit
    price: Money
    currency: Currency
    available: bool = True


_COOKIES: dict[str, JsonValue] = {
    "sku": "cookies-12",
    "name": "Oat cookies",
    "packSize": 12,
    "unit": "piece",
    "price": "3.49",
    "currency": "EUR",
}


class Catalogue(RootModel[Annotated[list[Entry], Field(max_length=MOST_ENTRIES)]]):
    """All of a retailer's SKUs, each once."""

    model_config = ConfigDict(
        strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra={"examples": [[_COOKIES]]}
    )

    @model_validator(mode="after")
    def _each_once(self) -> "Catalogue":
        first: dict[str, int] = {}
        faults = [
            InitErrorDetails(
                type=PydanticCustomError("refused", "This SKU is in line {line} already.", {"line": first[entry.sku]}),
                loc=(number, "sku"),
                input=entry.sku,
            )
            for number, entry in enumerate(self.root)
            if first.setdefault(entry.sku, number) != number
        ]
        if faults:
            raise ValidationError.from_exception_data("Catalogue", faults)
        return self


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

    @put(operation_id="ReplaceCatalogue", guards=[requires("retailer")], request_max_body_size=CATALOGUE_LIMIT)
    async def replace(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Catalogue],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[CatalogueSize]:
        """Replace one's own catalogue, whole or not at all; faults are named by their line, such as `17.packSize`."""
        check_is(principal, uuid)
        async with parts.db.writing() as session:
            await retailers.replace_catalogue(session, uuid, [entry.model_dump() for entry in data.root])
        return Envelope(message="Catalogue stored.", data=CatalogueSize(entries=len(data.root)))

    @get(operation_id="SearchCatalogue", guards=[requires("user", "retailer")])
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
                description="Part of a SKU, name, brand or GTIN.",
                schema_extra={"pattern": PLAIN.pattern},
            ),
        ] = "",
    ) -> Listing[EntryShown]:
        """What the retailer sells, in the order of the SKUs."""
        after = paging.after_one(str)
        if not PLAIN.fullmatch(wanted):
            raise Invalid({"query": ["This value contains a control character."]})
        async with parts.db.reading() as session:
            await retailers.get(session, uuid)
            rows = await retailers.catalogue(session, uuid, wanted, after, paging.limit)
        return paging.listing("Catalogue.", rows, _shown, lambda entry: (entry.sku,))


def _shown(entry: CatalogueEntry) -> EntryShown:
    return EntryShown.model_validate(entry, from_attributes=True)

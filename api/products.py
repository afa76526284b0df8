"""Products: what a household keeps, by name and barcode, whatever retailer sells it (S9, S20)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Gtin, MeasuredIn, Name
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict
from storage import products, rules, tags
from storage.tables import Product

_OATS = {"name": "Oat cookies", "brand": "Corner Bakery", "gtin": "4006381333931", "unit": "piece"}


class NewProduct(Body, json_schema_extra={"examples": [_OATS]}):
    """Something that is bought under one name; `unit` is what its items may be measured in."""

    name: Name
    brand: Name | None = None
    gtin: Gtin | None = None
    unit: MeasuredIn = "piece"


class ProductChanges(Body, json_schema_extra={"examples": [{"name": "Oat cookies", "brand": "Corner Bakery"}]}):
    """What may be changed; what is left out stays."""

    name: Annotated[Name | None, NOT_NULL] = None
    brand: Name | None = None
    gtin: Gtin | None = None
    unit: Annotated[MeasuredIn | None, NOT_NULL] = None


class ProductShown(Shown):
    """A product."""

    uuid: UUID
    name: str
    brand: str | None
    gtin: str | None
    unit: str
    created_at: When
    updated_at: When


class ProductsController(Controller):
    """What a household buys."""

    path = "/products"
    tags = ("UI",)

    @post(operation_id="AddProduct")
    async def add(
        self,
        data: JSONBody[NewProduct],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[ProductShown]]:
        """Add a product; the household must not have one with this GTIN already (409)."""
        principal.check_brand(data.brand)

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[ProductShown]:
            now = datetime.now(UTC)
            row = data.model_dump() | {"uuid": uuid, "account": principal.household}
            product = await products.add(session, {**row, "created_at": now, "updated_at": now})
            return Envelope(message="Product created.", data=_shown(product))

        return await one_answer.in_transaction(data, make)

    @get(operation_id="ListProducts")
    async def list_products(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        gtin: Annotated[
            str | None, QueryParameter(pattern="^[0-9]{8,14}$", description="Only the one with this GTIN.")
        ] = None,
    ) -> Listing[ProductShown]:
        """The household's products, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await products.page(session, principal.household, before, paging.limit, gtin=gtin)
        return paging.listing("Products.", rows, _shown, lambda product: (product.uuid,))

    @get("/{uuid:uuid}", operation_id="GetProduct")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[ProductShown]]:
        """One product."""
        async with parts.db.reading() as session:
            product = await products.get(session, principal.household, uuid)
        return seen.answer(Envelope(message="Product.", data=_shown(product)), product)

    @patch("/{uuid:uuid}", operation_id="ChangeProduct")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[ProductChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[ProductShown]]:
        """Change some of it; the unit only while no item uses it (409)."""
        async with parts.db.writing() as session:
            product = await products.get(session, principal.household, uuid, to_change=True)
            unchanged.check(product)
            if "brand" in data.model_fields_set:
                principal.check_brand(data.brand)
            changes = data.model_dump(exclude_unset=True) | {"updated_at": datetime.now(UTC)}
            await products.change(session, product, changes)
        return unchanged.answer(Envelope(message="Product updated.", data=_shown(product)), product)

    @delete("/{uuid:uuid}", operation_id="DeleteProduct", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Remove a product that no item uses (409), and the rules on it."""
        async with parts.db.writing() as session:
            product = await products.get(session, principal.household, uuid, to_change=True)
            if await products.in_use(session, product):
                raise Conflict("Items use this product.")
            await tags.forget_product(session, product)
            product.deleted_at = product.updated_at = datetime.now(UTC)
            await rules.forget_product(session, product.uuid, product.updated_at)
        return Envelope(message="Product deleted.", data=None)


def _shown(product: Product) -> ProductShown:
    return ProductShown.model_validate(product, from_attributes=True)

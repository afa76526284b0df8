"""Where the orders of a household are delivered (S7); one of the addresses is the default."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Name, plain
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from storage.choices import addresses
from storage.tables import Address

Street = Annotated[Name, Field(max_length=200, examples=["Marienstr. 12"])]
PostalCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern="^[0-9A-Za-z][0-9A-Za-z -]*$"),
    AfterValidator(plain),
    Field(examples=["10117"]),
]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(examples=["DE"])]
"""An ISO 3166 code of two letters."""

_HOME = {"name": "Ada Lovelace", "street": "Marienstr. 12", "postalCode": "10117", "city": "Berlin", "country": "DE"}


class NewAddress(Body, json_schema_extra={"examples": [_HOME]}):
    """An address to be; `name` is who is asked for at the door. The first one is the default in any case."""

    name: Name
    street: Street
    postal_code: PostalCode
    city: Name
    country: Country
    default: bool = False


class AddressChanges(Body, json_schema_extra={"examples": [{"street": "Marienstr. 14", "default": True}]}):
    """What may be changed; what is left out stays."""

    name: Annotated[Name | None, NOT_NULL] = None
    street: Annotated[Street | None, NOT_NULL] = None
    postal_code: Annotated[PostalCode | None, NOT_NULL] = None
    city: Annotated[Name | None, NOT_NULL] = None
    country: Annotated[Country | None, NOT_NULL] = None
    default: Annotated[bool | None, NOT_NULL] = None


class AddressShown(Shown):
    """An address; orders go to the default one."""

    uuid: UUID
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    default: bool
    created_at: When
    updated_at: When


class AddressesController(Controller):
    """Where orders go."""

    path = "/addresses"
    tags = ("Identity",)

    @post(operation_id="AddAddress")
    async def add(
        self,
        data: JSONBody[NewAddress],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[AddressShown]]:
        """Add an address; made the default, it takes the place of the one before."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[AddressShown]:
            now = datetime.now(UTC)
            row = data.model_dump(exclude={"default"}) | {"is_default": data.default}
            row |= {"uuid": uuid, "account": principal.household, "created_at": now, "updated_at": now}
            return Envelope(message="Address created.", data=_shown(await addresses.add(session, row)))

        return await one_answer.in_transaction(data, make)

    @get(operation_id="ListAddresses")
    async def list_addresses(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[AddressShown]:
        """The account's addresses, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await addresses.page(session, principal.household, before, paging.limit)
        return paging.listing("Addresses.", rows, _shown, lambda address: (address.uuid,))

    @get("/{uuid:uuid}", operation_id="GetAddress")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[AddressShown]:
        """One address."""
        async with parts.db.reading() as session:
            address = await addresses.get(session, principal.household, uuid)
        return Envelope(message="Address.", data=_shown(address))

    @patch("/{uuid:uuid}", operation_id="ChangeAddress")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[AddressChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[AddressShown]:
        """Change an address, or make it the default; orders that are with their retailer keep the old one."""
        changes = data.model_dump(exclude_unset=True)
        if "default" in changes:
            changes["is_default"] = changes.pop("default")
        async with parts.db.writing() as session:
            address = await addresses.change(session, principal.household, uuid, changes, datetime.now(UTC))
        return Envelope(message="Address updated.", data=_shown(address))

    @delete("/{uuid:uuid}", operation_id="DeleteAddress", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Delete an address; if it was the default, the newest one that remains is."""
        async with parts.db.writing() as session:
            await addresses.delete(session, principal.household, uuid, datetime.now(UTC))
        return Envelope(message="Address deleted.", data=None)


def _shown(address: Address) -> AddressShown:
    return AddressShown(
        uuid=address.uuid,
        name=address.name,
        street=address.street,
        postal_code=address.postal_code,
        city=address.city,
        country=address.country,
        default=address.is_default,
        created_at=address.created_at,
        updated_at=address.updated_at,
    )

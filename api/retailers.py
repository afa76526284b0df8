"""Retailers: anyone becomes one by themselves (S1), gets a key and a signing secret, and says where orders go (S26)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Email, Name, Nothing
from api.endpoints import OLD_SECRETS_LIVE, WebAddress, check_callable, new_signing_secret
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.errors import NotFound
from storage import retailers, tokens
from storage.tables import Retailer

OrdersUrl = Annotated[WebAddress, Field(examples=["https://shop.example.com/orders"])]

_CORNER_SHOP = {"name": "Corner Shop", "contactEmail": "orders@example.com"}


class NewRetailer(Body, json_schema_extra={"examples": [_CORNER_SHOP]}):
    """A retailer to be; without `ordersUrl` it pulls its orders."""

    name: Name
    contact_email: Email
    orders_url: OrdersUrl | None = None


class RetailerChanges(Body, json_schema_extra={"examples": [{"ordersUrl": "https://shop.example.com/orders"}]}):
    """What may be changed; what is left out stays, `ordersUrl: null` means to pull."""

    name: Annotated[Name | None, NOT_NULL] = None
    contact_email: Annotated[Email | None, NOT_NULL] = None
    orders_url: OrdersUrl | None = None


class RetailerShown(Shown):
    """A retailer as everybody sees it."""

    uuid: UUID
    name: str
    created_at: When
    updated_at: When


class OwnRetailer(RetailerShown):
    """A retailer as it sees itself."""

    contact_email: str
    orders_url: str | None


class RetailerWithKey(OwnRetailer):
    """The only answer that shows the secrets."""

    key: str
    signing_secret: str


class RetailersController(Controller):
    """Who receives orders."""

    path = "/retailers"
    tags = ("Fulfiller",)

    @post(operation_id="AddRetailer")
    async def add(
        self,
        data: JSONBody[NewRetailer],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[RetailerWithKey]]:
        """Become a retailer; `key` and `signingSecret` (Standard Webhooks) are shown this once."""
        check_callable("ordersUrl", data.orders_url, parts.allow_nets)

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[RetailerWithKey]:
            now, signing_secret = datetime.now(UTC), new_signing_secret()
            row = data.model_dump() | {"uuid": uuid, "signing_secret": parts.secrets.seal(signing_secret)}
            retailer = await retailers.add(session, {**row, "created_at": now, "updated_at": now})
            shown = _with_new_key(session, parts, retailer, signing_secret, now)
            return Envelope(message="Retailer created.", data=shown)

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListRetailers")
    async def list_retailers(
        self, paging: NamedDependency[SkipValidation[Paging]], parts: NamedDependency[SkipValidation[Parts]]
    ) -> Listing[RetailerShown]:
        """All retailers, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await retailers.page(session, before, paging.limit)
        return paging.listing("Retailers.", rows, _shown, lambda retailer: (retailer.uuid,))

    @get("/{uuid:uuid}", operation_id="GetRetailer")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OwnRetailer | RetailerShown]:
        """One retailer; to itself also its address for orders and its contact."""
        async with parts.db.reading() as session:
            retailer = await retailers.get(session, uuid)
        return Envelope(message="Retailer.", data=_own(retailer) if uuid == principal.uuid else _shown(retailer))

    @patch("/{uuid:uuid}", operation_id="ChangeRetailer")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[RetailerChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OwnRetailer]:
        """Change one's own name, contact or address for orders."""
        check_is(principal, uuid)
        check_callable("ordersUrl", data.orders_url, parts.allow_nets)
        async with parts.db.writing() as session:
            retailer = await retailers.get(session, uuid)
            for field, value in data.model_dump(exclude_unset=True).items():
                setattr(retailer, field, value)
            retailer.updated_at = datetime.now(UTC)
        return Envelope(message="Retailer updated.", data=_own(retailer))

    @post("/{uuid:uuid}/rotate", operation_id="RotateRetailerKey", status_code=200)
    async def rotate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[RetailerWithKey]]:
        """Get a new key and a new signing secret. Those before work for another day, older ones end now."""
        check_is(principal, uuid)

        async def make(session: AsyncSession, _: UUID) -> Envelope[RetailerWithKey]:
            now, signing_secret = datetime.now(UTC), new_signing_secret()
            await tokens.supersede(session, uuid, now, OLD_SECRETS_LIVE)  # locks, so that two calls take turns
            retailer = await retailers.get(session, uuid)
            retailers.rotate(retailer, parts.secrets.seal(signing_secret), now, OLD_SECRETS_LIVE)
            shown = _with_new_key(session, parts, retailer, signing_secret, now)
            return Envelope(message="Retailer key rotated.", data=shown)

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)


def check_is(principal: Principal, retailer: UUID) -> None:
    """Whether the caller is that retailer; raises NotFound, as for one that does not exist."""
    if principal.uuid != retailer:
        raise NotFound("There is no such retailer.")


def _with_new_key(
    session: AsyncSession, parts: Parts, retailer: Retailer, signing_secret: str, now: datetime
) -> RetailerWithKey:
    key = tokens.issue(session, parts.secrets, kind="retailer", prefix="rk", subject=retailer.uuid, now=now)
    return RetailerWithKey(**_own(retailer).model_dump(), key=key, signing_secret=signing_secret)


def _shown(retailer: Retailer) -> RetailerShown:
    return RetailerShown.model_validate(retailer, from_attributes=True)


def _own(retailer: Retailer) -> OwnRetailer:
    return OwnRetailer.model_validate(retailer, from_attributes=True)

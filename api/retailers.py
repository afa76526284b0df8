"""Retailers: anyone becomes one by themselves (S1), gets a key and a signing secret, and says where orders go (S26)."""

import base64
import secrets
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Email, Name, Text, Written
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import OPEN, Principal, requires
from domain.errors import NotFound
from outside.guard import check_url
from storage import retailers, tokens
from storage.tables import Retailer


def _possible_url(url: str) -> str:
    try:
        check_url(url)
    except ValueError as wrong:
        raise PydanticCustomError("refused", "{reason}", {"reason": str(wrong)}) from wrong
    return url


OrdersUrl = Annotated[
    Text,
    Field(max_length=2048, examples=["https://shop.example.com/orders"]),
    AfterValidator(_possible_url),
    Written("format", "web-address"),
]


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

    @post(operation_id="AddRetailer", opt=OPEN)
    async def add(
        self,
        data: JSONBody[NewRetailer],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[RetailerWithKey]]:
        """Become a retailer; `key` and `signingSecret` (Standard Webhooks) are shown this once."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[RetailerWithKey]:
            now = datetime.now(UTC)
            signing_secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
            row = data.model_dump() | {"uuid": uuid, "signing_secret": parts.secrets.seal(signing_secret)}
            retailer = await retailers.add(session, {**row, "created_at": now, "updated_at": now})
            key = tokens.issue(session, parts.secrets, kind="retailer", prefix="rk", subject=uuid, now=now)
            shown = RetailerWithKey(**_own(retailer).model_dump(), key=key, signing_secret=signing_secret)
            return Envelope(message="Retailer created.", data=shown)

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListRetailers", guards=[requires("user", "retailer")])
    async def list_retailers(
        self, paging: NamedDependency[SkipValidation[Paging]], parts: NamedDependency[SkipValidation[Parts]]
    ) -> Listing[RetailerShown]:
        """All retailers, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await retailers.page(session, before, paging.limit)
        return paging.listing("Retailers.", rows, _shown, lambda retailer: (retailer.uuid,))

    @get("/{uuid:uuid}", operation_id="GetRetailer", guards=[requires("user", "retailer")])
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

    @patch("/{uuid:uuid}", operation_id="ChangeRetailer", guards=[requires("retailer")])
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[RetailerChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OwnRetailer]:
        """Change one's own name, contact or address for orders."""
        check_is(principal, uuid)
        async with parts.db.writing() as session:
            retailer = await retailers.get(session, uuid)
            for field, value in data.model_dump(exclude_unset=True).items():
                setattr(retailer, field, value)
            retailer.updated_at = datetime.now(UTC)
        return Envelope(message="Retailer updated.", data=_own(retailer))


def check_is(principal: Principal, retailer: UUID) -> None:
    """Whether the caller is that retailer; raises NotFound, as for one that does not exist."""
    if principal.uuid != retailer:
        raise NotFound("There is no such retailer.")


def _shown(retailer: Retailer) -> RetailerShown:
    return RetailerShown.model_validate(retailer, from_attributes=True)


def _own(retailer: Retailer) -> OwnRetailer:
    return OwnRetailer.model_validate(retailer, from_attributes=True)

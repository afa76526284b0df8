"""Other people's fridge clouds: where they are, and the address and secret that their webhooks come by (1.L)."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Name, Nothing
from api.endpoints import WebAddress, new_signing_secret
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from storage import connections
from storage.tables import Connection

BaseUrl = Annotated[WebAddress, Field(examples=["https://api.eatmachine.io"])]
ApiKey = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,500}$", examples=["a-key-of-that-cloud"])]
_STAGING = {"kind": "eatmachine", "name": "Office fridges", "baseUrl": "https://api-staging.eatmachine.io"}


class NewConnection(Body, json_schema_extra={"examples": [_STAGING | {"apiKey": "a-key-of-that-cloud"}]}):
    """A connection to be; `apiKey` is what that cloud wants to see, and is never shown again."""

    kind: Literal["eatmachine"]
    name: Name
    base_url: BaseUrl
    api_key: ApiKey


class ConnectionChanges(Body, json_schema_extra={"examples": [{"baseUrl": "https://api.eatmachine.io"}]}):
    """What may be changed; what is left out stays."""

    name: Annotated[Name | None, NOT_NULL] = None
    base_url: Annotated[BaseUrl | None, NOT_NULL] = None
    api_key: Annotated[ApiKey | None, NOT_NULL] = None


class ConnectionShown(Shown):
    """A connection; `signedAt` is when its first signed notification came, after which all have to be signed."""

    uuid: UUID
    kind: str
    name: str
    base_url: str
    fleet: UUID
    signed_at: When | None
    created_at: When
    updated_at: When


class ConnectionWithSecrets(ConnectionShown):
    """The only answer that shows the address for the other cloud's webhooks, and what it can sign them with."""

    url: str
    signing_secret: str


class ConnectionsController(Controller):
    """Fridges that live in other clouds."""

    path = "/connections"
    tags = ("Fridge",)

    @post(operation_id="AddConnection")
    async def add(
        self,
        data: JSONBody[NewConnection],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[ConnectionWithSecrets]]:
        """Connect another cloud; set `url` as the webhookUrl of its fridges, which appear here as they are heard of."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[ConnectionWithSecrets]:
            now, in_url, signing = datetime.now(UTC), secrets.token_urlsafe(32), new_signing_secret()
            row: dict[str, Any] = data.model_dump(include={"kind", "name", "base_url"})
            row |= {"uuid": uuid, "account": principal.household, "created_at": now, "updated_at": now}
            row |= {"api_key": parts.secrets.seal(data.api_key)} | _sealed(parts, in_url, signing)
            connection = await connections.add(session, row)
            return Envelope(message="Connection created.", data=_with_secrets(parts, connection, in_url, signing))

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListConnections")
    async def list_connections(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[ConnectionShown]:
        """The account's connections, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await connections.page(session, principal.household, before, paging.limit)
        return paging.listing("Connections.", rows, _shown, lambda connection: (connection.uuid,))

    @get("/{uuid:uuid}", operation_id="GetConnection")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[ConnectionShown]]:
        """One connection; its fridges are at `GET /fridges?fleet=`."""
        async with parts.db.reading() as session:
            connection = await connections.get(session, principal.household, uuid)
        return seen.answer(Envelope(message="Connection.", data=_shown(connection)), connection)

    @patch("/{uuid:uuid}", operation_id="ChangeConnection")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[ConnectionChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[ConnectionShown]]:
        """Change its name, where its API is, or the key for that."""
        async with parts.db.writing() as session:
            connection = await connections.get(session, principal.household, uuid, to_change=True)
            unchanged.check(connection)
            connection.name = data.name or connection.name
            connection.base_url = data.base_url or connection.base_url
            if data.api_key is not None:
                connection.api_key = parts.secrets.seal(data.api_key)
            connection.updated_at = datetime.now(UTC)
        return unchanged.answer(Envelope(message="Connection updated.", data=_shown(connection)), connection)

    @delete("/{uuid:uuid}", operation_id="DeleteConnection", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a connection: nothing comes in or goes out through it. Its fridges stay, until they are deleted."""
        async with parts.db.writing() as session:
            connection = await connections.get(session, principal.household, uuid, to_change=True)
            connection.deleted_at = connection.updated_at = datetime.now(UTC)
        return Envelope(message="Connection deleted.", data=None)

    @post("/{uuid:uuid}/rotate", operation_id="RotateConnection", status_code=200)
    async def rotate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[ConnectionWithSecrets]]:
        """Get another address and signing secret; the old ones end now, what is sent there is not taken."""

        async def make(session: AsyncSession, _: UUID) -> Envelope[ConnectionWithSecrets]:
            in_url, signing = secrets.token_urlsafe(32), new_signing_secret()
            connection = await connections.get(session, principal.household, uuid, to_change=True)
            for column, value in _sealed(parts, in_url, signing).items():
                setattr(connection, column, value)
            connection.updated_at, connection.signed_at = datetime.now(UTC), None
            return Envelope(message="Connection rotated.", data=_with_secrets(parts, connection, in_url, signing))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)


def _sealed(parts: Parts, in_url: str, signing: str) -> dict[str, str]:
    return {"secret": parts.secrets.seal(signing), "secret_hash": parts.secrets.keyed_hash(in_url)}


def _shown(connection: Connection) -> ConnectionShown:
    return ConnectionShown.model_validate(connection, from_attributes=True)


def _with_secrets(parts: Parts, connection: Connection, in_url: str, signing: str) -> ConnectionWithSecrets:
    url = f"{parts.public_url}/hooks/{connection.uuid}/{in_url}"
    return ConnectionWithSecrets(**_shown(connection).model_dump(), url=url, signing_secret=signing)

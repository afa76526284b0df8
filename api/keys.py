"""Keys of developers and apps (S12): some scopes, perhaps one brand (S20) or one retailer (S21); shown once.

They say `test` or `live` (S65); who is logged in to the live account makes and sees those of its sandbox, too.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Scope
from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Id, Moment, Name
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.errors import Invalid, NotFound
from domain.identity import Environment
from storage import keys, people, retailers, tokens
from storage.tables import ApiKey, User

_WIDGET = {"name": "Pantry widget", "scopes": ["items:read", "orders:read"]}


class NewKey(Body, json_schema_extra={"examples": [_WIDGET]}):
    """A key to be: what it may do, and the one brand or retailer that it is limited to, if any (docs/keys.md).

    `environment` is the one of the login where it is left out; `test` is the sandbox (S65).
    """

    name: Name
    environment: Annotated[Environment | None, NOT_NULL] = None
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    brand: Name | None = None
    retailer: Id | None = None
    expires_at: Moment | None = None


class KeyShown(Shown):
    """A key without its secret."""

    uuid: UUID
    name: str
    environment: Environment
    scopes: list[str]
    brand: str | None
    retailer: UUID | None
    expires_at: When | None
    created_at: When


class KeyWithSecret(KeyShown):
    """The only answer that shows the key."""

    key: str


class KeysController(Controller):
    """What programs call with; made and ended with a user's own token only, so no key makes a stronger one."""

    path = "/keys"
    tags = ("Identity",)

    @post(operation_id="AddKey")
    async def add(
        self,
        data: JSONBody[NewKey],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[KeyWithSecret]]:
        """Make a key; `key` is shown this once. It is used as `Authorization: Bearer …`."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[KeyWithSecret]:
            now = datetime.now(UTC)
            await _check(session, data, now)
            account = await people.in_environment(session, principal.household, data.environment, now)
            row = data.model_dump(exclude={"scopes", "environment"})
            row |= {"scopes": " ".join(sorted(set(data.scopes)))}
            row |= {"uuid": uuid, "account": account.uuid, "created_at": now, "updated_at": now}
            key = await keys.add(session, row, now)
            token = tokens.issue(
                session,
                parts.secrets,
                kind=keys.TOKEN_KIND,
                prefix=f"ak_{account.environment}",
                subject=uuid,
                now=now,
                lifetime=None if key.expires_at is None else key.expires_at - now,
            )
            return Envelope(message="Key created.", data=KeyWithSecret(**_shown(key, account).model_dump(), key=token))

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListKeys")
    async def list_keys(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[KeyShown]:
        """The account's keys that were not revoked, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            own = await people.get(session, principal.household)
            rows = await keys.page(session, own.uuid, before, paging.limit)
        return paging.listing("Keys.", rows, lambda key: _shown(key, own), lambda key: (key.uuid,))

    @get("/{uuid:uuid}", operation_id="GetKey")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[KeyShown]:
        """One key, without its secret."""
        async with parts.db.reading() as session:
            own = await people.get(session, principal.household)
            key = await keys.get(session, own.uuid, uuid)
        return Envelope(message="Key.", data=_shown(key, own))

    @delete("/{uuid:uuid}", operation_id="RevokeKey", status_code=200)
    async def revoke(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a key, at once and for good."""
        async with parts.db.writing() as session:
            await keys.revoke(session, principal.household, uuid, datetime.now(UTC))
        return Envelope(message="Key revoked.", data=None)


async def _check(session: AsyncSession, wanted: NewKey, now: datetime) -> None:
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid({"expiresAt": ["This moment is over."]})
    if wanted.retailer is not None:
        try:
            await retailers.get(session, wanted.retailer)
        except NotFound as unknown:
            raise Invalid({"retailer": [unknown.message]}) from unknown


def _shown(key: ApiKey, seen_by: User) -> KeyShown:
    return KeyShown(
        uuid=key.uuid,
        name=key.name,
        # what an account sees besides its own is its sandbox's
        environment=seen_by.environment if key.account == seen_by.uuid else "test",
        scopes=key.scopes.split(),
        brand=key.brand,
        retailer=key.retailer,
        expires_at=key.expires_at,
        created_at=key.created_at,
    )

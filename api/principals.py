"""Who is calling: bearer tokens to principals, and the guard that asks the table of access whether they may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.access import ACCESS, NOBODY, Access, Kind
from api.guessing import address_of
from api.parts import Parts
from domain.errors import Forbidden, Invalid, NotAuthenticated
from storage import tokens
from storage.limits import Limits

OWN_CREDENTIALS = {"own_credentials": True}
"""`opt` of a handler that looks after its callers itself; an `Authorization` header means nothing to it."""

GUESSED_AT = {"guessed_at": True}
"""`opt` of a handler that answers 429 to who guesses too often (docs/decisions/0011)."""

_SECRETS_IN_QUERY = {"token", "access_token", "api_key", "apikey", "key", "authorization", "password", "secret"}


@dataclass(frozen=True)
class Principal:
    """Somebody we know; `account` is the household that it belongs to, None for a retailer.

    `scopes` and `limits` are those of a key: a user has all of the household, without them.
    """

    kind: Kind
    uuid: UUID
    account: UUID | None
    scopes: frozenset[str] = frozenset()
    limits: Limits | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.uuid}"

    @property
    def household(self) -> UUID:
        """The account, for calls that only users and devices may make."""
        if self.account is None:
            raise Forbidden("This call is for members of a household.")
        return self.account

    def check_brand(self, brand: str | None) -> None:
        """Raise Invalid where a key that is limited to one brand (S20) would make something of another."""
        own = None if self.limits is None else self.limits.brand
        if own not in (None, brand):
            raise Invalid({"brand": [f"This key is limited to the brand {own}."]})

    def check_product(self, product: UUID | None) -> None:
        """Raise Invalid where a key that is limited to one brand (S20) would have an item of no product."""
        if self.limits is not None and self.limits.brand is not None and product is None:
            raise Invalid({"product": [f"This key is limited to the brand {self.limits.brand}."]})


async def principal_of(parts: Parts, token: str) -> Principal:
    """Whose token that is; raises NotAuthenticated for an unknown, expired or revoked one."""
    return (await _known(parts, token))[0]


async def _known(parts: Parts, token: str) -> tuple[Principal, str]:
    """The principal, and the public part of its token."""
    parsed = parts.secrets.parse_token(token)
    if parsed is None:
        raise NotAuthenticated(NOBODY)
    _, public, secret = parsed
    async with parts.db.reading() as session:
        bearer = await tokens.bearer(session, public)
    # who is unknown costs as much as who is wrong
    matches = parts.secrets.matches(secret, "" if bearer is None else bearer.secret_hash)
    if bearer is None or not matches or not bearer.is_good(datetime.now(UTC)):
        raise NotAuthenticated(NOBODY)
    return _principal(bearer), public


def _principal(bearer: tokens.Bearer) -> Principal:
    kind, key = cast("Kind", bearer.kind), bearer.key
    if key is None:
        return Principal(kind, bearer.subject, bearer.account)
    limited = key.brand is not None or key.retailer is not None
    limits = Limits(key.account, key.brand, key.retailer) if limited else None
    return Principal(kind, key.uuid, key.account, frozenset(key.scopes.split()), limits)


class Authentication(ASGIMiddleware):
    """Puts the Principal into `request.user`, None without an `Authorization` header.

    `request.auth` is the public part of its token; the secret goes no further.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request; raises NotAuthenticated for credentials that are wrong, Invalid for those in the query."""
        names = {name.lower() for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)}
        if misplaced := names & _SECRETS_IN_QUERY:
            raise Invalid({name: ["A secret must not be sent in the address."] for name in sorted(misplaced)})
        scope["user"], scope["auth"] = None, None
        header = Headers.from_scope(scope).getall("authorization", [])
        if header and not scope["route_handler"].opt.get("own_credentials"):
            parts: Parts = scope["litestar_app"].state["parts"]
            try:
                scope["user"], scope["auth"] = await _bearer(parts, header)
            except NotAuthenticated:
                parts.calls.from_address(address_of(ASGIConnection(scope)))
                raise
        await next_app(scope, receive, send)


async def _bearer(parts: Parts, headers: Sequence[str]) -> tuple[Principal, str]:
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        raise NotAuthenticated(NOBODY)
    return await _known(parts, token.strip())


def check_access(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of the whole application: 401 for nobody, 403 for whom the table of access does not name."""
    access, principal = access_of(handler), connection.scope.get("user")
    if access is None:
        return
    if principal is None:
        access.check(None, frozenset(), frozenset())
    else:
        limits = principal.limits
        access.check(principal.kind, principal.scopes, frozenset() if limits is None else limits.names)


def access_of(handler: BaseRouteHandler) -> Access | None:
    """What the table says of a handler; None for what is no operation, such as the pages of the document."""
    return ACCESS.get(str(getattr(handler, "operation_id", "")))


def provide_principal(scope: Scope) -> Principal:
    """The caller of a guarded handler, as `principal: NamedDependency[SkipValidation[Principal]]`."""
    principal: Principal | None = scope.get("user")
    if principal is None:
        raise NotAuthenticated(NOBODY)
    return principal

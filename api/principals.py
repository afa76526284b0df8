"""Who is calling: bearer tokens to principals, and guards that say who may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import parse_qsl
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.parts import Parts
from domain.errors import Forbidden, Invalid, NotAuthenticated
from storage import tokens

Kind = Literal["user", "device", "retailer"]

OPEN = {"open": True}
"""`opt` of a handler that asks for no credentials; those that come are checked all the same."""

OWN_CREDENTIALS = {"open": True, "own_credentials": True}
"""`opt` of a handler that looks after its callers itself; an `Authorization` header means nothing to it."""

GUESSED_AT = {"guessed_at": True}
"""`opt` of a handler that answers 429 to who guesses too often (docs/decisions/0011)."""

_SECRETS_IN_QUERY = {"token", "access_token", "api_key", "apikey", "key", "authorization", "password", "secret"}
NOBODY = "Credentials are needed: send a valid token as Authorization: Bearer …"


@dataclass(frozen=True)
class Principal:
    """Somebody we know; `account` is the household that it belongs to, None for a retailer."""

    kind: Kind
    uuid: UUID
    account: UUID | None

    def __str__(self) -> str:
        return f"{self.kind}:{self.uuid}"

    @property
    def household(self) -> UUID:
        """The account, for calls that only users and devices may make."""
        if self.account is None:
            raise Forbidden("This call is for members of a household.")
        return self.account


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
    return Principal(cast("Kind", bearer.kind), bearer.subject, bearer.account), public


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
            scope["user"], scope["auth"] = await _bearer(scope["litestar_app"].state["parts"], header)
        await next_app(scope, receive, send)


async def _bearer(parts: Parts, headers: Sequence[str]) -> tuple[Principal, str]:
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        raise NotAuthenticated(NOBODY)
    return await _known(parts, token.strip())


@dataclass(frozen=True)
class Requires:
    """A guard that lets only some kinds of principals pass: 401 for nobody, 403 for another kind."""

    kinds: tuple[Kind, ...]

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raise NotAuthenticated or Forbidden, or do nothing."""
        principal: Principal | None = connection.scope.get("user")
        if principal is None:
            raise NotAuthenticated(NOBODY)
        if principal.kind not in self.kinds:
            raise Forbidden(f"This call is for a {' or a '.join(self.kinds)}.")


def requires(*kinds: Kind) -> Requires:
    """The guard for handlers that only these kinds of principals may call."""
    return Requires(kinds)


def provide_principal(scope: Scope) -> Principal:
    """The caller of a guarded handler, as `principal: NamedDependency[SkipValidation[Principal]]`."""
    principal: Principal | None = scope.get("user")
    if principal is None:
        raise NotAuthenticated(NOBODY)
    return principal

"""Callbacks come from their retailer: by its key, or signed with its secret (1.K)."""

from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.decoding import ApiRequest
from api.parts import Parts
from api.principals import Principal
from api.retailers import check_is
from domain.errors import Forbidden
from retailers.callbacks import verify_callback
from storage import retailers


class KeyOrSignature:
    """A guard for `/retailers/{uuid}/...`: that retailer's bearer key, or its signature over the very bytes sent."""

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raise NotAuthenticated, Forbidden for other kinds of callers and NotFound for other retailers."""
        retailer: UUID = connection.path_params["uuid"]
        principal: Principal | None = connection.scope.get("user")
        if principal is None:
            await _check_signature(connection, retailer)
        elif principal.kind == "retailer":
            check_is(principal, retailer)
        else:
            raise Forbidden("This call is for a retailer.")


async def _check_signature(connection: ASGIConnection[Any, Any, Any, Any], retailer: UUID) -> None:
    parts: Parts = connection.app.state["parts"]
    async with parts.db.reading() as session:
        sealed = await retailers.signing_secret(session, retailer)
    secrets = [] if sealed is None else [parts.secrets.open(sealed)]
    assert isinstance(connection, ApiRequest), "guards of HTTP handlers get the request"  # noqa: S101 -- for mypy
    verify_callback(secrets, connection.headers, await connection.exact_body())

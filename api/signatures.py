"""Callbacks come from their retailer: by its key, or signed with its secret (1.K)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.decoding import ApiRequest
from api.parts import Parts
from api.principals import Principal
from api.retailers import check_is
from domain.errors import Forbidden, NotAuthenticated
from retailers.callbacks import NOT_SIGNED, verify_callback
from storage import callbacks, retailers
from storage.tables import Retailer


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
    """A signature covers id, moment and body, but not the path: an id is good for the path of its first use alone."""
    parts: Parts = connection.app.state["parts"]
    now = datetime.now(UTC)
    async with parts.db.reading() as session:
        row = await session.get(Retailer, retailer)
    secrets = [] if row is None else [parts.secrets.open(sealed) for sealed in retailers.signing_secrets(row, now)]
    assert isinstance(connection, ApiRequest), "guards of HTTP handlers get the request"  # noqa: S101 -- for mypy
    verify_callback(secrets, connection.headers, await connection.exact_body())
    path = connection.scope["path"].lower()  # as the UUIDs in it may be written either way
    async with parts.db.writing() as session:
        if not await callbacks.is_for(session, retailer, connection.headers["webhook-id"], path, now):
            raise NotAuthenticated(NOT_SIGNED)

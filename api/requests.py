"""Each request gets an id and leaves one line in the log: method, route, status, time; never a body or a secret."""

import re
import time
from contextvars import ContextVar
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")
_log = structlog.get_logger("larder.api")


def request_id() -> str:
    """The id of the request being served, for its problem and its log lines; empty outside of one."""
    return _current.get()


def concerns(**ids: str) -> None:
    """Name what this request is about, in its own line and in those that are logged from now on until its answer."""
    structlog.contextvars.bind_contextvars(**ids)


class RequestLog:
    """Wraps the whole application: gives each request its id, and logs method, route template, status, time, caller."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is not HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        identity = _given_id(scope) or uuid4().hex
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER.lower().encode(), identity.encode())]
            await send(message)

        started = time.perf_counter()
        token = _current.set(identity)
        try:
            with structlog.contextvars.bound_contextvars(request_id=identity):
                try:
                    await self._app(scope, receive, sending)
                finally:
                    _log.info(
                        "request",
                        method=scope["method"],
                        route=scope.get("path_template", "unknown"),
                        status=status,
                        caller=str(scope.get("user") or "nobody"),
                        ms=round((time.perf_counter() - started) * 1000, 1),
                    )
        finally:
            _current.reset(token)


def _given_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value.decode("latin-1")):
            return value.decode()
    return ""

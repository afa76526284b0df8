"""Every answer is counted and timed by operation; what calls itself by no name of ours is one operation together."""

import time

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from connection import HTTP_SECONDS, Meter


class RequestMetrics:
    """Wraps the whole application; costs two additions for each request, and nothing that grows with callers."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._requests = meter.create_counter("larder_http_requests", "Requests answered.")
        self._seconds = meter.create_histogram_float(HTTP_SECONDS, "From request to answer.", "seconds")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is not HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, sending)
        finally:
            operation = _operation(scope)
            self._requests.add(1, {"operation": operation, "status": status})
            self._seconds.record(time.perf_counter() - started, {"operation": operation})


def _operation(scope: Scope) -> str:
    """Its name in the OpenAPI document: paths hold ids, and strangers ask for anything."""
    name = getattr(scope.get("route_handler"), "operation_id", None)
    return name if isinstance(name, str) else "unknown"

"""A span for every request, where tracing is on; it tells the route and never the address, which may hold anything."""

from litestar.enums import ScopeType
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

import tracing


def with_spans(app: ASGIApp) -> ASGIApp:
    """The application with a span around each request; the application itself while tracing is off."""
    return _RequestSpans(app) if tracing.wanted() else app


class _RequestSpans:
    # not Litestar's plugin: it takes the whole address, ids and query included, into names and attributes
    def __init__(self, app: ASGIApp) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415 - an extra

        self._app, self._trace, self._context_of = app, trace, propagate.extract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        tracer, context = self._trace.get_tracer("larder.api"), self._context_of(headers)
        with tracer.start_as_current_span("request", context, self._trace.SpanKind.SERVER) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = scope.get("path_template", "unknown")  # known once there is something to answer
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.request.method", scope["method"])
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= HTTP_500_INTERNAL_SERVER_ERROR:
                        span.set_status(self._trace.StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, sending)

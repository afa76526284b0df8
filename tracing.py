"""Traces for who has a collector: on when an `OTEL_*` variable names one, else nothing is even imported."""

import asyncio
import os
from contextlib import suppress
from functools import cache
from importlib.util import find_spec

from settings import SettingsError

PATIENCE = 3.0  # seconds in which the last spans have to reach the collector when the process ends
_COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@cache
def wanted() -> bool:
    """Whether spans shall be sent; SettingsError when they shall and the packages for it are missing."""
    named = next((name for name in _COLLECTORS if os.environ.get(name)), None)
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    if named is None or off:
        return False
    if find_spec("opentelemetry") is None:
        raise SettingsError(
            f"{named} asks for traces, whose packages are not installed; run python3 bootstrap.py otel, or unset it."
        )
    return True


def start(process: str) -> None:
    """Send the spans of this process to the collector, as the service larder-`process` unless OTEL_* names it."""
    if not wanted():
        return
    from opentelemetry import trace  # noqa: PLC0415 - an extra
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    os.environ.setdefault("OTEL_SERVICE_NAME", f"larder-{process}")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


async def stop() -> None:
    """Send what has not been sent; give up soon."""
    if not wanted():
        return
    from opentelemetry import trace  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(provider.force_flush), PATIENCE)

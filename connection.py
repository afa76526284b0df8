"""How API and worker reach Temporal: the server that `larder up` runs, or the one that `TEMPORAL_*` names."""

import logging
import re
from functools import cache

from temporalio.client import Client, Interceptor
from temporalio.common import MetricMeter
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RetryConfig

import tracing
from domain.errors import Unavailable
from settings import Settings, SettingsError

# The SDK's own defaults let a signal hang for 6 to 10 seconds while Temporal is away; a device shall hear 503 at once.
_FAIL_AT_ONCE = RetryConfig(max_retries=1, max_elapsed_time_millis=500)

# Seconds, for what people and devices wait for; the SDK's own steps begin at 50 ms.
_STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# What the SDK's core has to say goes where all else is logged; by itself it writes coloured text beside our lines.
_LOGGED = LoggingConfig(
    filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"), append_target_to_name=False, prepend_target_on_message=False
    ),
)
Meter = MetricMeter  # for api/, which knows no Temporal
HTTP_SECONDS = "larder_http_request_duration"


def meter(settings: Settings) -> MetricMeter:
    """Where this process counts; a meter that does nothing unless `LARDER_METRICS_PORT` is set.

    Raises SettingsError when nobody can listen there.
    """
    return _runtime(settings.metrics_host, settings.metrics_port).metric_meter


@cache
def _runtime(host: str, port: int | None) -> Runtime:
    """The SDK's side of this process; with a port it serves `/metrics` there, Larder's and Temporal's together."""
    if port is None:
        return Runtime(telemetry=TelemetryConfig(logging=_LOGGED))
    address = f"{f'[{host}]' if ':' in host else host}:{port}"
    prometheus = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={
            HTTP_SECONDS: _STEPS,
            "temporal_local_activity_execution_latency": _STEPS,
            "temporal_activity_execution_latency": _STEPS,
        },
    )
    try:
        return Runtime(telemetry=TelemetryConfig(logging=_LOGGED, metrics=prometheus, attach_service_name=False))
    except ValueError as busy:
        raise SettingsError(
            f"LARDER_METRICS_PORT: nobody can listen on {address} ({busy}); choose another port, or leave it out."
        ) from busy


async def connect(settings: Settings, *, for_api: bool) -> Client:
    """A client that speaks pydantic.

    For the API it is lazy (the API starts and answers 503 while Temporal is away) and gives up at once; for a worker
    it is connected and patient. Raises Unavailable when a worker's Temporal does not answer, SettingsError when
    `TEMPORAL_*` cannot be understood.
    """
    address = _address(settings)
    try:
        return await Client.connect(
            **address,
            data_converter=pydantic_data_converter,
            lazy=for_api,
            retry_config=_FAIL_AT_ONCE if for_api else None,
            interceptors=_interceptors(),
            runtime=_runtime(settings.metrics_host, settings.metrics_port),
        )
    except RuntimeError as away:
        raise Unavailable(f"Temporal at {address['target_host']} does not answer: {_reason(away)}.") from away
    except ValueError as wrong:
        raise SettingsError(
            f"TEMPORAL_ADDRESS is {address['target_host']!r}; it must be host:port, for example localhost:7233."
        ) from wrong


def _interceptors() -> list[Interceptor]:
    """With tracing, a span for every call to Temporal; a worker of this client adds those of its work."""
    if not tracing.wanted():
        return []
    from temporalio.contrib.opentelemetry import TracingInterceptor  # noqa: PLC0415 - an extra

    return [TracingInterceptor()]


def _reason(away: RuntimeError) -> str:
    """The one sentence in the SDK's nested text, such as "Connection refused"."""
    found: list[str] = re.findall(r'message: "([^"]+)"', str(away))
    return found[-1] if found else str(away)


def _address(settings: Settings) -> ClientConnectConfig:
    if not settings.temporal_given:
        return {"target_host": f"127.0.0.1:{settings.temporal_port}", "namespace": "default"}
    try:
        given = ClientConfig.load_client_connect_config()
    except (RuntimeError, ValueError, OSError) as broken:
        raise SettingsError(f"Temporal's own settings TEMPORAL_* cannot be read: {broken}.") from broken
    if "target_host" not in given:
        raise SettingsError(
            "TEMPORAL_ADDRESS is missing beside the other TEMPORAL_* settings, for example localhost:7233."
        )
    return given

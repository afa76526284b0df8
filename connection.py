"""How API and worker reach Temporal: the server that `larder up` runs, or the one that `TEMPORAL_*` names."""

import re

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import RetryConfig

from domain.errors import Unavailable
from settings import Settings, SettingsError

# The SDK's own defaults let a signal hang for 6 to 10 seconds while Temporal is away; a device shall hear 503 at once.
_FAIL_AT_ONCE = RetryConfig(max_retries=1, max_elapsed_time_millis=500)


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
        )
    except RuntimeError as away:
        raise Unavailable(f"Temporal at {address['target_host']} does not answer: {_reason(away)}.") from away
    except ValueError as wrong:
        raise SettingsError(
            f"TEMPORAL_ADDRESS is {address['target_host']!r}; it must be host:port, for example localhost:7233."
        ) from wrong


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

"""How API and worker reach Temporal, with a real server and without one."""

import os
import time
from pathlib import Path

import pytest

from connection import connect
from domain.errors import Unavailable
from settings import Settings, SettingsError
from tests.stack.parts import free_ports


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that point to a Temporal that is away."""
    for name in list(os.environ):
        if name.startswith(("LARDER_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    port, temporal_port = free_ports()
    return Settings(home=tmp_path, port=port, temporal_port=temporal_port)


async def test_the_client_of_the_api_comes_at_once_and_fails_at_once_while_temporal_is_away(settings: Settings) -> None:
    started = time.monotonic()
    client = await connect(settings, for_api=True)
    with pytest.raises(RuntimeError):
        await client.count_workflows()
    assert time.monotonic() - started < 2


async def test_the_client_of_a_worker_says_that_temporal_is_away(settings: Settings) -> None:
    with pytest.raises(Unavailable) as away:
        await connect(settings, for_api=False)
    assert away.value.message == f"Temporal at 127.0.0.1:{settings.temporal_port} does not answer: Connection refused."


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"TEMPORAL_NAMESPACE": "home"}, "TEMPORAL_ADDRESS is missing beside the other TEMPORAL_. settings"),
        (
            {"TEMPORAL_PROFILE": "nowhere"},
            "Temporal's own settings TEMPORAL_.* cannot be read: Profile 'nowhere' not found",
        ),
        ({"TEMPORAL_ADDRESS": "http://:x"}, "TEMPORAL_ADDRESS is 'http://:x'; it must be host:port"),
    ],
)
@pytest.mark.filterwarnings("ignore:Target host as URL:UserWarning")  # the SDK's own words for a wrong address
async def test_temporals_own_variables_have_faults_too(
    settings: Settings, variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(settings.home / "none.toml"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=sentence):
        await connect(settings, for_api=False)

"""`TEMPORAL_ADDRESS` means a Temporal of one's own: Larder starts none and prepares that one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest

from connection import connect
from names import SEARCH_ATTRIBUTES
from settings import TEMPORAL_UI_ABOVE, Settings
from stack import cluster
from tests.stack.parts import LARDER, WITH_STAND_INS, environment, eventually, free_ports, run, running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server that knows nothing of Larder."""
    _, port = free_ports()
    ui = port + TEMPORAL_UI_ABOVE
    command = Path(sys.executable).with_name("temporal")
    ports = ("--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui))
    with subprocess.Popen((command, "server", "start-dev", *ports), stdout=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: _answers(f"http://127.0.0.1:{ui}/api/v1/namespaces/default"))
            yield f"127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def settings(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    return Settings(home=tmp_path)


async def test_missing_search_attributes_are_registered_and_present_ones_left_alone(settings: Settings) -> None:
    for _ in range(2):
        assert await cluster.register(settings, SEARCH_ATTRIBUTES | {"LarderShelf": "KeywordList"}) == ""
    client = await connect(settings, for_api=False)
    known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    assert set(known.custom_attributes) == {*SEARCH_ATTRIBUTES, "LarderShelf"}


async def test_who_may_not_register_them_is_told_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    told = await cluster.register(settings, {"LarderItem": "Keyword"})
    assert told.endswith(
        "temporal operator search-attribute create --namespace elsewhere --name LarderItem --type Keyword"
    )


def test_up_starts_no_temporal_when_one_is_given(address: str, tmp_path: Path) -> None:
    with running(WITH_STAND_INS, tmp_path / "home", more={"TEMPORAL_ADDRESS": address}) as stack:
        assert "the cluster that TEMPORAL_* names" in stack.output
        assert not (stack.home / "temporal.log").exists()


def test_up_says_when_the_given_temporal_is_away(tmp_path: Path) -> None:
    env = environment(tmp_path, port=free_ports()[0]) | {"TEMPORAL_ADDRESS": "127.0.0.1:9"}
    answer = run((*LARDER, "up"), env)
    assert answer.returncode == 3
    assert answer.stderr == "larder: Temporal at 127.0.0.1:9 does not answer: Connection refused.\n"

"""The compose file without a container engine: Larder understands what it says, its steps run as plain processes."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import yaml

import names
from larder import cli
from settings import ROOT, Settings
from simulator.family import a_family, eventually
from stack.answers import answered
from tests.databases import fresh_database
from tests.stack.parts import LARDER, free_ports, of_real_time

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CLOUD: dict[str, Any] = yaml.safe_load((DEPLOY / "temporal-cloud.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OF_LARDER = [
    name for name, service in SERVICES.items() if service.get("image") == "larder" and "entrypoint" not in service
]
TEMPORAL = str(Path(sys.executable).with_name("temporal"))
KEY = "k" * 48
EVERYWHERE = "0.0.0.0"  # noqa: S104 - in containers only


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    return dict(service.get("environment", {}))


def test_every_process_of_larder_is_there_as_often_as_promised() -> None:
    replicas = {name: SERVICES[name].get("deploy", {}).get("replicas", 1) for name in OF_LARDER}
    assert replicas == {"migrate": 1, "worker": 2, "api": 2}


@pytest.mark.parametrize("name", OF_LARDER)
def test_a_service_runs_a_command_with_settings_that_larder_knows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = SERVICES[name]["command"]
    assert command in cli.commands
    for variable in [variable for variable in os.environ if variable.startswith(("LARDER_", "TEMPORAL_"))]:
        monkeypatch.delenv(variable)
    for variable, value in settings_of(SERVICES[name]).items():
        monkeypatch.setenv(variable, filled(value, {"POSTGRES_PASSWORD": "secret", "LARDER_INSTANCE_KEY": KEY}))
    settings = Settings.from_environment()
    assert settings.temporal_given
    assert settings.database_url == "postgresql+asyncpg://larder:secret@postgres/larder"
    assert settings.metrics_port == 9464


def test_temporal_knows_the_search_attributes() -> None:
    flags = [word.removeprefix("--search-attribute=") for word in SERVICES["temporal"]["command"]]
    assert {tuple(flag.split("=")) for flag in flags if flag.startswith("Larder")} == set(
        names.SEARCH_ATTRIBUTES.items()
    )


def test_temporal_cloud_is_reached_by_temporals_own_names() -> None:
    for name in ("api", "worker"):
        given = settings_of(CLOUD["services"][name])
        assert set(given) == {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"}
    assert set(CLOUD["services"]) <= set(SERVICES)


def test_nothing_but_the_api_and_temporals_ui_is_published_and_to_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "temporal"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_image_copies_what_there_is_and_starts_what_larder_is() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert [word for word in copied if not (ROOT / word).exists()] == []
    assert {"bootstrap.py", "requirements.txt", "requirements-build.txt"} <= set(copied)
    assert 'ENTRYPOINT ["larder"]' in lines
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {".*", "tests"} <= set(ignored)


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its `${VARIABLES}`."""
    return re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", lambda found: values[found[1]], text)


class Machine:
    """Stands in for the container engine: a service's own command and settings, with addresses of this machine."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder, self._database_url = folder, database_url
        self.api_ports, temporal_ports = [free_ports()[0] for _ in range(2)], free_ports()
        self.temporal_port, self._ui_port = temporal_ports[1], temporal_ports[1] + 1000

    def _environment(self, name: str, port: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LARDER_", "TEMPORAL_"))}
        given = {
            variable: filled(value, {"POSTGRES_PASSWORD": "", "LARDER_INSTANCE_KEY": KEY})
            .replace(EVERYWHERE, "127.0.0.1")
            .replace("temporal:7233", f"127.0.0.1:{self.temporal_port}")
            for variable, value in settings_of(SERVICES[name]).items()
        }
        own = {"LARDER_DATABASE_URL": self._database_url, "LARDER_PORT": str(port)}
        own |= {"LARDER_METRICS_PORT": str(free_ports()[0]), "LARDER_HOME": str(self._folder / f"{name}-{port}")}
        return kept | given | own

    def run(self, name: str) -> None:
        """A service that ends."""
        command = (*LARDER, *SERVICES[name]["command"])
        done = subprocess.run(command, env=self._environment(name, 1), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @contextmanager
    def running(self, name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """One replica of a service, which ends well when it is asked to."""
        command, environment = (*LARDER, *SERVICES[name]["command"]), self._environment(name, port)
        with (self._folder / f"{name}-{port}.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
            assert process.wait(grace) == 0

    @contextmanager
    def temporal(self) -> Iterator[None]:
        """Temporal, with the words of its service."""
        words = [
            word.replace(EVERYWHERE, "127.0.0.1").replace("/data", str(self._folder))
            for word in SERVICES["temporal"]["command"]
        ]
        ports = (f"--port={self.temporal_port}", f"--ui-port={self._ui_port}")
        with subprocess.Popen((TEMPORAL, *words, *ports), stdout=subprocess.DEVNULL) as server:
            try:
                yield
            finally:
                server.send_signal(signal.SIGTERM)

    async def temporal_is_healthy(self) -> bool:
        """The health check of its service."""
        check = [
            TEMPORAL,
            *SERVICES["temporal"]["healthcheck"]["test"][2:],
            f"--address=127.0.0.1:{self.temporal_port}",
        ]
        return (await anyio.run_process(check, check=False)).returncode == 0


async def test_the_steps_of_the_compose_file_as_plain_processes(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url, ExitStack() as running:
        machine = Machine(tmp_path, url)
        running.enter_context(machine.temporal())
        machine.run("migrate")
        await eventually(machine.temporal_is_healthy, bool, 60)
        for number in range(SERVICES["worker"]["deploy"]["replicas"]):
            running.enter_context(machine.running("worker", number + 1))
        first, second = [running.enter_context(machine.running("api", port)) for port in machine.api_ports]
        addresses = [f"http://127.0.0.1:{port}" for port in machine.api_ports]
        for address in addresses:
            await answered(f"{address}/readyz", "The API")
        assert first.pid != second.pid
        async with httpx.AsyncClient(base_url=addresses[0], timeout=30) as http:
            family = await a_family(of_real_time(http))
            shop = await family.shop()
            item, jar = await family.item(level=12), await family.jar()
            order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
            await family.post("/instructions", device=jar.uuid, action="track", item=item, triggerLevel=5, order=order)
            http.base_url = httpx.URL(addresses[1])  # one house, whichever door is used
            assert (await jar.level(level=5)).status_code == 201
            placed = await shop.order()
            http.base_url = httpx.URL(addresses[0])
            assert (await shop.report("delivered", placed)).is_success
            await family.level_is(item, 17)


def test_the_comment_at_its_top_makes_what_it_needs() -> None:
    """The variables that have to be set are those that the first lines set."""
    text = (DEPLOY / "compose.yaml").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    (line,) = [line for line in text.splitlines() if line.startswith("#") and "export" in line]
    assert {word.partition("=")[0] for word in shlex.split(line, comments=False) if "=" in word} >= needed

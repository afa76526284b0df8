"""A Larder of real processes that are there to be killed: Temporal, worker and API, each by SIGKILL at any moment."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import larder
import names
from simulator.family import eventually

STARTING = 60.0  # seconds that a process may need on a busy machine
# The real command in a process of its own, forked from one that has done the imports: each kill takes seconds less.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["api.app", "worker", __name__])
TEMPORAL = Path(sys.executable).with_name("temporal")


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ruin:
    """Processes by name; `kills` counts those that died by our hand."""

    home: Path
    database_url: str
    temporal_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    kills: int = 0
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    temporal: subprocess.Popen[bytes] | None = None

    @property
    def failpoints(self) -> Path:
        """Where a file of a failpoint's name kills whoever reaches it next."""
        return self.home / "failpoints"

    @property
    def logs(self) -> str:
        """Everything that was logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.home.glob("*.log")))

    async def start(self, *process_names: str) -> None:
        """Start processes and wait until the last of them answers."""
        for name in process_names:
            self._start(name)
            if name == "temporal":
                await eventually(self._temporal_answers, bool, STARTING)
        if "api" in process_names:
            await eventually(self._api_answers, bool, STARTING)

    def _start(self, name: str) -> None:
        log = self.home / f"{name}.log"
        if name == "temporal":
            with log.open("ab") as output:
                self.temporal = subprocess.Popen(self._temporal_command(), stdout=output, stderr=output)
            return
        environment = {
            "LARDER_HOME": str(self.home),
            "LARDER_DATABASE_URL": self.database_url,
            "LARDER_PORT": str(self.api_port),
            "LARDER_TEMPORAL_PORT": str(self.temporal_port),
            "LARDER_ALLOW_NETS": "127.0.0.0/8",
            "LARDER_FAILPOINTS": str(self.failpoints),
        }
        process = FORKS.Process(target=_larder, args=(name, environment, log))
        process.start()
        self.processes[name] = process

    def kill(self, *process_names: str) -> None:
        """SIGKILL, now."""
        for name in process_names:
            if name == "temporal":
                self._kill_temporal()
            else:
                process = self.processes.pop(name)
                process.kill()
                process.join()
            self.kills += 1

    def _kill_temporal(self) -> None:
        if self.temporal is not None:
            self.temporal.kill()
            self.temporal.wait()

    def end(self) -> None:
        """Leave nothing behind."""
        self.kill(*list(self.processes))
        self._kill_temporal()

    async def killed_at(self, failpoint: str) -> bool:
        """Let the worker die when it reaches this point; False when nothing reached it within the time given."""
        process = self.processes["worker"]

        async def exit_code() -> int | None:
            return process.exitcode

        try:
            code = await eventually(exit_code, lambda found: found is not None, STARTING)
        except TimeoutError:
            (self.failpoints / failpoint).unlink(missing_ok=True)
            return False
        assert code == -signal.SIGKILL, self.logs[-3000:]
        self.kills += 1
        return True

    def arm(self, failpoint: str) -> None:
        """Whoever reaches this point next dies there."""
        self.failpoints.mkdir(exist_ok=True)
        (self.failpoints / failpoint).touch()

    async def client(self) -> Client:
        """A client of the Temporal server."""
        return await Client.connect(f"127.0.0.1:{self.temporal_port}", data_converter=pydantic_data_converter)

    def _temporal_command(self) -> tuple[str, ...]:
        attributes = [
            word for name, kind in names.SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")
        ]
        return (
            *(str(TEMPORAL), "server", "start-dev", "--headless", "--log-level", "error", "--ip", "127.0.0.1"),
            *("--port", str(self.temporal_port), "--db-filename", str(self.home / "temporal.db"), *attributes),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        )

    async def _temporal_answers(self) -> bool:
        try:
            return await (await self.client()).service_client.check_health()
        except RuntimeError:
            return False

    async def _api_answers(self) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                ready = await http.get(f"http://127.0.0.1:{self.api_port}/readyz")
        except httpx.TransportError:
            return False
        return ready.status_code == 200


def _larder(command: str, environment: Mapping[str, str], log: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("LARDER_", "TEMPORAL_"))]:
        del os.environ[name]
    os.environ.update(environment)
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    larder.cli([command], prog_name="larder")


@asynccontextmanager
async def ruin(home: Path, database_url: str) -> AsyncIterator[Ruin]:
    """A running stack on a migrated database; nothing of it is left afterwards."""
    stack = Ruin(home, database_url)
    try:
        await stack.start("temporal", "worker", "api")
        yield stack
    finally:
        stack.end()

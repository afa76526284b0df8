"""A Larder of real processes that are there to be killed: Temporal, worker and API, each by SIGKILL at any moment."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import names
from simulator.family import eventually

ROOT = Path(__file__).resolve().parents[2]
STARTING = 60.0  # seconds that a process may need on a busy machine
# The real command, with its imports done while another one still works: twenty kills take a minute less.
SPARE = """
import sys, larder, worker
sys.stdin.read()
larder.cli(sys.argv[1:], prog_name="larder")
"""
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
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    spares: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

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
        if name == "temporal":
            process = self._process(name, self._temporal_command())
        elif name in self.spares:
            process = self.spares.pop(name)
        else:
            process = self._process(name, (sys.executable, "-c", SPARE, name))
        _release(process)
        self.processes[name] = process
        if name == "worker":
            self.spares[name] = self._process(name, (sys.executable, "-c", SPARE, name))

    def _process(self, name: str, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("LARDER_", "TEMPORAL_"))
        }
        environment |= {
            "LARDER_HOME": str(self.home),
            "LARDER_DATABASE_URL": self.database_url,
            "LARDER_PORT": str(self.api_port),
            "LARDER_TEMPORAL_PORT": str(self.temporal_port),
            "LARDER_ALLOW_NETS": "127.0.0.0/8",
            "LARDER_FAILPOINTS": str(self.failpoints),
        }
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def kill(self, *process_names: str) -> None:
        """SIGKILL, now."""
        for name in process_names:
            process = self.processes.pop(name)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.kills += 1

    async def killed_at(self, failpoint: str) -> bool:
        """Let the worker die when it reaches this point; False when nothing reached it within the time given."""
        process = self.processes["worker"]

        async def exit_code() -> int | None:
            return process.poll()

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


def _release(process: subprocess.Popen[bytes]) -> None:
    """What a spare waits for: that nobody holds its standard input any more."""
    if process.stdin is not None:
        process.stdin.close()


@asynccontextmanager
async def ruin(home: Path, database_url: str) -> AsyncIterator[Ruin]:
    """A running stack on a migrated database; nothing of it is left afterwards."""
    stack = Ruin(home, database_url)
    try:
        await stack.start("temporal", "worker", "api")
        yield stack
    finally:
        for process in (*stack.processes.values(), *stack.spares.values()):
            _release(process)
            process.kill()
            process.wait()

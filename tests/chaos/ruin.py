"""A Larder of real processes that are there to be killed: Temporal, workers and APIs, each by SIGKILL at any moment."""

import importlib
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import anyio
import httpx
from freezegun import freeze_time
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import larder
import names
from simulator.family import eventually
from tests.databases import Kind, fresh_database

STARTING = 60.0  # seconds that a process may need on a busy machine
WATCHING = 0.05
TEMPORAL = Path(sys.executable).with_name("temporal")
# The real command in a process of its own, forked from one that has done the imports: each kill takes seconds less.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["api.app", "worker", __name__])


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ruin:
    """Processes by name: "temporal", "worker", "api", and a second "worker-2" or "api-2"; `kills` counts our own."""

    home: Path
    kind: Kind
    database_url: str
    temporal_port: int = field(default_factory=free_port)
    ports: Mapping[str, int] = field(default_factory=lambda: {"api": free_port(), "api-2": free_port()})
    kills: int = 0
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    temporal: subprocess.Popen[bytes] | None = None

    @property
    def logs(self) -> str:
        """Everything that was logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.home.glob("*.log")))

    def url(self, api: str = "api") -> str:
        """Where an API listens."""
        return f"http://127.0.0.1:{self.ports[api]}"

    def is_running(self, name: str) -> bool:
        """Whether that process is alive."""
        if name == "temporal":
            return self.temporal is not None and self.temporal.poll() is None
        process = self.processes.get(name)
        return process is not None and process.is_alive()

    async def start(self, *process_names: str, clock: timedelta = timedelta()) -> None:
        """Start processes whose clocks are that far off, and wait until Temporal and the APIs among them answer."""
        for name in process_names:
            if name == "temporal":
                self._start_temporal()
                await eventually(self._temporal_answers, bool, STARTING)
            else:
                self._start(name, clock)
        for name in process_names:
            if name in self.ports:
                await eventually(lambda name=name: self._is_alive(name), bool, STARTING)  # type: ignore[misc] # a bound lambda

    def _start(self, name: str, clock: timedelta = timedelta()) -> None:
        process = FORKS.Process(target=_larder, args=(name, self._environment(name), self.home, clock))
        process.start()
        self.processes[name] = process

    async def mend(self) -> None:
        """Whatever a scenario has left: one of each runs, without orders to die."""
        for point in self.home.glob("failpoints-*/*"):
            point.unlink()
        for name in [name for name in self.processes if name.endswith("-2")]:
            self.processes.pop(name).kill()
        self.let_files_grow(resource.RLIM_INFINITY)
        await self.start(*[name for name in ("temporal", "worker", "api") if not self.is_running(name)])
        await eventually(self._is_ready, bool, STARTING)

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

    def arm(self, failpoint: str, process: str = "worker") -> None:
        """The process dies when it reaches this point next."""
        folder = self._failpoints(process)
        folder.mkdir(exist_ok=True)
        (folder / failpoint).touch()

    def disarm(self, failpoint: str, process: str) -> bool:
        """Nobody dies there any more; whether somebody has."""
        try:
            (self._failpoints(process) / failpoint).unlink()
        except FileNotFoundError:
            return True
        return False

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Counter[str]]:
        """Whoever dies meanwhile is started again at once, and counted by name."""
        deaths: Counter[str] = Counter()

        async def watch() -> None:
            while True:
                for name, process in list(self.processes.items()):
                    if process.exitcode is not None:
                        assert process.exitcode == -signal.SIGKILL, self.logs[-3000:]
                        deaths[name] += 1
                        self.kills += 1
                        self._start(name)
                await anyio.sleep(WATCHING)

        async with anyio.create_task_group() as watching:
            watching.start_soon(watch)
            yield deaths
            watching.cancel_scope.cancel()

    async def killed_at(self, failpoint: str) -> bool:
        """Wait until the worker has died at that point; False when it did not reach it within the time given."""
        victim = self.processes["worker"]

        async def exit_code() -> int | None:
            return victim.exitcode

        try:
            code = await eventually(exit_code, lambda found: found is not None, STARTING)
        except TimeoutError:
            (self._failpoints("worker") / failpoint).unlink(missing_ok=True)
            return False
        assert code == -signal.SIGKILL, self.logs[-3000:]
        self.kills += 1
        return True

    def let_files_grow(self, most: int) -> None:
        """No file of worker and API may grow beyond so many bytes: to them the disk is full."""
        for process in self.processes.values():
            assert process.pid is not None
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    async def client(self) -> Client:
        """A client of the Temporal server."""
        return await Client.connect(f"127.0.0.1:{self.temporal_port}", data_converter=pydantic_data_converter)

    def end(self) -> None:
        """Leave nothing behind."""
        self.kill(*list(self.processes))
        self._kill_temporal()

    def _start_temporal(self) -> None:
        with (self.home / "temporal.log").open("ab") as log:
            self.temporal = subprocess.Popen(self._temporal_command(), stdout=log, stderr=log)

    def _kill_temporal(self) -> None:
        if self.temporal is not None:
            self.temporal.kill()
            self.temporal.wait()

    def _failpoints(self, process: str) -> Path:
        return self.home / f"failpoints-{process}"

    def _environment(self, name: str) -> dict[str, str]:
        return {
            "LARDER_HOME": str(self.home),
            "LARDER_DATABASE_URL": self.database_url,
            "LARDER_PORT": str(self.ports.get(name, self.ports["api"])),
            "LARDER_TEMPORAL_PORT": str(self.temporal_port),
            "LARDER_ALLOW_NETS": "127.0.0.0/8",
            "LARDER_DEVICE_CALLS_PER_MINUTE": "0",
            "LARDER_USER_CALLS_PER_HOUR": "0",
            "LARDER_ADDRESS_CALLS_PER_MINUTE": "0",
            "LARDER_FAILPOINTS": str(self._failpoints(name)),
        }

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

    async def _is_alive(self, api: str) -> bool:
        return await self._status(self.url(api) + "/healthz") == httpx.codes.OK

    async def _is_ready(self) -> bool:
        return await self._status(self.url() + "/readyz") == httpx.codes.OK

    async def _status(self, url: str) -> int:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(url)).status_code
        except httpx.TransportError:
            return 0


def _larder(name: str, environment: Mapping[str, str], home: Path, clock: timedelta) -> None:
    for other in [other for other in os.environ if other.startswith(("LARDER_", "TEMPORAL_"))]:
        del os.environ[other]
    os.environ.update(environment)
    with (home / f"{name}.log").open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    command = name.removesuffix("-2")
    if clock:
        importlib.import_module("pydantic.v1")  # it makes classes of `date`, which it must see as it is
        with freeze_time(datetime.now(UTC) + clock, tick=True, real_asyncio=True):
            larder.cli([command], prog_name="larder")
    else:
        larder.cli([command], prog_name="larder")


@asynccontextmanager
async def ruin(home: Path, kind: Kind) -> AsyncIterator[Ruin]:
    """A running stack on a fresh database; nothing of it is left afterwards."""
    with fresh_database(kind, home) as url:
        stack = Ruin(home, kind, url)
        try:
            await stack.mend()
            yield stack
        finally:
            stack.end()

"""Larder as real processes, as many of each as a measure asks for, and what each of them uses."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import names
from settings import ROOT

STARTING = 90.0  # seconds that a process may need on a busy machine
TEMPORAL = Path(sys.executable).with_name("temporal")
UNLIMITED = ("LARDER_DEVICE_CALLS_PER_MINUTE", "LARDER_USER_CALLS_PER_HOUR", "LARDER_ADDRESS_CALLS_PER_MINUTE")
KEY = "a key for measuring that protects nothing"


def environment() -> dict[str, str]:
    """This process's, without settings of Larder or Temporal; byte code is kept, as it is where Larder is installed."""
    others = ("LARDER_", "TEMPORAL_", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if not key.startswith(others)}


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Processes:
    """A Temporal server, API processes and workers."""

    home: Path
    database_url: str
    temporal_port: int = field(default_factory=free_port)
    api_ports: list[int] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where Temporal listens."""
        return f"127.0.0.1:{self.temporal_port}"

    async def start_temporal(self) -> None:
        """The development server on a file of its own."""
        attributes = [word for name, kind in names.SEARCH_ATTRIBUTES.items() for word in _attribute(name, kind)]
        self.start(
            "temporal",
            *(str(TEMPORAL), "server", "start-dev", "--headless", "--log-level", "error", "--ip", "127.0.0.1"),
            *("--port", str(self.temporal_port), "--db-filename", str(self.home / "temporal.db"), *attributes),
        )
        await _until(self._answers, "Temporal")

    async def start_larder(self, verb: str) -> str:
        """One more `worker` or `api`, by the name that it gets; the API is asked until it answers."""
        port = free_port()
        name = f"{verb} {port}"
        self.start(name, sys.executable, str(ROOT / "larder.py"), verb, LARDER_PORT=str(port))
        if verb == "api":
            self.api_ports.append(port)
            await _until(lambda: _ready(port), verb)
        return name

    def start(self, name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Any process with Larder's settings."""
        settings = {
            "LARDER_HOME": str(self.home),
            "LARDER_DATABASE_URL": self.database_url,
            "LARDER_TEMPORAL_PORT": str(self.temporal_port),
            "LARDER_ALLOW_NETS": "127.0.0.0/8",
            **dict.fromkeys(UNLIMITED, "0"),
            "LARDER_INSTANCE_KEY": KEY,
            "PYTHONPATH": str(ROOT),
        }
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment() | settings | more, stdout=log, stderr=log)
        self.running[name] = process
        return process

    def stop(self, *wanted: str) -> None:
        """End these processes, or all of them."""
        ending = [self.running.pop(name) for name in wanted or list(self.running)]
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def seconds_used(self) -> dict[str, float]:
        """Processor time of each kind of process so far; nothing where the system does not tell."""
        used: dict[str, float] = {}
        for name, process in self.running.items():
            kind = name.partition(" ")[0]
            used[kind] = used.get(kind, 0.0) + seconds_used(process.pid)
        return used

    def resident(self, name: str) -> float:
        """The memory of one process in MB; 0 where the system does not tell."""
        statm = Path(f"/proc/{self.running[name].pid}/statm")
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6 if statm.exists() else 0.0

    def peak(self, name: str) -> float:
        """The most memory that one process ever had, in MB; 0 where the system does not tell."""
        status = Path(f"/proc/{self.running[name].pid}/status")
        if not status.exists():
            return 0.0
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3

    async def connected(self) -> Client:
        """A client of the server that speaks as Larder does."""
        return await Client.connect(self.address, data_converter=pydantic_data_converter)

    async def _answers(self) -> bool:
        try:
            return await (await self.connected()).service_client.check_health()
        except RuntimeError:
            return False


@asynccontextmanager
async def larder(home: Path, database_url: str, *, apis: int = 1, workers: int = 1) -> AsyncIterator[Processes]:
    """A running Larder on a migrated database; nothing of it is left afterwards."""
    processes = Processes(home, database_url)
    try:
        await processes.start_temporal()
        for _ in range(workers):
            await processes.start_larder("worker")
        for _ in range(apis):
            await processes.start_larder("api")
        yield processes
    finally:
        processes.stop()


def _attribute(name: str, kind: str) -> tuple[str, str]:
    return "--search-attribute", f"{name}={kind}"


def seconds_used(pid: int) -> float:
    """Processor time of one process so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


async def _until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(STARTING):
            while not await holds():  # noqa: ASYNC110 - the news is in another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise RuntimeError(f"{what} did not answer for {STARTING:g} s; its log is in the folder of this run") from None

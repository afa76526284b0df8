"""What the tests of running Larder share: free ports, a stack in a process of its own, patience."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx

from settings import ROOT, TEMPORAL_UI_ABOVE
from simulator.town import Town
from stack.folder import is_claimed

LARDER = (sys.executable, str(ROOT / "larder.py"))
WITH_STAND_INS = (sys.executable, str(Path(__file__).with_name("stand_in_stack.py")))


def eventually(holds: Callable[[], object], within: float = 30.0) -> None:
    """Return as soon as it holds; fail when it does not within so many seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)


def free_ports() -> tuple[int, int]:
    """A port for the API and one for Temporal whose UI port is free too; below the range for outgoing connections."""
    while True:
        port = random.randrange(10_000, 30_000)
        temporal = port + 1
        if all(map(_is_free, (port, temporal, temporal + TEMPORAL_UI_ABOVE))):
            return port, temporal


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def environment(home: Path, **settings: object) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LARDER_", "TEMPORAL_"))}
    chosen = {f"LARDER_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | {"LARDER_HOME": str(home), "PYTHONPATH": str(ROOT)} | chosen


def run(command: tuple[str, ...], env: Mapping[str, str], within: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=within, check=False)


class Stack:
    """A `larder up` of its own, with its output in a file."""

    def __init__(
        self,
        command: tuple[str, ...],
        home: Path,
        ports: tuple[int, int] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self.port, self.temporal_port = ports or free_ports()
        env = environment(home, port=self.port, temporal_port=self.temporal_port) | dict(more or {})
        self._output = home / f"output-{time.monotonic_ns()}"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    @property
    def output(self) -> str:
        """All that it has printed."""
        return self._output.read_text()

    def until_ready(self) -> None:
        """Wait until it prints its addresses."""
        eventually(lambda: self.ready() or self.exit_code is not None, 60)
        assert self.exit_code is None, self.output

    def ready(self) -> bool:
        """Whether it has printed its addresses."""
        return "/schema" in self.output

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor alone."""
        self._process.send_signal(number)

    def ended(self) -> int:
        """Wait for the supervisor's end; its exit code."""
        return self._process.wait(60)

    @property
    def exit_code(self) -> int | None:
        """None while the supervisor runs."""
        return self._process.poll()

    def process(self, verb: str) -> int:
        """The number of a stand-in's process."""
        return self._processes(verb)[0]

    def leash(self, verb: str) -> int:
        """The number of the process that holds a stand-in's leash."""
        return self._processes(verb)[1]

    def _processes(self, verb: str) -> list[int]:
        return [int(word) for word in (self.home / f"{verb}.pid").read_text().split()]

    def leaves_nothing(self) -> bool:
        """Whether no process that it has started is left: each of them holds the lock of the data folder."""
        return not is_claimed(self.home)


def of_real_time(http: httpx.AsyncClient) -> Town:
    """What families need of a town whose clocks nobody moves."""
    return cast("Town", SimpleNamespace(http=http))


def is_alive(process: int) -> bool:
    """Whether the process exists and has not ended; nobody may have asked yet how an ended one has ended."""
    try:
        os.kill(process, 0)
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()


@contextmanager
def running(
    command: tuple[str, ...],
    home: Path,
    ports: tuple[int, int] | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack that is ready, and gone after the block."""
    stack = Stack(command, home, ports, more)
    try:
        stack.until_ready()
        yield stack
    finally:
        if stack.exit_code is None:
            stack.send(signal.SIGTERM)
        stack.ended()
        eventually(stack.leaves_nothing)

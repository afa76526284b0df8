"""One process of the stack: started on its leash, started again when it dies, stopped when its time has come."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stack.halt import FAILED, Halt

LEASH = Path(__file__).with_name("leash.py")
QUICK = 10.0  # a process that lives shorter than this many seconds has failed to start
TRIES = 5
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
BY_SIGNAL = 128  # added to the signal that ended a process, as shells do


@dataclass(frozen=True)
class Service:
    """What runs: `grace` is the seconds between asking it to stop and killing it, `log` takes what it prints.

    `differs` are the variables in which its environment differs from the supervisor's.
    """

    name: str
    command: tuple[str, ...]
    grace: float
    log: Path | None = None
    differs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ties:
    """What ties every process to the supervisor: the rope that ends with it, and the lock of the data folder."""

    rope: int
    lock: int


class Keeper:
    """Keeps one service running. `say` gets a line for the operator whenever it had to be started again."""

    def __init__(self, service: Service, ties: Ties, say: Callable[[str], None]) -> None:
        self._service = service
        self._ties = ties
        self._say = say
        self._stopping = asyncio.Event()
        self._process: Process | None = None

    async def once(self) -> int:
        """Run the service until it ends; its exit code, 128 + n for signal n."""
        service, ties = self._service, self._ties
        leash = (sys.executable, "-I", "-S", str(LEASH), str(ties.rope), str(ties.lock), str(service.grace))
        with (service.log or Path(os.devnull)).open("ab") as log:
            process = self._process = await asyncio.create_subprocess_exec(
                *leash,
                *service.command,
                env={**os.environ, **service.differs},
                stdin=DEVNULL,
                stdout=log if service.log else None,
                stderr=STDOUT if service.log else None,
                pass_fds=(ties.rope, ties.lock),
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
            )
        if self._stopping.is_set():  # asked while it was being started
            process.terminate()
        code = await process.wait()
        self.kill()  # whatever a killed leash has left behind
        return code if code >= 0 else BY_SIGNAL - code

    async def keep(self) -> None:
        """Run the service until it is stopped; raise Halt when it fails again and again as soon as it starts."""
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self.once()
            if self._stopping.is_set():
                return
            quick = time.monotonic() - started < QUICK
            # killed from outside is not its own failure
            failures = failures + 1 if quick and code != BY_SIGNAL + signal.SIGKILL else 0
            if failures == TRIES:
                raise Halt(f"{self._described(code)} {TRIES} times as soon as it started. {self._hint()}", FAILED)
            pause = min(FIRST_PAUSE * 2 ** max(failures - 1, 0), LONGEST_PAUSE)
            self._say(f"{self._described(code)}; starting it again in {pause:g} s.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    def start_no_more(self) -> None:
        """From now on, when the service ends it has ended."""
        self._stopping.set()

    async def stop(self) -> None:
        """Ask the service to end and wait until it has; its leash kills it when it takes too long."""
        self.start_no_more()
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()
            self.kill()

    def kill(self) -> None:
        """End the service, its leash and its children at once."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _described(self, code: int) -> str:
        number = code - BY_SIGNAL
        killed = number in signal.valid_signals()
        how = f"was killed by {signal.Signals(number).name}" if killed else f"ended with exit code {code}"
        return f"{self._service.name} {how}"

    def _hint(self) -> str:
        if self._service.log is None:
            return "Next: read what it said above, and run larder doctor."
        with suppress(OSError):
            last = self._service.log.read_text(errors="replace").strip().splitlines()[-1:]
            return f"Next: read {self._service.log}, which ends with: {''.join(last)[:300]}"
        return f"Next: read {self._service.log}."

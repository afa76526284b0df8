"""`larder up`: everything on this machine, from the first check to the last process that ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from names import SEARCH_ATTRIBUTES
from settings import ROOT, Settings, address_of
from stack import checks, temporal
from stack.answers import answered
from stack.folder import claimed
from stack.halt import Halt
from stack.service import Keeper, Service, Ties

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

TWICE = 2.0  # seconds within which a second request to stop is the echo of the first

Commands = Callable[[str], tuple[str, ...]]


def larder(verb: str) -> tuple[str, ...]:
    """The command line of one of Larder's own processes."""
    return sys.executable, str(ROOT / "larder.py"), verb


def up(settings: Settings, commands: Commands = larder) -> None:
    """Run everything until Ctrl-C or SIGTERM.

    Raises Halt when it cannot start or cannot go on, Unavailable when a Temporal of the operator's own does not answer.
    """
    with claimed(settings.home) as lock:
        wrong = [finding for finding in checks.before_start(settings) if not finding.good]
        if wrong:
            raise Halt("\n".join(finding.told for finding in wrong))
        rope, hold = os.pipe()  # nobody writes to it; it closes with this process, whatever ends that
        try:
            asyncio.run(_run(settings, commands, Ties(rope, lock)))
        finally:
            os.close(hold)
            os.close(rope)


async def _run(settings: Settings, commands: Commands, ties: Ties) -> None:
    await _Stack(settings, commands, ties).run()


def say(line: str) -> None:
    """One line on the terminal, if somebody still reads there."""
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class _Stack:
    """Temporal (unless one is given), the worker and the API, started in this order and stopped in the other."""

    def __init__(self, settings: Settings, commands: Commands, ties: Ties) -> None:
        self._settings = settings
        self._commands = commands
        self._ties = ties
        self._keepers: list[Keeper] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked_at = 0.0

    async def run(self) -> None:
        """Come up, stay up until the end is asked for or something fails for good, and go down in order."""
        for number in ENDING:
            asyncio.get_running_loop().add_signal_handler(number, self._end)
        opening = self._watched(self._open())
        try:
            await self._ended
        finally:
            say("Stopping ...")
            opening.cancel()
            await asyncio.wait({opening})
            for keeper in self._keepers:
                keeper.start_no_more()
            for keeper in reversed(self._keepers):
                await keeper.stop()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        say("Stopped.")

    def _end(self) -> None:
        """Begin to stop; when asked again, stop at once. (Terminal and make both pass on the same Ctrl-C.)"""
        now = time.monotonic()
        if not self._ended.done():
            self._asked_at = now
            self._ended.set_result(None)
        elif now - self._asked_at > TWICE:
            for keeper in self._keepers:
                keeper.kill()

    def _watched(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task whose failure ends everything."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._heed)
        return task

    def _heed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._ended.done():
            self._ended.set_exception(error)

    async def _open(self) -> None:
        settings, began = self._settings, time.monotonic()
        say(f"Starting Larder on {settings.home} ...")
        if settings.temporal_given:
            await self._prepare_cluster()
        else:
            self._keep(temporal.server(settings, SEARCH_ATTRIBUTES))
        await self._migrate()  # while Temporal starts
        if not settings.temporal_given:
            await answered(temporal.health(settings), "Temporal")
        self._keep(Service("The worker", self._commands("worker"), grace=20, differs=_beside_the_api(settings)))
        self._keep(Service("The API", self._commands("api"), grace=15))
        await answered(f"{_address(settings)}/readyz", "Larder")
        say(_announcement(settings, time.monotonic() - began))

    def _keeper(self, service: Service) -> Keeper:
        keeper = Keeper(service, self._ties, say)
        self._keepers.append(keeper)
        return keeper

    def _keep(self, service: Service) -> None:
        self._watched(self._keeper(service).keep())

    async def _migrate(self) -> None:
        code = await self._keeper(Service("The migration", self._commands("migrate"), grace=60)).once()
        if code:
            raise Halt("Larder does not start without its database; the reason is above.", code)

    async def _prepare_cluster(self) -> None:
        from stack.cluster import register  # noqa: PLC0415 - the SDK is large and this process stays

        if warning := await register(self._settings, SEARCH_ATTRIBUTES):
            say(warning)


def _beside_the_api(settings: Settings) -> dict[str, str]:
    """Two processes cannot serve their metrics on one port."""
    return {} if settings.metrics_port is None else {"LARDER_METRICS_PORT": str(settings.metrics_port + 1)}


def _address(settings: Settings) -> str:
    return address_of(settings.host, settings.port)


def _announcement(settings: Settings, seconds: float) -> str:
    address = _address(settings)
    metrics = settings.metrics_port
    workflows = "the cluster that TEMPORAL_* names" if settings.temporal_given else temporal.ui(settings)
    return "\n".join(
        (
            f"Larder is ready after {seconds:.1f} s.",
            f"  API          {address}",
            f"  API docs     {address}/schema",
            f"  Temporal UI  {workflows}",
            f"  Data         {settings.home}",
            *([f"  Metrics      ports {metrics} (API) and {metrics + 1} (worker)"] if metrics else []),
            f"Try it: curl {address}/readyz, then the eight calls in README.md; or watch the stories with make demo.",
            "Ctrl-C stops everything; the next start goes on from here.",
        )
    )

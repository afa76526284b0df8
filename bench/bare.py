"""The bare side of the measures through Temporal: a client that signals with start, and a worker that does nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from temporalio.client import Client

from bench.bare_workflows import DELIVERED, ORDER, SETTLED, TASK_QUEUE, BareItem
from bench.processes import environment, seconds_used
from settings import ROOT


class Bare:
    """Reports to bare items, and what their worker has said of them so far."""

    def __init__(self, client: Client, worker: asyncio.subprocess.Process) -> None:
        self._client, self._worker = client, worker
        self._said = {SETTLED: 0, DELIVERED: 0}
        self._news = asyncio.Condition()
        self._run = uuid4().hex[:8]

    async def report(self, item: int, fact: str = "fact") -> None:
        """One signal-with-start; returns when Temporal has stored it."""
        await self._client.start_workflow(
            BareItem.run,
            id=f"bare:{self._run}:{item}",
            task_queue=TASK_QUEUE,
            start_signal="report",
            start_signal_args=[fact],
        )

    async def order(self, item: int) -> None:
        """A report that calls for an order; returns when that is delivered."""
        delivered = self._said[DELIVERED]
        await self.report(item, ORDER)
        await self._until(DELIVERED, delivered + 1)

    async def settled(self, count: int) -> None:
        """Return when so many facts have been settled in all."""
        await self._until(SETTLED, count)

    @property
    def settled_so_far(self) -> int:
        """How many that is now."""
        return self._said[SETTLED]

    def seconds_used(self) -> float:
        """The worker's processor time so far."""
        return seconds_used(self._worker.pid)

    async def listen(self) -> None:
        """Hear what the worker says until it ends."""
        if self._worker.stdout is None:
            return
        async for line in self._worker.stdout:
            what, count = line.split()
            async with self._news:
                self._said[what.decode()] += int(count)
                self._news.notify_all()

    async def _until(self, what: str, count: int) -> None:
        async with asyncio.timeout(120), self._news:
            await self._news.wait_for(lambda: self._said[what] >= count)


@asynccontextmanager
async def bare(address: str) -> AsyncIterator[Bare]:
    """A bare worker on the same server, until the block ends."""
    client = await Client.connect(address)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare_worker", address),
        cwd=ROOT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    side = Bare(client, worker)
    listening = asyncio.create_task(side.listen())
    try:
        yield side
    finally:
        worker.terminate()
        await worker.wait()
        await listening

"""Trials of rules on the past: work for a processor, one at a time, in a thread that ends when nobody waits for it."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import TypeVar

from domain.errors import Unavailable
from rules.backtest import Stopped

PATIENCE = 20.0
_Result = TypeVar("_Result")

Say = Callable[[int], bool]
"""Hears how much is done, and answers whether to go on."""


class Trials:
    """Whose turn it is in this process."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def run(self, work: Callable[[Say], _Result]) -> AsyncGenerator[int | _Result, None]:
        """How much is done, now and then, and at last the result; raises Unavailable while others try theirs."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turn.acquire()
        except TimeoutError:
            text = "Other rules are being tried at the moment: try again a little later."
            raise Unavailable(text, timedelta(seconds=10)) from None
        try:
            async with aclosing(_in_a_thread(work)) as told:  # whoever leaves early ends the thread before the turn
                async for said in told:
                    yield said
        finally:
            self._turn.release()


async def _in_a_thread(work: Callable[[Say], _Result]) -> AsyncGenerator[int | _Result, None]:
    loop, stopped = asyncio.get_running_loop(), threading.Event()
    heard: asyncio.Queue[int | None] = asyncio.Queue()

    def say(done: int) -> bool:
        loop.call_soon_threadsafe(heard.put_nowait, done)
        return not stopped.is_set()

    task = asyncio.create_task(asyncio.to_thread(work, say))
    task.add_done_callback(lambda _: heard.put_nowait(None))
    try:
        while (done := await heard.get()) is not None:
            yield done
        yield await task
    finally:
        stopped.set()
        with suppress(Stopped):
            await task

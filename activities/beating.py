"""A long activity says that it is alive, so that the death of its worker is noticed before its time is up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from temporalio import activity

EVERY = timedelta(seconds=2)


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Beats while the block runs; only for what may be cancelled at any moment, as whoever beats hears of that.

    A short one does not beat: each beat is a call, and one that a cloud bills.
    """

    async def beat() -> None:
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            activity.heartbeat()

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats

"""Who waits for commands: however many fridges do, one look at the database a second finds what there is for them."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from domain.errors import Unavailable
from storage import fridge_wire
from storage.database import Database

LOOK_EVERY = 1.0


class Waiting:
    """The fridges that wait in this process; a connection of the database is taken for the look alone."""

    def __init__(self) -> None:
        self._bells: dict[UUID, set[asyncio.Event]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    async def for_command(self, db: Database, fridge: UUID, seconds: float) -> bool:
        """Whether there is something for the fridge, as soon as there is; else after so many seconds."""
        if self._ended:
            return False
        bell, bells = asyncio.Event(), self._bells.setdefault(fridge, set())
        bells.add(bell)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(db))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await bell.wait()
        finally:
            bells.discard(bell)
            if not bells:
                self._bells.pop(fridge, None)
        return bell.is_set()

    def ring(self, fridge: UUID) -> None:
        """Say that there is something for the fridge, where this process knows it before it looks."""
        for bell in self._bells.get(fridge, ()):
            bell.set()

    def end(self) -> None:
        """Let nobody wait any longer: an ending process would be kept for as long as they do."""
        self._ended = True
        for fridge in list(self._bells):
            self.ring(fridge)

    async def _look(self, db: Database) -> None:
        while self._bells:
            with suppress(Unavailable):  # whoever waits asks again
                async with db.reading() as session:
                    found = await fridge_wire.with_commands(session, list(self._bells), datetime.now(UTC))
                for fridge in found:
                    self.ring(fridge)
            await asyncio.sleep(LOOK_EVERY)

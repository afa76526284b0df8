"""Fridges without Temporal: at once what their workflow would do, by the same functions of storage."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.facts import Fact
from domain.fridge_errands import Errand, TellItem
from domain.fridges import NewCommand, Notification, SettleFridge
from storage import fridge_errands, fridge_settling
from storage.database import Database
from storage.secrets import Secrets


@dataclass
class DirectFridges:
    """Items hear of their tags by `tell_item`; `errands` has every errand, `changed` who was to be looked at again.

    `reports` are what was passed on of each.
    """

    db: Database
    secrets: Secrets
    tell_item: Callable[[UUID, UUID, Sequence[Fact]], Awaitable[None]]
    errands: list[Errand] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    reports: list[tuple[UUID, Notification]] = field(default_factory=list)

    async def record(self, account: UUID, command: NewCommand, as_of: datetime) -> None:
        """Write a command down."""
        async with self.db.writing() as session:
            await fridge_settling.record_command(session, command, as_of, self.secrets)
        await self._run_errands(account, command.fridge)

    async def settle(
        self, account: UUID, fridge: UUID, as_of: datetime, notifications: Sequence[Notification] = ()
    ) -> None:
        """Write down what a fridge has reported, and all that is due by then."""
        self.reports += [(fridge, notification) for notification in notifications]
        batch = SettleFridge(fridge=fridge, notifications=tuple(notifications), as_of=as_of)
        async with self.db.writing() as session:
            await fridge_settling.settle(session, batch, self.secrets)
        await self._run_errands(account, fridge)

    async def _run_errands(self, account: UUID, fridge: UUID) -> None:
        async with self.db.writing() as session:
            waiting = await fridge_errands.oldest(session, fridge)
            await fridge_errands.strike_out(session, waiting.uuids)
        for errand in waiting.errands:
            self.errands.append(errand)
            if isinstance(errand, TellItem):
                await self.tell_item(account, errand.item, errand.facts)

"""A household with a fridge in storage, and what the fridge reports; without HTTP and without Temporal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.facts import Fact, FactKind
from domain.fridge_errands import ERRAND, TellItem
from domain.fridges import (
    CommandSlug,
    CommandStatus,
    CommandWord,
    FridgeSettled,
    NewCommand,
    Notification,
    NotificationType,
    Overdue,
    SettleFridge,
)
from storage import fridge_settling
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import (
    Fleet,
    Fridge,
    FridgeCommand,
    FridgeErrand,
    FridgeEvent,
    FridgeNotification,
    FridgeSession,
    Item,
    NoticeRow,
    Product,
    Tag,
)
from tests.webhooks.parts import an_account

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRETS = Secrets("i" * 32)


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def a_report(
    kind: str,
    at: float,
    data: Any = None,
    *,
    command: UUID | None = None,
    status: str | None = None,
    id: str | None = None,  # noqa: A002 - as the message calls it
    received: float | None = None,
    **word: Any,
) -> Notification:
    """A notification that was observed, and received unless told otherwise, so many seconds after noon."""
    answered = None
    if command is not None:
        answered = CommandWord(uuid=command, status=None if status is None else CommandStatus(status), **word)
    return Notification(
        id=id or f"{kind}-{at}",
        type=NotificationType(kind),
        data=data,
        command=answered,
        observed_at=after(at),
        received_at=after(at if received is None else received),
    )


def a_scan(at: float, *epcs: str, command: UUID | None = None, **more: Any) -> Notification:
    """Those tags are there."""
    return a_report("inventory", at, {"epcs": list(epcs)}, command=command, **more)


def a_door(at: float, stands: str, **more: Any) -> Notification:
    """The door stands like that."""
    return a_report("door-status", at, {"status": stands}, **more)


@dataclass
class Kitchen:
    """An account with a linked fridge; everything goes straight to storage."""

    db: Database
    account: UUID
    uuid: UUID

    async def settle(
        self,
        *reports: Notification,
        as_of: float = 0,
        overdue: Sequence[Overdue] = (),
        recall: bool = False,
        listening_since: float | None = None,
    ) -> FridgeSettled:
        """What the workflow does with its inbox."""
        batch = SettleFridge(
            fridge=self.uuid,
            notifications=reports,
            overdue=tuple(overdue),
            as_of=max([after(as_of), *(report.received_at for report in reports)]),
            recall=recall,
            listening_since=None if listening_since is None else after(listening_since),
        )
        async with self.db.writing() as session:
            return await fridge_settling.settle(session, batch, SECRETS)

    async def command(self, slug: str, at: float = 0, uuid: UUID | None = None) -> UUID:
        """Give it a command."""
        slug_ = CommandSlug(slug)
        new = NewCommand(uuid=uuid or uuid4(), fridge=self.uuid, slug=slug_, author=self.account, at=after(at))
        async with self.db.writing() as session:
            await fridge_settling.record_command(session, new, after(at), SECRETS)
        return new.uuid

    async def fridge(self) -> Fridge:
        """Its row."""
        async with self.db.reading() as session:
            return await session.get_one(Fridge, self.uuid)

    async def commanded(self, command: UUID) -> FridgeCommand:
        """The row of a command."""
        async with self.db.reading() as session:
            return await session.get_one(FridgeCommand, command)

    async def opening(self, command: UUID) -> FridgeSession:
        """The row of an opening."""
        async with self.db.reading() as session:
            return await session.get_one(FridgeSession, command)

    async def tags(self) -> dict[str, Tag]:
        """The tags of the household."""
        async with self.db.reading() as session:
            return {tag.epc: tag for tag in await session.scalars(select(Tag).order_by(Tag.epc))}

    async def letters(self) -> list[Any]:
        """The bodies of what is told, in order."""
        async with self.db.reading() as session:
            rows = await session.scalars(select(FridgeNotification).order_by(FridgeNotification.sequence))
            return [json.loads(row.letter) if row.letter and not row.is_sealed else row.letter for row in rows]

    async def told(self) -> list[tuple[str, Any]]:
        """Type and data of what is told, in order."""
        return [(letter["type"], letter["data"]) for letter in await self.letters()]

    async def events(self) -> list[str]:
        """The kinds of what was odd."""
        async with self.db.reading() as session:
            return sorted(await session.scalars(select(FridgeEvent.kind)))

    async def facts(self) -> list[Fact]:
        """What items are to be told, oldest first, apart from how many tags there are."""
        return [fact for fact in await self._every_fact() if fact.kind is not FactKind.TALLIED]

    async def tallies(self) -> list[Decimal | None]:
        """How many tags an item that nobody has counted is to hear of, oldest first."""
        return [fact.quantity for fact in await self._every_fact() if fact.kind is FactKind.TALLIED]

    async def _every_fact(self) -> list[Fact]:
        async with self.db.reading() as session:
            rows = await session.scalars(select(FridgeErrand).order_by(FridgeErrand.number))
            errands = [ERRAND.validate_json(row.errand) for row in rows]
        return [fact for errand in errands if isinstance(errand, TellItem) for fact in errand.facts]

    async def notices(self) -> list[tuple[str, str]]:
        """Kind and sentence of what the account is told, oldest first."""
        async with self.db.reading() as session:
            rows = await session.execute(select(NoticeRow.kind, NoticeRow.sentence).order_by(NoticeRow.at))
            return [(kind, sentence) for kind, sentence in rows]

    async def item(self, name: str, *epcs: str) -> UUID:
        """An item of a product that these tags are on."""
        at = {"created_at": NOON, "updated_at": NOON}
        product = Product(uuid=uuid4(), account=self.account, name=name, unit="piece", **at)
        item = Item(uuid=uuid4(), account=self.account, product=product.uuid, name=name, unit="piece", version=1, **at)
        async with self.db.writing() as session:
            session.add(product)
            await session.flush()
            session.add(item)
            for epc in epcs:
                session.add(Tag(account=self.account, epc=epc, product=product.uuid, linked_at=NOON, missed=0))
        return item.uuid

    async def change(self, **settings: Any) -> None:
        """Change its row, as the API does."""
        async with self.db.writing() as session:
            fridge = await session.get_one(Fridge, self.uuid)
            for name, value in settings.items():
                setattr(fridge, name, value)


async def a_kitchen(db: Database, **settings: Any) -> Kitchen:
    """An account with a fridge that was linked at noon and beats every 300 s."""
    account = await an_account(db)
    async with db.writing() as session:
        fridge = await _a_fridge(session, account, settings)
    return Kitchen(db, account, fridge)


async def _a_fridge(session: AsyncSession, account: UUID, settings: Mapping[str, Any]) -> UUID:
    at = {"created_at": NOON, "updated_at": NOON}
    fleet = Fleet(uuid=uuid4(), account=account, name="My Fleet", **at)
    session.add(fleet)
    await session.flush()
    defaults = {
        "door_status": "closed",
        "last_activity": NOON,
        "linked_at": NOON,
        "temperature_min_alert": Decimal(-10),
        "temperature_max_alert": Decimal(10),
        "webhook_url": "https://example.com/webhook",
        "heartbeat_interval": 300,
        "webhook_secret": "",
        "is_offline": False,
        "is_out_of_band": False,
        "sequence": 0,
        "version": 1,
    }
    fridge = Fridge(uuid=uuid4(), account=account, fleet=fleet.uuid, **(defaults | dict(settings)), **at)
    session.add(fridge)
    await session.flush()
    return fridge.uuid

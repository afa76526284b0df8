"""What the wire to fridges reads and writes: commands that wait, and a fridge's being heard of."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.fridge_papers import FridgePaper, Stamp, letter
from domain.fridges import ACKNOWLEDGED_WITHIN, NotificationType
from storage import fridge_outbox
from storage.tables import Fleet, Fridge, FridgeCommand

_ASKED_AT_ONCE = 5_000


async def commands(session: AsyncSession, fridge: UUID, now: datetime) -> Sequence[FridgeCommand]:
    """What a fridge has to do, oldest first: neither acknowledged nor expired."""
    query = select(FridgeCommand).where(FridgeCommand.fridge == fridge, *_waiting(now))
    return (await session.scalars(query.order_by(FridgeCommand.created_at, FridgeCommand.uuid))).all()


async def with_commands(session: AsyncSession, fridges: Sequence[UUID], now: datetime) -> set[UUID]:
    """Those of these fridges that have something to do."""
    found: set[UUID] = set()
    for start in range(0, len(fridges), _ASKED_AT_ONCE):
        of_these = FridgeCommand.fridge.in_(fridges[start : start + _ASKED_AT_ONCE])
        found.update(await session.scalars(select(FridgeCommand.fridge).where(of_these, *_waiting(now)).distinct()))
    return found


async def is_quietly_alive(
    session: AsyncSession, account: UUID, fridge: UUID, at: datetime, firmware: str | None
) -> bool:
    """Write down that a fridge lives, if nobody has to be told of that; whether it was so."""
    nobody = Fridge.webhook_url.is_(None) | Fridge.webhook_off_because.is_not(None)
    quiet = (Fridge.last_activity < at) & Fridge.is_offline.is_(False) & Fridge.deleted_at.is_(None) & nobody
    alive = update(Fridge).where(Fridge.uuid == fridge, Fridge.account == account, quiet)
    values = {"last_activity": at, "firmware_version": func.coalesce(firmware, Fridge.firmware_version)}
    return await session.scalar(alive.values(values).returning(Fridge.uuid)) is not None


async def heartbeat(session: AsyncSession, fridge: Fridge, fleet: Fleet, at: datetime, firmware: str | None) -> None:
    """Write down that a fridge lives (S97), and what its webhookUrl is told of that; its row is locked."""
    fridge.last_activity = max(fridge.last_activity, at)
    fridge.firmware_version = firmware or fridge.firmware_version
    paper = FridgePaper.of(fridge, fleet)

    def write(stamp: Stamp) -> str:
        return letter(NotificationType.HEARTBEAT, None, paper, None, stamp)

    if fridge_outbox.has_receiver(fridge):
        fridge_outbox.add(session, fridge, NotificationType.HEARTBEAT, write, at=at)


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    # none lives longer than this, and by this the index ends where the past begins
    recent = FridgeCommand.created_at > now - ACKNOWLEDGED_WITHIN
    return recent, FridgeCommand.status.is_(None), FridgeCommand.expires_at > now

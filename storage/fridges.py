"""Fridges of an account as the API sees them: settings, commands, what is inside, openings and events (S73-S96)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import tag_facts
from domain.command_paths import ENDED
from domain.errors import Conflict, NotFound
from domain.fridges import CommandStatus
from storage import people, tags, tokens
from storage.fridge_scans import items_with_tags
from storage.tables import Fleet, Fridge, FridgeCommand, FridgeEvent, FridgeSession, Product, Tag, User

MOST_FRIDGES = 2_000
DELETED = "The fridge was deleted."

Before = tuple[datetime, UUID]


@dataclass(frozen=True)
class FridgeView:
    """A fridge and the fleet that it is in."""

    fridge: Fridge
    fleet: Fleet


async def add(session: AsyncSession, fridge: Mapping[str, Any]) -> Fridge:
    """A new fridge; raises Conflict where the account has as many as it may."""
    await people.lock(session, fridge["account"])
    alive = select(func.count()).where(Fridge.account == fridge["account"], Fridge.deleted_at.is_(None))
    if (await session.scalar(alive) or 0) >= MOST_FRIDGES:
        raise Conflict(f"An account has at most {MOST_FRIDGES} fridges.")
    row = Fridge(**fridge)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID, *, to_change: bool = False) -> Fridge:
    """One fridge of an account, locked if it is `to_change`; raises NotFound for another's and a deleted one."""
    mine = select(Fridge).where(Fridge.uuid == uuid, Fridge.account == account, Fridge.deleted_at.is_(None))
    fridge = (await session.scalars(mine.with_for_update() if to_change else mine)).one_or_none()
    if fridge is None:
        raise NotFound("There is no such fridge.")
    return fridge


async def view(session: AsyncSession, account: UUID, uuid: UUID) -> FridgeView:
    """One fridge of an account with its fleet; raises NotFound."""
    found = (await session.execute(_views(account).where(Fridge.uuid == uuid))).one_or_none()
    if found is None:
        raise NotFound("There is no such fridge.")
    return FridgeView(*found)


async def page(
    session: AsyncSession, account: UUID, before: UUID | None, limit: int, *, fleet: UUID | None = None
) -> Sequence[FridgeView]:
    """The fridges of an account or of one fleet, newest first; one more than `limit` if there are more."""
    statement = _views(account).order_by(Fridge.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Fridge.uuid < before)
    if fleet is not None:
        statement = statement.where(Fridge.fleet == fleet)
    return [FridgeView(*found) for found in await session.execute(statement)]


async def remove(session: AsyncSession, fridge: Fridge, now: datetime) -> None:
    """End a fridge for good: its token, its key, its commands that are under way.

    Its workflow ends an opening, and tells the items that its silence is over: what a rule paused for it goes on. Its
    tags were seen here last: they are stock until somebody says otherwise, and have moved if another fridge has them.
    """
    if fridge.is_offline:
        heard = tag_facts.heard(fridge.uuid, at=now)
        told = await items_with_tags(session, fridge)
        await tags.leave(session, [tags.ToTell(item, name, fridge.uuid, heard) for item, name in told])
    fridge.deleted_at = fridge.updated_at = now
    fridge.init_key = fridge.init_key_hash = fridge.init_key_until = None
    open_still = FridgeCommand.status.is_(None) | FridgeCommand.status.not_in(ENDED)
    commands = update(FridgeCommand).where(FridgeCommand.fridge == fridge.uuid, open_still)
    await session.execute(commands.values(status=CommandStatus.FAILED, message=DELETED, updated_at=now))
    await tokens.revoke_all(session, fridge.uuid, "fridge", now)


async def command(session: AsyncSession, fridge: UUID, uuid: UUID) -> tuple[FridgeCommand, User]:
    """One command of a fridge and who gave it; raises NotFound."""
    mine = _commands().where(FridgeCommand.fridge == fridge, FridgeCommand.uuid == uuid)
    found = (await session.execute(mine)).one_or_none()
    if found is None:
        raise NotFound("There is no such command.")
    return found[0], found[1]


async def commands(
    session: AsyncSession, fridge: UUID, before: Before | None, limit: int
) -> Sequence[tuple[FridgeCommand, User]]:
    """What a fridge was told to do and by whom, newest first; one more than `limit` if there are more."""
    statement = _commands().where(FridgeCommand.fridge == fridge)
    if before is not None:
        statement = statement.where(tuple_(FridgeCommand.created_at, FridgeCommand.uuid) < before)
    statement = statement.order_by(FridgeCommand.created_at.desc(), FridgeCommand.uuid.desc()).limit(limit + 1)
    return [(command, author) for command, author in await session.execute(statement)]


async def inventory(
    session: AsyncSession, fridge: Fridge, after: str | None, limit: int
) -> Sequence[tuple[Tag, Product | None]]:
    """The tags inside and what they are on, by their EPCs; one more than `limit` if there are more."""
    inside = (Tag.account == fridge.account) & (Tag.fridge == fridge.uuid) & Tag.removed_at.is_(None)
    statement = select(Tag, Product).outerjoin(Product, Product.uuid == Tag.product).where(inside)
    if after is not None:
        statement = statement.where(Tag.epc > after)
    statement = statement.order_by(Tag.epc).limit(limit + 1)
    return [(tag, product) for tag, product in await session.execute(statement)]


async def sessions(session: AsyncSession, fridge: UUID, before: Before | None, limit: int) -> Sequence[FridgeSession]:
    """The openings of a fridge, newest first; one more than `limit` if there are more."""
    statement = select(FridgeSession).where(FridgeSession.fridge == fridge)
    if before is not None:
        statement = statement.where(tuple_(FridgeSession.began_at, FridgeSession.command) < before)
    newest_first = (FridgeSession.began_at.desc(), FridgeSession.command.desc())
    return (await session.scalars(statement.order_by(*newest_first).limit(limit + 1))).all()


async def events(session: AsyncSession, fridge: UUID, before: Before | None, limit: int) -> Sequence[FridgeEvent]:
    """What was odd about a fridge, newest first; one more than `limit` if there are more."""
    statement = select(FridgeEvent).where(FridgeEvent.fridge == fridge)
    if before is not None:
        statement = statement.where(tuple_(FridgeEvent.at, FridgeEvent.uuid) < before)
    statement = statement.order_by(FridgeEvent.at.desc(), FridgeEvent.uuid.desc()).limit(limit + 1)
    return (await session.scalars(statement)).all()


def _views(account: UUID) -> Select[Fridge, Fleet]:
    living = (Fridge.account == account) & Fridge.deleted_at.is_(None)
    return select(Fridge, Fleet).join(Fleet, Fleet.uuid == Fridge.fleet).where(living)


def _commands() -> Select[FridgeCommand, User]:
    return select(FridgeCommand, User).join(User, User.uuid == FridgeCommand.author)

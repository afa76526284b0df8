"""Other people's fridge clouds: the account's connections, the fridges that came through them, and their commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from domain.fridges import DoorStatus
from domain.identity import new_uuid
from storage import fleets, fridges, people
from storage.database import insert_new
from storage.tables import Connection, Fridge, FridgeCommand, FridgeEvent

MOST_CONNECTIONS = 20
SAID_BY_CLOUD = "said-by-cloud"


@dataclass(frozen=True)
class ToPost:
    """A command for a fridge in another cloud, and the way there; `is_open` while it can still be given."""

    command: FridgeCommand
    fridge: Fridge
    connection: Connection

    def is_open(self, now: datetime) -> bool:
        """Whether it has neither been acknowledged nor failed nor grown too old.

        By which name the other cloud knows it proves nothing before that cloud has answered: it may be another one's.
        """
        return self.command.status is None and now < self.command.expires_at


async def add(session: AsyncSession, connection: Mapping[str, Any]) -> Connection:
    """A new connection with a fleet of its name; raises Conflict where the account has as many as it may."""
    account = connection["account"]
    await people.lock(session, account)
    alive = select(func.count()).where(Connection.account == account, Connection.deleted_at.is_(None))
    if (await session.scalar(alive) or 0) >= MOST_CONNECTIONS:
        raise Conflict(f"An account has at most {MOST_CONNECTIONS} connections.")
    shared = {name: connection[name] for name in ("account", "name", "created_at", "updated_at")}
    fleet = await fleets.add(session, {"uuid": new_uuid(), **shared})
    row = Connection(**connection, fleet=fleet.uuid)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID, *, to_change: bool = False) -> Connection:
    """One connection of an account, locked if it is `to_change`; raises NotFound for another's and a deleted one."""
    mine = select(Connection).where(
        Connection.uuid == uuid, Connection.account == account, Connection.deleted_at.is_(None)
    )
    connection = (await session.scalars(mine.with_for_update() if to_change else mine)).one_or_none()
    if connection is None:
        raise NotFound("There is no such connection.")
    return connection


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Connection]:
    """The connections of an account, newest first, after `before`; one more than `limit` if there are more."""
    statement = select(Connection).where(Connection.account == account, Connection.deleted_at.is_(None))
    if before is not None:
        statement = statement.where(Connection.uuid < before)
    return (await session.scalars(statement.order_by(Connection.uuid.desc()).limit(limit + 1))).all()


async def living(session: AsyncSession, uuid: UUID) -> Connection | None:
    """The connection whose webhook is called, unless it was deleted."""
    connection = await session.get(Connection, uuid)
    return connection if connection is not None and connection.deleted_at is None else None


async def was_signed(session: AsyncSession, uuid: UUID, now: datetime) -> None:
    """From now on everything that comes through it has to be signed."""
    unsigned = update(Connection).where(Connection.uuid == uuid, Connection.signed_at.is_(None))
    await session.execute(unsigned.values(signed_at=now))


async def fridge_of(session: AsyncSession, connection: UUID, remote: str) -> Fridge | None:
    """The fridge that the other cloud knows by that name, a deleted one too; None before it was heard of."""
    query = select(Fridge).where(Fridge.connection == connection, Fridge.remote_uuid == remote)
    return (await session.scalars(query)).one_or_none()


async def first_heard_of(
    session: AsyncSession, connection: Connection, fridge: Mapping[str, Any], now: datetime
) -> Fridge:
    """Make the fridge, in the connection's fleet; one that was made in the meantime stays. Raises Conflict."""
    await people.lock(session, connection.account)
    found = await fridge_of(session, connection.uuid, fridge["remote_uuid"])
    if found is not None:
        return found
    row = {
        "account": connection.account,
        "fleet": connection.fleet,
        "connection": connection.uuid,
        "door_status": DoorStatus.CLOSED,
        "last_activity": now,
        "is_offline": False,
        "is_out_of_band": False,
        "sequence": 0,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }
    return await fridges.add(session, row | dict(fridge))


async def command_of(session: AsyncSession, fridge: UUID, remote: str, slug: str | None, now: datetime) -> UUID | None:
    """Our command that the other cloud knows by that name, None where somebody else has given it.

    Its notification may overtake the answer that tells its name: then it is the one that waits for that answer. What
    was not posted yet waits for none.
    """
    known = select(FridgeCommand.uuid).where(FridgeCommand.fridge == fridge, FridgeCommand.remote_uuid == remote)
    found = (await session.scalars(known)).one_or_none()
    if found is not None or slug is None:
        return found
    unanswered = select(FridgeCommand).where(
        FridgeCommand.fridge == fridge,
        FridgeCommand.slug == slug,
        FridgeCommand.posted_at.is_not(None),
        FridgeCommand.remote_uuid.is_(None),
        FridgeCommand.status.is_(None),
        FridgeCommand.expires_at > now,
    )
    rows = (await session.scalars(unanswered.limit(2))).all()
    if len(rows) != 1:
        return None
    rows[0].remote_uuid = remote
    return rows[0].uuid


async def note(session: AsyncSession, fridge: UUID, key: str, sentence: str, now: datetime) -> None:
    """Something that another cloud says of a fridge and that nothing follows from; a repeat is the same event."""
    event = {"uuid": uuid5(fridge, key), "fridge": fridge, "kind": SAID_BY_CLOUD, "sentence": sentence, "at": now}
    await insert_new(session, FridgeEvent, [event])


async def to_post(session: AsyncSession, command: UUID) -> ToPost | None:
    """A command with its fridge and the connection to it; None for one of our own fridges."""
    query = (
        select(FridgeCommand, Fridge, Connection)
        .join(Fridge, Fridge.uuid == FridgeCommand.fridge)
        .join(Connection, Connection.uuid == Fridge.connection)
        .where(FridgeCommand.uuid == command)
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else ToPost(*found)


async def begins_to_post(session: AsyncSession, posted: ToPost, now: datetime) -> None:
    """From now on the other cloud may know the command."""
    unposted = update(FridgeCommand).where(FridgeCommand.uuid == posted.command.uuid, FridgeCommand.posted_at.is_(None))
    await session.execute(unposted.values(posted_at=now))


async def accepted(session: AsyncSession, posted: ToPost, remote: str) -> None:
    """Keep by what name the other cloud knows a command, whichever was taken for it before."""
    named_so = update(FridgeCommand).where(
        FridgeCommand.fridge == posted.fridge.uuid, FridgeCommand.remote_uuid == remote
    )
    await session.execute(named_so.values(remote_uuid=None))
    command = update(FridgeCommand).where(FridgeCommand.uuid == posted.command.uuid)
    await session.execute(command.values(remote_uuid=remote))

"""Two fridges race for one key (C22): threads, each with a connection of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

from sqlalchemy import func, select

from domain.fridges import DoorStatus
from domain.identity import new_uuid
from storage import init_keys
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Fleet, Fridge, Token, User
from tests.databases import opened

ROUNDS, FRIDGES = 12, 8
SECRETS = Secrets("an instance key of which only tests know")


async def a_household(db: Database) -> tuple[UUID, UUID]:
    """An account with a fleet."""
    now, account, fleet = datetime.now(UTC), new_uuid(), new_uuid()
    at = {"created_at": now, "updated_at": now}
    user = {
        "email": f"{account}@example.com",
        "name": "Ada",
        "password_hash": "",
        "time_zone": "UTC",
        "currency": "EUR",
    }
    async with db.writing() as session:
        session.add(User(uuid=account, **user, **at))
        await session.flush()
        session.add(Fleet(uuid=fleet, account=account, name="My Fleet", **at))
    return account, fleet


async def a_key(db: Database, account: UUID, fleet: UUID) -> tuple[UUID, str]:
    """A fridge that waits for its key."""
    now, uuid = datetime.now(UTC), new_uuid()
    key, columns = init_keys.new_init_key(SECRETS, now)
    as_new = {
        "door_status": DoorStatus.CLOSED,
        "is_offline": False,
        "is_out_of_band": False,
        "sequence": 0,
        "version": 1,
    }
    at = {"last_activity": now, "created_at": now, "updated_at": now}
    fridge = Fridge(uuid=uuid, account=account, fleet=fleet, heartbeat_interval=300, webhook_secret="", **as_new, **at)
    for column, value in columns.items():
        setattr(fridge, column, value)
    async with db.writing() as session:
        session.add(fridge)
    return uuid, key


def taken(url: str, key: str, start: Barrier) -> str | None:
    """The token that somebody gets who comes with the key, as soon as all are there."""

    async def come() -> str | None:
        async with opened(url) as db:
            async with db.reading() as session:
                assert await init_keys.fridge_of(session, SECRETS, key, datetime.now(UTC)) is not None
            start.wait(60)
            async with db.writing() as session:
                linked = await init_keys.redeem(session, SECRETS, key, datetime.now(UTC))
            return None if linked is None else linked.token

    return asyncio.run(come())


async def test_of_all_who_come_with_one_key_one_gets_a_token(database_url: str) -> None:
    """S82, 1.J.13: never two, whoever is first."""
    async with opened(database_url) as db:
        account, fleet = await a_household(db)
        with ThreadPoolExecutor(FRIDGES) as threads:
            for _ in range(ROUNDS):
                fridge, key = await a_key(db, account, fleet)
                start, loop = Barrier(FRIDGES), asyncio.get_running_loop()
                racing = [loop.run_in_executor(threads, taken, database_url, key, start) for _ in range(FRIDGES)]
                tokens = [token for token in await asyncio.gather(*racing) if token is not None]
                assert len(tokens) == 1
                async with db.reading() as session:
                    its_own = select(func.count()).where(Token.subject == fridge, Token.kind == "fridge")
                    assert await session.scalar(its_own) == 1
                    row = await session.get_one(Fridge, fridge)
                assert (row.init_key, row.init_key_hash, row.linked_at is None) == (None, None, False)

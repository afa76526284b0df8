"""The keys by which fridges are linked (S82, 1.J.13): 13 random hex digits, for a day, for one use."""

import secrets as random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import tokens
from storage.secrets import Secrets
from storage.tables import Fridge

LIVES = timedelta(hours=24)
PATTERN = "^[0-9a-fA-F]{13}$"
_LENGTH = 13


class InitKeyColumns(TypedDict):
    """What a fridge keeps of its key: sealed for its owner, hashed for who comes with it."""

    init_key: str
    init_key_hash: str
    init_key_until: datetime


def new_init_key(secrets: Secrets, now: datetime) -> tuple[str, InitKeyColumns]:
    """A key in clear, and the columns of the fridge that it is for; the key before it is dead with that."""
    key = f"{random.randbits(4 * _LENGTH):0{_LENGTH}x}"
    return key, {
        "init_key": secrets.seal(key),
        "init_key_hash": _hash(secrets, key),
        "init_key_until": now + LIVES,
    }


def init_key_in_clear(secrets: Secrets, fridge: Fridge, now: datetime) -> str | None:
    """The key while a fridge can still be linked by it."""
    if fridge.init_key is None or fridge.init_key_until is None or fridge.init_key_until <= now:
        return None
    return secrets.open(fridge.init_key)


async def fridge_of(session: AsyncSession, secrets: Secrets, key: str, now: datetime) -> tuple[UUID, UUID] | None:
    """Account and fridge of a key that works now; None for any other, whatever is wrong with it."""
    query = select(Fridge.account, Fridge.uuid).where(*_works(secrets, key, now))
    found = (await session.execute(query)).one_or_none()
    return None if found is None else (found.account, found.uuid)


@dataclass(frozen=True)
class Linked:
    """A fridge that was linked just now, with its only token."""

    account: UUID
    fridge: UUID
    token: str


async def redeem(session: AsyncSession, secrets: Secrets, key: str, now: datetime) -> Linked | None:
    """Link the fridge of the key, for the first who comes with it (C22); every older token of it ends."""
    spent = {"init_key": None, "init_key_hash": None, "init_key_until": None}
    taken = update(Fridge).where(*_works(secrets, key, now)).values(**spent, linked_at=now, last_activity=now)
    found = (await session.execute(taken.returning(Fridge.account, Fridge.uuid))).one_or_none()
    if found is None:
        return None
    await tokens.revoke_all(session, found.uuid, "fridge", now)
    token = tokens.issue(session, secrets, kind="fridge", prefix="ft", subject=found.uuid, now=now)
    return Linked(found.account, found.uuid, token)


def _works(secrets: Secrets, key: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Fridge.init_key_hash == _hash(secrets, key), Fridge.init_key_until > now, Fridge.deleted_at.is_(None)


def _hash(secrets: Secrets, key: str) -> str:
    return secrets.keyed_hash(f"init key\n{key.lower()}")  # people may type it in capitals

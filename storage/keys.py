"""Keys of developers and apps: made, listed, revoked (S12)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from storage import people, tokens
from storage.tables import ApiKey

TOKEN_KIND = "key"  # noqa: S105 - a name
MOST_ALIVE = 100


async def add(session: AsyncSession, key: Mapping[str, Any], now: datetime) -> ApiKey:
    """A new key; raises Conflict where the account has as many as it may that neither ended nor were revoked."""
    await people.lock(session, key["account"])
    still_good = ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now)
    alive = select(func.count()).where(ApiKey.account == key["account"], ApiKey.revoked_at.is_(None), still_good)
    if (await session.scalar(alive) or 0) >= MOST_ALIVE:
        raise Conflict(f"An account has at most {MOST_ALIVE} keys: revoke one that is not needed any more.")
    row = ApiKey(**key)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> ApiKey:
    """One key of an account or of its sandbox; raises NotFound for another's and a revoked one."""
    key = (await session.scalars(_alive(account).where(ApiKey.uuid == uuid))).one_or_none()
    if key is None:
        raise NotFound("There is no such key.")
    return key


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[ApiKey]:
    """The keys of an account and of its sandbox that were not revoked, newest first; one more than `limit` if any."""
    statement = _alive(account)
    if before is not None:
        statement = statement.where(ApiKey.uuid < before)
    return (await session.scalars(statement.order_by(ApiKey.uuid.desc()).limit(limit + 1))).all()


async def revoke(session: AsyncSession, account: UUID, uuid: UUID, now: datetime) -> None:
    """End a key at once; raises NotFound."""
    key = await get(session, account, uuid)
    key.revoked_at = key.updated_at = now
    await tokens.revoke_all(session, uuid, TOKEN_KIND, now)


def _alive(account: UUID) -> Select[ApiKey]:
    return select(ApiKey).where(ApiKey.account.in_(people.with_sandbox(account)), ApiKey.revoked_at.is_(None))

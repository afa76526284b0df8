"""Accounts: sign-up, login, personal data (S7, S65)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotAuthenticated
from storage.database import insert_new
from storage.tables import User


async def add(session: AsyncSession, user: Mapping[str, Any]) -> User:
    """A new account; raises Conflict where the address has one already."""
    if not await insert_new(session, User, [user], returning=User.uuid):
        raise Conflict("There is already an account with this email address.")
    return await get(session, user["uuid"])


async def get(session: AsyncSession, uuid: UUID, *, to_change: bool = False) -> User:
    """The account, locked if it is `to_change`.

    Raises NotAuthenticated where it is gone, since only its own token asks for it.
    """
    user = await session.get(User, uuid, with_for_update=to_change)
    if user is None:
        raise NotAuthenticated("This account is gone.")
    return user


async def lock(session: AsyncSession, uuid: UUID) -> None:
    """Let nobody else who asks for this change what the account has before this transaction ends."""
    await session.execute(select(User.uuid).where(User.uuid == uuid).with_for_update())


async def confirm(session: AsyncSession, uuid: UUID, now: datetime) -> None:
    """Somebody has proved that letters to the account's address reach them."""
    unconfirmed = update(User).where(User.uuid == uuid, User.confirmed_at.is_(None))
    await session.execute(unconfirmed.values(confirmed_at=now, updated_at=now))


async def set_password(session: AsyncSession, uuid: UUID, password_hash: str, now: datetime) -> None:
    """Another password from now on."""
    await session.execute(update(User).where(User.uuid == uuid).values(password_hash=password_hash, updated_at=now))


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The account of a lower-case address."""
    return (await session.scalars(select(User).where(User.email == email))).one_or_none()

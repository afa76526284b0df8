"""Accounts: sign-up, login, personal data (S7, S65)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotAuthenticated
from storage.database import insert_new
from storage.tables import User


async def add(session: AsyncSession, user: Mapping[str, Any]) -> User:
    """A new account; raises Conflict where the address has one already."""
    if not await insert_new(session, User, [user], returning=User.uuid):
        raise Conflict("There is already an account with this email address.")
    return await get(session, user["uuid"])


async def get(session: AsyncSession, uuid: UUID) -> User:
    """The account; raises NotAuthenticated where it is gone, since only its own token asks for it."""
    user = await session.get(User, uuid)
    if user is None:
        raise NotAuthenticated("This account is gone.")
    return user


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The account of a lower-case address."""
    return (await session.scalars(select(User).where(User.email == email))).one_or_none()

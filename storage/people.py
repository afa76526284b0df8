"""Accounts and their sandboxes: sign-up, login, personal data (S7, S65)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, Invalid, NotAuthenticated
from domain.identity import Environment, new_uuid
from storage.database import insert_new
from storage.tables import User


async def add(session: AsyncSession, user: Mapping[str, Any]) -> User:
    """A new account with its sandbox (S65); raises Conflict where the address has one already."""
    if not await insert_new(session, User, [user], returning=User.uuid):
        raise Conflict("There is already an account with this email address.")
    live = await get(session, user["uuid"])
    await sandbox_of(session, live, live.created_at)
    return live


async def sandbox_of(session: AsyncSession, live: User, now: datetime) -> User:
    """The sandbox of a live account, made like it where it has none: it may be older than sandboxes are."""
    its_own = select(User).where(User.live == live.uuid)
    sandbox = (await session.scalars(its_own)).one_or_none()
    if sandbox is None:
        row = {column.key: getattr(live, column.key) for column in User.__table__.columns}
        row |= {"uuid": new_uuid(), "live": live.uuid, "password_hash": "", "created_at": now, "updated_at": now}
        await insert_new(session, User, [row])
        sandbox = (await session.scalars(its_own)).one()
    return sandbox


async def in_environment(session: AsyncSession, account: UUID, wanted: Environment | None, now: datetime) -> User:
    """The account itself or its sandbox, as is wanted; raises Invalid where a sandbox wants to be live."""
    own = await get(session, account)
    if wanted in (None, own.environment):
        return own
    if own.live is not None:
        raise Invalid({"environment": ["The sandbox makes test keys only."]})
    return await sandbox_of(session, own, now)


async def is_sandbox(session: AsyncSession, account: UUID) -> bool:
    """Whether what the account orders, pays and is written stays here."""
    return bool(await session.scalar(select(User.live.is_not(None)).where(User.uuid == account)))


def with_sandbox(account: UUID) -> Select[UUID]:
    """An account and its sandbox, or a sandbox alone."""
    return select(User.uuid).where((User.uuid == account) | (User.live == account))


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
    """Somebody has proved that letters to the account's address reach them; its sandbox has the same address."""
    unconfirmed = update(User).where(User.uuid.in_(with_sandbox(uuid)), User.confirmed_at.is_(None))
    await session.execute(unconfirmed.values(confirmed_at=now, updated_at=now))


async def set_password(session: AsyncSession, uuid: UUID, password_hash: str, now: datetime) -> None:
    """Another password from now on."""
    await session.execute(update(User).where(User.uuid == uuid).values(password_hash=password_hash, updated_at=now))


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The live account of a lower-case address."""
    return (await session.scalars(select(User).where(User.email == email, User.live.is_(None)))).one_or_none()

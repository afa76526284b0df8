"""The record of what a fridge's webhookUrl was told: its notifications, and every attempt."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from domain.fridges import NotificationType
from storage.tables import FridgeAttempt, FridgeNotification


async def page(
    session: AsyncSession, fridge: UUID, kind: NotificationType | None, before: int | None, limit: int
) -> Sequence[FridgeNotification]:
    """The notifications of a fridge, of that kind or all, newest first; one more than `limit` if there are more."""
    query = select(FridgeNotification).where(FridgeNotification.fridge == fridge)
    if kind is not None:
        query = query.where(FridgeNotification.type == kind)
    if before is not None:
        query = query.where(FridgeNotification.sequence < before)
    return (await session.scalars(query.order_by(FridgeNotification.sequence.desc()).limit(limit + 1))).all()


async def attempts(
    session: AsyncSession, fridge: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[FridgeAttempt, FridgeNotification]]:
    """The attempts to tell of a fridge and what was told, newest first; one more than `limit` if there are more."""
    query = (
        select(FridgeAttempt, FridgeNotification)
        .join(
            FridgeNotification,
            (FridgeNotification.fridge == FridgeAttempt.fridge)
            & (FridgeNotification.sequence == FridgeAttempt.sequence),
        )
        .where(FridgeAttempt.fridge == fridge)
    )
    if before is not None:
        query = query.where(tuple_(FridgeAttempt.at, FridgeAttempt.uuid) < before)
    query = query.order_by(FridgeAttempt.at.desc(), FridgeAttempt.uuid.desc()).limit(limit + 1)
    return [(attempt, told) for attempt, told in await session.execute(query)]


async def one(session: AsyncSession, fridge: UUID, uuid: UUID) -> FridgeNotification:
    """One notification of a fridge; raises NotFound."""
    query = select(FridgeNotification).where(FridgeNotification.uuid == uuid, FridgeNotification.fridge == fridge)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound("There is no such notification.")
    return found

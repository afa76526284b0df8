"""What a fridge has still to tell somebody, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.fridge_errands import ERRAND, Errand
from storage.tables import FridgeErrand

AT_ONCE = 20


@dataclass(frozen=True)
class Waiting:
    """The oldest errands of a fridge; `is_more` when these are not all."""

    uuids: tuple[UUID, ...]
    errands: tuple[Errand, ...]
    is_more: bool


async def oldest(session: AsyncSession, fridge: UUID) -> Waiting:
    """Some of them, in the order in which they are to be told."""
    mine = select(FridgeErrand).where(FridgeErrand.fridge == fridge)
    rows = (await session.scalars(mine.order_by(FridgeErrand.number, FridgeErrand.uuid).limit(AT_ONCE + 1))).all()
    some = rows[:AT_ONCE]
    errands = tuple(ERRAND.validate_json(row.errand) for row in some)
    return Waiting(tuple(row.uuid for row in some), errands, len(rows) > AT_ONCE)


async def strike_out(session: AsyncSession, uuids: Sequence[UUID]) -> None:
    """They have been told."""
    await session.execute(delete(FridgeErrand).where(FridgeErrand.uuid.in_(uuids)))

"""Instructions as the API reads them: which device or app is paired to what (S32, S61)."""

from collections.abc import Collection, Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.changes import Action
from domain.errors import NotFound
from storage.tables import CatalogueEntry, Device, Instruction, Item

WithOffer = tuple[Instruction, CatalogueEntry | None]
"""An instruction, and what the catalogue now says of its SKU, if it orders one that is still there."""


async def find(session: AsyncSession, account: UUID, uuid: UUID) -> WithOffer | None:
    """One instruction of an account, unless it was deleted."""
    return (await session.execute(_with_offers(account).where(Instruction.uuid == uuid))).one_or_none()


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> WithOffer:
    """One instruction of an account; raises NotFound for another's and a deleted one."""
    found = await find(session, account, uuid)
    if found is None:
        raise NotFound("There is no such instruction.")
    return found


async def page(
    session: AsyncSession,
    account: UUID,
    before: UUID | None,
    limit: int,
    *,
    item: UUID | None = None,
    device: UUID | None = None,
) -> Sequence[WithOffer]:
    """The instructions of an account, item or device, newest first; one more than `limit` if there are more."""
    statement = _with_offers(account).order_by(Instruction.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Instruction.uuid < before)
    if item is not None:
        statement = statement.where(Instruction.item == item)
    if device is not None:
        statement = statement.where(Instruction.device == device)
    return (await session.execute(statement)).all()


async def paired(
    session: AsyncSession, account: UUID, action: Action, *, device: UUID | None, ref: int | None
) -> Sequence[tuple[Instruction, Item]]:
    """What a call may mean, with the items; two at most, since the second one is already one too many.

    A device has its own instructions; for an app, which is `device` None, all of its user's count.
    """
    chosen = {"device": device, "ref": ref}
    given = {name: value for name, value in chosen.items() if value is not None}
    return (await session.execute(_paired(*given), {"account": account, "action": action} | given)).all()


async def own(
    session: AsyncSession, account: UUID, wanted: Collection[UUID], device: UUID | None
) -> dict[UUID, Instruction]:
    """Those of the wanted instructions that are the account's, and the device's where one is given."""
    statement = select(Instruction).where(
        Instruction.uuid.in_(wanted), Instruction.account == account, Instruction.deleted_at.is_(None)
    )
    statement = statement.where(_not_revoked() if device is None else Instruction.device == device)
    return {instruction.uuid: instruction for instruction in await session.scalars(statement)}


async def items_of_device(session: AsyncSession, device: UUID) -> frozenset[UUID]:
    """The items that a device's instructions are about."""
    statement = select(Instruction.item).where(Instruction.device == device, Instruction.deleted_at.is_(None))
    return frozenset(await session.scalars(statement))


@cache
def _paired(*chosen: str) -> Select[Instruction, Item]:
    """Made once for each way to choose: for a device's call, making it costs more than running it."""
    return (
        select(Instruction, Item)
        .join(Item, Item.uuid == Instruction.item)
        .where(
            Instruction.account == bindparam("account"),
            Instruction.deleted_at.is_(None),
            Instruction.action == bindparam("action"),
            *(getattr(Instruction, name) == bindparam(name) for name in chosen),
            # a device that calls is known not to be
            *(() if "device" in chosen else (_not_revoked(),)),
        )
        .limit(2)
    )


def _not_revoked() -> ColumnElement[bool]:
    return ~exists().where(Device.uuid == Instruction.device, Device.revoked_at.is_not(None))


def _with_offers(account: UUID) -> Select[Instruction, CatalogueEntry | None]:
    entry = and_(CatalogueEntry.retailer == Instruction.retailer, CatalogueEntry.sku == Instruction.sku)
    return (
        select(Instruction, CatalogueEntry)
        .outerjoin(CatalogueEntry, entry)
        .where(Instruction.account == account, Instruction.deleted_at.is_(None))
    )

"""Devices: made, listed, found by the id they call with (S35)."""

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from storage.database import insert_new
from storage.tables import Device

_DEVICE_ID = string.ascii_letters + string.digits
DEVICE_ID_LENGTH = 12

# made once, for the device's every call
_CALLED = select(Device).where(Device.device_id == bindparam("device_id"))


async def add(session: AsyncSession, device: Mapping[str, Any]) -> Device:
    """A new device with a `device_id` that no other has."""
    while True:
        device_id = "".join(secrets.choice(_DEVICE_ID) for _ in range(DEVICE_ID_LENGTH))
        if await insert_new(session, Device, [{**device, "device_id": device_id}], returning=Device.uuid):
            return await get(session, device["account"], device["uuid"])


async def get(session: AsyncSession, account: UUID, uuid: UUID) -> Device:
    """One device of an account; raises NotFound for another's."""
    device = (await session.scalars(select(Device).where(Device.uuid == uuid, Device.account == account))).one_or_none()
    if device is None:
        raise NotFound("There is no such device.")
    return device


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Device]:
    """The devices of an account, newest first, from the one after `before`; one more than `limit` if there are more."""
    statement = select(Device).where(Device.account == account).order_by(Device.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Device.uuid < before)
    return (await session.scalars(statement)).all()


async def by_device_id(session: AsyncSession, device_id: str) -> Device | None:
    """The device that calls itself so."""
    return (await session.scalars(_CALLED, {"device_id": device_id})).one_or_none()

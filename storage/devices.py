"""Devices: made, listed, found by the id they call with (S35)."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.errors import Conflict, NotFound
from storage.database import insert_new
from storage.tables import Device, FactRow

_DEVICE_ID = string.ascii_letters + string.digits
DEVICE_ID_LENGTH = 12

# made once, for the device's every call
_CALLED = select(Device).where(Device.device_id == bindparam("device_id"), Device.revoked_at.is_(None))


@dataclass(frozen=True)
class DeviceView:
    """A device and what it reported last, None where it never did."""

    device: Device
    last: FactRow | None

    @property
    def heard_at(self) -> datetime:
        """When it was last heard of, be it by being added."""
        return self.device.created_at if self.last is None else self.last.arrived_at

    def is_silent(self, now: datetime) -> bool:
        """Whether it has been silent for as long as its household wants to know of."""
        after = self.device.silent_after
        watched = after is not None and self.device.revoked_at is None
        return watched and now >= self.heard_at + timedelta(seconds=after or 0)


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


async def to_change(session: AsyncSession, account: UUID, uuid: UUID) -> Device:
    """One device of an account, locked; raises NotFound for another's, Conflict for one that was revoked."""
    device = await get(session, account, uuid)
    await session.refresh(device, with_for_update=True)
    if device.revoked_at is not None:
        raise Conflict("This device was revoked.")
    return device


async def view(session: AsyncSession, account: UUID, uuid: UUID) -> DeviceView:
    """One device of an account with its last report; raises NotFound for another's."""
    found = (await session.execute(_views().where(Device.uuid == uuid, Device.account == account))).one_or_none()
    if found is None:
        raise NotFound("There is no such device.")
    return DeviceView(*found)


async def watched(session: AsyncSession, uuid: UUID) -> DeviceView | None:
    """A device with its last report, for whoever watches it; None where it is gone or was revoked."""
    living = _views().where(Device.uuid == uuid, Device.revoked_at.is_(None))
    found = (await session.execute(living)).one_or_none()
    return None if found is None else DeviceView(*found)


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[DeviceView]:
    """The devices of an account, newest first, from the one after `before`; one more than `limit` if there are more."""
    statement = _views().where(Device.account == account).order_by(Device.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Device.uuid < before)
    return [DeviceView(*found) for found in await session.execute(statement)]


async def by_device_id(session: AsyncSession, device_id: str) -> Device | None:
    """The device that calls itself so."""
    return (await session.scalars(_CALLED, {"device_id": device_id})).one_or_none()


def _views() -> Select[Device, FactRow | None]:
    """With the last report of each, found by the index on its reports."""
    any_fact = aliased(FactRow)

    def newest(column: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
        newest_first = (any_fact.arrived_at.desc(), any_fact.item.desc(), any_fact.arrival.desc())
        return select(column).where(any_fact.device == Device.uuid).order_by(*newest_first).limit(1).scalar_subquery()

    is_newest = (FactRow.item == newest(any_fact.item)) & (FactRow.id == newest(any_fact.id))
    return select(Device, FactRow).outerjoin(FactRow, is_newest)

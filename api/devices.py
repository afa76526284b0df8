"""Devices of a household: what they are called, the id and the key they call with (S35)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import Body, MacAddress, Name, Nothing, Text
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal, requires
from storage import devices, tokens
from storage.tables import Device

OLD_KEY_LIVES = timedelta(hours=24)

Kind = Annotated[Name, Field(max_length=60, examples=["jar"])]
ChosenSecret = Annotated[Text, Field(min_length=8, max_length=200, examples=["my name is tom"])]


_JAR = {"name": "Cookie jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom"}


class NewDevice(Body, json_schema_extra={"examples": [_JAR]}):
    """A device to be; `secret` is what it will call `/v2` with, best 12 characters or more."""

    name: Name
    mac_address: MacAddress
    secret: ChosenSecret
    kind: Kind | None = None
    brand: Name | None = None


class DeviceShown(Shown):
    """A device as its household sees it."""

    uuid: UUID
    device_id: str
    mac_address: str
    name: str
    kind: str | None
    brand: str | None
    created_at: When
    updated_at: When


class DeviceWithKey(DeviceShown):
    """The only answer that shows the key."""

    device_key: str


class DevicesController(Controller):
    """Things that report."""

    path = "/devices"
    tags = ("Device",)
    guards = (requires("user"),)

    @post(operation_id="AddDevice")
    async def add(
        self,
        data: JSONBody[NewDevice],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[DeviceWithKey]]:
        """Add a device; `deviceId` is for `/v2`, `deviceKey` (shown this once) for everything else."""
        secret_hash = await parts.passwords.hash(data.secret)

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[DeviceWithKey]:
            now = datetime.now(UTC)
            row = data.model_dump(exclude={"secret"})
            row |= {"uuid": uuid, "account": principal.household, "secret_hash": secret_hash}
            device = await devices.add(session, {**row, "created_at": now, "updated_at": now})
            return Envelope(message="Device created.", data=_with_new_key(session, parts, device, now))

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListDevices")
    async def list_devices(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[DeviceShown]:
        """The household's devices, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await devices.page(session, principal.household, before, paging.limit)
        return paging.listing("Devices.", rows, _shown, lambda device: (device.uuid,))

    @get("/{uuid:uuid}", operation_id="GetDevice")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[DeviceShown]:
        """One device."""
        async with parts.db.reading() as session:
            device = await devices.get(session, principal.household, uuid)
        return Envelope(message="Device.", data=_shown(device))

    @post("/{uuid:uuid}/rotate", operation_id="RotateDeviceKey", status_code=200)
    async def rotate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[DeviceWithKey]]:
        """Get a new key. The one before works for another day, older ones end now: two calls end a stolen key."""

        async def make(session: AsyncSession, _: UUID) -> Envelope[DeviceWithKey]:
            now = datetime.now(UTC)
            device = await devices.get(session, principal.household, uuid)
            await tokens.supersede(session, device.uuid, now, OLD_KEY_LIVES)
            return Envelope(message="Device key rotated.", data=_with_new_key(session, parts, device, now))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)


def _shown(device: Device) -> DeviceShown:
    return DeviceShown.model_validate(device, from_attributes=True)


def _with_new_key(session: AsyncSession, parts: Parts, device: Device, now: datetime) -> DeviceWithKey:
    key = tokens.issue(session, parts.secrets, kind="device", prefix="dk", subject=device.uuid, now=now)
    return DeviceWithKey(**_shown(device).model_dump(), device_key=key)

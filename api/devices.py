"""Devices of a household: what they are called, what they call with (S35), and when they were last heard of."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field, WithJsonSchema
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, MacAddress, Name, Nothing, Text, Whole
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.facts import Fact, FactKind
from domain.watching import LONGEST_SILENCE, SHORTEST_SILENCE
from storage import devices, tokens
from storage.devices import DeviceView

OLD_KEY_LIVES = timedelta(hours=24)

Kind = Annotated[Name, Field(max_length=60, examples=["jar"])]
_SHORTEST, _LONGEST = int(SHORTEST_SILENCE.total_seconds()), int(LONGEST_SILENCE.total_seconds())
SilentAfter = Annotated[
    Whole,
    Field(ge=_SHORTEST, le=_LONGEST),
    WithJsonSchema({"type": "integer", "minimum": _SHORTEST, "maximum": _LONGEST, "examples": [86_400]}),
]
ChosenSecret = Annotated[Text, Field(min_length=8, max_length=200, examples=["my name is tom"])]


_JAR = {"name": "Cookie jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom"}


class NewDevice(Body, json_schema_extra={"examples": [_JAR]}):
    """A device to be; `secret` is what it will call `/v2` with, best 12 characters or more.

    `silentAfter` is how many seconds it may be silent before its household is told; left out, for ever.
    """

    name: Name
    mac_address: MacAddress
    secret: ChosenSecret
    kind: Kind | None = None
    brand: Name | None = None
    silent_after: SilentAfter | None = None


class DeviceChanges(Body, json_schema_extra={"examples": [{"name": "Cookie jar", "silentAfter": 86_400}]}):
    """What may be changed; what is left out stays."""

    name: Annotated[Name | None, NOT_NULL] = None
    kind: Kind | None = None
    brand: Name | None = None
    silent_after: SilentAfter | None = None


class LastReport(Shown):
    """What a device said last, observed `at`; the quantity is in the unit of the item."""

    at: When
    kind: FactKind
    item: UUID
    quantity: Quantity | None


class DeviceShown(Shown):
    """A device as its household sees it; `silent` is true for one that has said nothing for `silentAfter` seconds."""

    uuid: UUID
    device_id: str
    mac_address: str
    name: str
    kind: str | None
    brand: str | None
    silent_after: int | None
    silent: bool
    last_report: LastReport | None
    created_at: When
    updated_at: When
    revoked_at: When | None


class DeviceWithKey(DeviceShown):
    """The only answer that shows the key."""

    device_key: str


class DevicesController(Controller):
    """Things that report."""

    path = "/devices"
    tags = ("Device",)

    @post(operation_id="AddDevice")
    async def add(
        self,
        data: JSONBody[NewDevice],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[DeviceWithKey]]:
        """Add a device; `deviceId` is for `/v2`, `deviceKey` (shown this once) for everything else."""
        principal.check_brand(data.brand)
        secret_hash = await parts.passwords.hash(data.secret)

        async def watch(uuid: UUID) -> None:
            if data.silent_after is not None:
                await parts.desk.watch(principal.household, uuid)

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[DeviceWithKey]:
            now = datetime.now(UTC)
            row = data.model_dump(exclude={"secret"})
            row |= {"uuid": uuid, "account": principal.household, "secret_hash": secret_hash}
            device = await devices.add(session, {**row, "created_at": now, "updated_at": now})
            view = DeviceView(device, None)
            return Envelope(message="Device created.", data=_with_new_key(session, parts, view, now))

        return await one_answer.in_transaction(data, make, holds_secret=True, before=watch)

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
            views = await devices.page(session, principal.household, before, paging.limit)
        now = {view.device.uuid: await _now(parts, view) for view in views[: paging.limit]}
        return paging.listing(
            "Devices.", views, lambda view: _shown(view, now[view.device.uuid]), lambda view: (view.device.uuid,)
        )

    @get("/{uuid:uuid}", operation_id="GetDevice")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[DeviceShown]]:
        """One device, with its last report."""
        async with parts.db.reading() as session:
            view = await devices.view(session, principal.household, uuid)
        return seen.answer(Envelope(message="Device.", data=_shown(view, await _now(parts, view))), view.device)

    @patch("/{uuid:uuid}", operation_id="ChangeDevice")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[DeviceChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[DeviceShown]]:
        """Change name, kind or brand, or after how many seconds it counts as silent (`null`: never)."""
        async with parts.db.reading() as session:
            present = (await devices.view(session, principal.household, uuid)).device
        unchanged.check(present)
        if "brand" in data.model_fields_set:
            principal.check_brand(data.brand)
        if "silent_after" in data.model_fields_set and data.silent_after != present.silent_after:
            await parts.desk.watch(present.account, uuid)
        async with parts.db.writing() as session:
            device = await devices.to_change(session, principal.household, uuid)
            unchanged.check(device)
            for field, value in data.model_dump(exclude_unset=True).items():
                setattr(device, field, value)
            device.updated_at = datetime.now(UTC)
            await session.flush()
            view = await devices.view(session, principal.household, uuid)
        now = await _now(parts, view)
        return unchanged.answer(Envelope(message="Device updated.", data=_shown(view, now)), view.device)

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
            device = await devices.to_change(session, principal.household, uuid)
            await tokens.supersede(session, device.uuid, now, OLD_KEY_LIVES)
            view = await devices.view(session, principal.household, uuid)
            return Envelope(message="Device key rotated.", data=_with_new_key(session, parts, view, now))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)

    @post("/{uuid:uuid}/revoke", operation_id="RevokeDevice", status_code=200)
    async def revoke(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[DeviceShown]:
        """End a device for good: neither its keys nor its secret open anything, and nobody calls its instructions."""
        async with parts.db.writing() as session:
            now = datetime.now(UTC)
            device = await devices.get(session, principal.household, uuid)
            if device.revoked_at is None:
                device.revoked_at = device.updated_at = now
                await tokens.revoke_all(session, device.uuid, "device", now)
                await session.flush()
            view = await devices.view(session, principal.household, uuid)
        return Envelope(message="Device revoked.", data=_shown(view, await _now(parts, view)))


async def _now(parts: Parts, view: DeviceView) -> datetime:
    return await parts.desk.now(None if view.last is None else view.last.item)


def _shown(view: DeviceView, now: datetime) -> DeviceShown:
    device, last = view.device, None
    if view.last is not None:
        fact = Fact.model_validate_json(view.last.fact)
        last = LastReport(at=view.last.observed_at, kind=fact.kind, item=view.last.item, quantity=fact.quantity)
    return DeviceShown(
        uuid=device.uuid,
        device_id=device.device_id,
        mac_address=device.mac_address,
        name=device.name,
        kind=device.kind,
        brand=device.brand,
        silent_after=device.silent_after,
        silent=view.is_silent(now),
        last_report=last,
        created_at=device.created_at,
        updated_at=device.updated_at,
        revoked_at=device.revoked_at,
    )


def _with_new_key(session: AsyncSession, parts: Parts, view: DeviceView, now: datetime) -> DeviceWithKey:
    key = tokens.issue(session, parts.secrets, kind="device", prefix="dk", subject=view.device.uuid, now=now)
    return DeviceWithKey(**_shown(view, now).model_dump(), device_key=key)

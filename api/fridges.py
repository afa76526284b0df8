"""Fridges: made, set, moved to another fleet, linked anew, deleted; in the documented shape (S73-S83)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from pydantic import AfterValidator, Field, WithJsonSchema
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Id, Nothing, Number, Whole, short
from api.endpoints import WebAddress, new_signing_secret
from api.envelope import Envelope, Listing, Paging
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict, Invalid, NotFound
from domain.fridge_papers import FridgePaper
from domain.fridges import DoorStatus
from storage import fleets, fridge_outbox, fridges
from storage.fridges import FridgeView
from storage.init_keys import init_key_in_clear, new_init_key
from storage.tables import Fleet

SHORTEST_INTERVAL, LONGEST_INTERVAL, USUAL_INTERVAL = 10, 86_400, 300
_JUDGED_BY = {"temperature_min_alert", "temperature_max_alert", "heartbeat_interval"}
_LOWEST, _HIGHEST = -100, 200

Degrees = Annotated[
    Number,
    Field(ge=_LOWEST, le=_HIGHEST, decimal_places=3),
    AfterValidator(short),
    WithJsonSchema({"type": "number", "minimum": _LOWEST, "maximum": _HIGHEST, "examples": [10]}),
]
Seconds = Annotated[
    Whole,
    Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL),
    WithJsonSchema({"type": "integer", "minimum": SHORTEST_INTERVAL, "maximum": LONGEST_INTERVAL, "examples": [300]}),
]

_SETTINGS = {
    "temperatureMinAlert": -10,
    "temperatureMaxAlert": 10,
    "webhookUrl": "https://example.com/webhook-fridge-api",
    "kioskUrl": "https://kiosk.example.com",
    "heartbeatInterval": 300,
}


class FridgeSettings(Body):
    """What a fridge is set to (S78-S81); of what is left out, a new fridge has none, and a heartbeat every 300 s."""

    temperature_min_alert: Degrees | None = None
    temperature_max_alert: Degrees | None = None
    webhook_url: WebAddress | None = None
    kiosk_url: WebAddress | None = None
    heartbeat_interval: Annotated[Seconds | None, NOT_NULL] = None


class NewFridge(
    Body,
    json_schema_extra={"examples": [{"fleet_id": "c127eb0f-bf0f-4b0a-a5de-bb416aaf2ce1", "settings": _SETTINGS}]},
):
    """A fridge to be, in one of the account's fleets; `fleet_id` is the one name that is not in camelCase (S73)."""

    fleet_id: Annotated[Id, Field(alias="fleet_id")]
    settings: Annotated[FridgeSettings, Field(default_factory=FridgeSettings)]


class FridgeChanges(
    Body, json_schema_extra={"examples": [{"settings": {"temperatureMaxAlert": 8, "heartbeatInterval": 60}}]}
):
    """What may be changed; what is left out stays, and a setting that is null is taken away."""

    fleet_id: Annotated[Id | None, NOT_NULL, Field(alias="fleet_id")] = None
    settings: Annotated[FridgeSettings, Field(default_factory=FridgeSettings)]


class FridgesController(Controller):
    """Fridges."""

    path = "/fridges"
    tags = ("Fridge",)

    @post(operation_id="AddFridge")
    async def add(
        self,
        data: JSONBody[NewFridge],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[FridgePaper]]:
        """Make a fridge; `initKey` links one device to it, within a day."""
        secrets = one_answer.parts.secrets
        settings = data.settings.model_dump()
        settings["heartbeat_interval"] = data.settings.heartbeat_interval or USUAL_INTERVAL
        _check_band(settings["temperature_min_alert"], settings["temperature_max_alert"])

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[FridgePaper]:
            now, account = datetime.now(UTC), principal.household
            fleet = await _fleet(session, account, data.fleet_id)
            _, key = new_init_key(secrets, now)
            row = _as_new(now) | settings | {**key, "webhook_secret": secrets.seal(new_signing_secret())}
            fridge = await fridges.add(session, row | {"uuid": uuid, "account": account, "fleet": fleet.uuid})
            shown = _shown(FridgeView(fridge, fleet), one_answer.parts, principal, now)
            return Envelope(message="Fridge created.", data=shown)

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListFridges")
    async def list_fridges(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        fleet: Annotated[UUID | None, QueryParameter(description="Only the fridges of this fleet.")] = None,
    ) -> Listing[FridgePaper]:
        """The account's fridges, newest first."""
        before, now = paging.after_one(UUID), datetime.now(UTC)
        async with parts.db.reading() as session:
            views = await fridges.page(session, principal.household, before, paging.limit, fleet=fleet)
        return paging.listing(
            "Fridges.", views, lambda view: _shown(view, parts, principal, now), lambda view: (view.fridge.uuid,)
        )

    @get("/{uuid:uuid}", operation_id="GetFridge")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[FridgePaper]]:
        """One fridge as it is now; `initKey` while it can be used, to callers who may change fridges."""
        async with parts.db.reading() as session:
            view = await fridges.view(session, principal.household, uuid)
        shown = _shown(view, parts, principal, datetime.now(UTC))
        return seen.answer(Envelope(message="Fridge.", data=shown), view.fridge)

    @patch("/{uuid:uuid}", operation_id="ChangeFridge")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[FridgeChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[FridgePaper]]:
        """Change its settings, or move it to another fleet."""
        changes = data.settings.model_dump(exclude_unset=True)
        async with parts.db.reading() as session:
            unchanged.check(await fridges.get(session, principal.household, uuid))
        if changes.keys() & _JUDGED_BY:
            await parts.desk.fridge_changed(principal.household, uuid)
        if "webhook_url" in changes:
            await parts.desk.fridge_webhook(principal.household, uuid)
        async with parts.db.writing() as session:
            fridge = await fridges.get(session, principal.household, uuid, to_change=True)
            unchanged.check(fridge)
            if data.fleet_id is not None:
                fridge.fleet = (await _fleet(session, principal.household, data.fleet_id)).uuid
            if "webhook_url" in changes:  # the same once more switches it on again
                fridge_outbox.address(fridge, changes.pop("webhook_url"))
                await fridge_outbox.hurry(session, fridge.uuid)
            for column, value in changes.items():
                setattr(fridge, column, value)
            _check_band(fridge.temperature_min_alert, fridge.temperature_max_alert)
            fridge.version, fridge.updated_at = fridge.version + 1, datetime.now(UTC)
            await session.flush()
            view = await fridges.view(session, principal.household, uuid)
        shown = _shown(view, parts, principal, view.fridge.updated_at)
        return unchanged.answer(Envelope(message="Fridge updated.", data=shown), view.fridge)

    @delete("/{uuid:uuid}", operation_id="DeleteFridge", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a fridge: it is unlinked at once, and commands that are under way fail.

        What was inside stays stock, until another fridge has it or its tag is taken off the product.
        """
        async with parts.db.reading() as session:
            await fridges.get(session, principal.household, uuid)
        await parts.desk.fridge_changed(principal.household, uuid)
        async with parts.db.writing() as session:
            fridge = await fridges.get(session, principal.household, uuid, to_change=True)
            await fridges.remove(session, fridge, datetime.now(UTC))
        return Envelope(message="Fridge deleted.", data=None)

    @post("/{uuid:uuid}/init-key", operation_id="NewInitKey", status_code=200)
    async def new_key(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[FridgePaper]]:
        """Get another `initKey`, for a day; the one before is dead, and a linked device stays until it is used."""
        parts = one_answer.parts

        async def make(session: AsyncSession, _: UUID) -> Envelope[FridgePaper]:
            now = datetime.now(UTC)
            fridge = await fridges.get(session, principal.household, uuid, to_change=True)
            if fridge.connection is not None:
                raise Conflict("This fridge is in another cloud: it is linked there.")
            for column, value in new_init_key(parts.secrets, now)[1].items():
                setattr(fridge, column, value)
            await session.flush()
            view = await fridges.view(session, principal.household, uuid)
            return Envelope(message="Init key created.", data=_shown(view, parts, principal, now))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)


def _as_new(now: datetime) -> dict[str, Any]:
    """What a fridge is before anybody has heard of it (S75)."""
    return {
        "door_status": DoorStatus.CLOSED,
        "last_activity": now,
        "is_offline": False,
        "is_out_of_band": False,
        "sequence": 0,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


async def _fleet(session: AsyncSession, account: UUID, uuid: UUID) -> Fleet:
    try:
        return await fleets.get(session, account, uuid, to_change=True)
    except NotFound as unknown:
        raise Invalid({"fleet_id": [unknown.message]}) from unknown


def _check_band(lowest: Decimal | None, highest: Decimal | None) -> None:
    if lowest is not None and highest is not None and lowest > highest:
        text = "This value should be less than or equal to temperatureMaxAlert."
        raise Invalid({"settings.temperatureMinAlert": [text]})


def _shown(view: FridgeView, parts: Parts, principal: Principal, now: datetime) -> FridgePaper:
    # who has the key can be the fridge, so a key that only reads does not see it
    may_link = principal.kind == "user" or "fridges:write" in principal.scopes
    key = init_key_in_clear(parts.secrets, view.fridge, now) if may_link else None
    return FridgePaper.of(view.fridge, view.fleet, key)

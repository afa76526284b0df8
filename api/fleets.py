"""Fleets: groups of fridges (S70, S71)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Name
from api.envelope import Envelope, Listing, Paging
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict
from domain.fridge_papers import FleetPaper
from storage import fleets


class NewFleet(Body, json_schema_extra={"examples": [{"name": "My Fleet"}]}):
    """A fleet to be."""

    name: Name


class FleetChanges(Body, json_schema_extra={"examples": [{"name": "My Fleet"}]}):
    """What may be changed; what is left out stays."""

    name: Annotated[Name | None, NOT_NULL] = None


class FleetsController(Controller):
    """Groups of fridges."""

    path = "/fleets"
    tags = ("Fridge",)

    @post(operation_id="AddFleet")
    async def add(
        self,
        data: JSONBody[NewFleet],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[FleetPaper]]:
        """Make a fleet, which fridges are then added to."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[FleetPaper]:
            now = datetime.now(UTC)
            row = {"uuid": uuid, "account": principal.household, "name": data.name}
            fleet = await fleets.add(session, row | {"created_at": now, "updated_at": now})
            # without a full stop, as documented
            return Envelope(message="Fleet created", data=FleetPaper.of(fleet))

        return await one_answer.in_transaction(data, make)

    @get(operation_id="ListFleets")
    async def list_fleets(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[FleetPaper]:
        """The account's fleets, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await fleets.page(session, principal.household, before, paging.limit)
        return paging.listing("Fleets.", rows, FleetPaper.of, lambda fleet: (fleet.uuid,))

    @get("/{uuid:uuid}", operation_id="GetFleet")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[FleetPaper]]:
        """One fleet; its fridges are at `GET /fridges?fleet=`."""
        async with parts.db.reading() as session:
            fleet = await fleets.get(session, principal.household, uuid)
        return seen.answer(Envelope(message="Fleet.", data=FleetPaper.of(fleet)), fleet)

    @patch("/{uuid:uuid}", operation_id="ChangeFleet")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[FleetChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[FleetPaper]]:
        """Give it another name."""
        async with parts.db.writing() as session:
            fleet = await fleets.get(session, principal.household, uuid, to_change=True)
            unchanged.check(fleet)
            fleet.name = data.name or fleet.name
            fleet.updated_at = datetime.now(UTC)
        return unchanged.answer(Envelope(message="Fleet updated.", data=FleetPaper.of(fleet)), fleet)

    @delete("/{uuid:uuid}", operation_id="DeleteFleet", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Remove a fleet that no fridge is in (409)."""
        async with parts.db.writing() as session:
            fleet = await fleets.get(session, principal.household, uuid, to_change=True)
            if await fleets.in_use(session, fleet):
                raise Conflict("There are fridges in this fleet: delete them or move them first.")
            fleet.deleted_at = fleet.updated_at = datetime.now(UTC)
        return Envelope(message="Fleet deleted.", data=None)

"""Items: what a household keeps track of, how much there is, and what was decided about it last (1.K)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Amount, Body, Name, PositiveAmount, Unit
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.parts import Parts
from api.principals import Principal, requires
from domain.changes import Change, ChangeKind, ItemDraft
from domain.decisions import Verdict
from domain.stock import Stock
from storage import items
from storage.items import ItemView
from storage.tables import Item


class NewItem(Body, json_schema_extra={"examples": [{"name": "Cookies", "unit": "piece", "level": 12}]}):
    """A thing to keep track of; `level` is how much of it there is now, `capacity` what "full" means."""

    name: Name
    unit: Unit = "piece"
    level: Amount | None = None
    capacity: PositiveAmount | None = None
    location: Name | None = None


class ItemChanges(
    Body, json_schema_extra={"examples": [{"name": "Oat cookies", "capacity": 24, "location": "Pantry"}]}
):
    """What may be changed; what is left out stays. The level is changed by facts."""

    name: Annotated[Name | None, NOT_NULL] = None
    capacity: PositiveAmount | None = None
    location: Name | None = None


class LastDecision(Shown):
    """The newest judgement, in one sentence."""

    sentence: str
    verdict: Verdict
    at: When


class ItemShown(Shown):
    """An item; amounts in its unit, null where nobody knows yet. `level` is `onShelf` + `arriving` (1.N)."""

    uuid: UUID
    name: str
    unit: str
    capacity: Quantity | None
    location: str | None
    level: Quantity | None
    on_shelf: Quantity | None
    arriving: Quantity
    on_order: Quantity
    percent: Quantity | None
    days_left: Quantity | None
    discrepancy: Quantity
    unseen: Quantity
    out_since: When | None
    low: bool | None
    next_check: When | None
    decision: LastDecision | None
    created_at: When
    updated_at: When


class ItemsController(Controller):
    """Things that are tracked."""

    path = "/items"
    tags = ("UI",)
    guards = (requires("user"),)

    @post(operation_id="AddItem")
    async def add(
        self,
        data: JSONBody[NewItem],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[ItemShown]]:
        """Start to track something; the level given here is its first count."""

        async def make(uuid: UUID) -> Envelope[ItemShown]:
            draft = ItemDraft(uuid=uuid, **data.model_dump())
            await parts.desk.change(_change(principal, draft.uuid, 1, await parts.desk.now(), draft))
            return Envelope(message="Item created.", data=await _read(parts, principal, uuid))

        return await one_answer.through_workflow(data, make)

    @get(operation_id="ListItems")
    async def list_items(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[ItemShown]:
        """The household's items."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            views = await items.page(session, principal.household, before, paging.limit)
        now = {view.item.uuid: await parts.desk.now(view.item.uuid) for view in views[: paging.limit]}
        return paging.listing(
            "Items.", views, lambda view: _shown(view, now[view.item.uuid]), lambda view: (view.item.uuid,)
        )

    @get("/{uuid:uuid}", operation_id="GetItem")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[ItemShown]:
        """One item, as it was when it was last settled."""
        return Envelope(message="Item.", data=await _read(parts, principal, uuid))

    @patch("/{uuid:uuid}", operation_id="ChangeItem")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[ItemChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[ItemShown]:
        """Change name, capacity or location; what is left out stays."""
        item = await _own(parts, principal, uuid)
        draft = ItemDraft(uuid=uuid, name=item.name, unit=item.unit, capacity=item.capacity, location=item.location)
        draft = draft.model_copy(update=data.model_dump(exclude_unset=True))
        await parts.desk.change(_change(principal, uuid, item.version + 1, await parts.desk.now(uuid), draft))
        return Envelope(message="Item updated.", data=await _read(parts, principal, uuid))

    @delete("/{uuid:uuid}", operation_id="DeleteItem", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End an item with its rules, instructions and clocks; open orders run out."""
        item = await _own(parts, principal, uuid)
        await parts.desk.change(_change(principal, uuid, item.version + 1, await parts.desk.now(uuid), None))
        return Envelope(message="Item deleted.", data=None)


def _change(principal: Principal, uuid: UUID, version: int, at: datetime, draft: ItemDraft | None) -> Change:
    return Change(
        subject=uuid,
        version=version,
        account=principal.household,
        item=uuid,
        at=at,
        kind=ChangeKind.ITEM,
        draft_item=draft,
    )


async def _own(parts: Parts, principal: Principal, uuid: UUID) -> Item:
    async with parts.db.reading() as session:
        return (await items.get(session, principal.household, uuid)).item


async def _read(parts: Parts, principal: Principal, uuid: UUID) -> ItemShown:
    async with parts.db.reading() as session:
        view = await items.get(session, principal.household, uuid)
    return _shown(view, await parts.desk.now(uuid))


def _shown(view: ItemView, now: datetime) -> ItemShown:
    """Time goes on for what is stored: a parcel may have settled since (1.N)."""
    item, newest = view.item, view.newest
    stock = Stock(capacity=item.capacity) if view.state is None else view.state.stock.advanced(now)
    return ItemShown(
        uuid=item.uuid,
        name=item.name,
        unit=item.unit,
        capacity=item.capacity,
        location=item.location,
        level=stock.level,
        on_shelf=stock.on_shelf,
        arriving=stock.arriving,
        on_order=stock.ordered_units,
        percent=stock.percent,
        days_left=None,
        discrepancy=stock.discrepancy,
        unseen=stock.unseen,
        out_since=min((out.since for out in stock.outs), default=None),
        low=stock.low,
        next_check=None if view.state is None else view.state.next_check,
        decision=newest and LastDecision(sentence=newest.sentence, verdict=newest.verdict, at=newest.at),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )

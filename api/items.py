"""Items: what a household keeps track of, how much there is, and what was decided about it last (1.K)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Amount, Body, Id, MeasuredIn, Name, PositiveAmount, Unit
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.changes import Change, ChangeKind, ItemDraft
from domain.decisions import Verdict
from domain.errors import Invalid, NotFound
from domain.stock import Stock
from domain.units import UnitError, converted, same_dimension
from rules.forecast import forecast
from storage import items, products
from storage.items import ItemView
from storage.tables import Item, Product


class NewItem(Body, json_schema_extra={"examples": [{"name": "Cookies", "unit": "piece", "level": 12}]}):
    """A thing to keep track of; `level` is how much of it there is now, `capacity` what "full" means.

    Both are in `unit`, unless they have one of their own. The unit of a product is the item's where none is given.
    With `substitutes` its retailer may send something else of the same size, which costs no more.
    """

    name: Name
    product: Id | None = None
    unit: MeasuredIn = "piece"
    level: Amount | None = None
    level_unit: Unit | None = None
    capacity: PositiveAmount | None = None
    capacity_unit: Unit | None = None
    location: Name | None = None
    substitutes: bool = False


class ItemChanges(
    Body, json_schema_extra={"examples": [{"name": "Oat cookies", "capacity": 24, "location": "Pantry"}]}
):
    """What may be changed; what is left out stays. The level is changed by facts."""

    name: Annotated[Name | None, NOT_NULL] = None
    product: Id | None = None
    capacity: PositiveAmount | None = None
    capacity_unit: Unit | None = None
    location: Name | None = None
    substitutes: Annotated[bool | None, NOT_NULL] = None


class LastDecision(Shown):
    """The newest judgement, in one sentence."""

    sentence: str
    verdict: Verdict
    at: When


class ItemShown(Shown):
    """An item; amounts in its unit, null where nobody knows yet. `level` is `onShelf` + `arriving` (1.N).

    `daysLeft` is how long the level lasts by its use so far: one in twenty lasts less than `daysLeftCautious`, one in
    twenty more than `daysLeftHopeful`; null until enough was seen of its use. The level of a group is what its items
    hold together (`GET /groups/{uuid}`). `outSince` is the oldest removal that was not returned, `expiresAt` when the
    first tag or batch inside expires.
    """

    uuid: UUID
    name: str
    unit: str
    product: UUID | None
    capacity: Quantity | None
    location: str | None
    substitutes: bool
    is_group: bool
    level: Quantity | None
    on_shelf: Quantity | None
    arriving: Quantity
    on_order: Quantity
    percent: Quantity | None
    days_left: Quantity | None
    days_left_cautious: Quantity | None
    days_left_hopeful: Quantity | None
    use_per_day: Quantity | None
    discrepancy: Quantity
    unseen: Quantity
    out_since: When | None
    expires_at: When | None
    low: bool | None
    next_check: When | None
    decision: LastDecision | None
    created_at: When
    updated_at: When


class ItemsController(Controller):
    """Things that are tracked."""

    path = "/items"
    tags = ("UI",)

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
            draft = await _drafted(parts, principal, uuid, data)
            await parts.desk.change(_change(principal, draft.uuid, 1, await parts.desk.now(), draft))
            return Envelope(message="Item created.", data=await _now(parts, await _view(parts, principal, uuid)))

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
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[ItemShown]]:
        """One item, as it was when it was last settled."""
        view = await _view(parts, principal, uuid)
        return seen.answer(Envelope(message="Item.", data=await _now(parts, view)), view.item)

    @patch("/{uuid:uuid}", operation_id="ChangeItem")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[ItemChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[ItemShown]]:
        """Change name, product, capacity, location or substitutes; what is left out stays."""
        item = (await _view(parts, principal, uuid)).item
        unchanged.check(item)
        if "product" in data.model_fields_set:
            principal.check_product(data.product)
        draft = await _redrafted(parts, item, data)
        await parts.desk.change(_change(principal, uuid, item.version + 1, await parts.desk.now(uuid), draft))
        view = await _view(parts, principal, uuid)
        return unchanged.answer(Envelope(message="Item updated.", data=await _now(parts, view)), view.item)

    @delete("/{uuid:uuid}", operation_id="DeleteItem", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End an item with its rules, instructions and clocks; open orders run out."""
        item = (await _view(parts, principal, uuid)).item
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


async def _drafted(parts: Parts, principal: Principal, uuid: UUID, wanted: NewItem) -> ItemDraft:
    principal.check_product(wanted.product)
    product = None if wanted.product is None else await _product(parts, principal.household, wanted.product)
    unit = wanted.unit if product is None or "unit" in wanted.model_fields_set else product.unit
    _check_dimension(product, unit)
    return ItemDraft(
        uuid=uuid,
        name=wanted.name,
        unit=unit,
        product=wanted.product,
        capacity=_said_in(unit, "capacity", wanted.capacity, wanted.capacity_unit),
        location=wanted.location,
        substitutes=wanted.substitutes,
        level=_said_in(unit, "level", wanted.level, wanted.level_unit),
    )


async def _redrafted(parts: Parts, item: Item, changes: ItemChanges) -> ItemDraft:
    if changes.product is not None and item.is_group:
        raise Invalid({"product": ["A group is of no product: its items are."]})
    if changes.product is not None:
        _check_dimension(await _product(parts, item.account, changes.product), item.unit)
    present = ItemDraft(
        uuid=item.uuid,
        name=item.name,
        unit=item.unit,
        product=item.product,
        capacity=item.capacity,
        location=item.location,
        substitutes=item.substitutes,
    )
    given = changes.model_dump(exclude_unset=True, exclude={"capacity_unit"})
    capacity = _said_in(item.unit, "capacity", changes.capacity, changes.capacity_unit)
    return present.model_copy(update=given | ({"capacity": capacity} if "capacity" in given else {}))


async def _product(parts: Parts, account: UUID, uuid: UUID) -> Product:
    async with parts.db.reading() as session:
        try:
            return await products.get(session, account, uuid)
        except NotFound as unknown:
            raise Invalid({"product": [unknown.message]}) from unknown


def _check_dimension(product: Product | None, unit: str) -> None:
    if product is not None and not same_dimension(product.unit, unit):
        raise Invalid({"product": [f"This product is measured in {product.unit}, which is no other word for {unit}."]})


def _said_in(unit: str, field: str, amount: Decimal | None, said: str | None) -> Decimal | None:
    if said is None:
        return amount
    if amount is None:
        raise Invalid({f"{field}Unit": [f"This field needs {field} beside it."]})
    try:
        return converted(amount, said, unit)
    except UnitError as wrong:
        raise Invalid({f"{field}Unit": [str(wrong)]}) from wrong


async def _view(parts: Parts, principal: Principal, uuid: UUID) -> ItemView:
    async with parts.db.reading() as session:
        return await items.get(session, principal.household, uuid)


async def _now(parts: Parts, view: ItemView) -> ItemShown:
    return _shown(view, await parts.desk.now(view.item.uuid))


def _shown(view: ItemView, now: datetime) -> ItemShown:
    """Time goes on for what is stored: a parcel may have settled since (1.N)."""
    item, newest = view.item, view.newest
    stock = Stock(capacity=item.capacity) if view.state is None else view.state.stock.advanced(now)
    outlook = forecast(stock, now)
    return ItemShown(
        uuid=item.uuid,
        name=item.name,
        unit=item.unit,
        product=item.product,
        capacity=item.capacity,
        location=item.location,
        substitutes=item.substitutes,
        is_group=item.is_group,
        level=stock.level,
        on_shelf=stock.on_shelf,
        arriving=stock.arriving,
        on_order=stock.ordered_units,
        percent=stock.percent,
        days_left=outlook and outlook.days_left,
        days_left_cautious=outlook and outlook.cautious,
        days_left_hopeful=outlook and outlook.hopeful,
        use_per_day=outlook and outlook.per_day,
        discrepancy=stock.discrepancy,
        unseen=stock.unseen,
        out_since=min((out.since for out in stock.outs), default=None),
        expires_at=stock.expires_first,
        low=stock.low,
        next_check=None if view.state is None else view.state.next_check,
        decision=newest and LastDecision(sentence=newest.sentence, verdict=newest.verdict, at=newest.at),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )

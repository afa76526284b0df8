"""Groups: several items with one level, "6 milks in all"; to rules, orders and history they are items like others."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Id, MeasuredIn, Name, PositiveAmount
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.changes import Change, ChangeKind, ItemDraft
from domain.errors import Invalid, NotFound
from domain.stock import Stock
from domain.units import same_dimension
from storage import groups, items
from storage.groups import MOST_MEMBERS
from storage.items import ItemView
from storage.tables import Item

_ITEM = "01920b3c-6f6a-7000-8000-000000000002"
Members = Annotated[list[Id], Field(min_length=1, max_length=MOST_MEMBERS)]


class NewGroup(Body, json_schema_extra={"examples": [{"name": "Milk in all", "unit": "piece", "items": [_ITEM]}]}):
    """Items that are counted together, in `unit`; each of them may be in other groups, too."""

    name: Name
    items: Members
    unit: MeasuredIn = "piece"
    capacity: PositiveAmount | None = None


class GroupChanges(Body, json_schema_extra={"examples": [{"name": "Milk in all", "items": [_ITEM]}]}):
    """What may be changed; what is left out stays. `items` are all that are in the group from now on."""

    name: Annotated[Name | None, NOT_NULL] = None
    items: Annotated[Members | None, NOT_NULL] = None
    capacity: PositiveAmount | None = None


class MemberShown(Shown):
    """An item of a group and how much of it there is, in its own unit."""

    uuid: UUID
    name: str
    unit: str
    level: Quantity | None


class GroupShown(Shown):
    """A group; its `level` is null while nobody knows that of one of its items. All else is at `GET /items/{uuid}`."""

    uuid: UUID
    name: str
    unit: str
    capacity: Quantity | None
    level: Quantity | None
    arriving: Quantity
    on_order: Quantity
    items: list[MemberShown]
    created_at: When
    updated_at: When


class GroupsController(Controller):
    """Items that are counted together."""

    path = "/groups"
    tags = ("UI",)

    @post(operation_id="AddGroup")
    async def add(
        self,
        data: JSONBody[NewGroup],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[GroupShown]]:
        """Count items together: whenever the level of one changes, so does the group's."""
        account = principal.household

        async def make(uuid: UUID) -> Envelope[GroupShown]:
            async with parts.db.reading() as session:
                await _check(session, account, data.items, data.unit)
            draft = ItemDraft(
                uuid=uuid, name=data.name, unit=data.unit, capacity=data.capacity, members=_members(data.items)
            )
            await parts.desk.change(_change(account, uuid, 1, await parts.desk.now(), draft))
            return Envelope(message="Group created.", data=await _shown(parts, await _own(parts, principal, uuid)))

        return await one_answer.through_workflow(data, make)

    @get(operation_id="ListGroups")
    async def list_groups(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[GroupShown]:
        """The household's groups, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            views = await items.page(session, principal.household, before, paging.limit, groups_only=True)
        shown = {view.item.uuid: await _shown(parts, view) for view in views[: paging.limit]}
        return paging.listing("Groups.", views, lambda view: shown[view.item.uuid], lambda view: (view.item.uuid,))

    @get("/{uuid:uuid}", operation_id="GetGroup")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[GroupShown]]:
        """One group with its items."""
        view = await _own(parts, principal, uuid)
        return seen.answer(Envelope(message="Group.", data=await _shown(parts, view)), view.item)

    @patch("/{uuid:uuid}", operation_id="ChangeGroup")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[GroupChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[GroupShown]]:
        """Change name, capacity or items; what is left out stays."""
        item = (await _own(parts, principal, uuid)).item
        unchanged.check(item)
        if data.items is not None:
            async with parts.db.reading() as session:
                await _check(session, item.account, data.items, item.unit)
        draft = ItemDraft(
            uuid=uuid,
            name=data.name or item.name,
            unit=item.unit,
            capacity=data.capacity if "capacity" in data.model_fields_set else item.capacity,
            location=item.location,
            substitutes=item.substitutes,
            members=None if data.items is None else _members(data.items),
        )
        now = await parts.desk.now(uuid)
        await parts.desk.change(_change(item.account, uuid, item.version + 1, now, draft))
        view = await _own(parts, principal, uuid)
        return unchanged.answer(Envelope(message="Group updated.", data=await _shown(parts, view)), view.item)

    @delete("/{uuid:uuid}", operation_id="DeleteGroup", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a group with its rules and instructions; its items stay, and open orders run out."""
        item = (await _own(parts, principal, uuid)).item
        now = await parts.desk.now(uuid)
        await parts.desk.change(_change(item.account, uuid, item.version + 1, now, None))
        return Envelope(message="Group deleted.", data=None)


def _members(wanted: list[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(set(wanted)))


def _change(account: UUID, uuid: UUID, version: int, at: datetime, draft: ItemDraft | None) -> Change:
    return Change(
        subject=uuid,
        version=version,
        account=account,
        item=uuid,
        at=at,
        kind=ChangeKind.ITEM,
        draft_item=draft,
    )


async def _check(session: AsyncSession, account: UUID, wanted: list[UUID], unit: str) -> None:
    """Raise Invalid for what is unknown, another's, a group, or measured in what does not add up."""
    own = await items.own(session, account, set(wanted))
    faults = {
        f"items.{number}": [fault] for number, uuid in enumerate(wanted) if (fault := _fault(own.get(uuid), unit))
    }
    if faults:
        raise Invalid(faults)


def _fault(item: Item | None, unit: str) -> str | None:
    if item is None:
        return "There is no such item."
    if item.is_group:
        return "A group cannot be in a group."
    if not same_dimension(item.unit, unit):
        return f"This item is measured in {item.unit}, which cannot be said in {unit}."
    return None


async def _own(parts: Parts, principal: Principal, uuid: UUID) -> ItemView:
    async with parts.db.reading() as session:
        view = await items.find(session, principal.household, uuid)
    if view is None or not view.item.is_group:
        raise NotFound("There is no such group.")
    return view


async def _shown(parts: Parts, view: ItemView) -> GroupShown:
    item, now = view.item, await parts.desk.now(view.item.uuid)
    async with parts.db.reading() as session:
        members = await groups.members(session, item.uuid)
    stock = Stock() if view.state is None else view.state.stock.advanced(now)
    return GroupShown(
        uuid=item.uuid,
        name=item.name,
        unit=item.unit,
        capacity=item.capacity,
        level=stock.level,
        arriving=stock.arriving,
        on_order=stock.ordered_units,
        items=[_member(member, level) for member, level in members],
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def _member(item: Item, level: Decimal | None) -> MemberShown:
    return MemberShown(uuid=item.uuid, name=item.name, unit=item.unit, level=level)

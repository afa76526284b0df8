"""What somebody asks of an instruction, and the draft that it comes to: what it names must exist and fit together."""

import json
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from api.bodies import Amount, Body, Id, PositiveAmount, Sku, Unit
from domain.changes import Action, InstructionDraft, ItemDraft, OrderDraft, RuleDraft
from domain.errors import Conflict, Invalid, NotFound
from domain.units import UnitError, converted, sold_otherwise
from rules.duration import plain
from rules.quantity import MOST_PACKS
from rules.sentence import parse
from rules.then import OrderThen, Then
from rules.tree import tree_to_json
from storage import devices, items, retailers, rules
from storage.tables import CatalogueEntry, Instruction

MOST_RULES = 100


class WantedOrder(Body):
    """So many packs of a retailer's SKU; a `packSize` only has to agree with the catalogue's (S61)."""

    retailer: Id
    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=MOST_PACKS)] = 1
    pack_size: PositiveAmount | None = None


_COOKIES: JsonValue = {"retailer": "01920b3c-6f6a-7000-8000-000000000003", "sku": "cookies-12", "quantity": 1}
_JAR: dict[str, JsonValue] = {
    "device": "01920b3c-6f6a-7000-8000-000000000001",
    "action": "track",
    "item": "01920b3c-6f6a-7000-8000-000000000002",
    "triggerLevel": 5,
    "order": _COOKIES,
}


class NewInstruction(Body, json_schema_extra={"examples": [_JAR]}):
    """A pairing; without `device` it is for the user's apps. `triggerLevel` is short for the rule "N left" (1.K).

    `triggerUnit` is for a level that is not said in the item's own unit.
    """

    action: Literal["reorder", "track"]
    device: Id | None = None
    item: Id | None = None
    trigger_level: Amount | None = None
    trigger_unit: Unit | None = None
    order: WantedOrder | None = None


class InstructionChanges(Body, json_schema_extra={"examples": [{"triggerLevel": 10, "order": _COOKIES}]}):
    """What may be changed; what is left out stays, `null` takes it away."""

    trigger_level: Amount | None = None
    trigger_unit: Unit | None = None
    order: WantedOrder | None = None


async def drafted(session: AsyncSession, account: UUID, uuid: UUID, wanted: NewInstruction) -> InstructionDraft:
    """A new instruction; raises Invalid for what is missing, foreign or contradictory, Conflict for a rule too many."""
    action = Action(wanted.action)
    _check(action, wanted.trigger_level, has_order=wanted.order is not None)
    if action is Action.TRACK and wanted.item is None:
        raise Invalid({"item": ["This field is missing."]})
    if wanted.device is not None:
        await _check_device(session, account, wanted.device)
    trigger_level = await _trigger_level(session, account, wanted.item, wanted)
    entry = None if wanted.order is None else await _entry(session, wanted.order, wanted.item)
    new_item = None
    if wanted.item is None and entry is not None:
        new_item = ItemDraft(uuid=uuid5(uuid, "item"), name=entry.name, unit=entry.unit)
    draft = InstructionDraft(
        uuid=uuid,
        device=wanted.device,
        action=action,
        item=new_item.uuid if new_item is not None else wanted.item,
        trigger_level=trigger_level,
        order=_order(wanted.order),
        new_item=new_item,
    )
    draft = _with_rule(draft)
    if draft.rule is not None:
        await check_room(session, account, draft.item)
    return draft


async def redrafted(session: AsyncSession, instruction: Instruction, changes: InstructionChanges) -> InstructionDraft:
    """The instruction as it would be; raises Invalid."""
    given, action = changes.model_fields_set, Action(instruction.action)
    order = _present_order(instruction)
    if "order" in given:
        order = _order(changes.order)
    if changes.order is not None:
        await _entry(session, changes.order, instruction.item)
    trigger_level = await _trigger_level(session, instruction.account, instruction.item, changes)
    if "trigger_level" not in given:
        trigger_level = instruction.trigger_level
    _check(action, trigger_level, has_order=order is not None)
    return _with_rule(
        InstructionDraft(
            uuid=instruction.uuid,
            device=instruction.device,
            action=action,
            item=instruction.item,
            trigger_level=trigger_level,
            order=order,
        )
    )


async def _trigger_level(
    session: AsyncSession, account: UUID, item: UUID | None, wanted: NewInstruction | InstructionChanges
) -> Decimal | None:
    """The level in the unit of the item; raises Invalid where it cannot be said in that, or where there is no item."""
    found = None if item is None else (await items.own(session, account, [item])).get(item)
    if item is not None and found is None:
        raise Invalid({"item": ["There is no such item."]})
    if found is not None and found.is_group and isinstance(wanted, NewInstruction) and wanted.action == "track":
        raise Invalid({"item": ["This is a group: what its items report is its level."]})
    if wanted.trigger_unit is None:
        return wanted.trigger_level
    if wanted.trigger_level is None or found is None:
        raise Invalid({"triggerUnit": ["This field was not expected."]})
    try:
        return converted(wanted.trigger_level, wanted.trigger_unit, found.unit, found.capacity)
    except UnitError as wrong:
        raise Invalid({"triggerUnit": [str(wrong)]}) from wrong


async def entry_of(session: AsyncSession, retailer: UUID, sku: str, place: str, item: UUID | None) -> CatalogueEntry:
    """What the retailer's catalogue says of the SKU, for that item.

    Raises Invalid as `entry_for`.
    """
    unit = None if item is None else await items.unit_of(session, item)
    return await entry_for(session, retailer, sku, place, unit)


async def entry_for(session: AsyncSession, retailer: UUID, sku: str, place: str, unit: str | None) -> CatalogueEntry:
    """What the retailer's catalogue says of the SKU, for what is measured in that unit.

    Raises Invalid at `place` where it is not in it, and where a pack of 1 kg, or of 1 piece, would count as 1 g.
    """
    entry = await retailers.entry(session, retailer, sku)
    if entry is None:
        raise Invalid({place: ["This retailer has no such SKU in its catalogue."]})
    if unit is not None and sold_otherwise(entry.unit, unit):
        raise Invalid(
            {place: [f"This is sold by the {entry.unit}, so the item must be measured in {entry.unit}, too."]}
        )
    return entry


async def check_room(
    session: AsyncSession, account: UUID, item: UUID | None, product: UUID | None = None, location: str | None = None
) -> None:
    """Raise Conflict where an item, a product or a location has as many rules as it may."""
    if await rules.number_on(session, account, item, product, location) >= MOST_RULES:
        where = "An item" if item else "A product" if product else "A location"
        raise Conflict(f"{where} has at most {MOST_RULES} rules.")


def _check(action: Action, trigger_level: Decimal | None, *, has_order: bool) -> None:
    if action is Action.REORDER and trigger_level is not None:
        raise Invalid({"triggerLevel": ["An instruction to reorder has none: it orders whenever it is called."]})
    if not has_order and action is Action.REORDER:
        raise Invalid({"order": ["This field is missing."]})
    if not has_order and trigger_level is not None:
        raise Invalid({"order": ["A trigger level needs an order."]})


async def _check_device(session: AsyncSession, account: UUID, device: UUID) -> None:
    try:
        found = await devices.get(session, account, device)
    except NotFound as unknown:
        raise Invalid({"device": [unknown.message]}) from unknown
    if found.revoked_at is not None:
        raise Invalid({"device": ["This device was revoked."]})


async def _entry(session: AsyncSession, order: WantedOrder, item: UUID | None) -> CatalogueEntry:
    entry = await entry_of(session, order.retailer, order.sku, "order.sku", item)
    if order.pack_size not in (None, entry.pack_size):
        raise Invalid({"order.packSize": [f"The catalogue says {plain(entry.pack_size)}."]})
    return entry


def _order(wanted: WantedOrder | None) -> OrderDraft | None:
    if wanted is None:
        return None
    return OrderDraft(retailer=wanted.retailer, sku=wanted.sku, packs=wanted.quantity)


def _present_order(instruction: Instruction) -> OrderDraft | None:
    if instruction.retailer is None or instruction.sku is None or instruction.packs is None:
        return None
    return OrderDraft(retailer=instruction.retailer, sku=instruction.sku, packs=instruction.packs)


def _with_rule(draft: InstructionDraft) -> InstructionDraft:
    """Tracking with an order means the rule "N left", or "low" for a device that knows no more than that."""
    order = draft.order
    if draft.action is not Action.TRACK or order is None:
        return draft
    sentence = "low" if draft.trigger_level is None else f"{plain(draft.trigger_level)} left"
    then = Then(order=OrderThen(retailer=order.retailer, sku=order.sku, packs=order.packs))
    rule = RuleDraft(
        uuid=draft.uuid,
        item=draft.item,
        name="Trigger level",
        sentence=sentence,
        tree=json.dumps(tree_to_json(parse(sentence))),
        then=then.model_dump_json(exclude_none=True),
    )
    return draft.model_copy(update={"rule": rule})

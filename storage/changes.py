"""Changes of items, instructions and rules, each stored once; called by the workflow of the change."""

import json
import secrets
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.changes import Change, ChangeKind, Covers, InstructionDraft, ItemDraft, RuleDraft
from domain.errors import Conflict
from storage import asking, groups, tables, tags
from storage.tables import Instruction, Item, Product, Rule, RuleVersion

_SMALLEST_REF, _REFS = 100_000_000, 900_000_000


async def store(session: AsyncSession, change: Change) -> str:
    """Store a change and answer its digest; a version that is already stored stays, and its digest is answered.

    Deleting an item ends its instructions and rules, deleting an instruction ends its rule. Raises `Conflict` when the
    version does not follow the current one, or when the subject or its item has been deleted.
    """
    held = await session.get(tables.Change, (change.subject, change.version))
    if held is not None:
        return held.digest
    match change.kind:
        case ChangeKind.ITEM:
            await _store_item(session, change)
        case ChangeKind.INSTRUCTION:
            await _store_instruction(session, change)
        case ChangeKind.RULE:
            await _store_rule(session, change)
    row = tables.Change(
        subject=change.subject,
        version=change.version,
        kind=change.kind,
        digest=change.digest(),
        created_at=change.at,
    )
    session.add(row)
    await session.flush()
    return row.digest


async def _store_item(session: AsyncSession, change: Change) -> None:
    item = await session.get(Item, change.subject, with_for_update=True)
    _check_version(change, item)
    if change.draft_item is not None:
        item = item or Item(uuid=change.subject, account=change.account, created_at=change.at)
        await _write_item(session, change, item, change.draft_item)
    elif item is not None:
        item.version, item.updated_at, item.deleted_at = change.version, change.at, change.at
        await groups.forget(session, item.uuid)
        for table in (Instruction, Rule):
            of_item = update(table).where(table.item == item.uuid, table.deleted_at.is_(None))
            await session.execute(of_item.values(updated_at=change.at, deleted_at=change.at))


async def _write_item(session: AsyncSession, change: Change, item: Item, draft: ItemDraft) -> None:
    is_of_another = draft.product not in (None, item.product)
    if draft.product is not None and is_of_another:
        await _check_product(session, draft.product, item.account)
    item.name, item.unit, item.product = draft.name, draft.unit, draft.product
    item.capacity, item.location, item.substitutes = draft.capacity, draft.location, draft.substitutes
    item.version, item.updated_at = change.version, change.at
    item.is_group = item.is_group or draft.members is not None
    session.add(item)
    await session.flush()
    if draft.members is not None:
        await groups.store_members(session, item, change.version, draft.members)
    elif is_of_another:
        await tags.come_to(session, item, change.at)


async def _store_instruction(session: AsyncSession, change: Change) -> None:
    draft = change.draft_instruction
    instruction = await session.get(Instruction, change.subject)
    _check_version(change, instruction)
    if instruction is None and draft is not None and draft.new_item is not None:
        item = Item(uuid=draft.new_item.uuid, account=change.account, created_at=change.at)
        await _write_item(session, change, item, draft.new_item)
    await _check_item(session, change)
    if draft is not None:
        instruction = instruction or Instruction(
            uuid=change.subject,
            account=change.account,
            ref=await _unused_ref(session),
            device=draft.device,
            action=draft.action,
            item=draft.item,
            created_at=change.at,
        )
        await _write_instruction(session, change, instruction, draft)
    elif instruction is not None:
        instruction.version, instruction.updated_at, instruction.deleted_at = change.version, change.at, change.at
    await _store_trigger(session, change, draft.rule if draft is not None else None)


async def _write_instruction(
    session: AsyncSession, change: Change, instruction: Instruction, draft: InstructionDraft
) -> None:
    order = draft.order
    instruction.trigger_level = draft.trigger_level
    instruction.retailer = order.retailer if order is not None else None
    instruction.sku = order.sku if order is not None else None
    instruction.packs = order.packs if order is not None else None
    await _agreed(session, instruction, None if order is None else (order.retailer, order.sku))
    instruction.version, instruction.updated_at = change.version, change.at
    session.add(instruction)
    await session.flush()


async def _unused_ref(session: AsyncSession) -> int:
    while True:
        ref = _SMALLEST_REF + secrets.randbelow(_REFS)
        if not await session.scalar(select(exists().where(Instruction.ref == ref))):
            return ref


async def _store_trigger(session: AsyncSession, change: Change, draft: RuleDraft | None) -> None:
    """The rule that a trigger level means comes, changes and goes with its instruction; its versions are its own."""
    rule = await session.get(Rule, change.subject)
    if draft is not None:
        if rule is None or rule.deleted_at is not None or _text(rule) != _text(draft):
            version = 1 if rule is None else rule.version + 1
            rule = rule or _new_rule(change, draft, instruction=change.subject)
            await _write_rule(session, change, rule, draft, version)
    elif rule is not None and rule.deleted_at is None:
        rule.updated_at, rule.deleted_at = change.at, change.at


async def _store_rule(session: AsyncSession, change: Change) -> None:
    rule = await session.get(Rule, change.subject)
    _check_version(change, rule)
    if change.item is not None:
        await _check_item(session, change)
    elif change.covers is not None and change.covers.product is not None:
        await _check_product(session, change.covers.product, change.account)
    if change.draft_rule is not None:
        rule = rule or _new_rule(change, change.draft_rule, instruction=None)
        await _write_rule(session, change, rule, change.draft_rule, change.version)
    elif rule is not None:
        rule.version, rule.updated_at, rule.deleted_at = change.version, change.at, change.at


def _new_rule(change: Change, draft: RuleDraft, instruction: UUID | None) -> Rule:
    covers = change.covers or Covers()
    return Rule(
        uuid=draft.uuid,
        account=change.account,
        item=draft.item,
        product=covers.product,
        location=covers.location,
        instruction=instruction,
        created_at=change.at,
    )


async def _write_rule(session: AsyncSession, change: Change, rule: Rule, draft: RuleDraft, version: int) -> None:
    rule.name, rule.sentence, rule.tree, rule.then, rule.enabled, rule.when_silent = _text(draft)
    rule.version, rule.updated_at, rule.deleted_at = version, change.at, None
    rule.origin = draft.origin
    order = json.loads(draft.then).get("order")
    await _agreed(session, rule, None if order is None else (UUID(order["retailer"]), order["sku"]))
    session.add(rule)
    await session.flush()
    session.add(
        RuleVersion(
            rule=rule.uuid,
            version=version,
            sentence=rule.sentence,
            tree=rule.tree,
            then=rule.then,
            enabled=rule.enabled,
            when_silent=rule.when_silent,
            created_at=change.at,
        )
    )


async def _agreed(session: AsyncSession, row: Rule | Instruction, wanted: tuple[UUID, str] | None) -> None:
    """Who says that something should be ordered has seen what it costs: a later price is compared with that."""
    price = None if wanted is None else await asking.price_now(session, *wanted)
    row.agreed_price, row.agreed_currency = (None, None) if price is None else (price.amount, price.currency)


def _text(rule: Rule | RuleDraft) -> tuple[str, str, str, str, bool, str]:
    return rule.name, rule.sentence, rule.tree, rule.then, rule.enabled, rule.when_silent


def _check_version(change: Change, row: Item | Instruction | Rule | None) -> None:
    if row is not None and row.deleted_at is not None:
        raise Conflict("It has been deleted.")
    current = row.version if row is not None else 0
    if change.version != current + 1:
        raise Conflict("It has been changed by somebody else in the meantime.")
    if row is None and not (change.draft_item or change.draft_instruction or change.draft_rule):
        raise Conflict("There is nothing to delete.")


async def _check_product(session: AsyncSession, uuid: UUID, account: UUID) -> None:
    """The lock keeps a simultaneous deletion from missing what is added here."""
    product = await session.get(Product, uuid, with_for_update=True)
    if product is None or product.account != account or product.deleted_at is not None:
        raise Conflict("The product has been deleted.")


async def _check_item(session: AsyncSession, change: Change) -> None:
    """The lock on the item keeps a simultaneous deletion from missing what is added here."""
    item = await session.get(Item, change.item, with_for_update=True)
    if item is None or item.deleted_at is not None:
        raise Conflict("The item has been deleted.")

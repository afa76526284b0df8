"""The ledger of one item: everything that one settle reads and writes, inside one transaction of the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CursorResult,
    Executable,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain.decisions import Decision
from domain.facts import TOO_OLD, Arrival, Fact
from domain.item import ItemState, Need, Offer
from domain.orders import ENDED, OrderState
from domain.process import OrderBrief
from domain.settlement import Past, Settlement, Taken
from domain.stock import Stock
from storage.database import insert_new
from storage.decisions import that_ordered
from storage.purchasing import resumed
from storage.tables import (
    CatalogueEntry,
    Checkpoint,
    DecisionRow,
    FactRow,
    Instruction,
    Item,
    ItemMember,
    ItemMemory,
    OrderEvent,
    OrderRow,
    Retailer,
    Rule,
    User,
)


@dataclass(frozen=True)
class RuleText:
    """The newest version of a rule in force, as it is stored."""

    uuid: UUID
    version: int
    sentence: str
    tree: str
    then: str
    agreed_price: Decimal | None
    agreed_currency: str | None
    when_silent: str


@dataclass(frozen=True)
class Opened:
    """An item as it is opened for a settle, with the rules in force on it, oldest first.

    `memory` is None before its first one. `is_member` of a group, which is to be told of its level.
    """

    name: str
    unit: str
    account: UUID
    zone: ZoneInfo
    is_group: bool
    is_member: bool
    stock: Stock
    memory: ItemState | None
    rules: tuple[RuleText, ...]


@dataclass(frozen=True)
class Closed:
    """What a deleted item has left: the needs that it has started and whose orders have not ended."""

    name: str
    needs: tuple[Need, ...]


# Made once: at each settle, making a statement costs as much as running it.
_OF_ITEM = Item.uuid == bindparam("item")
_FOUND = select(
    *(Item.name, Item.account, Item.unit, Item.product, Item.location),
    *(Item.capacity, Item.is_group, Item.deleted_at),
).where(_OF_ITEM)
_LOCKED = _FOUND.with_for_update()
_RULE = select(
    *(Rule.uuid, Rule.version, Rule.sentence, Rule.tree, Rule.then),
    *(Rule.agreed_price, Rule.agreed_currency, Rule.when_silent),
).where(Rule.enabled, Rule.deleted_at.is_(None))
# each by an index of its own, which an OR would not be; an item without product or location equals none
IN_FORCE = union_all(
    _RULE.where(Rule.item == bindparam("item")),
    _RULE.where(Rule.product == bindparam("product"), Rule.account == bindparam("account")),
    _RULE.where(Rule.location == bindparam("location"), Rule.account == bindparam("account")),
)
_RULES = IN_FORCE.subquery()
REMEMBERED = (
    select(ItemMemory.state, User.time_zone, exists().where(ItemMember.item == Item.uuid), *_RULES.c)
    .select_from(Item)
    .join(User, User.uuid == Item.account)
    .outerjoin(ItemMemory, ItemMemory.item == Item.uuid)
    .outerjoin(_RULES, true())
    .where(_OF_ITEM)
)
_BUTTONS = select(Instruction).where(
    Instruction.uuid.in_(bindparam("instructions", expanding=True)),
    Instruction.item == bindparam("item"),
    Instruction.deleted_at.is_(None),
    Instruction.retailer.is_not(None),
)
_KNOWN = select(FactRow.id, FactRow.digest).where(
    FactRow.item == bindparam("item"), FactRow.id.in_(bindparam("ids", expanding=True))
)
# the parameters beside `of_item` name what is set
_MEMORY = update(ItemMemory).where(ItemMemory.item == bindparam("of_item"))


class Ledger:
    """Reads and writes of one item; numbers come from what is stored, never from the caller."""

    def __init__(self, session: AsyncSession, item: UUID) -> None:
        self._session, self._item = session, item

    async def opened(self, *, to_look_only: bool = False) -> Opened | None:
        """The item, locked against any other settle until the transaction ends; None when it is gone or deleted.

        Whoever only looks at it locks nothing.
        """
        item = (await self._execute(_FOUND if to_look_only else _LOCKED)).first()
        if item is None or item.deleted_at is not None:
            return None
        # not in one statement with the lock: it would be of the moment before the wait for that
        where = {"account": item.account, "product": item.product, "location": item.location}
        rows = (await self._execute(REMEMBERED, **where)).all()
        kept, zone, is_member, *_ = rows[0]
        rules = [RuleText(*rule) for _, _, _, *rule in rows if rule[0] is not None]
        return Opened(
            name=item.name,
            unit=item.unit,
            account=item.account,
            zone=ZoneInfo(zone),
            is_group=item.is_group,
            is_member=is_member,
            stock=Stock(capacity=item.capacity),
            memory=None if kept is None else ItemState.model_validate_json(kept),
            rules=tuple(sorted(rules, key=lambda rule: rule.uuid)),
        )

    async def closed(self, started: Sequence[int], at: datetime) -> Closed:
        """A deleted item: what it has started runs out, and of the rest nothing is started any more.

        That these were `started` is written down, so that whoever hears of the item again knows it.
        """
        query = select(Item.name, ItemMemory.state).join(ItemMemory, ItemMemory.item == Item.uuid)
        kept = (await self._session.execute(query.where(_OF_ITEM), {"item": self._item})).first()
        if kept is None:
            return Closed("", ())
        state = ItemState.model_validate_json(kept.state)
        for open_need in state.opens:
            if open_need.need.number in started:
                state = state.with_open(open_need.model_copy(update={"started": True}))
            elif not open_need.started:
                await self._give_up(open_need.need.order, at)
        await self._execute(_MEMORY, of_item=self._item, state=state.model_dump_json(exclude_defaults=True))
        orders = [each.need.order for each in state.opens if each.started]
        running = OrderRow.uuid.in_(orders) & OrderRow.state.not_in(ENDED)
        still = set(await self._session.scalars(select(OrderRow.uuid).where(running)))
        return Closed(kept.name, tuple(each.need for each in state.opens if each.need.order in still))

    async def _give_up(self, order: UUID, at: datetime) -> None:
        end = {"state": OrderState.CANCELLED, "reason": "the item was deleted", "version": 1}
        unbegun = (OrderRow.uuid == order) & (OrderRow.version == 0) & (OrderRow.state == OrderState.NEEDED)
        connection = await self._session.connection()
        given_up = await connection.execute(update(OrderRow).where(unbegun).values(**end, ended_at=at, updated_at=at))
        if given_up.rowcount:
            await insert_new(self._session, OrderEvent, [{"order": order, "delivered_packs": 0, "at": at} | end])

    async def known(self, ids: Sequence[str]) -> dict[str, str]:
        """Which of these facts are in the ledger already, with the digest of what they said."""
        return {row.id: row.digest for row in await self._execute(_KNOWN, ids=ids)} if ids else {}

    async def buttons(self, instructions: Iterable[UUID]) -> Sequence[Instruction]:
        """Those of the given instructions that still exist on this item and order something."""
        wanted = list(instructions)
        if not wanted:
            return []
        return (await self._session.scalars(_BUTTONS, {"instructions": wanted, "item": self._item})).all()

    async def offers(self, wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Offer]:
        """What the catalogues say now of these SKUs."""
        pairs = list(dict.fromkeys(wanted))
        if not pairs:
            return {}
        rows = await self._session.execute(
            select(CatalogueEntry, Retailer.name)
            .join(Retailer, Retailer.uuid == CatalogueEntry.retailer)
            .where(tuple_(CatalogueEntry.retailer, CatalogueEntry.sku).in_(pairs))
        )
        return {(entry.retailer, entry.sku): _offer(entry, name) for entry, name in rows}

    async def past(self, before: datetime) -> Past:
        """Where to fold in a fact observed at `before`: the newest checkpoint earlier than it, and all since."""
        point = await self._session.scalar(
            select(Checkpoint)
            .where(Checkpoint.item == self._item, Checkpoint.observed_at < before)
            .order_by(Checkpoint.observed_at.desc(), Checkpoint.arrival.desc())
            .limit(1)
        )
        query = select(FactRow).where(FactRow.item == self._item, FactRow.folded)
        if point is not None:
            query = query.where(tuple_(FactRow.observed_at, FactRow.arrival) > tuple_(point.observed_at, point.arrival))
        rows = await self._session.scalars(query.order_by(FactRow.observed_at, FactRow.arrival))
        opened = await self._session.scalar(select(Item.capacity).where(Item.uuid == self._item))
        stock = Stock(capacity=opened) if point is None else Stock.model_validate_json(point.stock)
        return Past(stock.model_copy(update={"capacity": opened}), tuple(_taken(row) for row in rows))

    async def keep(self, settlement: Settlement, decisions: Sequence[Decision], as_of: datetime) -> None:
        """Write all of it: facts, decisions, orders, checkpoints and the item's memory."""
        await insert_new(self._session, FactRow, [self._fact(taken) for taken in settlement.taken])
        await self._keep_checkpoints(settlement)
        first = settlement.state.decisions + 1
        await insert_new(self._session, DecisionRow, [self._decision(*row) for row in enumerate(decisions, first)])
        state = settlement.state.model_copy(update={"decisions": settlement.state.decisions + len(decisions)})
        await self._remember(state, decisions[-1] if decisions else None, as_of)

    async def need(self, need: Need, account: UUID) -> None:
        """The order that a need calls for, as one row; an item that was seen before keeps the row it has."""
        row = {
            "uuid": need.order,
            "account": account,
            "item": self._item,
            "need": need.number,
            "retailer": need.offer.retailer,
            "sku": need.offer.sku,
            "name": need.offer.name,
            "packs": need.packs,
            "pack_size": need.offer.pack_size,
            "unit_price": need.offer.unit_price,
            "currency": need.offer.currency,
            "state": OrderState.NEEDED,
            "steps": "",
            "dispatched_packs": 0,
            "delivered_packs": 0,
            "version": 0,
            "needed_at": need.at,
            "updated_at": need.at,
        }
        event = {
            "order": need.order,
            "version": 0,
            "state": OrderState.NEEDED,
            "delivered_packs": 0,
            "at": need.at,
        }
        await self._session.execute(insert(OrderRow), [row])
        await self._session.execute(insert(OrderEvent), [event])

    async def why(self, need: Need) -> str:
        """The sentence of the decision that made a need."""
        decision = await that_ordered(self._session, self._item, need.order, need.at)
        return "" if decision is None else decision.sentence

    async def resumed(self, brief: OrderBrief) -> OrderBrief:
        """The brief of one of its orders that may have been begun, with all that was last written down."""
        return await resumed(self._session, brief)

    async def renumber(self, old: Need, new: Need, account: UUID) -> None:
        """The need under another number: its first one belongs to an order from before a restored backup."""
        await self._session.execute(delete(OrderEvent).where(OrderEvent.order == old.order))
        await self._session.execute(delete(OrderRow).where(OrderRow.uuid == old.order))
        await self.need(new, account)
        ordered = await self._session.scalar(
            select(FactRow).where(FactRow.item == self._item, FactRow.id == f"ordered:{old.order}")
        )
        if ordered is not None:
            fact = Fact.model_validate_json(ordered.fact)
            news = fact.order.model_copy(update={"order": new.order}) if fact.order else None
            fact = fact.model_copy(update={"id": f"ordered:{new.order}", "order": news})
            ordered.id, ordered.fact, ordered.digest = fact.id, fact.model_dump_json(), fact.digest()
        await self._session.execute(delete(Checkpoint).where(Checkpoint.item == self._item))
        await self._session.flush()

    def _fact(self, taken: Taken) -> dict[str, object]:
        fact = taken.arrival.fact
        return {
            "item": self._item,
            "id": fact.id,
            "arrival": taken.number,
            "kind": fact.kind,
            "device": fact.device,
            "observed_at": taken.arrival.observed_at,
            "arrived_at": taken.arrival.at,
            "folded": taken.folded,
            "flag": taken.flag,
            "digest": fact.digest(),
            "fact": fact.model_dump_json(exclude_defaults=True),
        }

    def _decision(self, number: int, decision: Decision) -> dict[str, object]:
        return {
            "item": self._item,
            "id": decision.id,
            "number": number,
            "at": decision.at,
            "verdict": decision.verdict,
            "decision": decision.model_dump_json(exclude_defaults=True),
        }

    async def _keep_checkpoints(self, settlement: Settlement) -> None:
        if settlement.refolded_from is not None:
            await self._session.execute(
                delete(Checkpoint).where(
                    Checkpoint.item == self._item, Checkpoint.observed_at >= settlement.refolded_from
                )
            )
        if not settlement.checkpoints:
            return
        rows = [
            {
                "item": self._item,
                "arrival": taken.number,
                "observed_at": taken.arrival.observed_at,
                "stock": stock.model_dump_json(exclude_defaults=True),
            }
            for taken, stock in settlement.checkpoints
        ]
        await insert_new(self._session, Checkpoint, rows)
        await self._prune(rows[-1]["observed_at"])

    async def _prune(self, newest: object) -> None:
        """Drop the checkpoints that no fact can reach back to; the newest of those stays, to fold from."""
        if not isinstance(newest, datetime):
            return
        reach = newest - TOO_OLD - timedelta(days=1)
        oldest = await self._session.scalar(
            select(func.max(Checkpoint.observed_at)).where(
                Checkpoint.item == self._item, Checkpoint.observed_at < reach
            )
        )
        if oldest is not None:
            await self._session.execute(
                delete(Checkpoint).where(Checkpoint.item == self._item, Checkpoint.observed_at < oldest)
            )

    async def _remember(self, state: ItemState, newest: Decision | None, as_of: datetime) -> None:
        changes: dict[str, object] = {"state": state.model_dump_json(exclude_defaults=True), "updated_at": as_of}
        if newest is not None:
            changes |= {"sentence": newest.sentence, "verdict": newest.verdict}
        connection = await self._session.connection()
        kept = await connection.execute(_MEMORY, {"of_item": self._item} | changes)
        if kept.rowcount == 0:
            row = {"item": self._item, "sentence": "Nothing has been judged yet.", "verdict": "nothing"} | changes
            await connection.execute(insert(ItemMemory), [row])

    async def _execute(self, statement: Executable, **more: object) -> CursorResult[*tuple[Any, ...]]:
        # past the session, which keeps nothing of what these read
        connection = await self._session.connection()
        return await connection.execute(statement, {"item": self._item, **more})


def _offer(entry: CatalogueEntry, retailer_name: str) -> Offer:
    return Offer(
        retailer=entry.retailer,
        retailer_name=retailer_name,
        sku=entry.sku,
        name=entry.name,
        pack_size=entry.pack_size,
        unit_price=entry.price,
        currency=entry.currency,
        available=entry.available,
        unit=entry.unit,
    )


def _taken(row: FactRow) -> Taken:
    fact = Fact.model_validate_json(row.fact)
    fact = fact.model_copy(update={"observed_at": row.observed_at})
    return Taken(Arrival(fact=fact, at=row.arrived_at), row.arrival, row.folded, row.flag)

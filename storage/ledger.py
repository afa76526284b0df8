"""The ledger of one item: everything that one settle reads and writes, inside one transaction of the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.decisions import Decision
from domain.facts import TOO_OLD, Arrival, Fact
from domain.item import ItemState, Need, Offer
from domain.orders import OrderState, Progress
from domain.settlement import Past, Settlement, Taken
from domain.stock import Stock
from storage.database import insert_new
from storage.purchasing import recorded
from storage.tables import (
    CatalogueEntry,
    Checkpoint,
    DecisionRow,
    FactRow,
    Instruction,
    Item,
    ItemMemory,
    OrderEvent,
    OrderRow,
    Retailer,
    Rule,
)


@dataclass(frozen=True)
class Opened:
    """An item as it is opened for a settle; `memory` is None before its first one."""

    name: str
    account: UUID
    stock: Stock
    memory: ItemState | None


class Ledger:
    """Reads and writes of one item; numbers come from what is stored, never from the caller."""

    def __init__(self, session: AsyncSession, item: UUID) -> None:
        self._session, self._item = session, item

    async def opened(self) -> Opened | None:
        """The item, locked against any other settle until the transaction ends; None when it is gone or deleted."""
        item = await self._session.scalar(select(Item).where(Item.uuid == self._item).with_for_update())
        if item is None or item.deleted_at is not None:
            return None
        kept = await self._session.scalar(select(ItemMemory.state).where(ItemMemory.item == self._item))
        memory = None if kept is None else ItemState.model_validate_json(kept)
        return Opened(item.name, item.account, Stock(capacity=item.capacity), memory)

    async def known(self, ids: Sequence[str]) -> dict[str, str]:
        """Which of these facts are in the ledger already, with the digest of what they said."""
        if not ids:
            return {}
        rows = await self._session.execute(
            select(FactRow.id, FactRow.digest).where(FactRow.item == self._item, FactRow.id.in_(ids))
        )
        return {row.id: row.digest for row in rows}

    async def rules(self) -> Sequence[Rule]:
        """The rules in force, oldest first."""
        query = select(Rule).where(Rule.item == self._item, Rule.deleted_at.is_(None), Rule.enabled)
        return sorted((await self._session.scalars(query)).all(), key=lambda rule: rule.uuid)

    async def buttons(self, instructions: Iterable[UUID]) -> Sequence[Instruction]:
        """Those of the given instructions that still exist on this item and order something."""
        wanted = list(instructions)
        if not wanted:
            return []
        query = select(Instruction).where(
            Instruction.uuid.in_(wanted),
            Instruction.item == self._item,
            Instruction.deleted_at.is_(None),
            Instruction.retailer.is_not(None),
        )
        return (await self._session.scalars(query)).all()

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

    async def order_as_written(self, order: UUID) -> tuple[Progress, int]:
        """How far one of its orders had come when it was last written down, and which version that was."""
        return await recorded(self._session, order)

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

    def _fact(self, taken: Taken) -> dict[str, object]:
        fact = taken.arrival.fact
        return {
            "item": self._item,
            "id": fact.id,
            "arrival": taken.number,
            "kind": fact.kind,
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
        kept = await self._session.execute(
            update(ItemMemory).where(ItemMemory.item == self._item).values(**changes).returning(ItemMemory.item)
        )
        if kept.first() is None:
            row = {"item": self._item, "sentence": "Nothing has been judged yet.", "verdict": "nothing"} | changes
            await self._session.execute(insert(ItemMemory), [row])


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
    )


def _taken(row: FactRow) -> Taken:
    fact = Fact.model_validate_json(row.fact)
    fact = fact.model_copy(update={"observed_at": row.observed_at})
    return Taken(Arrival(fact=fact, at=row.arrived_at), row.arrival, row.folded, row.flag)

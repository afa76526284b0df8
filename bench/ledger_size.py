"""What a settle costs when much is stored already: many items and a long ledger against few and a short one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import text

from activities.stock import StockKeeping
from bench.figures import Aim, Pairs, Report
from bench.household import Household, move_in, opened
from domain.facts import Arrival, Fact, FactKind
from domain.item import ItemState
from domain.process import Settle
from failpoints import Failpoints
from rules.engine import Engine
from rules.judge import Judge
from storage.database import Database, insert_new
from storage.tables import DecisionRow, FactRow, ItemMemory

SETTLES = 50
FEW_ITEMS, FEW_ROWS = 100, 1_000
PART = 10_000
OLD = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A database and who lives in it."""

    db: Database
    household: Household
    stock: StockKeeping

    async def settle(self, times: int) -> float:
        """Settle one report of each of so many items; milliseconds for each."""
        started = time.perf_counter()
        for number in range(times):
            now = datetime.now(UTC)
            fact = Fact(id=uuid4().hex, kind=FactKind.COUNTED, observed_at=now, received_at=now, quantity=Decimal(9))
            item = self.household.items[number * 7919 % len(self.household.items)]
            await self.stock.settle(_batch(item, self.household.account, fact, now))
        return (time.perf_counter() - started) * 1000 / times


async def measure(few_url: str, many_url: str, kind: str, *, rounds: int, items: int, rows: int) -> Report:
    """Fill both, then settle here and there in turn."""
    pairs = Pairs()
    async with opened(few_url) as few_db, opened(many_url) as many_db:
        few = await _place(few_db, FEW_ITEMS, FEW_ROWS)
        many = await _place(many_db, items, rows)
        for place in (few, many):
            await place.settle(SETTLES)
        for _ in range(rounds):
            pairs.add(await few.settle(SETTLES), await many.settle(SETTLES))
    name = f"settle with {items:,} items and {rows:,} rows"
    return Report(
        f"Size of the ledger, {kind}",
        [pairs.figure(name, "ms", Aim(1.2, at_most=True))],
        [f"{rounds} rounds of {SETTLES} settles. Bare: {FEW_ITEMS} items and {FEW_ROWS} rows."],
    )


async def _place(db: Database, items: int, rows: int) -> Place:
    household = await move_in(db, items)
    each = rows // items
    at_once = max(PART // each, 1)
    for first in range(0, items, at_once):
        await _fill(db, household.items[first : first + at_once], each)
    async with db.writing() as session:
        await insert_new(session, ItemMemory, [_memory(item, each) for item in household.items])
        await session.execute(text("ANALYZE"))
    return Place(db, household, StockKeeping(db, Judge(Engine()), Failpoints()))


async def _fill(db: Database, items: Sequence[UUID], each: int) -> None:
    """Facts and decisions as if they had been written one by one, so many for each item."""
    of_all = {"observed_at": OLD, "arrived_at": OLD, "folded": True, "digest": "none", "fact": '{"kind":"counted"}'}
    facts = [
        {"item": item, "id": f"old-{number}", "arrival": number, "kind": FactKind.COUNTED} | of_all
        for item in items
        for number in range(1, each + 1)
    ]
    decisions = [
        {"item": item, "id": f"old-{number}", "number": number, "at": OLD, "verdict": "nothing", "decision": "{}"}
        for item in items
        for number in range(1, each + 1)
    ]
    async with db.writing() as session:
        await insert_new(session, FactRow, facts)
        await insert_new(session, DecisionRow, decisions)


def _memory(item: UUID, each: int) -> dict[str, object]:
    state = ItemState(item=item, arrivals=each, decisions=each, head=OLD)
    return {
        "item": item,
        "state": state.model_dump_json(exclude_defaults=True),
        "sentence": "",
        "verdict": "nothing",
        "updated_at": OLD,
    }


def _batch(item: UUID, account: UUID, fact: Fact, now: datetime) -> Settle:
    return Settle(
        item=item,
        account=account,
        arrivals=(Arrival(fact=fact, at=now),),
        as_of=now,
        started=(),
        skipped=(),
        told=(),
    )

"""All that happened in an account, as one list over four tables: facts, decisions, states of orders, money (S24).

Each table is asked for its newest rows before the cursor, and the newest of them all are the page: one statement for
each kind, whatever the number of items. The order is that of (moment, kind, item or order, number), newest first.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, desc, literal, select, true, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.decisions import Decision
from domain.facts import Fact
from storage.database import Database
from storage.tables import Charge, DecisionRow, FactRow, Item, OrderEvent, OrderRow

AT_ONCE = 1_000


class Kind(StrEnum):
    """What an entry tells of."""

    FACT = "fact"
    DECISION = "decision"
    ORDER = "order"
    MONEY = "money"


Place = tuple[datetime, Kind, UUID, int]
"""Where an entry stands; no two entries stand at the same place."""

_Value = TypeVar("_Value")
_Column = ColumnElement[_Value] | InstrumentedAttribute[_Value]


@dataclass(frozen=True)
class Wanted:
    """Which entries: `since` belongs to them, `until` does not; None means any."""

    account: UUID
    item: UUID | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `what` is the kind of fact, the verdict, the state, or what became of the money."""

    place: Place
    item: UUID
    item_name: str
    what: str
    sentence: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    order: UUID | None = None
    device: UUID | None = None


async def page(session: AsyncSession, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    """The newest entries after `before` in the list; one more than `limit` if there are more."""
    found: list[Entry] = []
    for kind, read in _READ.items():
        if wanted.kind in (None, kind):
            found += await read(session, wanted, before, limit + 1)
    return sorted(found, key=lambda entry: entry.place, reverse=True)[: limit + 1]


async def whole(db: Database, wanted: Wanted) -> AsyncIterator[Sequence[Entry]]:
    """All entries, some at a time; no transaction is open meanwhile."""
    before: Place | None = None
    while True:
        async with db.reading() as session:
            entries = await page(session, wanted, before, AT_ONCE)
        yield entries[:AT_ONCE]
        if len(entries) <= AT_ONCE:
            return
        before = entries[AT_ONCE - 1].place


async def _facts(session: AsyncSession, wanted: Wanted, before: Place | None, most: int) -> list[Entry]:
    newest = _newest(session, Kind.FACT, wanted, before, most)
    statement = (
        select(FactRow, Item.name, Item.unit)
        .join(newest, (FactRow.item == newest.c.item) & (FactRow.arrival == newest.c.number))
        .join(Item, Item.uuid == FactRow.item)
    )
    return [_fact(*row) for row in await session.execute(statement)]


async def _decisions(session: AsyncSession, wanted: Wanted, before: Place | None, most: int) -> list[Entry]:
    newest = _newest(session, Kind.DECISION, wanted, before, most)
    statement = (
        select(DecisionRow, Item.name, Item.unit)
        .join(newest, (DecisionRow.item == newest.c.item) & (DecisionRow.number == newest.c.number))
        .join(Item, Item.uuid == DecisionRow.item)
    )
    return [_decision(*row) for row in await session.execute(statement)]


async def _orders(session: AsyncSession, wanted: Wanted, before: Place | None, most: int) -> list[Entry]:
    statement = (
        select(OrderEvent, OrderRow, Item.name, Item.unit)
        .join(OrderRow, OrderRow.uuid == OrderEvent.order)
        .join(Item, Item.uuid == OrderRow.item)
        .where(OrderRow.account == wanted.account)
        .where(*_within(Kind.ORDER, wanted, before, (OrderEvent.at, OrderEvent.order, OrderEvent.version)))
        .order_by(OrderEvent.at.desc(), OrderEvent.order.desc(), OrderEvent.version.desc())
    )
    return [_order(*row) for row in await session.execute(_of_account(statement, wanted).limit(most))]


async def _money(session: AsyncSession, wanted: Wanted, before: Place | None, most: int) -> list[Entry]:
    charged = select(Charge.order, literal(0).label("number"), Charge.charged_at.label("at"))
    refunded = select(Charge.order, literal(1), Charge.refunded_at).where(Charge.refunded_at.is_not(None))
    moved = union_all(charged, refunded).subquery()
    statement = (
        select(moved.c.number, moved.c.at, Charge, OrderRow, Item.name)
        .join(Charge, Charge.order == moved.c.order)
        .join(OrderRow, OrderRow.uuid == Charge.order)
        .join(Item, Item.uuid == OrderRow.item)
        .where(OrderRow.account == wanted.account)
        .where(*_within(Kind.MONEY, wanted, before, (moved.c.at, moved.c.order, moved.c.number)))
        .order_by(moved.c.at.desc(), moved.c.order.desc(), moved.c.number.desc())
    )
    return [_moved(*row) for row in await session.execute(_of_account(statement, wanted).limit(most))]


def _newest(session: AsyncSession, kind: Kind, wanted: Wanted, before: Place | None, most: int) -> Subquery:
    """Which facts or decisions of the account are on the page.

    Only the newest of each item are looked at, and only in an index, so that the length of the past does not matter.
    """
    row, each = (
        (aliased(FactRow), aliased(FactRow)) if kind is Kind.FACT else (aliased(DecisionRow), aliased(DecisionRow))
    )
    at, number = _KEYS[kind]
    key = (getattr(row, at), row.item, getattr(row, number))
    of_item = (
        select(key[0].label("at"), key[2].label("number"))
        .where(row.item == Item.uuid, *_within(kind, wanted, before, key))
        .order_by(key[0].desc(), key[2].desc())
        .limit(most)
        .correlate(Item)
    )
    if session.get_bind().dialect.name == "postgresql":
        # it would run the other one's subquery for every row; SQLite, which knows no LATERAL, runs it for every item
        found = of_item.lateral()
        newest = select(Item.uuid.label("item"), found.c.at, found.c.number).join(found, true())
    else:
        columns = getattr(each, at), getattr(each, number)
        newest = select(Item.uuid.label("item"), columns[0].label("at"), columns[1].label("number"))
        newest = newest.join(each, (each.item == Item.uuid) & tuple_(*columns).in_(of_item))
    newest = _of_account(newest, wanted)
    return newest.order_by(desc("at"), desc("item"), desc("number")).limit(most).subquery()


def _of_account(statement: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Of deleted items, too."""
    statement = statement.where(Item.account == wanted.account)
    return statement if wanted.item is None else statement.where(Item.uuid == wanted.item)


def _within(
    kind: Kind,
    wanted: Wanted,
    before: Place | None,
    key: tuple[_Column[datetime], _Column[UUID], _Column[int]],
) -> list[ColumnElement[bool]]:
    """Between the two moments, and after the cursor in the list."""
    at, uuid, number = key
    clauses: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        clauses.append(at >= wanted.since)
    if wanted.until is not None:
        clauses.append(at < wanted.until)
    if before is None:
        return clauses
    moment, last_kind, last_uuid, last_number = before
    if kind > last_kind:
        return [*clauses, at < moment]
    clauses.append(at <= moment)
    if kind == last_kind:
        clauses.append((at < moment) | (uuid < last_uuid) | (uuid == last_uuid) & (number < last_number))
    return clauses


def _fact(row: FactRow, item_name: str, unit: str) -> Entry:
    fact = Fact.model_validate_json(row.fact)
    return Entry(
        place=(row.observed_at, Kind.FACT, row.item, row.arrival),
        item=row.item,
        item_name=item_name,
        what=row.kind,
        sentence=row.flag,
        quantity=fact.quantity if fact.order is None else fact.order.units,
        unit="percent" if row.kind == "percent" else unit,
        order=None if fact.order is None else fact.order.order,
        device=fact.device,
    )


def _decision(row: DecisionRow, item_name: str, unit: str) -> Entry:
    decision = Decision.model_validate_json(row.decision)
    return Entry(
        place=(row.at, Kind.DECISION, row.item, row.number),
        item=row.item,
        item_name=item_name,
        what=row.verdict,
        sentence=decision.sentence,
        quantity=decision.level,
        unit=unit,
        order=decision.order,
    )


def _order(event: OrderEvent, order: OrderRow, item_name: str, unit: str) -> Entry:
    return Entry(
        place=(event.at, Kind.ORDER, order.uuid, event.version),
        item=order.item,
        item_name=item_name,
        what=event.state,
        sentence=event.reason,
        quantity=(event.delivered_packs or order.packs) * order.pack_size,
        unit=unit,
        amount=order.packs * order.pays,
        currency=order.currency,
        order=order.uuid,
    )


def _moved(number: int, at: datetime, charge: Charge, order: OrderRow, item_name: str) -> Entry:
    what = "refunded" if number else "charged" if charge.refunded_at is not None else charge.state
    return Entry(
        place=(at, Kind.MONEY, order.uuid, number),
        item=order.item,
        item_name=item_name,
        what=what,
        sentence=charge.reason,
        amount=charge.refunded if number else charge.amount,
        currency=charge.currency,
        order=order.uuid,
    )


_KEYS = {Kind.FACT: ("observed_at", "arrival"), Kind.DECISION: ("at", "number")}
_READ = {Kind.FACT: _facts, Kind.DECISION: _decisions, Kind.ORDER: _orders, Kind.MONEY: _money}

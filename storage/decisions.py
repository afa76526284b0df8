"""Decisions as people ask for them: which there were, and all that led to one and came of it (1.K, 1.M).

They are kept for good: a deleted item's are still its account's, and a deleted rule's text is still there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.decisions import Decision, Verdict
from domain.errors import NotFound
from domain.facts import FactKind
from domain.orders import OrderState
from storage import orders_read
from storage.orders_read import OrderView
from storage.tables import DecisionRow, FactRow, Item, Rule, RuleVersion, User

MOST_SINCE = 10
LARGEST_NUMBER = 2**31 - 1

_COUNTS = (FactKind.COUNTED, FactKind.PERCENT)
_CHANGES = (FactKind.USED, FactKind.ADDED, FactKind.REMOVED, FactKind.RETURNED, FactKind.UNLINKED)
_USES = (FactKind.USED, FactKind.REMOVED)
_REPORTS = (*_COUNTS, *_CHANGES, FactKind.LOW)
_EXPIRING = (*_COUNTS, FactKind.ADDED, FactKind.RETURNED, FactKind.LINKED)
_DELIVERED = (OrderState.DELIVERED, OrderState.PARTIALLY_DELIVERED)
_OF_THE_LEVEL = frozenset({"level", "percent", "daysLeft", "runsOut", "spoils"})


class Part(StrEnum):
    """What a fact has to do with a decision."""

    TRIGGER = "trigger"
    COUNT = "count"
    SINCE = "since"
    CLOCK = "clock"
    EXPIRY = "expiry"
    LOW = "low"
    USE = "use"
    REPEAT = "repeat"


@dataclass(frozen=True)
class Wanted:
    """Which decisions of an item: `since` belongs to them, `until` does not; None means any."""

    verdict: Verdict | None = None
    rule: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class RuleThen:
    """A rule as it was when a decision named it; its name is today's."""

    name: str
    text: RuleVersion
    is_deleted: bool


@dataclass(frozen=True)
class Explained:
    """One decision with what led there and what came of it."""

    row: DecisionRow
    decision: Decision
    facts: Sequence[tuple[Part, FactRow]]
    rules: dict[tuple[UUID, int], RuleThen]
    order: OrderView | None
    item: Item
    zone: ZoneInfo
    is_newest: bool


async def own_item(session: AsyncSession, account: UUID, uuid: UUID) -> Item:
    """An item of the account, also a deleted one, whose past is kept; raises NotFound for another's."""
    item = (await session.scalars(select(Item).where(Item.uuid == uuid, Item.account == account))).one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    return item


async def page(
    session: AsyncSession, item: UUID, wanted: Wanted, before: int | None, limit: int
) -> Sequence[DecisionRow]:
    """The decisions about an item, newest first, those below `before`; one more than `limit` if there are more."""
    statement = select(DecisionRow).where(DecisionRow.item == item).order_by(DecisionRow.number.desc())
    if before is not None:
        statement = statement.where(DecisionRow.number < before)
    if wanted.verdict is not None:
        statement = statement.where(DecisionRow.verdict == wanted.verdict)
    if wanted.rule is not None:
        # a decision is stored as JSON text, in the words of `domain.decisions`
        statement = statement.where(DecisionRow.decision.contains(f'"rule":"{wanted.rule}"'))
    if wanted.since is not None:
        statement = statement.where(DecisionRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(DecisionRow.at < wanted.until)
    return (await session.scalars(statement.limit(limit + 1))).all()


async def explained(session: AsyncSession, account: UUID, item: UUID, number: int) -> Explained:
    """One decision about an item of the account; raises NotFound where there is none of that number."""
    about = await own_item(session, account, item)
    query = select(DecisionRow).where(DecisionRow.item == item, DecisionRow.number == number)
    row = (await session.scalars(query)).one_or_none() if 0 < number <= LARGEST_NUMBER else None
    if row is None:
        raise NotFound("There is no such decision.")
    decision = Decision.model_validate_json(row.decision)
    newest = await session.scalar(select(func.max(DecisionRow.number)).where(DecisionRow.item == item))
    return Explained(
        row=row,
        decision=decision,
        facts=await _facts(session, item, decision),
        rules=await _rules(session, decision),
        order=await _order(session, about, decision),
        item=about,
        zone=ZoneInfo((await session.get_one(User, account)).time_zone),
        is_newest=row.number == newest,
    )


async def that_ordered(session: AsyncSession, item: UUID, order: UUID, needed_at: datetime) -> Decision | None:
    """The decision that made an order; None where there is none, as for an order from before a restored backup."""
    query = select(DecisionRow.decision).where(
        DecisionRow.item == item, DecisionRow.at == needed_at, DecisionRow.verdict == Verdict.ORDERED
    )
    found = [Decision.model_validate_json(text) for text in await session.scalars(query)]
    # an order that got another number keeps its moment, while its decision names the first one
    return next((each for each in found if each.order == order), found[0] if found else None)


async def _order(session: AsyncSession, item: Item, decision: Decision) -> OrderView | None:
    if decision.order is None:
        return None
    try:
        return await orders_read.get(session, item.account, decision.order)
    except NotFound:  # it got another number after a restored backup, or is at another retailer than the key may see
        return None


async def _rules(session: AsyncSession, decision: Decision) -> dict[tuple[UUID, int], RuleThen]:
    named = [(report.rule, report.version) for report in decision.rules]
    if not named:
        return {}
    query = (
        select(RuleVersion, Rule.name, Rule.deleted_at)
        .join(Rule, Rule.uuid == RuleVersion.rule)
        .where(tuple_(RuleVersion.rule, RuleVersion.version).in_(named))
    )
    rows = await session.execute(query)
    return {(text.rule, text.version): RuleThen(name, text, deleted is not None) for text, name, deleted in rows}


async def _facts(session: AsyncSession, item: UUID, decision: Decision) -> list[tuple[Part, FactRow]]:
    """What set the decision off first, then what its conditions rest on, oldest first; each fact once."""
    trigger = None if decision.fact is None else await session.get(FactRow, (item, decision.fact))
    known = FactRow.arrived_at < decision.at if trigger is None else FactRow.arrival <= trigger.arrival
    found = [] if trigger is None else [(Part.TRIGGER, trigger)]
    rest: list[tuple[Part, FactRow]] = []
    behind = _Behind(session, [FactRow.item == item, FactRow.folded.is_(True), known])
    fields = {condition.field for rule in decision.rules for condition in rule.conditions}
    if fields & _OF_THE_LEVEL:
        rest += await behind.level()
    if decision.clocks:
        rest += [(Part.CLOCK, row) for row in await behind.named(decision.clocks)]
    if decision.expires_first is not None:
        rest += [(Part.EXPIRY, row) for row in await behind.expiring(decision.expires_first)]
    for field, part, kinds in (("low", Part.LOW, (FactKind.LOW,)), ("unusedFor", Part.USE, _USES)):
        if field in fields:
            rest += [(part, row) for row in await behind.newest(kinds, 1)]
    if "repeats" in fields:
        times = max(int(c.actual or 0) for rule in decision.rules for c in rule.conditions if c.field == "repeats")
        rest += [(Part.REPEAT, row) for row in await behind.newest(_REPORTS, times)]
    seen = {row.id for _, row in found}
    for part, row in sorted(rest, key=lambda each: (each[1].observed_at, each[1].arrival)):
        if row.id not in seen:
            seen.add(row.id)
            found.append((part, row))
    return found


@dataclass(frozen=True)
class _Behind:
    """The facts that were known when a decision was made."""

    session: AsyncSession
    known: Sequence[ColumnElement[bool]]

    async def level(self) -> list[tuple[Part, FactRow]]:
        """The newest count, and what has changed the level since; of many changes the newest."""
        counts = await self.newest(_COUNTS, 1)
        delivered = [FactRow.fact.contains(f'"state":"{state}"') for state in _DELIVERED]
        changes = or_(FactRow.kind.in_(_CHANGES), (FactRow.kind == FactKind.ORDER) & or_(*delivered))
        since = [changes] + [FactRow.observed_at >= count.observed_at for count in counts]
        return [(Part.COUNT, row) for row in counts] + [
            (Part.SINCE, row) for row in await self._read(since, MOST_SINCE)
        ]

    async def newest(self, kinds: Sequence[FactKind], most: int) -> Sequence[FactRow]:
        """The facts of these kinds that were observed last."""
        return await self._read([FactRow.kind.in_(kinds)], most)

    async def named(self, ids: Sequence[str]) -> Sequence[FactRow]:
        """The facts with these ids."""
        return await self._read([FactRow.id.in_(ids)], len(ids))

    async def expiring(self, expires_at: datetime) -> Sequence[FactRow]:
        """The newest fact that says of something that it expires then."""
        written = expires_at.isoformat().removesuffix("+00:00")
        return await self._read([FactRow.kind.in_(_EXPIRING), FactRow.fact.contains(f'"expires_at":"{written}')], 1)

    async def _read(self, clauses: Sequence[ColumnElement[bool]], most: int) -> Sequence[FactRow]:
        newest_first = FactRow.observed_at.desc(), FactRow.arrival.desc()
        return (
            await self.session.scalars(select(FactRow).where(*self.known, *clauses).order_by(*newest_first).limit(most))
        ).all()

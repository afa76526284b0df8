"""What the ledger has of an item, in the order of observation, for whoever goes through all of it again."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, tuple_

from domain.facts import OWNERS_WORDS, Arrival, Fact
from storage.database import Database
from storage.tables import FactRow

AT_ONCE = 5_000


class Stretch(NamedTuple):
    """A time of an item: `start` belongs to it, `end` too."""

    item: UUID
    start: datetime
    end: datetime


class Stored(NamedTuple):
    """A fact as it is stored, not read yet: that is work, and may be done elsewhere."""

    observed_at: datetime
    arrived_at: datetime
    fact: str

    def read(self) -> Arrival:
        """The fact and when it arrived."""
        fact = Fact.model_validate_json(self.fact).model_copy(update={"observed_at": self.observed_at})
        return Arrival(fact=fact, at=self.arrived_at)


async def number(db: Database, stretch: Stretch) -> int:
    """How many facts that count were observed then."""
    async with db.reading() as session:
        return await session.scalar(select(func.count()).where(*_within(stretch))) or 0


async def first(db: Database, item: UUID, most: int, before: datetime) -> datetime | None:
    """When the oldest of the newest `most` facts before that moment was observed, None where there is none."""
    newest = (
        select(FactRow.observed_at)
        .where(FactRow.item == item, FactRow.folded, FactRow.observed_at < before)
        .order_by(FactRow.observed_at.desc(), FactRow.arrival.desc())
        .limit(most)
        .subquery()
    )
    async with db.reading() as session:
        found: datetime | None = await session.scalar(select(func.min(newest.c.observed_at)))
        return found


async def owners_words(db: Database, stretch: Stretch) -> Sequence[Arrival]:
    """What was asked for by button or by hand."""
    query = (
        select(FactRow.observed_at, FactRow.arrived_at, FactRow.fact)
        .where(*_within(stretch), FactRow.kind.in_(OWNERS_WORDS))
        .order_by(FactRow.observed_at.desc())
        .limit(AT_ONCE)
    )
    async with db.reading() as session:
        return [Stored(*row).read() for row in await session.execute(query)]


async def facts(db: Database, stretch: Stretch) -> AsyncIterator[Sequence[Stored]]:
    """The facts that count, some at a time; no transaction is open meanwhile."""
    place: tuple[datetime, int] | None = None
    while True:
        rows = await _page(db, stretch, place)
        yield [Stored(row.observed_at, row.arrived_at, row.fact) for row in rows]
        if len(rows) < AT_ONCE:
            return
        place = rows[-1].observed_at, rows[-1].arrival


async def _page(
    db: Database, stretch: Stretch, after: tuple[datetime, int] | None
) -> Sequence[Row[datetime, int, datetime, str]]:
    query = select(FactRow.observed_at, FactRow.arrival, FactRow.arrived_at, FactRow.fact).where(*_within(stretch))
    if after is not None:
        query = query.where(tuple_(FactRow.observed_at, FactRow.arrival) > tuple_(*after))
    async with db.reading() as session:
        return (await session.execute(query.order_by(FactRow.observed_at, FactRow.arrival).limit(AT_ONCE))).all()


def _within(stretch: Stretch) -> tuple[ColumnElement[bool], ...]:
    return (
        FactRow.item == stretch.item,
        FactRow.folded.is_(True),
        FactRow.observed_at >= stretch.start,
        FactRow.observed_at <= stretch.end,
    )

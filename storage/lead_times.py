"""How long retailers took from an order to its delivery: the household's own orders, and everybody's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.lead_time import LeadTime
from domain.orders import OrderState
from storage.tables import OrderRow, User

_OWN, _EVERYBODYS = 20, 50
"""So many of the newest deliveries count: a retailer that has become slower is soon known as slow."""


async def lead_times(session: AsyncSession, account: UUID, retailers: Iterable[UUID]) -> dict[UUID, LeadTime]:
    """What to reckon with at each of the retailers, in one query."""
    wanted = list(dict.fromkeys(retailers))
    if not wanted:
        return {}
    # a sandbox delivers by hand, so only its own orders may say how fast it is
    live = OrderRow.account.in_(select(User.uuid).where(User.live.is_(None)))
    parts = [
        part
        for retailer in wanted
        for part in (
            _newest(retailer, OrderRow.account == account, own=1, most=_OWN),
            _newest(retailer, live, own=0, most=_EVERYBODYS),
        )
    ]
    waits: dict[tuple[UUID, int], list[timedelta]] = {}
    for retailer, own, placed, delivered in (await session.execute(union_all(*parts))).all():
        if placed is not None and delivered is not None:
            waits.setdefault((retailer, own), []).append(delivered - placed)
    return {each: LeadTime.learned(waits.get((each, 1), ()), waits.get((each, 0), ())) for each in wanted}


def _newest(
    retailer: UUID, whose: ColumnElement[bool], *, own: int, most: int
) -> Select[UUID, int, datetime | None, datetime | None]:
    newest = (
        select(OrderRow.retailer, literal(own).label("own"), OrderRow.placed_at, OrderRow.ended_at)
        .where(
            OrderRow.retailer == retailer,
            whose,
            OrderRow.state == OrderState.DELIVERED,
            OrderRow.placed_at.is_not(None),
            OrderRow.ended_at.is_not(None),
        )
        .order_by(OrderRow.placed_at.desc())
        .limit(most)
        .subquery()
    )
    return select(newest.c.retailer, newest.c.own, newest.c.placed_at, newest.c.ended_at)

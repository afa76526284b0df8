"""What a household lets Larder spend and order by itself: money, orders a day, quiet days (contract 1.M).

Days and months are the household's own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from domain.asking import Price
from domain.message import Message


class Span(NamedTuple):
    """From one moment up to, and without, another."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.start <= at < self.end


class Ordered(NamedTuple):
    """An order that stands: when it was needed, what of it is spent, and whether it was for the item that is judged."""

    at: datetime
    cost: Price
    is_here: bool


class Guard(StrEnum):
    """What a household has set to keep orders back."""

    PAUSE = "pause"
    ORDERS_A_DAY = "orders-a-day"
    MONEY_A_DAY = "money-a-day"
    MONEY_A_MONTH = "money-a-month"


class Stop(NamedTuple):
    """What is said against an order; `until` is when that ends, None where only the owner's word can end it.

    `guard` is the one that says it, None where the rule itself asks for the wait. Where it never `ends` by time alone,
    it is looked at again then all the same: a price may have changed.
    """

    reason: str
    until: datetime | None
    guard: Guard | None = None
    ends: bool = True


@dataclass(frozen=True)
class Tally:
    """What the household has ordered lately, without what came to nothing."""

    orders: tuple[Ordered, ...] = ()

    def spent(self, span: Span, currency: str) -> Decimal:
        """How much money of that currency went in that time."""
        costs = (each.cost for each in self.orders if span.holds(each.at))
        return sum((cost.amount for cost in costs if cost.currency == currency), Decimal(0))

    def orders_here(self, span: Span) -> int:
        """How often the item was ordered in that time."""
        return sum(each.is_here and span.holds(each.at) for each in self.orders)

    def and_ordered(self, at: datetime, cost: Price) -> "Tally":
        """With one more order of the item."""
        return Tally((*self.orders, Ordered(at, cost, is_here=True)))


class Guards(Message):
    """What a household has set; None is no guard."""

    money_per_day: Price | None = None
    money_per_month: Price | None = None
    orders_per_item_and_day: int | None = None
    paused_until: AwareDatetime | None = None

    @property
    def need_the_tally(self) -> bool:
        """Whether it matters what was ordered before."""
        return self.counts_money or self.orders_per_item_and_day is not None

    @property
    def counts_money(self) -> bool:
        """Whether two items ordered at once could spend the same money."""
        return self.money_per_day is not None or self.money_per_month is not None

    def pause(self, at: datetime) -> Stop | None:
        """The pause, while it lasts."""
        if self.paused_until is None or self.paused_until <= at:
            return None
        return Stop("ordering is paused", self.paused_until, Guard.PAUSE)

    def too_often(self, at: datetime, zone: ZoneInfo, tally: Tally) -> Stop | None:
        """Whether the item has been ordered often enough today."""
        most, today = self.orders_per_item_and_day, day_of(at, zone)
        if most is None or (orders := tally.orders_here(today)) < most:
            return None
        times = "once" if orders == 1 else f"{orders} times"
        return Stop(f"ordered {times} today, {most} a day at most", today.end, Guard.ORDERS_A_DAY)

    def too_dear(self, cost: Price, at: datetime, zone: ZoneInfo, tally: Tally) -> Stop | None:
        """The money that this order would exceed, what never fits, then the longer time first."""
        limits = (
            (self.money_per_month, month_of(at, zone), "month", Guard.MONEY_A_MONTH),
            (self.money_per_day, day_of(at, zone), "day", Guard.MONEY_A_DAY),
        )
        for limit, span, name, guard in limits:
            if limit is None:
                continue
            if cost.currency != limit.currency:
                return Stop(f"{cost} cannot be compared with the {limit} a {name}", None, guard)
            if cost.amount > limit.amount:
                return Stop(f"{cost} is more than the {limit} a {name} in all", span.end, guard, ends=False)
        for limit, span, name, guard in limits:
            if limit is None:
                continue
            spent = Price(amount=tally.spent(span, limit.currency), currency=limit.currency)
            if spent.amount + cost.amount > limit.amount:
                already = f", {spent} of it spent" if spent.amount else ""
                return Stop(f"{cost} is more than is left of the {limit} a {name}{already}", span.end, guard)
        return None


NO_GUARDS = Guards()
NOTHING_ORDERED = Tally()


def day_of(at: datetime, zone: ZoneInfo) -> Span:
    """The household's day in which a moment lies, from midnight to midnight."""
    today = at.astimezone(zone).date()
    return Span(*(_midnight(day, zone) for day in (today, today + timedelta(days=1))))


def month_of(at: datetime, zone: ZoneInfo) -> Span:
    """The household's month in which a moment lies."""
    first = at.astimezone(zone).date().replace(day=1)
    return Span(*(_midnight(day, zone) for day in (first, (first + timedelta(days=31)).replace(day=1))))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # where the clocks skip midnight, the day begins when they do
    return datetime.combine(day, time(), zone).astimezone(UTC)

"""A world in which other rules are in force: one item lives in it, fact by fact, and its own orders are delivered.

Everything is judged by the real judgement. Most facts cannot change a verdict, and then only the stock is told.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid5

from domain.errors import LarderError
from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.fold import after
from domain.item import ItemState, Need, Offer, OpenNeed
from domain.orders import Approval, OrderState
from domain.stock import OnOrder, Stock
from rules.active import InForce
from rules.curve import Curve
from rules.judge import Judge
from rules.quick import Quick
from rules.replay import OF_ORDERS, Recorded
from rules.settling import Settling
from rules.view import View

LeadTime = Callable[[UUID], timedelta]
"""How long a retailer takes from the need to the delivery."""

MOST_ORDERS = 5_000
"""So many orders are made in one world: one every two hours for more than a year."""


class TooManyOrders(LarderError):
    """The rules on trial order again and again, to no end."""


@dataclass(frozen=True)
class Beginning:
    """The item, how it stood at a moment, and how long its orders take from then on."""

    item: UUID
    stock: Stock
    at: datetime
    lead: LeadTime


@dataclass(frozen=True)
class Ordered:
    """An order that would have been made, when it would have come, and the decision's sentence."""

    need: Need
    delivered_at: datetime
    why: str


class World:
    """One item under one set of rules, from a moment on; `judging` is called at each judgement, and may end it all."""

    def __init__(self, judge: Judge, in_force: InForce, beginning: Beginning, judging: Callable[[], None]) -> None:
        self._judge, self._in_force, self._lead, self._judging = judge, in_force, beginning.lead, judging
        self._stock, at = beginning.stock, beginning.at
        # orders of this world are no orders of another one
        state = ItemState(item=uuid5(beginning.item, "backtest"), stock=self._stock)
        self._state = state.with_opens(_opened(order, at) for order in self._stock.orders)
        self._earlier = {order.order for order in self._stock.orders}
        self._check: datetime | None = None
        self._due: datetime | None = None
        self._deliveries: list[tuple[datetime, int, Arrival]] = []
        self._numbers = count(1)
        self._quick = Quick(in_force)
        self.orders: list[Ordered] = []
        self.curve = Curve()
        saved = Fact(id="saved", kind=FactKind.CHANGED, observed_at=at, received_at=at, source=Source.LARDER)
        self._settled((Arrival(fact=saved, at=at),), at)

    def take(self, recorded: Recorded) -> None:
        """Let a recorded fact happen here, as far as it does here."""
        fact, at = recorded.arrival.fact, recorded.arrival.at
        if self._due is not None and self._due <= at:
            self.until(at)
        if fact.kind is FactKind.CHANGED or (fact.kind in OF_ORDERS and not self._is_of_the_earlier(fact)):
            return
        self._stock = self._stock.advanced(at)
        arrival = recorded.told_to(self._stock)
        if self._quick.may_matter(arrival.fact.kind, self._stock):
            self._settled((arrival,), at)
            return
        stock = after(self._stock, arrival)
        level = stock.level
        if (self._quick.is_between(stock, level) or not self._quick.is_simple) and self._is_still(stock, at):
            self._stock = stock
            self.curve.reached(at, level)
        else:
            self._settled((arrival,), at)

    def until(self, at: datetime) -> None:
        """Let time pass, up to and including that moment: deadlines are judged and orders are delivered."""
        while self._due is not None and self._due <= at:
            moment = self._due
            if self._deliveries and self._deliveries[0][0] == moment:
                self._settled((heapq.heappop(self._deliveries)[2],), moment)
            else:
                self._settled((), moment)

    def _is_of_the_earlier(self, fact: Fact) -> bool:
        return fact.order is not None and fact.order.order in self._earlier

    def _is_still(self, stock: Stock, at: datetime) -> bool:
        """Whether every condition is what it was when the item was judged; then only the next look may be another."""
        if self._quick.is_simple and self._quick.expires_as_before(stock):
            return True
        is_same, check = self._quick.same(View(stock, at, self._in_force, self._state.memory))
        if is_same:
            change = stock.next_change()
            self._check = min(check, change) if check is not None and change is not None else check or change
            self._due = self._next()
        return is_same

    def _settled(self, arrivals: Sequence[Arrival], at: datetime) -> None:
        self._judging()
        state = self._state.model_copy(update={"stock": self._stock, "next_check": self._check})
        settlement = Settling(self._judge, self._in_force, state, None).settle(arrivals, at)
        self._state, self._stock, self._check = settlement.state, settlement.state.stock, settlement.state.next_check
        why = {decision.need: decision for decision in settlement.decisions if decision.need is not None}
        for need in settlement.needs:
            self._in_force = self._in_force.and_ordered(need)
            self._ordered(need, why[need.number].sentence)
        now = self._stock = self._stock.advanced(at)
        pressed = any(arrival.fact.kind is FactKind.PRESSED for arrival in arrivals)
        view = View(now, at, self._in_force, self._state.memory)
        self._quick.judged(self._state, settlement.decisions, view, pressed=pressed)
        self._due = self._next()
        self.curve.reached(at, now.level)

    def _ordered(self, need: Need, why: str) -> None:
        if len(self.orders) == MOST_ORDERS:
            last = self._in_force.words.moment(self.orders[-1].need.at)
            found = f"More than {MOST_ORDERS:,} orders would have been made by {last}"
            raise TooManyOrders(f"{found}: order more at a time, or when less is left.")
        at = need.at + self._lead(need.offer.retailer)
        self.orders.append(Ordered(need, at, why))
        news = OrderNews(order=need.order, state=OrderState.DELIVERED, units=need.units, pack_size=need.offer.pack_size)
        fact = Fact(
            id=f"order:{need.order}:1",
            kind=FactKind.ORDER,
            observed_at=at,
            received_at=at,
            source=Source.LARDER,
            order=news,
        )
        heapq.heappush(self._deliveries, (at, next(self._numbers), Arrival(fact=fact, at=at)))

    def _next(self) -> datetime | None:
        if not self._deliveries:
            return self._check
        delivery = self._deliveries[0][0]
        return delivery if self._check is None else min(self._check, delivery)


def _opened(order: OnOrder, at: datetime) -> OpenNeed:
    """An order from before: it is on its way in every world."""
    offer = Offer(
        retailer=UUID(int=0),
        retailer_name="",
        sku="",
        name="",
        pack_size=order.pack_size,
        unit_price=Decimal(0),
        currency="",
    )
    need = Need(
        number=0,
        order=order.order,
        at=at,
        offer=offer,
        packs=max(1, int(order.units / order.pack_size)),
        approval=Approval.NOT_NEEDED,
        rules=(),
        removals=order.removals,
        pressed=True,
    )
    return OpenNeed(need=need, since=at, state=OrderState.PLACED)

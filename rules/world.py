"""A world in which other rules are in force: one item lives in it, fact by fact, and its own orders are delivered.

Everything is judged by the real judgement. Most facts cannot change a verdict, and then only the stock is told.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid5

from domain.decisions import Decision, RuleReport
from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.item import ItemState, Need, Offer, OpenNeed
from domain.orders import Approval, OrderState
from domain.stock import OnOrder, Stock
from rules.active import ActiveRule, InForce
from rules.compiled import compiled
from rules.curve import Curve
from rules.judge import Judge
from rules.replay import OF_ORDERS, Recorded, passed
from rules.settling import Settling
from rules.situation import MILLION

LeadTime = Callable[[UUID], timedelta]
"""How long a retailer takes from the need to the delivery."""

Bounds = tuple[Decimal | None, Decimal | None]

_BESIDE = Decimal(1) / MILLION  # readings are rounded to millionths before they are compared
_OF_THE_LEVEL = frozenset({FactKind.COUNTED, FactKind.PERCENT, FactKind.USED, FactKind.ADDED})
_OF_CLOCKS = frozenset({FactKind.REMOVED, FactKind.RETURNED})
_CLOCKS = frozenset({"outFor", "expiresIn"})
_TOLD_BY_THE_CLOCK = _CLOCKS | {"dayOfWeek", "timeOfDay"}  # the next check knows when these turn
_TURNS_AT_A_THRESHOLD = frozenset({"level", "percent", "pressed", "low", "otherUnit"}) | _TOLD_BY_THE_CLOCK


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
    """One item under one set of rules, from a moment on."""

    def __init__(self, judge: Judge, in_force: InForce, beginning: Beginning) -> None:
        self._judge, self._in_force, self._lead = judge, in_force, beginning.lead
        self._stock, at = beginning.stock, beginning.at
        # orders of this world are no orders of another one
        state = ItemState(item=uuid5(beginning.item, "backtest"), stock=self._stock)
        earlier = self._stock.on_order
        self._earlier = None if earlier is None else earlier.order
        self._state = state if earlier is None else state.model_copy(update={"open": _opened(earlier, at)})
        self._deliveries: list[tuple[datetime, int, Arrival]] = []
        self._numbers = count(1)
        self._quick = Quick(in_force.rules)
        self.orders: list[Ordered] = []
        self.curve = Curve()
        self._due: datetime | None = None
        saved = Fact(id="saved", kind=FactKind.CHANGED, observed_at=at, received_at=at, source=Source.LARDER)
        self._settled((Arrival(fact=saved, at=at),), at)

    def take(self, recorded: Recorded) -> None:
        """Let a recorded fact happen here, as far as it does here."""
        fact, at = recorded.arrival.fact, recorded.arrival.at
        if self._due is not None and self._due <= at:
            self.until(at)
        if fact.kind is FactKind.CHANGED or (fact.kind in OF_ORDERS and not self._is_of_the_earlier(fact)):
            return
        self._stock = passed(self._stock, at)
        arrival = recorded.told_to(self._stock)
        if self._quick.may_matter(arrival.fact.kind, self._stock):
            self._settled((arrival,), at)
            return
        stock = self._stock.after(arrival)
        level = stock.level
        if self._quick.changes_nothing(stock, level):
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
        return fact.order is not None and fact.order.order == self._earlier

    def _settled(self, arrivals: Iterable[Arrival], at: datetime) -> None:
        state = self._state.model_copy(update={"stock": self._stock})
        settlement = Settling(self._judge, self._in_force, state, None).settle(tuple(arrivals), at)
        self._state, self._stock = settlement.state, settlement.state.stock
        why = {decision.need: decision for decision in settlement.decisions if decision.need is not None}
        for need in settlement.needs:
            self._in_force = self._in_force.and_ordered(need)
            self._ordered(need, why[need.number].sentence)
        self._quick.judged(self._state, settlement.decisions)
        self._due = self._next()
        self.curve.reached(at, self._stock.advanced(at).level)

    def _ordered(self, need: Need, why: str) -> None:
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
        moments = [self._state.next_check, self._deliveries[0][0] if self._deliveries else None]
        return min((moment for moment in moments if moment is not None), default=None)


class Quick:
    """Tells facts that can change no verdict from those that might; when in doubt, they might.

    Between two thresholds of the rules, with nothing that waits to be ordered, a level makes no difference.
    """

    def __init__(self, rules: Sequence[ActiveRule]) -> None:
        conditions = [condition for rule in rules for condition in compiled(rule.tree).conditions]
        self._possible = {condition.field for condition in conditions} <= _TURNS_AT_A_THRESHOLD
        self._levels = sorted({Decimal(c.value) for c in conditions if c.field == "level"})
        self._percents = sorted({Decimal(c.value) for c in conditions if c.field == "percent"})
        reads_clocks = any(condition.field in _CLOCKS for condition in conditions)
        self._kinds = _OF_THE_LEVEL if reads_clocks else _OF_THE_LEVEL | _OF_CLOCKS
        self._rules = {rule.uuid: rule for rule in rules}
        self._waits = True
        self._level: Bounds | None = None
        self._percent: Bounds | None = None

    def judged(self, state: ItemState, decisions: Iterable[Decision]) -> None:
        """Remember between which thresholds the item was judged, and whether anything would be ordered if it could."""
        stock = state.stock
        reports = next((decision.rules for decision in reversed(tuple(decisions)) if decision.rules), None)
        if state.open is not None or not self._rules:
            self._waits = False
        elif reports is not None:
            self._waits = any(self._would_follow(state, report) for report in reports if report.truth is True)
        self._level = _between(self._levels, stock.level)
        self._percent = _between(self._percents, stock.percent)

    def may_matter(self, kind: FactKind, stock: Stock) -> bool:
        """Whether a fact of this kind must be judged, whatever it does to the level."""
        uncounted = stock.on_shelf is None and kind is not FactKind.PERCENT
        return not self._possible or self._waits or kind not in self._kinds or uncounted or stock.unseen != 0

    def changes_nothing(self, stock: Stock, level: Decimal | None) -> bool:
        """Whether this stock is to all rules what the one judged last was."""
        return _within(self._level, level if self._levels else None) and _within(
            self._percent, stock.percent if self._percents else None
        )

    def _would_follow(self, state: ItemState, report: RuleReport) -> bool:
        rule, memory = self._rules[report.rule], state.memory[str(report.rule)]
        return (rule.order is not None and memory.armed) or (rule.then.notify and memory.notify_armed)


def _between(thresholds: list[Decimal], value: Decimal | None) -> Bounds | None:
    """The thresholds around a value; None where it is on one, or not known though somebody asks."""
    if not thresholds:
        return None, None
    if value is None or any(abs(value - threshold) <= _BESIDE for threshold in thresholds):
        return None
    below = max((threshold for threshold in thresholds if threshold < value), default=None)
    above = min((threshold for threshold in thresholds if threshold > value), default=None)
    return below, above


def _within(bounds: Bounds | None, value: Decimal | None) -> bool:
    if bounds is None:
        return False
    below, above = bounds
    if value is None:
        return below is None and above is None
    return (below is None or value > below + _BESIDE) and (above is None or value < above - _BESIDE)


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

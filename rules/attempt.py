"""What would come of it: facts that nobody has reported, told to a copy of an item and judged by the real judgement."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from domain.decisions import Decision, RuleReport
from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.item import ItemState, Need, OpenNeed
from domain.orders import OrderState
from domain.stock import Stock
from rules.active import ActiveRule, InForce
from rules.judge import Judge
from rules.settling import Settling

FARTHEST = timedelta(days=400)
MOST_LOOKS = 40


class TriedEnough(Exception):
    """All the judgements that one outlook may make are made."""


class Patience:
    """How many more judgements are made for one outlook."""

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self) -> None:
        """One more; raises TriedEnough when there are none left."""
        if not self._left:
            raise TriedEnough
        self._left -= 1


@dataclass(frozen=True)
class Attempt:
    """An item as it would be at a moment with one rule in force; `need` is the order that has come of it."""

    judge: Judge
    in_force: InForce
    state: ItemState
    at: datetime
    patience: Patience
    decision: Decision | None = None
    need: Need | None = None

    @property
    def rule(self) -> ActiveRule:
        """The one rule in force."""
        return self.in_force.rules[0]

    @property
    def stock(self) -> Stock:
        """What there would be."""
        return self.state.stock.advanced(self.at)

    @property
    def is_armed(self) -> bool:
        """Whether the rule may order once it is true."""
        known = self.state.memory.get(str(self.rule.uuid))
        return known is None or known.armed

    @cached_property
    def report(self) -> RuleReport | None:
        """What the rule says now; None while everything waits to be judged together."""
        decision = self.looked().decision
        return next((each for each in decision.rules if each.rule == self.rule.uuid), None) if decision else None

    def told(self, *facts: Fact) -> "Attempt":
        """The same after these facts, which happen now."""
        self.patience.spend()
        arrivals = tuple(Arrival(fact=fact, at=self.at) for fact in facts)
        settlement = Settling(self.judge, self.in_force, self.state, None).settle(arrivals, self.at)
        needs = [need for need in settlement.needs if self.rule.uuid in need.rules]
        return dataclasses.replace(
            self,
            state=settlement.state,
            decision=settlement.decisions[-1] if settlement.decisions else self.decision,
            need=needs[0] if needs else self.need,
        )

    def looked(self) -> "Attempt":
        """The same judged once more, without anything new."""
        return self.told(self.fact(FactKind.CHANGED))

    def fact(self, kind: FactKind, number: int = 0, **more: object) -> Fact:
        """A fact that is observed now, told by a person."""
        said = {"id": f"if:{self.state.arrivals}:{number}:{kind}", "kind": kind, "source": Source.PERSON}
        return Fact.model_validate(said | {"observed_at": self.at, "received_at": self.at} | more)

    def delivered(self, open_need: OpenNeed) -> "Attempt":
        """The same once an open order has come in full."""
        need = open_need.need
        news = OrderNews(order=need.order, state=OrderState.DELIVERED, units=need.units, pack_size=need.offer.pack_size)
        return self.told(self.fact(FactKind.ORDER, order=news, source=Source.LARDER))

    def waited(self, until: datetime) -> "Attempt":
        """The same at a later moment, if nothing is told until then; it looks whenever it would."""
        return self._looking(until, lambda _: False).moved(until)

    def next_order(self) -> "Attempt | None":
        """The same when time alone has made it order; None where it never does, as far as can be seen."""
        found = self._looking(self.at + FARTHEST, lambda later: later.need is not None)
        return found if found.need is not None else None

    def when(self, so: Callable[["Attempt"], bool]) -> "Attempt | None":
        """The same at the first look at which it is so; None where that never comes, as far as can be seen."""
        found = self._looking(self.at + FARTHEST, so)
        return found if so(found) else None

    def moved(self, to: datetime) -> "Attempt":
        """The same at another moment, before anything is judged there."""
        return dataclasses.replace(self, at=max(self.at, to))

    def _looking(self, until: datetime, done: Callable[["Attempt"], bool]) -> "Attempt":
        attempt = self
        for _ in range(MOST_LOOKS):
            due = attempt.state.next_check
            if done(attempt) or due is None or due > until:
                break
            attempt = attempt.moved(due).told()
        return attempt


def up_to_date(attempt: Attempt) -> Attempt:
    """The same once whatever is overdue has been looked at, each at its own time."""
    due, head = attempt.state.next_check, attempt.state.head
    start = attempt if due is None or due >= attempt.at else dataclasses.replace(attempt, at=due)
    now = start.waited(attempt.at)
    return now if head is None else now.moved(head)

"""Clauses of contract 1.N that meet only when orders, late facts, batches and checkpoints come together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.decisions import Verdict
from domain.facts import Arrival, OrderNews, Source
from domain.fold import after
from domain.identity import order_uuid
from domain.orders import OrderState
from domain.settlement import Past, Taken
from domain.stock import Stock
from rules import settling
from rules.active import InForce, Order
from rules.quantity import Wanted
from rules.settling import Settling
from tests.judgement.household import BUTTON, JUDGE, SHOP, Household, a_rule, an_offer, hours

NEWS = (
    OrderState.PLACED,
    OrderState.PARTIALLY_DELIVERED,
    OrderState.DELIVERED,
    OrderState.REJECTED,
    OrderState.CANCELLED,
    OrderState.NEVER_CAME,
)
UNITS = {OrderState.PARTIALLY_DELIVERED: Decimal(12), OrderState.DELIVERED: Decimal(24)}
KINDS = ("counted", "used", "added", "removed", "returned", "pressed", "low", "percent", "order", "order", "order")
TOLD = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 20),
    st.sampled_from([0, 1, 5, 30, 90, 600, 1500]),
    st.sampled_from([0, 0, 0, 0, 5, 20, 40, 600, 7200, 3600 * 30]),
    st.sampled_from(["device", "person"]),
)


@dataclass
class Kept(Household):
    """A household whose late facts are folded in from checkpoints, as the ledger keeps them."""

    points: list[tuple[Taken, Stock]] = field(default_factory=list)

    def settle(self, *arrivals: Arrival, at: datetime) -> None:
        """One batch, with the past that storage would read."""
        in_force = InForce(tuple(self.rules), {BUTTON: Order(SHOP, "cookies-12", Wanted(packs=2), an_offer())})
        head = self.state.head
        late = [arrival.observed_at for arrival in arrivals if head is not None and arrival.observed_at < head]
        result = Settling(JUDGE, in_force, self.state, self._past(min(late)) if late else None).settle(arrivals, at)
        if (first := result.refolded_from) is not None:
            self.points = [point for point in self.points if point[0].arrival.observed_at < first]
        self.points += result.checkpoints
        self.state = result.state
        self.decisions += result.decisions
        self.needs += result.needs
        self.ledger += result.taken

    def folded(self) -> list[Taken]:
        """Every counted fact in the order of observation."""
        return sorted((taken for taken in self.ledger if taken.folded), key=_place)

    def _past(self, before: datetime) -> Past:
        points = [point for point in self.points if point[0].arrival.observed_at < before]
        if not points:
            return Past(Stock(capacity=self.capacity), tuple(self.folded()))
        last, stock = max(points, key=lambda point: _place(point[0]))
        return Past(stock, tuple(taken for taken in self.folded() if _place(taken) > _place(last)))


def _place(taken: Taken) -> tuple[datetime, int]:
    return taken.arrival.observed_at, taken.number


def a_kept_household(capacity: Decimal | None) -> Kept:
    rules = [
        a_rule("5 left or low", uuid=UUID(int=1)),
        a_rule("out for 30 minutes", uuid=UUID(int=2)),
        a_rule("pressed and not 3 left", uuid=UUID(int=3)),
        a_rule("40% left", uuid=UUID(int=4), wanted=Wanted(up_to=Decimal(30))),
    ]
    return Kept(rules, capacity)


def arrivals(household: Household, drawn: Sequence[tuple[str, int, int, int, str]]) -> list[Arrival]:
    """One arrival for each drawn (kind, number, minutes since the one before, seconds of delay, source)."""
    moment, made = hours(0), []
    for kind, number, minutes, delay, source in drawn:
        moment += timedelta(minutes=minutes)
        seen, more = moment - timedelta(seconds=delay), _more(household, kind, number, source)
        if kind == "order":
            seen = moment
        quantity = None if kind in ("low", "pressed", "order") else number * (5 if kind == "percent" else 1)
        made.append(household.arrival(kind, quantity, at=moment, seen=seen, **more))
    return made


def _more(household: Household, kind: str, number: int, source: str) -> dict[str, Any]:
    match kind:
        case "low":
            return {"is_low": number % 2 == 0}
        case "pressed":
            return {"instruction": BUTTON, "keyed": number % 2 == 0}
        case "removed" | "returned" if number % 3 == 0:
            return {"tag": f"tag-{number % 2}"}
        case "order":
            state, need = NEWS[number % len(NEWS)], 1 + number // len(NEWS)
            order = order_uuid(household.state.item, need)
            news = OrderNews(order=order, state=state, units=UNITS.get(state, Decimal(0)), pack_size=Decimal(12))
            return {"source": Source.LARDER, "order": news}
        case _:
            return {"source": Source(source)}


@settings(max_examples=300, deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=18), st.data(), st.sampled_from([None, Decimal(20)]))
def test_splits_and_checkpoints_change_nothing_while_orders_come_and_go(
    drawn: list[tuple[str, int, int, int, str]], data: st.DataObject, capacity: Decimal | None
) -> None:
    whole, split = a_kept_household(capacity), a_kept_household(capacity)
    facts = arrivals(whole, drawn)
    cut = sorted(data.draw(st.lists(st.integers(1, len(facts)), max_size=6)))
    with patch.object(settling, "CHECKPOINT_EVERY", 3):
        whole.settle(*facts, at=facts[-1].at)
        for start, end in zip([0, *cut], [*cut, len(facts)], strict=True):
            if start < end:
                split.settle(*facts[start:end], at=facts[end - 1].at)
    assert split.decisions == whole.decisions
    assert split.needs == whole.needs
    assert split.state == whole.state
    stock = Stock(capacity=capacity)
    for taken in whole.folded():
        stock = after(stock, taken.arrival)
    assert stock == whole.state.stock
    assert (whole.state.open is None) == (stock.on_order is None)
    assert len({decision.id for decision in whole.decisions}) == len(whole.decisions)


@pytest.mark.parametrize("end", [OrderState.CHARGE_FAILED, OrderState.NEVER_CAME])
def test_every_end_without_delivery_rests_a_day_and_then_orders_again(end: OrderState) -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 3, at=hours(0))
    assert jar.order_is(end, at=hours(1)).next_check == hours(25)
    jar.tell("used", 1, at=hours(20))
    assert len(jar.needs) == 1
    jar.look(hours(25))
    assert [need.at for need in jar.needs] == [hours(0), hours(25)]


def test_a_changed_consequence_alone_does_not_arm_a_rule_that_waits() -> None:
    jar = Household([a_rule("5 left", uuid=UUID(int=1))])
    jar.tell("counted", 3, at=hours(0))
    jar.order_is(OrderState.CANCELLED, at=hours(1))
    jar.rules = [a_rule("5 left", uuid=UUID(int=1), notify=True)]
    jar.tell("changed", at=hours(2))
    assert len(jar.needs) == 1


def test_a_tag_that_is_already_out_takes_nothing_twice() -> None:
    shelf = Household()
    shelf.tell("counted", 9, at=hours(0))
    shelf.tell("removed", tag="A", at=hours(1))
    shelf.tell("removed", tag="A", at=hours(2))
    assert shelf.level(hours(2)) == 8


def test_a_press_while_an_order_is_open_is_a_decision_that_says_so() -> None:
    shelf = Household()
    shelf.tell("pressed", at=hours(0), instruction=BUTTON)
    decision = shelf.tell("pressed", at=hours(1), instruction=BUTTON)
    assert decision.verdict is Verdict.ON_ORDER
    assert decision.order == shelf.needs[0].order
    shelf.order_is(OrderState.DELIVERED, 24, at=hours(2))
    assert shelf.tell("pressed", at=hours(3), instruction=BUTTON).verdict is Verdict.ORDERED


def test_as_many_as_are_missing_counts_what_is_still_arriving() -> None:
    jar = Household([a_rule("20 left", wanted=Wanted(up_to=Decimal(36)))])
    jar.tell("counted", 0, at=hours(0))
    assert jar.needs[0].packs == 3
    jar.order_is(OrderState.PARTIALLY_DELIVERED, 12, at=hours(1))
    jar.order_is(OrderState.REJECTED, 12, at=hours(2))
    jar.look(hours(26))
    assert jar.needs[1].packs == 2


def test_a_delivery_heard_of_while_catching_up_is_judged_at_its_end_and_orders_once() -> None:
    jar = Household([a_rule("20 left")])
    jar.tell("counted", 3, at=hours(0))
    jar.tell("low", is_low=False, at=hours(1), seen=hours(0.5))
    decision = jar.order_is(OrderState.DELIVERED, 12, at=hours(1) + timedelta(seconds=10))
    assert decision.verdict is Verdict.CATCHING_UP
    assert len(jar.needs) == 1
    jar.look(hours(2))
    assert [need.at for need in jar.needs] == [hours(0), hours(1) + timedelta(minutes=2)]


def test_a_return_and_the_deadline_it_beats_may_come_in_one_batch() -> None:
    dish = Household([a_rule("out for 5 hours")])
    dish.tell("removed", at=hours(0))
    late = hours(5) + timedelta(seconds=20)
    dish.settle(dish.arrival("returned", at=late, seen=late - timedelta(seconds=25)), at=late)
    assert "cancelled if it still can be" in dish.decisions[-1].sentence

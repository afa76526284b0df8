"""Rules on trial: where the recorded world and the one on trial agree, they order alike; else as one would expect."""

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.item import Need
from domain.orders import OrderState
from domain.stock import Parcel, Stock
from rules import world
from rules.active import ActiveRule, InForce, Order
from rules.backtest import Outcome, Stopped, Trial, backtest, warmed_up
from rules.curve import Curve, Point
from rules.quantity import Wanted
from rules.quick import Quick
from rules.world import Beginning, TooManyOrders
from tests.judgement.household import BUTTON, JUDGE, SHOP, Household, a_rule, an_offer, hours

RULES = (
    "5 left",
    "fewer than 12 left and not low",
    "40% left or low",
    "out for 5 hours",
    "out for 2 hours and 9 left",
    "pressed and 20 left",
    "not 3 left",
    "7 left 3 times in a row",
    "less than 4 days left",
    "unused for 2 days and 20 left",
    "runs out before delivery and not low",
    "8 left and between 08:00 and 20:00",
    "9 left unless on weekends",
    "expires within 2 days",
    "expires before it is used and 20 left",
    "8 left or expires within 5 hours",
)
KINDS = ("counted", "counted", "used", "used", "added", "removed", "returned", "low", "pressed", "percent")
TOLD = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 30),
    st.sampled_from([0, 1, 20, 90, 600, 2_000, 9_000]),
    st.sampled_from([Source.DEVICE, Source.DEVICE, Source.PERSON]),
)


def in_force(*rules: ActiveRule) -> InForce:
    """These rules and the household's button."""
    button = Order(SHOP, "cookies-12", Wanted(packs=2), an_offer())
    return InForce(rules, {BUTTON: button}, offers={(SHOP, "cookies-12"): an_offer()})


def tried(facts: Sequence[Arrival], *versions: InForce, days: float = 1, stock: Stock | None = None) -> list[Outcome]:
    """What the versions make of the facts, from noon on and ten days past the last one."""
    beginning = Beginning(UUID(int=1), stock or Stock(), hours(0), lambda _: timedelta(days=days))
    return backtest(JUDGE, versions, Trial(beginning, facts, facts[-1].at + timedelta(days=10)))


def orders(outcome: Outcome) -> list[tuple[datetime, int]]:
    """When how many packs would have been ordered."""
    return [(ordered.need.at, ordered.need.packs) for ordered in outcome.orders]


class Lived(Household):
    """A household in which every order comes after exactly so long."""

    lead = timedelta(days=1)
    delivered = 0
    ended = hours(0)

    def until(self, at: datetime) -> None:
        """Let deadlines be judged and orders come, each at its moment."""
        due: list[tuple[datetime, int]] = []
        while True:
            for number in range(self.delivered, len(self.needs)):
                heapq.heappush(due, (self.needs[number].at + self.lead, number))
            self.delivered = len(self.needs)
            check = self.state.next_check
            if check is not None and check <= at and (not due or check <= due[0][0]):
                self.settle(at=check)
            elif due and due[0][0] <= at:
                moment, number = heapq.heappop(due)
                self.comes(self.needs[number], moment)
            else:
                self.delivered = min([number for _, number in due], default=self.delivered)
                return

    def comes(self, need: Need, at: datetime) -> None:
        """All of it is delivered."""
        pack = need.offer.pack_size
        news = OrderNews(order=need.order, state=OrderState.DELIVERED, units=need.units, pack_size=pack)
        self.settle(self.arrival("order", at=at, order=news, source=Source.LARDER), at=at)

    def recorded(self) -> list[Arrival]:
        """What the ledger keeps and counts."""
        return [taken.arrival for taken in self.ledger if taken.folded]


def lived(
    drawn: Sequence[tuple[str, int, int, Source]], rules: Sequence[ActiveRule], lead: int, most: int | None
) -> Lived:
    """A household to which all of that happened."""
    home, moment = Lived(rules, None if most is None else Decimal(most)), hours(0)
    home.lead = timedelta(hours=lead)
    home.tell("changed", at=moment, source=Source.LARDER)
    for kind, number, minutes, source in drawn:
        moment += timedelta(minutes=minutes)
        home.until(moment)
        said: dict[str, dict[str, Any]] = {"low": {"is_low": number % 3 == 0}, "pressed": {"instruction": BUTTON}}
        more = said.get(kind, {"source": source})
        if kind in ("added", "counted") and number % 4 == 0:
            more |= {"expires_at": moment + timedelta(hours=number * 6)}
        quantity = None if kind in ("low", "pressed") else number * (3 if kind == "percent" else 1)
        home.settle(home.arrival(kind, quantity, at=moment, **more), at=moment)
    home.ended = moment + timedelta(days=30)
    home.until(home.ended)
    return home


HISTORIES = st.lists(TOLD, min_size=1, max_size=25)
SENTENCES = st.lists(st.sampled_from(RULES), min_size=1, max_size=3)
LEADS = st.sampled_from([1, 26, 100, 400])
CAPACITIES = st.sampled_from([None, 40])
WANTED = st.sampled_from([Wanted(packs=1), Wanted(packs=3), Wanted(up_to=Decimal(30))])


@settings(max_examples=200, deadline=None)
@given(HISTORIES, SENTENCES, LEADS, CAPACITIES, WANTED)
def test_where_the_worlds_agree_the_trial_orders_exactly_when_the_judgement_did(
    drawn: list[tuple[str, int, int, Source]], sentences: list[str], lead: int, capacity: int | None, wanted: Wanted
) -> None:
    rules = [a_rule(sentence, uuid=UUID(int=number), wanted=wanted) for number, sentence in enumerate(sentences)]
    home = lived(drawn, rules, lead, capacity)
    stock, end = Stock(capacity=home.capacity), home.ended
    beginning = Beginning(UUID(int=1), stock, hours(0), lambda _: timedelta(hours=lead))
    (outcome,) = backtest(JUDGE, [in_force(*rules)], Trial(beginning, home.recorded(), end))
    assert orders(outcome) == [(need.at, need.packs) for need in home.needs]
    assert outcome.curve.points[-1].level == home.level(end)


@settings(max_examples=100, deadline=None)
@given(HISTORIES, SENTENCES, SENTENCES, WANTED, st.tuples(LEADS, CAPACITIES))
def test_what_is_passed_over_would_have_changed_nothing(
    drawn: list[tuple[str, int, int, Source]],
    sentences: list[str],
    others: list[str],
    wanted: Wanted,
    more: tuple[int, int | None],
) -> None:
    lead, capacity = more
    home = lived(drawn, [a_rule(sentence) for sentence in sentences], 30, capacity)
    on_trial = in_force(*(a_rule(sentence, wanted=wanted, notify=len(sentence) % 2 == 0) for sentence in others))
    facts, stock = home.recorded(), Stock(capacity=home.capacity)
    (quick,) = tried(facts, on_trial, days=lead / 24, stock=stock)
    with patch.object(Quick, "may_matter", return_value=True):
        (thorough,) = tried(facts, on_trial, days=lead / 24, stock=stock)
    assert orders(quick) == orders(thorough)
    assert [ordered.why for ordered in quick.orders] == [ordered.why for ordered in thorough.orders]
    assert quick.curve == thorough.curve


def a_month(*facts: Arrival) -> list[Arrival]:
    """One cookie of thirty is eaten each day at noon."""
    eaten = [fact("used", 1, day=day) for day in range(1, 30)]
    return sorted([fact("counted", 30, day=0), *eaten, *facts], key=lambda arrival: arrival.at)


def fact(kind: str, quantity: float, *, day: float, **more: Any) -> Arrival:
    """Something that happened on that day."""
    at = hours(24 * day)
    said = {"id": f"{kind}:{day}", "kind": FactKind(kind), "quantity": Decimal(str(quantity)), "observed_at": at}
    return Arrival(fact=Fact.model_validate(said | more), at=at)


def test_what_expires_first_is_looked_at_in_time_whatever_came_and_went_before() -> None:
    """The first batch is used up, and then more comes that expires when it did."""
    soon, late = {"expires_at": hours(24 * 5)}, {"expires_at": hours(24 * 9)}
    facts = [
        fact("counted", 10, day=0),
        fact("added", 2, day=0.1, **soon),
        fact("added", 2, day=0.2, **late),
        fact("used", 2, day=0.3),
        fact("added", 2, day=0.4, **soon),
        fact("used", 1, day=3.5),
    ]
    (once,) = tried(facts, in_force(a_rule("expires within 2 days")), days=20)
    assert orders(once) == [(hours(24 * 3), 1)]


def test_old_and_new_are_compared_on_the_same_demand() -> None:
    none, late, early = tried(a_month(), in_force(), in_force(a_rule("1 left")), in_force(a_rule("5 left")), days=3)
    assert orders(none) == []
    assert orders(late) == [(hours(24 * 29), 1)]
    assert orders(early) == [(hours(24 * 25), 1)]
    assert early.orders[0].delivered_at == hours(24 * 28)
    assert (
        early.orders[0].why
        == "5 left is at or below 5; nothing on order; ordered 1 pack of 12 Oat cookies at Corner Shop for 3.49 EUR."
    )
    assert (none.measures.days, none.measures.days_out) == (Decimal("39.00"), Decimal(0))
    assert [point.level for point in early.curve.points][-4:] == [4, 3, 14, 13]


def test_what_nobody_has_is_not_eaten_and_counts_as_a_day_without() -> None:
    eaten = [fact("used", 1, day=day) for day in range(1, 8)]
    (none,) = tried([fact("counted", 3, day=0), *eaten], in_force())
    assert none.curve.points[-1] == Point(hours(72), Decimal(0))
    assert none.measures.days_out == Decimal(14)
    assert none.measures.average == Decimal("0.35")


def test_goods_of_recorded_orders_come_only_to_the_recorded_world() -> None:
    home = Lived([a_rule("5 left")])
    for day, level in ((0, 8), (1, 6), (2, 5), (4, 15), (5, 13)):  # one pack was ordered on day 2 and came on day 3
        home.until(hours(24 * day))
        home.tell("counted", level, at=hours(24 * day))
    assert len(home.needs) == 1
    none, sooner = tried(home.recorded(), in_force(), in_force(a_rule("6 left")), days=0.5)
    assert [point.level for point in none.curve.points] == [8, 6, 5, 3, 1]
    assert [point.level for point in sooner.curve.points] == [8, 6, 18, 17, 15, 13]


def test_what_was_bought_elsewhere_comes_to_every_world() -> None:
    counts = [fact("counted", level, day=day) for day, level in ((0, 8), (1, 6), (3, 16))]
    none, one = tried([*counts, fact("added", 4, day=4)], in_force(), in_force(a_rule("6 left")), days=0.5)
    assert [point.level for point in none.curve.points] == [8, 6, 16, 20]
    assert [point.level for point in one.curve.points] == [8, 6, 18, 28, 32]


def test_an_order_that_was_on_its_way_comes_to_every_world_and_holds_others_up() -> None:
    home = Lived([a_rule("5 left")])
    home.lead = timedelta(days=4)
    for day, level in ((0, 8), (2, 5), (3, 2), (7, 1)):
        home.until(hours(24 * day))
        home.tell("counted", level, at=hours(24 * day), source=Source.PERSON)
    before = [arrival for arrival in home.recorded() if arrival.at <= hours(60)]
    after = [arrival for arrival in home.recorded() if arrival.at > hours(60)]
    beginning = Beginning(UUID(int=1), warmed_up(before, Stock()), hours(60), lambda _: timedelta(days=4))
    (outcome,) = backtest(JUDGE, [in_force(a_rule("5 left"))], Trial(beginning, after, hours(24 * 8)))
    assert [point.level for point in outcome.curve.points] == [5, 2, 14, 1]
    assert orders(outcome) == [(hours(24 * 7), 1)]


def test_it_stops_when_nobody_waits_any_more() -> None:
    heard: list[int] = []

    def say(done: int) -> bool:
        heard.append(done)
        return len(heard) < 2

    facts = [fact("used", 0, day=number / 1000) for number in range(3_000)]
    beginning = Beginning(UUID(int=1), Stock(), hours(0), lambda _: timedelta())
    with pytest.raises(Stopped):
        backtest(JUDGE, [], Trial(beginning, facts, hours(99)), say)
    assert heard == [0, 1_000]


def without_end(say: Callable[[int], bool] = lambda _: True) -> None:
    """A million are wanted, one at a time, each of which comes in a minute."""
    beginning = Beginning(UUID(int=1), Stock(), hours(0), lambda _: timedelta(minutes=1))
    on_trial = in_force(a_rule("1000000 left", offer=an_offer("1")))
    backtest(JUDGE, [on_trial], Trial(beginning, [fact("counted", 5, day=0)], hours(24 * 365)), say)


def test_it_stops_between_two_facts_as_well() -> None:
    heard: list[int] = []

    def say(done: int) -> bool:
        heard.append(done)
        return len(heard) < 3

    with pytest.raises(Stopped):
        without_end(say)
    assert heard == [0, 1, 1]


def test_orders_without_end_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MOST_ORDERS", 30)
    with pytest.raises(TooManyOrders) as caught:
        without_end()
    assert caught.value.message == (
        "More than 30 orders would have been made by 2026-03-02 12:29 UTC: order more at a time, or when less is left."
    )


def test_what_has_settled_is_not_settled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack each hour that nobody sees: each of them joins the shelf once, also where nobody reports anything."""
    settled: list[int] = []
    plainly = Stock._with_settled

    def counting(stock: Stock, parcels: Sequence[Parcel]) -> Stock:
        settled.append(len(parcels))
        return plainly(stock, parcels)

    monkeypatch.setattr(Stock, "_with_settled", counting)
    (outcome,) = tried([fact("counted", 5, day=0)], in_force(a_rule("99 left", offer=an_offer("1"))), days=1 / 24)
    assert len(outcome.orders) == 95
    assert sum(settled) < 5 * 95


def test_a_curve_is_thinned_out_without_losing_its_ends_and_extremes() -> None:
    curve = Curve()
    for number in range(10_000):
        curve.reached(hours(number), Decimal(number * 7919 % 101))
    thin = curve.thinned(200)
    assert len(thin) <= 200
    assert (thin[0], thin[-1]) == (curve.points[0], curve.points[-1])
    assert {point.level for point in thin} >= {Decimal(0), Decimal(100)}
    assert [point.at for point in thin] == sorted(point.at for point in thin)
    assert curve.thinned(10_000) == curve.points


def test_a_curve_is_measured_where_the_level_is_known() -> None:
    curve = Curve()
    assert curve.measured(hours(24)).average is None
    for hour, level in ((0, None), (24, 4), (24, 6), (48, 0), (60, 3), (60, 3)):
        curve.reached(hours(hour), None if level is None else Decimal(level))
    measured = curve.measured(hours(72))
    assert (measured.days, measured.days_out, measured.average) == (Decimal(2), Decimal("0.5"), Decimal("3.75"))


def test_goods_from_elsewhere_keep_their_date_in_a_world_of_other_orders() -> None:
    """Twelve were ordered there and not here; milk for two days is bought in both, and nobody drinks it."""
    home = Lived([a_rule("5 left", uuid=UUID(int=1))])
    home.tell("counted", 4, at=hours(0))
    home.until(hours(60))
    home.settle(home.arrival("added", 2, at=hours(60), expires_at=hours(130), source=Source.PERSON), at=hours(60))
    home.until(hours(300))
    versions = [
        in_force(a_rule(f"{sentence}expires within 2 days", uuid=UUID(int=1))) for sentence in ("", "5 left or ")
    ]
    first, second = tried(home.recorded(), *versions)
    assert [at for at, _ in orders(first)] == [hours(82)]
    assert [at for at, _ in orders(second)] == [hours(0), hours(82)]
    assert [outcome.curve.points[-1].level for outcome in (first, second)] == [18, 30]


def test_use_between_two_thresholds_ends_a_date() -> None:
    """Nine of nineteen are used, among them the two that would have expired: nobody is sent for more."""
    told = Household()
    facts = [
        told.arrival("counted", 17, at=hours(0), source=Source.PERSON),
        told.arrival("added", 2, at=hours(1), expires_at=hours(100), source=Source.PERSON),
        told.arrival("used", 9, at=hours(2)),
    ]
    (outcome,) = tried(facts, in_force(a_rule("5 left or expires within 2 days")))
    assert orders(outcome) == []

"""What would have to change for it to order now? Whatever is named there is done here, and it orders."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Source
from domain.guards import Guards
from domain.orders import OrderState
from rules import whatif
from rules.active import ActiveRule
from rules.quantity import Wanted
from rules.steps import Step, StepKind, Way
from rules.tree import tree_from_json
from rules.whatif import Outlook, outlook
from tests.judgement.household import JUDGE, Household, a_rule, an_offer, hours


def ways_of(household: Household, at: datetime) -> list[Outlook]:
    """The outlook of every rule, after all that was due."""
    household.look(at)
    return list(outlook(JUDGE, household.in_force, household.state, at))


def only(household: Household, at: datetime) -> list[str]:
    """The ways of the only rule, in words."""
    (found,) = ways_of(household, at)
    return [way.words for way in found.ways]


def twin(household: Household) -> Household:
    """The same household, so that trying changes nothing."""
    other = copy.copy(household)
    other.decisions, other.needs, other.ledger = list(other.decisions), list(other.needs), list(other.ledger)
    other.rules, other._came_to_nothing = list(other.rules), set(other._came_to_nothing)
    return other


def done(household: Household, steps: Sequence[Step], at: datetime) -> Household:
    """What the steps name happens, one after another."""
    home, now = twin(household), at
    for step in steps:
        now = max(now, step.until) if step.kind is StepKind.WAIT and step.until is not None else now
        _do(home, step, now)
    return home


def _do(home: Household, step: Step, now: datetime) -> None:
    for _ in range(step.times if step.kind is not StepKind.RETURNED else 1):
        _DOINGS[step.kind](home, step, now)


def _tells(kind: str, **more: Any) -> "Doing":
    return lambda home, step, now: home.tell(kind, at=now, **more)


def _counts(kind: str) -> "Doing":
    return lambda home, step, now: home.tell(kind, f"{step.to:f}", at=now, source=Source.PERSON)


def _come_back(home: Household, step: Step, now: datetime) -> None:
    for tag in step.tags or [None] * step.times:
        home.tell("returned", at=now, tag=tag)


def _expires(home: Household, step: Step, now: datetime) -> None:
    home.tell("linked", at=now, tag=step.tags[0], expires_at=step.until, source=Source.LARDER)


def _thrown_away(home: Household, step: Step, now: datetime) -> None:
    for tag in step.tags:
        home.tell("unlinked", at=now, tag=tag, source=Source.LARDER)
    if step.units is not None:
        home.tell("used", str(step.units), at=now)


def _comes(home: Household, step: Step, now: datetime) -> None:
    home.order_is(OrderState.DELIVERED, float(step.units or 0), at=now)


def _is_there(home: Household, _: Step, now: datetime) -> None:
    home.rules = [_offered(rule) for rule in home.rules]
    home.tell("changed", at=now)


def _says_so(home: Household, _: Step, now: datetime) -> None:
    home.rules = [replace(rule, then=rule.then.model_copy(update={"notify": True})) for rule in home.rules]
    home.tell("changed", at=now)


Doing = Callable[[Household, Step, datetime], object]
_DOINGS: dict[StepKind, Doing] = {
    StepKind.WAIT: lambda home, _, now: home.look(now),
    StepKind.LEVEL: _counts("counted"),
    StepKind.PERCENT: _counts("percent"),
    StepKind.LOW: _tells("low", is_low=True),
    StepKind.NOT_LOW: _tells("low", is_low=False),
    StepKind.REMOVED: _tells("removed"),
    StepKind.RETURNED: _come_back,
    StepKind.USED: _tells("used", quantity=1),
    StepKind.PRESSED: _tells("pressed"),
    StepKind.EXPIRING: _expires,
    StepKind.CLEARED: _thrown_away,
    StepKind.ORDER_ENDS: _comes,
    StepKind.OFFERED: _is_there,
    StepKind.OWNERS_WORD: _says_so,
}


def _offered(rule: ActiveRule) -> ActiveRule:
    return rule if rule.order is None else replace(rule, order=replace(rule.order, offer=an_offer()))


def check(household: Household, at: datetime) -> int:
    """Every way that is named leads to an order, and how many there were."""
    tried = 0
    for found in ways_of(household, at):
        for way in found.ways:
            home = done(household, way.steps, at)
            if not way.steps:
                home.tell("changed", at=at)
            assert len(home.needs) > len(household.needs), (found.rule.sentence, way.words, home.decisions[-1].sentence)
            _check_nothing_less_will_do(household, found, way, at)
            _check_every_step_is_needed(household, found, way, at)
            tried += 1
    return tried


def _check_nothing_less_will_do(household: Household, found: Outlook, way: Way, at: datetime) -> None:
    """Where one other level is all it takes, a level a little nearer to the present one does not order."""
    level = household.level(at)
    if [step.kind for step in way.steps] != [StepKind.LEVEL] or level is None or way.steps[0].times > 1:
        return
    to = way.steps[0].to
    assert to is not None
    nearer = to + (1 if level > to else -1)
    if level == to or household.state.stock.unseen or len(household.rules) > 1:
        return
    home = done(household, [replace(way.steps[0], to=nearer)], at)
    fewer = [need for need in home.needs[len(household.needs) :] if found.rule.uuid in need.rules]
    assert not fewer, (found.rule.sentence, way.words, nearer)


def _check_every_step_is_needed(household: Household, found: Outlook, way: Way, at: datetime) -> None:
    """Without one of the changes it does not order; a wait may be said though the next one is longer."""
    if len(way.steps) == 1 or len(household.rules) > 1:
        return
    for number, step in enumerate(way.steps):
        if step.kind not in (StepKind.WAIT, StepKind.ORDER_ENDS):
            home = done(household, [*way.steps[:number], *way.steps[number + 1 :]], at)
            assert len(home.needs) == len(household.needs), (found.rule.sentence, way.words, step.words)


@pytest.mark.parametrize(
    ("sentence", "facts", "ways"),
    [
        ("5 left", [("counted", 7)], ["2 fewer left (5 or less)."]),
        ("fewer than 5 left", [("counted", 7)], ["3 fewer left (less than 5)."]),
        ("5 left", [("counted", 7.5)], ["2.5 fewer left (5 or less)."]),
        ("fewer than 5 left", [("counted", 7.5)], ["More than 2.5 fewer left (less than 5)."]),
        ("at least 8 left", [("counted", 7)], ["1 more left (8 or more)."]),
        ("at least 3 left and 5 left", [("counted", 7)], ["2 fewer left (3 to 5)."]),
        ("5 left", [], ["It is counted: 5 or less."]),
        ("45% left", [("percent", 60)], ["45% or less left."]),
        ("5 left or low", [("counted", 7)], ["2 fewer left (5 or less).", "It is reported low."]),
        ("low and 5 left", [("counted", 7)], ["It is reported low, then 2 fewer left (5 or less)."]),
        ("not low", [("low", True)], ["It is no longer reported low."]),
        ("pressed", [], ["It is pressed."]),
        ("pressed and low", [], ["It is reported low, then it is pressed."]),
        ("pressed and (0 left or before 14:00)", [], ["It is pressed."]),
        (
            "out for 5 hours",
            [("counted", 9)],
            ["It is taken out, then in 5 hours, at 2026-03-02 18:00 UTC, if it is not returned."],
        ),
        ("out for 5 hours", [("removed", None)], ["In 5 hours, at 2026-03-02 18:00 UTC, if it is not returned."]),
        ("expires within 2 days", [], ["Something that expires within 2 days is put in."]),
        ("unused for 3 days", [("counted", 9)], ["In 3 days, at 2026-03-05 13:00 UTC, if none is used."]),
        ("after 20:00", [], ["In 8 hours, at 2026-03-02 20:00 UTC (it is 12:00, not 20:00 or later)."]),
        (
            "5 left on saturday",
            [("counted", 5)],
            ["In 4 days 11 hours, at 2026-03-07 00:00 UTC (it is Monday, not Saturday)."],
        ),
        (
            "pressed and after 20:00",
            [],
            ["In 8 hours, at 2026-03-02 20:00 UTC (it is 12:00, not 20:00 or later), then it is pressed."],
        ),
        ("5 left 3 times in a row", [("counted", 7)], ["2 fewer left (5 or less), 3 times in a row."]),
        ("5 left 3 times in a row", [("counted", 4), ("counted", 4)], ["It is reported once more: 4 cookies left."]),
        (
            "5 left twice in a row on saturday",
            [("counted", 7)],
            [
                "2 fewer left (5 or less), 2 times in a row, "
                "then in 4 days 11 hours, at 2026-03-07 00:00 UTC (it is Monday, not Saturday)."
            ],
        ),
        ("less than 4 days left", [("counted", 7)], []),
        ("5 left and at least 6 left", [("counted", 7)], []),
    ],
)
def test_the_ways_are_named_in_words(sentence: str, facts: Sequence[tuple[str, Any]], ways: list[str]) -> None:
    jar = Household([a_rule(sentence)], name="Cookies")
    jar.tell("changed", at=hours(0))
    for hour, (kind, quantity) in enumerate(facts, start=1):
        if kind == "low":
            jar.tell("low", is_low=quantity, at=hours(hour))
        elif kind != "wait":
            jar.tell(kind, quantity, at=hours(hour))
    assert only(jar, hours(len(facts))) == ways
    assert check(jar, hours(len(facts))) == len(ways)


def used_daily(sentence: str) -> Household:
    """Two a day for ten days, of thirty."""
    jar = Household([a_rule(sentence)], name="Cookies")
    jar.tell("counted", 30, at=hours(0))
    for day in range(1, 11):
        jar.tell("used", 2, at=hours(24 * day))
    return jar


@pytest.mark.parametrize("sentence", ["less than 3 days left", "runs out before delivery"])
def test_a_forecast_is_met_by_a_level_that_was_found_by_trying(sentence: str) -> None:
    jar = used_daily(sentence)
    (way,) = only(jar, hours(241))
    assert way.endswith("or less, as fast as it is used now).")
    assert check(jar, hours(241)) == 1


def test_what_was_ordered_for_must_be_otherwise_first() -> None:
    jar = Household([a_rule("5 left")], name="Cookies")
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.CANCELLED, at=hours(1))
    assert only(jar, hours(2)) == [
        "Already ordered for this, so it must be otherwise first: 1 more left (more than 5), "
        "then 1 fewer left (5 or less)."
    ]
    assert check(jar, hours(2)) == 1


def test_what_a_delivery_has_armed_again_need_not_be_otherwise_first() -> None:
    jar = Household([a_rule("5 left 3 times in a row", offer=an_offer("2"))], name="Cookies")
    for hour in range(3):
        jar.tell("counted", 1, at=hours(hour))
    jar.order_is(OrderState.DELIVERED, 2, at=hours(3))
    assert only(jar, hours(4)) == ["It is reported once more: 3 cookies left, 3 times in a row."]
    assert check(jar, hours(4)) == 1
    soon = used_daily("less than 9 days left")
    soon.guards = Guards(paused_until=hours(264))
    soon.order_is(OrderState.DELIVERED, 2, at=hours(242))
    assert ways_of(soon, hours(243))[0].is_armed
    assert only(soon, hours(243)) == ["Ordering is paused: not before 2026-03-13 12:00 UTC."]
    assert check(soon, hours(243)) == 1


def test_a_rule_that_was_switched_off_and_on_waits_for_nothing() -> None:
    rule = a_rule("5 left")
    jar = Household([rule], name="Cookies")
    jar.tell("counted", 5, at=hours(0))
    jar.rules = []
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    jar.rules = [rule]
    jar.tell("counted", 9, at=hours(2), source=Source.PERSON)
    assert only(jar, hours(3)) == ["4 fewer left (5 or less)."]
    assert check(jar, hours(3)) == 1


def test_whatever_holds_a_rule_back_is_named() -> None:
    """Holds, what is not offered, a cool-down, a guard: without a line about any of them."""
    jar = Household([a_rule("5 left")], name="Cookies")
    jar.tell("counted", 5, at=hours(0))
    for hour, way in (
        (0, "Rejected there: not asked again before 2026-03-03 12:00 UTC."),
        (24, "Rejected there: not asked again before 2026-03-05 12:00 UTC."),
        (72, "Rejected there: not asked again before 2026-03-09 12:00 UTC."),
        (168, "You order by hand or change what follows (rejected four times there: waits for your word)."),
    ):
        jar.look(hours(hour))
        jar.order_is(OrderState.REJECTED, at=hours(hour))
        assert only(jar, hours(hour + 1)) == [way]
        assert check(jar, hours(hour + 1)) == 1
    gone = Household([a_rule("5 left", offer=an_offer(available=False))], name="Cookies")
    gone.tell("counted", 5, at=hours(0))
    assert only(gone, hours(0.5)) == ["Corner Shop has Oat cookies again."]
    assert check(gone, hours(0.5)) == 1
    cooling = Household([a_rule("5 left", coolDown="3 days")], name="Cookies")
    cooling.tell("counted", 5, at=hours(0))
    cooling.order_is(OrderState.DELIVERED, 12, at=hours(1))
    cooling.tell("counted", 4, at=hours(2), source=Source.PERSON)
    assert only(cooling, hours(2)) == ["Ordered 2 hours ago: not before 2026-03-05 12:00 UTC."]
    assert check(cooling, hours(2)) == 1
    paused = Household([a_rule("5 left")], name="Cookies", guards=Guards(paused_until=hours(48)))
    paused.tell("counted", 5, at=hours(0))
    assert only(paused, hours(1)) == ["Ordering is paused: not before 2026-03-04 12:00 UTC."]
    assert check(paused, hours(1)) == 1


def test_how_much_fits_and_how_much_is_wanted_bound_the_level_too() -> None:
    up_to = Household([a_rule("8 left", wanted=Wanted(up_to=Decimal(6)))], name="Cookies")
    up_to.tell("counted", 9, at=hours(0))
    assert only(up_to, hours(1)) == ["4 fewer left (less than 6)."]
    full = Household([a_rule("8 left")], capacity=Decimal(18), name="Cookies")
    full.tell("counted", 9, at=hours(0))
    assert only(full, hours(1)) == ["3 fewer left (6 or less)."]
    assert check(up_to, hours(1)) == check(full, hours(1)) == 1


def test_two_open_orders_must_both_end() -> None:
    adding = Household([a_rule("5 left", whileOnOrder="add")], name="Cookies")
    adding.tell("counted", 5, at=hours(0))
    adding.tell("counted", 6, at=hours(1))
    adding.tell("counted", 5, at=hours(2))
    assert len(adding.needs) == 2
    waiting = a_rule("5 left", uuid=UUID(int=1))
    adding.rules = [*adding.rules, waiting]
    adding.tell("changed", at=hours(3))
    first, second = (each.ways[0].steps for each in ways_of(adding, hours(3)))
    assert [step.kind for step in first] == [StepKind.LEVEL] * 2  # it adds to what is open, once it has been otherwise
    assert [step.kind for step in second] == [StepKind.ORDER_ENDS, StepKind.ORDER_ENDS, StepKind.LEVEL]


def test_the_search_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the rules are: those that come after it are shown without ways."""
    jar = Household([a_rule(f"{number} left or low or out for 5 hours") for number in range(1, 30)], name="Cookies")
    jar.tell("counted", 40, at=hours(0))
    assert all(len(found.ways) == 3 for found in ways_of(jar, hours(1)))
    monkeypatch.setattr(whatif, "MOST_TRIED", 40)
    found = ways_of(jar, hours(1))
    assert len(found) == 29
    assert found[0].ways
    assert not found[-1].ways


@pytest.mark.parametrize("unless", ["expires within 1 hour", "on monday", "out for 1 hour"])
def test_a_press_waits_for_what_must_not_be_so(unless: str) -> None:
    """It is monday; milk expires in an hour, and some of it has been out for two."""
    milk = Household([a_rule(f"pressed and not {unless}")])
    milk.tell("counted", 5, at=hours(0), expires_at=hours(3))
    milk.tell("removed", 1, at=hours(0))
    milk.tell("pressed", at=hours(2))
    check(milk, hours(2))


LEVELS = st.sampled_from([0, 2, 5, 8, 20, 30])


def _condition(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


CONDITIONS = st.one_of(
    st.builds(_condition, st.just("level"), st.sampled_from(["<=", "<", ">=", ">"]), LEVELS),
    st.builds(_condition, st.just("percent"), st.sampled_from(["<=", ">"]), st.sampled_from([10, 45, 90])),
    st.builds(_condition, st.just("outFor"), st.sampled_from([">=", ">"]), st.sampled_from([600, 18_000])),
    st.builds(_condition, st.just("expiresIn"), st.just("<="), st.sampled_from([3_600, 172_800])),
    st.builds(_condition, st.just("unusedFor"), st.sampled_from([">=", ">"]), st.sampled_from([7_200, 259_200])),
    st.builds(_condition, st.just("timeOfDay"), st.sampled_from(["<", ">="]), st.sampled_from(["08:00", "14:00"])),
    st.builds(_condition, st.just("dayOfWeek"), st.sampled_from(["==", "<=", ">="]), st.sampled_from(["tuesday"])),
    st.builds(_condition, st.sampled_from(["low", "pressed"]), st.just("=="), st.booleans()),
)
TREES = st.recursive(
    CONDITIONS,
    lambda parts: st.one_of(
        st.builds(lambda of: {"all": of}, st.lists(parts, min_size=2, max_size=2)),
        st.builds(lambda of: {"any": of}, st.lists(parts, min_size=2, max_size=2)),
        st.builds(lambda of: {"not": of}, parts),
    ),
    max_leaves=3,
)
WANTED = st.sampled_from([Wanted(packs=1), Wanted(packs=2), Wanted(up_to=Decimal(24)), Wanted(up_to=Decimal(4))])
FACTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "counted",
                "counted",
                "used",
                "added",
                "removed",
                "returned",
                "low",
                "pressed",
                "expiring",
                "batch",
                "order",
                "wait",
            ]
        ),
        st.integers(0, 30),
    ),
    max_size=8,
)


def _lived(home: Household, facts: Sequence[tuple[str, int]]) -> float:
    """Some of what can happen to an item, an hour or two apart."""
    hour = 0.0
    home.tell("changed", at=hours(hour))
    for kind, number in facts:
        hour += 1 + number / 30
        at = hours(hour)
        if kind == "low":
            home.tell("low", is_low=number % 2 == 0, at=at)
        elif kind == "expiring":
            home.tell("linked", at=at, tag=f"tag-{number}", expires_at=hours(hour + number * 4), source=Source.LARDER)
        elif kind == "batch":
            home.tell("added", number % 4, at=at, expires_at=hours(hour + number * 4))
        elif kind == "order":
            home.look(at)
            if home.state.open is not None:
                ends = [OrderState.DELIVERED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.PLACED]
                home.order_is(ends[number % 4], 12 if number % 4 == 0 else 0, at=at)
        elif kind == "wait":
            hour += number
            home.look(hours(hour))
        else:
            home.tell(kind, number if kind in ("counted", "used", "added") else None, at=at)
    return hour


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TREES, WANTED), min_size=1, max_size=2), st.sampled_from([None, 30]), FACTS)
def test_whatever_is_named_makes_it_order(
    rules: list[tuple[Any, Wanted]], capacity: int | None, facts: Sequence[tuple[str, int]]
) -> None:
    active = [replace(a_rule("low", wanted=wanted), tree=tree_from_json(tree)) for tree, wanted in rules]
    home = Household(active, capacity=None if capacity is None else Decimal(capacity), name="Cookies")
    check(home, hours(_lived(home, facts) + 0.5))

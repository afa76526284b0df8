"""What would have to change for it to order now? Whatever is named there is done here, and it orders."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Source
from domain.orders import OrderState
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
    other.rules = list(other.rules)
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


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(TREES, WANTED), min_size=1, max_size=2), st.sampled_from([None, 30]), FACTS)
def test_whatever_is_named_makes_it_order(
    rules: list[tuple[Any, Wanted]], capacity: int | None, facts: Sequence[tuple[str, int]]
) -> None:
    active = [replace(a_rule("low", wanted=wanted), tree=tree_from_json(tree)) for tree, wanted in rules]
    home = Household(active, capacity=None if capacity is None else Decimal(capacity), name="Cookies")
    check(home, hours(_lived(home, facts) + 0.5))

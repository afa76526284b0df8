"""Any split of a sequence of arrivals into batches gives the same decisions, needs and state (1.N, Judging)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Arrival
from domain.guards import Guards
from tests.judgement.household import BUTTON, Household, a_rule, hours

FACTS = st.tuples(
    st.sampled_from(["counted", "used", "added", "removed", "returned", "pressed", "low", "percent"]),
    st.integers(0, 12),
    st.integers(0, 90),
    st.sampled_from([0, 0, 0, 5, 20, 40, 600, 7200, 3600 * 24 * 8]),
)


def a_household() -> Household:
    rules = [
        a_rule("5 left or low", uuid=UUID(int=1)),
        a_rule("out for 30 minutes", uuid=UUID(int=2)),
        a_rule("pressed and not 3 left", uuid=UUID(int=3)),
        a_rule("7 left", uuid=UUID(int=4), orders=False, notify=True),
    ]
    return Household(rules, guards=Guards(orders_per_item_and_day=1))


def arrivals(household: Household, drawn: list[tuple[str, int, int, int]]) -> list[Arrival]:
    """One arrival for each drawn (kind, quantity, minutes since the one before, seconds of delay)."""
    moment, made = hours(0), []
    for kind, quantity, minutes, delay in drawn:
        moment += timedelta(minutes=minutes)
        told: dict[str, dict[str, Any]] = {"low": {"is_low": quantity % 2 == 0}, "pressed": {"instruction": BUTTON}}
        more = told.get(kind, {})
        number = None if kind in ("low", "pressed") else quantity
        made.append(household.arrival(kind, number, at=moment, seen=moment - timedelta(seconds=delay), **more))
    return made


@settings(max_examples=300, deadline=None)
@given(st.lists(FACTS, min_size=1, max_size=14), st.data())
def test_every_split_gives_the_same(drawn: list[tuple[str, int, int, int]], data: st.DataObject) -> None:
    whole, split = a_household(), a_household()
    facts = arrivals(whole, drawn)
    whole.settle(*facts, at=facts[-1].at)
    cut = sorted(data.draw(st.lists(st.integers(1, len(facts)), max_size=6)))
    for start, end in zip([0, *cut], [*cut, len(facts)], strict=True):
        if start < end:
            split.settle(*facts[start:end], at=facts[end - 1].at)
    assert split.decisions == whole.decisions
    assert split.needs == whole.needs
    assert split.news == whole.news
    assert split.state == whole.state

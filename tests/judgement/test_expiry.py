"""Contract 1.M, `expires within`, without tags: batches of what was added and counted, the earliest first."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import Verdict
from domain.expiry import MOST_BATCHES
from domain.facts import Source
from domain.item import ItemState
from domain.orders import OrderState
from domain.stock import Stock
from tests.judgement.household import Household, a_rule, hours

DAY = 24
PERSON = Source.PERSON


def milk(rule: str = "expires within 2 days") -> Household:
    """A household that is told of it, and orders nothing."""
    return Household([a_rule(rule, orders=False, notify=True)])


def batches(home: Household) -> list[tuple[float, float]]:
    """How much expires how many days after noon."""
    return [((batch.expires_at - hours(0)).days, float(batch.units)) for batch in home.state.stock.batches]


def add(home: Household, units: float, at: float, expires: float | None, **more: Any) -> None:
    """So much is put in, which expires so many days after noon."""
    home.tell("added", units, at=hours(at), expires_at=None if expires is None else hours(expires * DAY), **more)


def told_at(home: Household) -> list[float]:
    """The hours at which somebody was told."""
    made = [each.at for each in home.decisions if each.verdict is Verdict.NOTIFIED]
    return [(at - hours(0)).total_seconds() / 3600 for at in made]


def test_what_was_added_is_told_of_two_days_before_it_expires() -> None:
    home = milk()
    home.tell("counted", 0, at=hours(0), source=PERSON)
    add(home, 4, 1, 10)
    assert home.state.next_check == hours(8 * DAY)
    home.state = ItemState.model_validate_json(home.state.model_dump_json(exclude_defaults=True))
    home.look(hours(9 * DAY))
    assert told_at(home) == [8 * DAY]


@pytest.mark.parametrize(
    ("kind", "quantity", "more", "left"),
    [
        ("used", 3, {}, [(6, 3)]),
        ("used", 1, {}, [(4, 1), (6, 4)]),
        ("removed", 3, {}, [(6, 3)]),
        ("removed", 3, {"tag": "a"}, [(4, 2), (6, 4)]),
        ("counted", 13, {"source": PERSON}, [(6, 3)]),
        ("counted", 13, {}, [(6, 3)]),
        ("counted", 30, {"source": PERSON}, [(4, 2), (6, 4)]),
        ("counted", 0, {}, []),
        ("counted", 5, {"expires_at": hours(9 * DAY)}, [(9, 5)]),
        ("used", 7, {}, []),
    ],
)
def test_the_earliest_batch_goes_first(kind: str, quantity: int, more: dict[str, Any], left: list[Any]) -> None:
    """Ten are there, two are added that expire in four days and four that expire in six: sixteen."""
    home = milk()
    home.tell("counted", 10, at=hours(0), source=PERSON)
    add(home, 4, 1, 6)
    add(home, 2, 2, 4)
    home.tell(kind, quantity, at=hours(3), **more)
    assert batches(home) == left


def test_what_is_used_up_in_time_is_told_of_no_more() -> None:
    """Two expire in four days and are used on the first; the four that are left expire in six."""
    home = milk()
    home.tell("counted", 0, at=hours(0), source=PERSON)
    add(home, 4, 1, 6)
    add(home, 2, 2, 4)
    home.tell("used", 2, at=hours(10))
    assert home.state.next_check == hours(4 * DAY)
    home.look(hours(5 * DAY))
    assert told_at(home) == [4 * DAY]


def test_an_expiry_that_nobody_has_told_is_not_evaluable_and_one_that_was_is_false() -> None:
    home = milk()
    decision = home.tell("counted", 3, at=hours(0), source=PERSON)
    assert (decision.verdict, decision.sentence) == (
        Verdict.NOT_EVALUABLE,
        "Nobody has said when it expires (within 2 days wanted).",
    )
    add(home, 1, 1, 10)
    decision = home.tell("counted", 0, at=hours(2), source=PERSON)
    assert (decision.verdict, decision.sentence) == (
        Verdict.NOTHING,
        "Nothing inside expires (within 2 days wanted).",
    )


def test_on_a_rule_with_two_ways_the_level_still_orders_again_and_again() -> None:
    """Nobody ever says when these cookies expire."""
    jar = Household([a_rule("5 left or expires within 2 days")])
    for day in range(3):
        jar.tell("counted", 16, at=hours(day * DAY))
        assert jar.tell("counted", 4, at=hours(day * DAY + 1)).verdict is Verdict.ORDERED
        jar.order_is(OrderState.DELIVERED, 12, at=hours(day * DAY + 2))


def test_butter_that_comes_back_expires_when_it_would_have() -> None:
    home = milk()
    home.tell("counted", 1, at=hours(0), source=PERSON, expires_at=hours(3 * DAY))
    home.tell("removed", at=hours(1))
    assert (batches(home), home.state.next_check) == ([], None)
    home.tell("returned", at=hours(2))
    assert (batches(home), home.state.next_check) == ([(3, 1)], hours(1 * DAY))


def test_a_scale_that_trembles_wears_no_batch_away() -> None:
    """500 g of flour, of which 20 g come and go; packs are of 1000 g."""
    home = milk()
    home.state = home.state.model_copy(update={"stock": Stock(pack_size=Decimal(1000))})
    home.tell("counted", 500, at=hours(0), expires_at=hours(9 * DAY))
    for number in range(60):
        home.tell("counted", (480, 500)[number % 2], at=hours(1 + number / 10))
    assert batches(home) == [(9, 500)]
    # and what somebody buys without saying more of it is no part of the batch
    home.tell("counted", 1500, at=hours(8))
    assert batches(home) == [(9, 500)]


def test_a_hundred_batches_are_kept_and_the_last_ones_expire_together() -> None:
    home = milk()
    home.tell("counted", 0, at=hours(0), source=PERSON)
    facts = [home.arrival("added", 2, at=hours(1), expires_at=hours((500 - day) * DAY)) for day in range(300)]
    home.settle(*facts, at=hours(1))
    kept = batches(home)
    assert len(kept) == MOST_BATCHES
    assert (kept[0], sum(units for _, units in kept)) == ((201, 2), 600)
    assert kept[-1] == (300, 402)


@given(
    facts=st.lists(
        st.tuples(
            st.sampled_from(["added", "added", "used", "counted", "removed", "returned"]),
            st.integers(0, 6),
            st.integers(0, 5),
            st.booleans(),
        ),
        max_size=12,
    ),
    seed=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_gives_the_same_batches(facts: list[tuple[str, int, int, bool]], seed: Any) -> None:
    found = []
    for shuffled in (False, True):
        home = milk()
        arrivals = []
        for number, (kind, units, expires, says) in enumerate(facts):
            more = {"expires_at": hours(expires * DAY)} if says and kind in ("added", "counted") else {}
            arrivals.append(home.arrival(kind, units, at=hours(1), seen=hours(number / 100), **more))
        if shuffled:
            seed.shuffle(arrivals)
        for arrival in arrivals:
            home.settle(arrival, at=hours(1))
        stock = home.state.stock
        found.append((stock.batches, stock.on_shelf, stock.expires_first))
        level = stock.on_shelf
        assert level is None or sum(batch.units for batch in stock.batches) <= level
    assert found[0] == found[1]

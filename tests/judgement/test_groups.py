"""A group's level: what its members hold is its shelf, and goods for it are counted once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import Verdict
from domain.facts import Fact, FactKind, Source
from domain.orders import OrderState
from tests.judgement.household import Household, a_rule, hours

MEMBERS = Source.LARDER


def milk(held: float = 9, rule: str = "6 left") -> Household:
    """Several fridges that hold so much together."""
    group = Household([a_rule(rule)])
    group.tell("pooled", held, at=hours(0), source=MEMBERS)
    return group


def test_a_group_orders_when_its_members_hold_so_little_together() -> None:
    group = milk()
    assert group.tell("pooled", 7, at=hours(1)).verdict is Verdict.NOTHING
    assert group.tell("pooled", 6, at=hours(2)).verdict is Verdict.ORDERED
    assert group.tell("pooled", 5, at=hours(3)).verdict is Verdict.ON_ORDER
    assert len(group.needs) == 1


def test_what_a_member_rises_by_is_what_was_delivered() -> None:
    group = milk(6)
    group.order_is(OrderState.DELIVERED, 12, at=hours(1))
    assert [group.level(hours(1)), group.state.stock.arriving] == [18, 12]
    group.tell("pooled", 18, at=hours(2))
    assert [group.level(hours(2)), group.state.stock.arriving] == [18, 0]
    # and where the jars are full before the retailer says so, its word adds nothing
    group = milk(6)
    group.tell("pooled", 18, at=hours(1))
    group.order_is(OrderState.DELIVERED, 12, at=hours(2))
    assert group.level(hours(2)) == 18


def test_a_group_that_is_filled_piece_by_piece_orders_again() -> None:
    """Six were left and twelve came, put away one by one: 18 is the level at each of them, and six are low again."""
    group = milk(6)
    group.order_is(OrderState.DELIVERED, 12, at=hours(1))
    for held in range(7, 19):
        group.tell("pooled", held, at=hours(1 + held / 100))
    assert [group.level(hours(2)), group.state.stock.arriving] == [18, 0]
    group.look(hours(48))
    assert [group.level(hours(48)), group.state.stock.unseen] == [18, 0]
    for held in range(17, 6, -1):
        assert group.tell("pooled", held, at=hours(70 - held)).verdict is Verdict.NOTHING
    assert group.tell("pooled", 6, at=hours(64)).verdict is Verdict.ORDERED


@pytest.mark.parametrize("early", [False, True], ids=["after the delivery", "before the retailer says so"])
@given(
    pieces=st.lists(st.integers(0, 5), min_size=1, max_size=12), held=st.integers(0, 6), more=st.sampled_from([0, 1, 9])
)
def test_put_away_piece_by_piece_or_at_once_is_the_same(early: bool, pieces: list[int], held: int, more: int) -> None:
    """Level, goods on their way and goods not seen; now, and a day later, when whatever is left has settled."""
    seen = []
    for reports in ([held + sum(pieces)], [held + sum(pieces[:number]) for number in range(1, len(pieces) + 1)]):
        group = milk(held)
        delivered = hours(1 if not early else 3)
        if not early:
            group.order_is(OrderState.DELIVERED, 12, at=delivered)
        for number, report in enumerate(reports):
            group.tell("pooled", report, at=hours(2 + number / 100))
        if early:
            group.order_is(OrderState.DELIVERED, 12, at=delivered)
        found = []
        for hour in (4, 30, 31):
            if hour == 31:
                group.tell("pooled", reports[-1] + more, at=hours(hour))
            group.look(hours(hour))
            stock = group.state.stock.advanced(hours(hour))
            found.append((stock.level, stock.arriving, stock.unseen, len(group.needs)))
        seen.append(found)
    assert seen[0] == seen[1]


def test_what_goes_up_and_down_by_less_than_goods_brings_none() -> None:
    """A scale that trembles by one or two, of packs of twelve, hides no delivery however long it does."""
    group = milk(6)
    group.order_is(OrderState.DELIVERED, 12, at=hours(1))
    for number in range(40):
        group.tell("pooled", (7, 8, 6, 7, 6)[number % 5], at=hours(1 + number / 10))
    assert [group.level(hours(5)), group.state.stock.arriving] == [18, 12]


def test_what_is_put_away_piece_by_piece_has_not_come_back() -> None:
    """The first two of twelve look like a return: it is no use that is taken back, once the third tells of goods."""
    rates = []
    for filled in ([20], range(9, 21)):
        group = milk(20, "20 left")  # so that a pack of twelve is on its way
        for held in range(19, 7, -1):
            group.tell("pooled", held, at=hours(24 * (20 - held)))
        for number, held in enumerate(filled):
            group.tell("pooled", held, at=hours(24 * 12 + 1 + number / 100))
        rate = group.state.stock.use.rate(hours(24 * 13))
        assert rate is not None
        rates.append(rate.per_day)
    assert rates[1] == pytest.approx(rates[0], rel=0.01)


def test_the_first_word_of_a_member_is_no_goods() -> None:
    """Twelve are on their way to twenty of which 24 are wanted; an item joins that has none of it."""
    group = milk(20, "24 left")
    group.order_is(OrderState.DELIVERED, 12, at=hours(1))
    group.tell("pooled", at=hours(2), source=MEMBERS)
    assert group.level(hours(2)) is None
    group.tell("pooled", 20, at=hours(3))
    assert [group.level(hours(3)), group.state.stock.arriving, len(group.needs)] == [32, 12, 1]


def test_another_member_brings_no_goods() -> None:
    group = milk(6)
    group.order_is(OrderState.DELIVERED, 12, at=hours(1))
    group.tell("pooled", 10, at=hours(2), source=MEMBERS)
    assert [group.level(hours(2)), group.state.stock.arriving] == [22, 12]
    group.tell("pooled", 3, at=hours(3), source=MEMBERS)
    assert [group.level(hours(3)), group.state.stock.arriving] == [15, 12]


def test_while_nobody_knows_one_of_the_levels_nobody_knows_the_groups() -> None:
    group = milk(6)
    group.order_is(OrderState.CANCELLED, at=hours(1))
    assert group.tell("pooled", at=hours(2)).verdict is Verdict.NOT_EVALUABLE
    assert group.level(hours(2)) is None
    group.tell("pooled", 7, at=hours(3))
    assert group.tell("pooled", 6, at=hours(4)).verdict is Verdict.ORDERED


def test_news_of_a_group_is_the_same_news_whatever_is_found_by_then() -> None:
    """A crash repeats it, and its members may hold another amount when it is taken again."""
    told = Fact(id="pool:1", kind=FactKind.POOLED)
    assert told.digest() == told.model_copy(update={"quantity": Decimal(7)}).digest()

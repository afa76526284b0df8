"""A group's level: what its members hold is its shelf, and goods for it are counted once."""

from decimal import Decimal

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

"""Nothing is silently skipped: whatever keeps an order from being made is a decision with its reason (1.N)."""

from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.asking import Price
from domain.decisions import Decision, Verdict
from domain.facts import Source
from domain.guards import Guards
from domain.orders import OrderState
from rules.quantity import Wanted
from tests.judgement.household import Household, a_rule, an_offer, hours

LITTLE = Price(amount=Decimal("1.00"), currency="EUR")


def missing_data() -> Decision:
    return Household([a_rule("5 left")]).tell("percent", 20, at=hours(0))


def missing_for_the_quantity() -> Decision:
    return Household([a_rule("low", wanted=Wanted(up_to=Decimal(24)))]).tell("low", is_low=True, at=hours(0))


def nothing_learned_yet() -> Decision:
    return Household([a_rule("less than 4 days left")]).tell("counted", 5, at=hours(0))


def an_old_report() -> Decision:
    return Household([a_rule("5 left")]).tell("counted", 5, at=hours(24 * 8), seen=hours(0))


def a_late_press() -> Decision:
    return Household([a_rule("pressed")]).tell("pressed", at=hours(2), seen=hours(0))


def a_catch_up() -> Decision:
    return Household([a_rule("5 left")]).tell("counted", 5, at=hours(2), seen=hours(0))


def guarded(**guards: object) -> Callable[[], Decision]:
    return lambda: Household([a_rule("5 left")], guards=Guards.model_validate(guards)).tell("counted", 5, at=hours(0))


def too_many_a_day() -> Decision:
    jar = Household([a_rule("5 left")], guards=Guards(orders_per_item_and_day=1))
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    return jar.tell("counted", 5, at=hours(2), source=Source.PERSON)


def cooling_down() -> Decision:
    jar = Household([a_rule("5 left", cool_down="1 day")])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    return jar.tell("counted", 5, at=hours(2), source=Source.PERSON)


def an_open_order() -> Decision:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    return jar.tell("counted", 4, at=hours(1))


def the_owners_no() -> Decision:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    return jar.order_is(OrderState.REFUSED, at=hours(1))


def a_window() -> Decision:
    jar = Household([a_rule("5 left and between 08:00 and 10:00")], zone=ZoneInfo("UTC"))
    return jar.tell("counted", 5, at=hours(0))


def a_rejection() -> Decision:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    return jar.order_is(OrderState.REJECTED, at=hours(1))


def four_rejections() -> Decision:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    for hour in (0, 24, 72, 168):
        jar.look(hours(hour))
        decision = jar.order_is(OrderState.REJECTED, at=hours(hour))
    return decision


def out_of_stock() -> Decision:
    return Household([a_rule("5 left", offer=an_offer(available=False))]).tell("counted", 5, at=hours(0))


def no_room() -> Decision:
    return Household([a_rule("5 left")], capacity=Decimal(16)).tell("counted", 5, at=hours(0))


def full_enough() -> Decision:
    return Household([a_rule("5 left", wanted=Wanted(up_to=Decimal(5)))]).tell("counted", 5, at=hours(0))


def unseen() -> Decision:
    scales = Household([a_rule("5 left")])
    scales.tell("counted", 5, at=hours(0))
    scales.order_is(OrderState.DELIVERED, 12, at=hours(1))
    scales.tell("counted", 5, at=hours(2))
    decision = scales.look(hours(25))
    assert decision is not None
    return decision


CAUSES: dict[Callable[[], Decision], tuple[Verdict, str]] = {
    missing_data: (Verdict.NOT_EVALUABLE, "is left is not known yet"),
    missing_for_the_quantity: (Verdict.HELD, "how many are missing is not known before the first count"),
    nothing_learned_yet: (Verdict.NOT_EVALUABLE, "not known"),
    an_old_report: (Verdict.IGNORED, "it is 8 days old"),
    a_late_press: (Verdict.IGNORED, "the press reached us 2 hours late"),
    a_catch_up: (Verdict.CATCHING_UP, "everything is judged together at"),
    guarded(money_per_day=LITTLE): (Verdict.HELD, "3.49 EUR is more than the 1.00 EUR a day in all"),
    guarded(money_per_month=LITTLE): (Verdict.HELD, "3.49 EUR is more than the 1.00 EUR a month in all"),
    guarded(paused_until=hours(9)): (Verdict.HELD, "ordering is paused: not before 2026-03-02 21:00 UTC"),
    too_many_a_day: (Verdict.HELD, "ordered once today, 1 a day at most: not before 2026-03-03 00:00 UTC"),
    cooling_down: (Verdict.HELD, "ordered 2 hours ago: not before 2026-03-03 12:00 UTC"),
    an_open_order: (Verdict.ON_ORDER, "already on order"),
    the_owners_no: (Verdict.HELD, "already ordered for this: waits until it has been otherwise"),
    a_window: (Verdict.HELD, "outside its window: not now, asked again at 2026-03-03 08:00 UTC"),
    a_rejection: (Verdict.HELD, "rejected there: not asked again before 2026-03-03 13:00 UTC"),
    four_rejections: (Verdict.HELD, "rejected four times there: waits for your word"),
    out_of_stock: (Verdict.HELD, "Oat cookies is not available at Corner Shop"),
    no_room: (Verdict.HELD, "not even one pack of 12 fits into the capacity of 16"),
    full_enough: (Verdict.HELD, "the level is already up to 5"),
    unseen: (Verdict.ASKED, "12 delivered, not seen: order again?"),
}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__qualname__.split(".")[0])
def test_whatever_keeps_an_order_back_says_so(cause: Callable[[], Decision]) -> None:
    decision, (verdict, words) = cause(), CAUSES[cause]
    assert decision.verdict is verdict
    assert words in decision.sentence
    assert decision.need is None

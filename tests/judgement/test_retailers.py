"""Several retailers for one rule: the first that can deliver gets the order, and exactly one does (contract 1.M)."""

import dataclasses
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.facts import Source
from domain.item import Offer
from domain.lead_time import LeadTime
from domain.orders import ENDED_WITHOUT_DELIVERY, NOT_YET_AT_THE_RETAILER, OrderState
from rules.active import ActiveRule
from rules.quantity import Wanted
from tests.judgement.household import SHOP, Household, a_rule, an_offer, hours

MARKET, KIOSK = UUID(int=70), UUID(int=71)


def at_the_market(**more: Any) -> Offer:
    return an_offer(retailer=MARKET, name="Market", **more)


def at_the_kiosk(**more: Any) -> Offer:
    return an_offer(retailer=KIOSK, name="Kiosk", **more)


def a_jar(*offers: Offer, wanted: Wanted | None = None, **order: Any) -> Household:
    """Twelve cookies, ordered at the first of the offers when five are left."""
    first, *others = offers
    jar = Household([a_rule("5 left", offer=first, elsewhere=others, wanted=wanted, **order)])
    jar.tell("counted", 12, at=hours(0))
    return jar


def shops(jar: Household) -> list[str]:
    return [need.offer.retailer_name for need in jar.needs]


def test_the_first_one_gets_the_order_and_nobody_else_is_mentioned() -> None:
    jar = a_jar(an_offer(), at_the_market(), at_the_kiosk(available=False))
    decision = jar.tell("counted", 5, at=hours(1))
    assert shops(jar) == ["Corner Shop"]
    assert "Market" not in decision.sentence
    assert "Kiosk" not in decision.sentence


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (an_offer(available=False), "Corner Shop: Oat cookies is not available at Corner Shop"),
        (None, "cookies-12: the retailer's catalogue has no cookies-12"),
    ],
)
def test_the_second_one_is_used_at_once_where_the_first_has_none_and_the_decision_says_why(
    first: Offer | None, reason: str
) -> None:
    jar = a_jar(an_offer(), at_the_market())
    if first is None:
        jar.rules = [without_the_first(jar.rules[0])]
    else:
        jar = a_jar(first, at_the_market())
    decision = jar.tell("counted", 5, at=hours(1))
    assert shops(jar) == ["Market"]
    assert reason in decision.sentence


def without_the_first(rule: ActiveRule) -> ActiveRule:
    """The retailer's catalogue has lost the SKU."""
    assert rule.order is not None
    return dataclasses.replace(rule, order=dataclasses.replace(rule.order, offer=None))


def test_what_the_first_one_rejects_goes_to_the_second_at_once_and_back_when_the_hold_is_over() -> None:
    jar = a_jar(an_offer(), at_the_market())
    jar.tell("counted", 5, at=hours(1))
    decision = jar.order_is(OrderState.REJECTED, at=hours(2))
    assert decision.verdict is Verdict.ORDERED
    assert "Corner Shop: rejected there: not asked again before 2026-03-03 14:00" in decision.sentence
    assert shops(jar) == ["Corner Shop", "Market"]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(3))
    jar.tell("counted", 5, at=hours(20), source=Source.PERSON)
    assert shops(jar)[2:] == ["Market"]
    jar.order_is(OrderState.DELIVERED, 12, at=hours(21))
    jar.tell("counted", 5, at=hours(40), source=Source.PERSON)
    assert shops(jar)[3:] == ["Corner Shop"]


def test_when_all_have_rejected_it_the_first_one_whose_hold_ends_is_asked_again() -> None:
    jar = a_jar(an_offer(), at_the_market())
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(OrderState.REJECTED, at=hours(2))
    decision = jar.order_is(OrderState.REJECTED, at=hours(5))
    assert (decision.verdict, decision.next_check) == (Verdict.HELD, hours(26))
    assert [name in decision.sentence for name in ("Corner Shop: rejected", "Market: rejected")] == [True, True]
    jar.look(hours(26))
    assert shops(jar) == ["Corner Shop", "Market", "Corner Shop"]


@pytest.mark.parametrize("end", sorted(ENDED_WITHOUT_DELIVERY))
def test_only_what_another_retailer_could_do_better_is_asked_of_another(end: OrderState) -> None:
    """Who is not paid here is not paid there either, and who did not say yes is not asked again at once."""
    jar = a_jar(an_offer(), at_the_market())
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(end, at=hours(2))
    elsewhere = end in (OrderState.REJECTED, OrderState.NEVER_CAME)
    assert shops(jar) == ["Corner Shop", "Market"][: 1 + elsewhere]


@pytest.mark.parametrize("state", sorted(NOT_YET_AT_THE_RETAILER | {OrderState.PLACING, OrderState.UNKNOWN}))
def test_an_order_that_may_have_reached_a_retailer_is_never_sent_to_another_one(state: OrderState) -> None:
    """Unknown is still on order, however long it takes, until its retailer or its owner ends it."""
    jar = a_jar(an_offer(), at_the_market())
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(state, at=hours(2))
    for day in range(1, 60):
        assert jar.tell("counted", 4, at=hours(24 * day)).verdict is Verdict.ON_ORDER
    assert shops(jar) == ["Corner Shop"]
    jar.order_is(OrderState.NEVER_CAME, at=hours(24 * 60))
    assert shops(jar) == ["Corner Shop", "Market"]


@pytest.mark.parametrize(
    ("offers", "chosen"),
    [
        # 3.49 / 12 = 0.29 a piece; 5.00 / 24 = 0.21; 1.00 / 4 = 0.25
        (
            (an_offer(), at_the_market(price="5.00", pack_size="24"), at_the_kiosk(price="1.00", pack_size="4")),
            "Market",
        ),
        ((an_offer(), at_the_market(), at_the_kiosk()), "Corner Shop"),
        ((an_offer(price="9.00"), at_the_market(price="8.00", available=False), at_the_kiosk(price="8.99")), "Kiosk"),
        # a price in another currency cannot be compared: it comes last
        ((an_offer(), at_the_market(price="0.10", currency="USD"), at_the_kiosk(price="3.48")), "Kiosk"),
        ((an_offer(available=False), at_the_market(price="9.00", currency="USD"), at_the_kiosk()), "Market"),
    ],
)
def test_the_cheapest_by_the_unit(offers: tuple[Offer, ...], chosen: str) -> None:
    jar = a_jar(*offers, prefer="cheapest")
    decision = jar.tell("counted", 5, at=hours(1))
    assert shops(jar) == [chosen]
    assert f"{chosen} is the cheapest" in decision.sentence


def test_the_soonest_by_what_was_learned_of_each() -> None:
    jar = a_jar(an_offer(), at_the_market(), at_the_kiosk(), prefer="soonest")
    times = {SHOP: 2.5, MARKET: 1.5}  # the kiosk is not known: two days, as is usual
    jar.lead_times = {shop: LeadTime(mean_days=days, longest_usual_days=days) for shop, days in times.items()}
    jar.tell("counted", 5, at=hours(1))
    jar.order_is(OrderState.REJECTED, at=hours(2))
    jar.order_is(OrderState.REJECTED, at=hours(3))
    assert shops(jar) == ["Market", "Kiosk", "Corner Shop"]


def test_a_smaller_pack_elsewhere_fits_where_the_first_does_not() -> None:
    rule = a_rule("5 left", offer=an_offer(), elsewhere=[at_the_market(pack_size="6")])
    jar = Household([rule], capacity=Decimal(12))
    decision = jar.tell("counted", 5, at=hours(0))
    assert [(need.offer.retailer_name, need.packs) for need in jar.needs] == [("Market", 1)]
    assert "Corner Shop: not even one pack of 12 fits" in decision.sentence


def test_another_consequence_lifts_the_holds_of_all_its_retailers() -> None:
    uuid = UUID(int=1)
    jar = Household([a_rule("5 left", uuid=uuid, elsewhere=[at_the_market()])])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.REJECTED, at=hours(1))
    jar.order_is(OrderState.REJECTED, at=hours(2))
    jar.rules = [a_rule("5 left", uuid=uuid, elsewhere=[at_the_market()], prefer="soonest")]
    assert jar.tell("changed", at=hours(3)).verdict is Verdict.ORDERED

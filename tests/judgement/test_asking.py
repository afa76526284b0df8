"""The household is asked before an order that costs too much, or more than it used to."""

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asking import NEVER, AskFirst, Price
from domain.facts import Wish
from domain.orders import Approval
from rules.active import ActiveRule
from tests.judgement.household import BUTTON, SHOP, Household, a_rule, hours


def euros(amount: str) -> Price:
    return Price(amount=Decimal(amount), currency="EUR")


def a_rule_agreed_at(price: Price | None) -> ActiveRule:
    rule = a_rule("5 left")
    assert rule.order is not None
    return dataclasses.replace(rule, order=dataclasses.replace(rule.order, agreed=price))


@pytest.mark.parametrize(
    ("asks_first", "agreed", "reason"),
    [
        (NEVER, euros("0.01"), None),
        (AskFirst(above=euros("3.49")), None, None),
        (AskFirst(above=euros("3.48")), None, "3.49 EUR is more than the 3.48 EUR above which you are asked"),
        (
            AskFirst(above=Price(amount=Decimal(99), currency="USD")),
            None,
            "3.49 EUR cannot be compared with the 99.00 USD above which you are asked",
        ),
        (AskFirst(tolerance=Decimal(10)), None, None),
        (AskFirst(tolerance=Decimal(10)), euros("3.18"), None),
        (AskFirst(tolerance=Decimal(10)), euros("9.99"), None),
        (
            AskFirst(tolerance=Decimal(10)),
            euros("3.17"),
            "a pack was 3.17 EUR and is 3.49 EUR now, a rise of more than 10%",
        ),
        (
            AskFirst(tolerance=Decimal(500)),
            Price(amount=Decimal("3.49"), currency="USD"),
            "a pack was 3.49 USD and is 3.49 EUR now",
        ),
    ],
)
def test_an_order_waits_for_a_yes_and_its_decision_says_why(
    asks_first: AskFirst, agreed: Price | None, reason: str | None
) -> None:
    jar = Household([a_rule_agreed_at(agreed)], asks_first=asks_first)
    decision = jar.tell("counted", 5, at=hours(0))
    (need,) = jar.needs
    assert (need.asks, need.approval) == (reason, Approval.NOT_NEEDED if reason is None else Approval.NEEDED)
    assert ("waits for your yes" in decision.sentence) == (reason is not None)
    assert reason is None or reason in decision.sentence


def test_a_button_shows_no_price_but_whoever_orders_by_hand_has_seen_it() -> None:
    """S23: two packs for 6.98."""
    asks_first = AskFirst(above=euros("5"))
    pressed, by_hand = Household(asks_first=asks_first), Household(asks_first=asks_first)
    pressed.tell("pressed", at=hours(0), instruction=BUTTON)
    by_hand.tell("wanted", at=hours(0), wish=Wish(retailer=SHOP, sku="cookies-12", packs=2))
    assert [(need.units, need.approval) for need in (*pressed.needs, *by_hand.needs)] == [
        (Decimal(24), Approval.NEEDED),
        (Decimal(24), Approval.NOT_NEEDED),
    ]


MONEY = st.decimals("0.01", 1000, places=2)


@given(MONEY, MONEY, st.decimals(0, 1000, places=2), st.integers(1, 100))
def test_who_is_asked_at_a_price_is_asked_at_every_higher_one(
    agreed: Decimal, price: Decimal, tolerance: Decimal, packs: int
) -> None:
    asks_first = AskFirst(above=euros("100"), tolerance=tolerance)
    before = Price(amount=agreed, currency="EUR")
    asked = [
        asks_first.reason(Price(amount=price * times, currency="EUR"), packs, before) is not None for times in (1, 2)
    ]
    assert asked != [True, False]
    assert asks_first.reason(before, 1, before) is None or agreed > 100

"""Stripe through its own SDK: one charge and one refund for an order, whatever the network does (S51)."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from billing.port import Bill, Charged, Declined, TryLater
from billing.stripe import Stripe
from tests.billing.stripe_server import ASKS_ITS_OWNER, DECLINED, DECLINED_LATER, GOOD, KEY, Fault, StripeServer


async def a_bill(stripe: StripeServer, number: str = GOOD, amount: str = "3.49", currency: str = "EUR") -> Bill:
    """For an order of its own, by a card of its own."""
    return Bill(key=uuid4(), amount=Decimal(amount), currency=currency, token=await stripe.card(number))


async def the_intent(stripe: StripeServer, order: UUID) -> Any:
    """The only payment intent of an order."""
    (intent,) = await stripe.of_order("payment_intents", order)
    return intent


@pytest.mark.parametrize(
    ("amount", "currency", "units"), [("3.49", "EUR", 349), ("500", "JPY", 500), ("1.234", "KWD", 1230)]
)
async def test_a_charge_is_one_confirmed_intent_in_the_currencys_smallest_unit(
    stripe: StripeServer, provider: Stripe, amount: str, currency: str, units: int
) -> None:
    """S51"""
    bill = await a_bill(stripe, amount=amount, currency=currency)
    charged = await provider.charge(bill)
    intent = await the_intent(stripe, bill.key)
    assert charged == Charged(intent["id"])
    assert (intent["status"], intent["amount"], intent["currency"]) == ("succeeded", units, currency.lower())
    (asked,) = stripe.makes("payment_intents", bill.key)
    assert (asked.key, asked.form["off_session"], asked.form["confirm"]) == (str(bill.key), "true", "true")


async def test_a_card_is_attached_to_a_customer_once(stripe: StripeServer, provider: Stripe) -> None:
    bill = await a_bill(stripe)
    await provider.charge(bill)
    await provider.charge(replace(bill, key=uuid4()))
    assert len([asked for asked in stripe.asked if asked.path == "/v1/customers"]) == 1
    charges = [charge for charge in await stripe.all("charges") if charge["payment_method"] == bill.token]
    assert len({charge["customer"] for charge in charges}) == 1
    assert len(charges) == 2


async def test_the_same_bill_again_is_not_charged_again(stripe: StripeServer, provider: Stripe) -> None:
    bill = await a_bill(stripe)
    first = await provider.charge(bill)
    assert await provider.charge(bill) == first
    assert await provider.charge(replace(bill, again=True)) == first
    stripe.a_day_passes()
    assert await provider.charge(replace(bill, again=True)) == first
    await the_intent(stripe, bill.key)


@pytest.mark.parametrize("number", [DECLINED, DECLINED_LATER])
async def test_a_declined_card_is_declined_in_words(stripe: StripeServer, provider: Stripe, number: str) -> None:
    """S52: localstripe declines one when it is attached and one when it is charged."""
    bill = await a_bill(stripe, number)
    for again in (False, True):
        assert await provider.charge(replace(bill, again=again)) == Declined("Your card was declined.")
    assert all(intent["status"] != "succeeded" for intent in await stripe.of_order("payment_intents", bill.key))


async def test_a_card_that_asks_its_owner_is_declined_and_its_intent_is_over(
    stripe: StripeServer, provider: Stripe
) -> None:
    bill = await a_bill(stripe, ASKS_ITS_OWNER)
    declined = await provider.charge(bill)
    assert isinstance(declined, Declined)
    assert "confirmed by its owner" in declined.reason
    assert (await the_intent(stripe, bill.key))["status"] == "canceled"


async def test_a_token_that_stripe_does_not_know_is_declined_without_naming_it(
    stripe: StripeServer, provider: Stripe
) -> None:
    bill = replace(await a_bill(stripe), token="pm_nobodysToken")
    assert await provider.charge(bill) == Declined("Stripe does not know this payment method any more: add it again.")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.ANSWERS_500, "Stripe answered 500."),
        (Fault.DONE_BUT_500, "Stripe answered 500."),
        (Fault.DONE_BUT_HANGS_UP, "Stripe could not be reached"),
        (Fault.SLOW, "Stripe could not be reached"),
        (Fault.TOO_MANY, "Stripe answered 429."),
    ],
)
@pytest.mark.parametrize("later", ["at once", "after a day"])
async def test_an_attempt_that_failed_is_repeated_under_its_key_and_charges_once(
    stripe: StripeServer, provider: Stripe, fault: Fault, words: str, later: str
) -> None:
    bill = await a_bill(stripe)
    stripe.faults = [fault]
    with pytest.raises(TryLater, match=words) as failure:
        await provider.charge(bill)
    assert failure.value.after == (timedelta(seconds=60) if fault is Fault.TOO_MANY else None)
    if later == "after a day":
        stripe.a_day_passes()
    charged = await provider.charge(replace(bill, again=True))
    intent = await the_intent(stripe, bill.key)
    assert charged == Charged(intent["id"])
    assert {asked.key for asked in stripe.makes("payment_intents", bill.key)} == {str(bill.key)}


async def test_a_slow_stripe_does_not_hold_up_anybody_else(stripe: StripeServer, provider: Stripe) -> None:
    slow, quick = await a_bill(stripe), await a_bill(stripe)
    stripe.faults = [Fault.SLOW]
    charging = asyncio.create_task(provider.charge(slow))
    await stripe.held_up.wait()
    began = time.monotonic()
    assert isinstance(await provider.charge(quick), Charged)
    assert time.monotonic() - began < 2
    with pytest.raises(TryLater):
        await charging


async def test_what_costs_nothing_is_not_charged(stripe: StripeServer, provider: Stripe) -> None:
    assert await provider.charge(await a_bill(stripe, amount="0")) == Charged()
    assert stripe.asked == []


async def test_a_refund_is_made_once(stripe: StripeServer, provider: Stripe) -> None:
    bill = await a_bill(stripe)
    charged = await provider.charge(bill)
    assert isinstance(charged, Charged)
    stripe.faults = [Fault.DONE_BUT_HANGS_UP]
    with pytest.raises(TryLater):
        await provider.refund(bill, charged.reference, Decimal("1.20"))
    stripe.a_day_passes()
    await provider.refund(replace(bill, again=True), charged.reference, Decimal("1.20"))
    await provider.refund(replace(bill, again=True), charged.reference, Decimal("1.20"))
    (refund,) = await stripe.of_order("refunds", bill.key)
    assert refund["amount"] == 120
    (asked,) = stripe.makes("refunds", bill.key)
    assert asked.key == f"refund:{bill.key}"


async def test_an_abandoned_charge_is_answered_as_it_is(stripe: StripeServer, provider: Stripe) -> None:
    bill = await a_bill(stripe)
    charged = await provider.charge(bill)
    assert await provider.abandon(replace(bill, again=True)) == charged


async def test_an_abandoned_bill_is_never_charged_by_a_request_that_comes_late(
    stripe: StripeServer, provider: Stripe
) -> None:
    bill = await a_bill(stripe)
    assert await provider.abandon(bill) is None
    with pytest.raises(TryLater):
        await provider.charge(bill)
    assert (await the_intent(stripe, bill.key))["status"] == "canceled"
    assert await provider.abandon(replace(bill, again=True)) is None


async def test_a_wrong_key_is_the_operators_matter_and_is_not_repeated_in_words(stripe: StripeServer) -> None:
    provider = Stripe("not_a_key", stripe.url)
    with pytest.raises(TryLater, match="LARDER_STRIPE_KEY") as failure:
        await provider.charge(await a_bill(stripe))
    assert "not_a_key" not in str(failure.value)
    assert KEY not in str(failure.value)
    await provider.aclose()

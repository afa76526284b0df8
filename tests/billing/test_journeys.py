"""Bill, then send, from a jar's report to the money's way back, in a whole Larder with Stripe (S51, S52)."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from argon2 import PasswordHasher
from pydantic import SecretStr

import logs
import names
from api.passwords import Passwords
from settings import Settings
from simulator.behaviours import answer
from simulator.family import Family, a_family, eventually, ok
from simulator.retailer import ScriptedRetailer
from simulator.town import Town, town
from tests.billing.stripe_server import DECLINED, DECLINED_LATER, GOOD, KEY, Fault, StripeServer
from tests.databases import fresh_database
from tests.journeys.parts import A_MOMENT, A_RETRY, SANDBOX_HOST, Household, a_cookie_jar, its_sandbox
from tests.replay.stored import of_history

WEBHOOK_SECRET = "whsec_never_to_be_seen_9876543210"


@pytest.fixture(scope="session")
async def stripe_town(the_stripe: StripeServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A running Larder on virtual time that charges cards."""
    home: Path = tmp_path_factory.mktemp("town")
    with fresh_database("sqlite", home) as url:
        settings = Settings(
            home=home,
            database_url=url,
            allow_nets=(ip_network("127.0.0.0/8"),),
            stripe_key=SecretStr(KEY),
            stripe_webhook_secret=SecretStr(WEBHOOK_SECRET),
            stripe_url=the_stripe.url,
            sandbox_host=SANDBOX_HOST,
        )
        async with town(settings, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))) as running:
            yield running


@pytest.fixture
async def family(stripe_town: Town, stripe: StripeServer) -> Family:
    """A household of its own; nothing has been asked of Stripe yet."""
    assert stripe.asked == []
    return await a_family(stripe_town)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything logged, down to the chattiest line of a library, as JSON lines."""
    before, level = logging.root.handlers[:], logging.root.level
    out = io.StringIO()
    logs.configure(out)
    yield out
    structlog.reset_defaults()
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


async def pays_by(family: Family, stripe: StripeServer, number: str) -> str:
    """The household pays by that card from now on; the token."""
    token = await stripe.card(number)
    await family.post("/payment-methods", provider="stripe", name="Card", token=token, default=True)
    return token


async def paid_is(home: Household, state: str, refunded: str | None = None) -> Any:
    """How the household's only order is paid for, once that is its state."""

    def is_so(found: list[Any]) -> bool:
        charge = found[0]["charge"]
        return charge is not None and (charge["state"], charge["refunded"]) == (state, refunded)

    return (await eventually(home.family.orders, is_so))[0]["charge"]


async def asked_for_money(stripe: StripeServer, order: Any, times: int) -> None:
    """Return once Stripe has been asked so often to make the order's payment intent."""

    async def asked() -> int:
        return len(stripe.makes("payment_intents", order["uuid"]))

    await eventually(asked, lambda found: found == times)


async def test_from_the_report_to_the_charge_to_the_order_to_the_delivery(
    family: Family, stripe: StripeServer, log: io.StringIO
) -> None:
    """S49, S51, S53: no card number, token or key is in a log or in a history."""
    token = await pays_by(family, stripe, GOOD)
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        assert list(retailer.book) == [order["uuid"]]
    assert order["charge"] == {
        "provider": "stripe",
        "amount": "3.49",
        "currency": "EUR",
        "state": "charged",
        "refunded": None,
        "notes": [],
    }
    (intent,) = await stripe.of_order("payment_intents", order["uuid"])
    assert (intent["status"], intent["amount"]) == ("succeeded", 349)
    ok(await home.shop.report("delivered", order))
    await family.level_is(home.item, 17)
    await paid_is(home, "charged")
    assert await stripe.of_order("refunds", order["uuid"]) == []
    handle = family.town.client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"])))
    await handle.result()
    history = of_history("order", await handle.fetch_history()).text
    assert "Bill the customer" in history
    for secret in (token, GOOD, KEY, WEBHOOK_SECRET):
        assert secret not in log.getvalue()
        assert secret not in history


async def test_a_sandbox_orders_and_is_delivered_while_stripe_and_the_retailer_hear_nothing(
    family: Family, stripe: StripeServer
) -> None:
    """S65: the live account's card is none of the sandbox's, which takes none."""
    token, sandbox = await pays_by(family, stripe, GOOD), await its_sandbox(family)
    card = {"provider": "stripe", "name": "Card", "token": token}
    assert (await family.http.post("/payment-methods", json=card, headers=sandbox.auth)).status_code == 400
    stripe.asked.clear()
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(sandbox, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        ok(await home.simulate(await home.order_is("placed"), "delivered"))
        await sandbox.level_is(home.item, 17)
        await home.order_is("delivered")
        assert retailer.requests == []
    assert (await paid_is(home, "charged"))["provider"] == "sandbox"
    assert stripe.asked == []


async def test_a_declined_card_never_reaches_the_retailer(family: Family, stripe: StripeServer) -> None:
    """S52: the order and a letter to the customer say why in words, and its item is held."""
    await pays_by(family, stripe, DECLINED)
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("charge-failed")
        assert order["reason"] == "Your card was declined."
        await home.on_order_is(0)
        await family.judged(home.item, "held")
        assert retailer.requests == []
    assert await home.shop.orders() == []
    assert order["charge"]["state"] == "declined"
    assert "placing" not in {step["state"] for step in order["history"]}
    letters = await eventually(
        lambda: family.get("/outbox"), lambda found: any(letter["kind"] == "notice" for letter in found)
    )
    (letter,) = [letter for letter in letters if letter["kind"] == "notice"]
    assert letter["subject"] == "A payment failed, so nothing was ordered: Oat cookies"
    assert "Your card was declined." in letter["text"]


async def test_a_rejected_order_is_refunded_once(family: Family, stripe: StripeServer) -> None:
    await pays_by(family, stripe, GOOD)
    async with ScriptedRetailer([answer(422, b'{"detail": "closed"}')]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        stripe.faults = [Fault.DONE_BUT_500, Fault.DONE_BUT_HANGS_UP]  # the charge, then the refund
        await home.jar.level(level=5)
        order = await home.order_is("charging")
        await home.after(order, A_RETRY)
        await home.order_is("rejected")
        await eventually(lambda: stripe.of_order("refunds", order["uuid"]), lambda found: len(found) == 1)
        await home.after(order, A_RETRY)
    await paid_is(home, "refunded", "3.49")
    (refund,) = await stripe.of_order("refunds", order["uuid"])
    assert refund["amount"] == 349
    assert len(await stripe.of_order("payment_intents", order["uuid"])) == 1


async def test_a_cancelled_order_is_refunded_once(family: Family, stripe: StripeServer) -> None:
    await pays_by(family, stripe, GOOD)
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    for _ in range(2):
        await home.cancel(order, "bought them myself")
    await paid_is(home, "refunded", "3.49")
    assert len(await stripe.of_order("refunds", order["uuid"])) == 1


async def test_without_a_card_it_is_on_account_and_is_credited_there(family: Family, stripe: StripeServer) -> None:
    """S51"""
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    assert (order["charge"]["provider"], order["charge"]["state"]) == ("on-account", "charged")
    await home.cancel(order, "bought them myself")
    await paid_is(home, "refunded", "3.49")
    assert stripe.asked == []


async def test_a_cheaper_substitute_is_stock_and_its_difference_goes_back(family: Family, stripe: StripeServer) -> None:
    """S27, S28, S51: what was ordered stays readable; the owner is told, and pays for what came."""
    await pays_by(family, stripe, GOOD)
    home = await a_cookie_jar(family)
    await home.shop.sells_also("biscuits-12", "Oat biscuits", "3.00")
    ok(await family.http.patch(f"/items/{home.item}", json={"substitutes": True}, headers=family.auth))
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    for _ in range(2):
        assert ok(await home.shop.report("substituted", order, sku="biscuits-12"))["total"] == "3.00"
    assert (await home.shop.report("delivered", order, lines=[{"sku": "cookies-12", "packs": 1}])).status_code == 400
    ok(await home.shop.report("delivered", order, lines=[{"sku": "biscuits-12", "packs": 1}]))
    await family.level_is(home.item, 17)
    await paid_is(home, "refunded", "0.49")
    (refund,) = await stripe.of_order("refunds", order["uuid"])
    assert refund["amount"] == 49
    (line,) = (await home.order_is("delivered"))["lines"]
    assert (line["sku"], line["substitute"]["name"]) == ("cookies-12", "Oat biscuits")
    told = [notice["sentence"] for notice in await family.get("/notices")]
    assert told[:2] == [
        "Delivered by Corner Shop: 1 pack of Oat biscuits.",
        "Corner Shop sends Oat biscuits instead of Oat cookies. Oat cookies is not to be had.",
    ]


async def test_what_never_came_of_a_part_delivery_is_refunded(family: Family, stripe: StripeServer) -> None:
    await pays_by(family, stripe, GOOD)
    home = await a_cookie_jar(family)
    button = await family.jar("Button")
    wanted = {"retailer": home.shop.uuid, "sku": "cookies-12", "quantity": 3}
    await family.post("/instructions", device=button.uuid, action="reorder", item=home.item, order=wanted)
    await button.trigger()
    order = await home.order_is("placed")
    ok(await home.shop.report("delivered", order, lines=[{"sku": "cookies-12", "packs": 1}]))
    ok(await home.shop.report("rejected", order, reason="No more."))
    paid = await paid_is(home, "refunded", "6.98")
    assert paid["amount"] == "10.47"
    (refund,) = await stripe.of_order("refunds", order["uuid"])
    assert refund["amount"] == 698


async def test_an_order_can_be_cancelled_while_stripe_is_away(family: Family, stripe: StripeServer) -> None:
    await pays_by(family, stripe, GOOD)
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        stripe.faults = [Fault.ANSWERS_500] * 2
        await home.jar.level(level=5)
        order = await home.order_is("charging")
        await asked_for_money(stripe, order, times=1)
        await home.cancel(order, "too slow")
        await asked_for_money(stripe, order, times=2)  # to find out, and to take no money any more
        await home.after(order, A_RETRY)
        await paid_is(home, "declined")
        assert retailer.requests == []
    intents = await stripe.of_order("payment_intents", order["uuid"])
    assert {intent["status"] for intent in intents} == {"canceled"}


async def test_three_days_without_stripe_are_a_failed_charge(family: Family, stripe: StripeServer) -> None:
    """S52: and should Stripe have taken the money after all, it goes back."""
    await pays_by(family, stripe, GOOD)
    home = await a_cookie_jar(family)
    stripe.faults = [Fault.DONE_BUT_500, *[Fault.ANSWERS_500] * 10]
    await home.jar.level(level=5)
    order = await home.order_is("charging")
    stripe_was_asked = await eventually(
        lambda: stripe.of_order("payment_intents", order["uuid"]), lambda found: len(found) == 1
    )
    assert stripe_was_asked[0]["status"] == "succeeded"
    stripe.faults = []
    stripe.away = True
    await home.after(order, timedelta(days=3) + A_MOMENT)
    failed = await home.order_is("charge-failed")
    assert failed["reason"].startswith("not billed for 3 days: Stripe answered")
    stripe.away = False
    await home.after(order, timedelta(hours=1))
    await paid_is(home, "refunded", "3.49")
    assert await home.shop.orders() == []


async def test_what_stripe_tells_afterwards_is_noted_once(family: Family, stripe: StripeServer) -> None:
    """localstripe sends `payment_intent.payment_failed` by itself, signed, a second after the payment failed."""
    hook = {"url": f"{family.town.url}/stripe/events", "secret": WEBHOOK_SECRET}
    (await stripe.behind.post("/_config/webhooks/larder", content=json.dumps(hook))).raise_for_status()
    await pays_by(family, stripe, DECLINED_LATER)
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    await home.order_is("charge-failed")
    orders = await eventually(family.orders, lambda found: bool(found[0]["charge"]["notes"]))
    assert orders[0]["charge"]["notes"] == ["Stripe reports a failed payment (card declined)."]
    assert Decimal(orders[0]["charge"]["amount"]) == Decimal("3.49")

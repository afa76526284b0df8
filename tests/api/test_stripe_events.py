"""Stripe's webhooks: verified by its own SDK, noted once on the charge they are about (docs/decisions/0018)."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from stripe import WebhookSignature

from storage import charges
from storage.charges import ToBill
from tests.api.direct import STRIPE_WEBHOOK_SECRET, Home, Household
from tests.api.server import Api


def an_event(kind: str, thing: dict[str, Any], **more: Any) -> str:
    """An event as Stripe writes it."""
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "created": int(time.time())}
    return json.dumps(event | {"data": {"object": thing}} | more)


async def sent(api: Api, event: str, secret: str = STRIPE_WEBHOOK_SECRET, age: int = 0) -> httpx.Response:
    """The event, signed so long ago."""
    signature = WebhookSignature.generate_signature_header(event, secret, int(time.time()) - age)
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return await api.http.post("/stripe/events", content=event, headers=headers)


async def a_charged_order(household: Household, reference: str) -> str:
    """An order that Stripe was paid for."""
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    (order,) = (await household.user.get("/orders")).json()["data"]
    async with household.home.parts.db.writing() as session:
        bill = await charges.to_bill(session, UUID(order["uuid"]), "stripe", "sandbox")
        await charges.charged(
            session, UUID(order["uuid"]), ToBill("stripe", None, bill.amount, bill.currency, None), bill.amount,
            reference=reference, at=datetime.now(UTC),
        )  # fmt: skip
    return str(order["uuid"])


async def notes(household: Household, order: str) -> list[str]:
    """What the owner sees."""
    found: list[str] = (await household.user.get(f"/orders/{order}")).json()["data"]["charge"]["notes"]
    return found


async def test_a_dispute_and_a_refund_by_hand_are_noted_once(home: Home, household: Household) -> None:
    """S51: and whose intent it was is found by its number, or by the order in its metadata."""
    reference = f"pi_{uuid4().hex}"
    order = await a_charged_order(household, reference)
    dispute = an_event("charge.dispute.created", {"payment_intent": reference, "reason": "product_not_received"})
    refund = an_event("charge.refunded", {"payment_intent": reference, "amount_refunded": 349})
    for event in (dispute, refund, dispute, dispute):
        assert (await sent(home, event)).status_code == 200
    assert sorted(await notes(household, order)) == [
        "Stripe reports a refund of 349 in the currency's smallest unit.",
        "The customer disputes this charge (product not received): answer it at Stripe.",
    ]


async def test_other_events_are_taken_and_nothing_is_kept(home: Home, household: Household) -> None:
    reference = f"pi_{uuid4().hex}"
    order = await a_charged_order(household, reference)
    for event in (
        an_event("payment_intent.succeeded", {"id": reference}),
        an_event("something.new", {}),
        an_event("charge.refunded", {"payment_intent": "pi_of_another_business", "amount_refunded": 1}),
        an_event("payment_intent.payment_failed", {"id": "pi_unknown", "metadata": {"order": "no uuid"}}),
    ):
        assert (await sent(home, event)).status_code == 200
    assert await notes(household, order) == []


@pytest.mark.parametrize(("secret", "age"), [("whsec_somebody_elses", 0), (STRIPE_WEBHOOK_SECRET, 301)])
async def test_what_is_not_signed_by_stripe_just_now_is_refused(home: Home, secret: str, age: int) -> None:
    assert (await sent(home, an_event("something.new", {}), secret, age)).status_code == 401


async def test_without_a_signature_nothing_is_read(home: Home) -> None:
    answer = await home.http.post("/stripe/events", content=an_event("something.new", {}))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        *("", "{}", "[]", "null", "nonsense", '{"object": "v2.core.event"}', '{"type": "charge.refunded"}'),
        an_event("charge.refunded", {"payment_intent": "pi_1"}),
        an_event("charge.dispute.created", {}, created="soon"),
    ],
)
async def test_what_is_signed_and_no_event_is_refused_in_words(home: Home, body: str) -> None:
    answer = await sent(home, body)
    assert (answer.status_code, answer.json()["message"]) == (400, "The body is no event of Stripe.")


async def test_nothing_is_there_where_nobody_has_set_it_up(api: Api) -> None:
    assert (await sent(api, an_event("something.new", {}))).status_code == 404

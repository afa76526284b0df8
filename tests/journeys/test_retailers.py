"""Retailers that answer wrong, deliver in parts, have no more of it, or say it twice (C9, C21, S10, S26-S28, S53)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

import names
from simulator.behaviours import (
    BOOK,
    BOOK_AND_ANSWER_FOR_ANOTHER_ORDER,
    BOOK_AND_ANSWER_HTML,
    BOOK_AND_RESET,
    Behaviour,
    Slow,
    answer,
    book_and_answer_huge,
    book_and_drip,
    redirect,
)
from simulator.family import Family, a_family, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import A_MOMENT, A_RETRY, Household, InvariantsHold, a_cookie_jar


async def signed(home: Household, order: Any, step: str, content: bytes = b"{}", name: str = "") -> httpx.Response:
    """A callback without the key, signed as Standard Webhooks says."""
    now, name = datetime.now(UTC), name or uuid4().hex
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(home.shop.signing_secret).sign(name, now, content.decode()),
        "Content-Type": "application/json",
    }
    path = f"/retailers/{home.shop.uuid}/orders/{order['uuid']}/{step}"
    return await home.family.http.post(path, content=content, headers=headers)


async def a_jar_that_orders(family: Family, packs: int, **shop_offers: Any) -> Household:
    """One that orders so many packs when five cookies are left, from a shop that pulls."""
    shop, item, jar = await family.shop(**shop_offers), await family.item(level=12), await family.jar()
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": packs}
    await family.post("/instructions", device=jar.uuid, action="track", item=item, triggerLevel=5, order=order)
    return Household(family, shop, item, jar)


@pytest.mark.parametrize(
    ("treatment", "reference"),
    [
        (BOOK_AND_ANSWER_HTML, None),
        (BOOK_AND_ANSWER_FOR_ANOTHER_ORDER, "X-1"),
        (book_and_answer_huge(), None),
        (book_and_drip(Slow.BODY, seconds_per_byte=0.02), "R-1"),
    ],
    ids=["HTML", "another order's id", "10 MB", "byte by byte"],
)
async def test_c9_the_status_line_books_whatever_nonsense_follows(
    family: Family, treatment: Behaviour, reference: str | None, invariants_hold: InvariantsHold
) -> None:
    """S26."""
    async with ScriptedRetailer([treatment]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        assert (order["reference"], len(retailer.requests), len(retailer.book)) == (reference, 1, 1)
        await invariants_hold(family, retailer)


@pytest.mark.parametrize("treatment", [answer(500), answer(502), BOOK_AND_RESET], ids=["500", "502", "reset"])
async def test_c9_what_may_or_may_not_have_been_booked_is_asked_again_and_booked_once(
    family: Family, treatment: Behaviour, invariants_hold: InvariantsHold
) -> None:
    async with ScriptedRetailer([treatment, BOOK]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await home.after(await home.order_is("placing"), A_RETRY)
        await home.order_is("placed")
        assert (len(retailer.book), len({request.key for request in retailer.requests})) == (1, 1)
        await invariants_hold(family, retailer)


async def test_c9_too_many_requests_is_no_refusal_and_the_wait_that_it_asks_for_is_kept(
    family: Family, invariants_hold: InvariantsHold
) -> None:
    async with ScriptedRetailer([answer(429, retry_after="7200")]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        order = await home.order_is("placing")
        await home.after(order, timedelta(minutes=119))
        assert len(retailer.requests) == 1
        await home.after(order, timedelta(minutes=1) + A_MOMENT)
        await home.order_is("placed")
        assert [entry.times for entry in retailer.book.values()] == [1]
        await invariants_hold(family, retailer)


async def test_c9_a_redirect_is_not_followed_and_the_owner_is_told(
    family: Family, invariants_hold: InvariantsHold
) -> None:
    async with ScriptedRetailer() as elsewhere, ScriptedRetailer([redirect(elsewhere.url)]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("rejected")
        assert "307" in order["reason"]
        assert (len(retailer.requests), elsewhere.requests) == (1, [])
    (notice,) = await family.get("/notices")
    assert (notice["kind"], notice["sentence"].endswith(order["reason"])) == ("order.stopped", True)
    (decision, *_) = await family.judged(home.item, "held")
    assert "rejected there: not asked again before" in decision["sentence"]
    await invariants_hold(family)


async def test_s27_s28_an_order_leaves_and_arrives_in_parts_and_each_part_is_stock(family: Family) -> None:
    """S10, S61, S63: the level rises by what was delivered and never by what is on its way."""
    home = await a_jar_that_orders(family, packs=3)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    steps = [
        ("dispatched", 1, "partially-dispatched", 5),
        ("delivered", 1, "partially-delivered", 17),
        ("dispatched", 3, "dispatched", 17),
        ("delivered", 2, "partially-delivered", 29),
        ("delivered", 3, "delivered", 41),
    ]
    for step, packs, status, level in steps:
        lines = [{"sku": "cookies-12", "packs": packs}]
        for _ in range(2):
            assert ok(await home.shop.report(step, order, lines=lines))["status"] == status
        await family.level_is(home.item, level)
    shown = await home.order_is("delivered")
    assert [each["state"] for each in shown["history"] if each["state"].endswith(("dispatched", "delivered"))] == [
        status for _, _, status, _ in steps
    ]
    await home.on_order_is(0)


async def test_s28_a_part_came_and_the_rest_will_not_and_every_text_says_the_same_money(family: Family) -> None:
    home = await a_jar_that_orders(family, packs=3, price="3.5")
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    (decision,) = await family.get(f"/items/{home.item}/decisions?verdict=ordered")
    (told,) = await family.get("/notices")
    assert "ordered 3 packs of 12 Oat cookies at Corner Shop for 10.50 EUR" in decision["sentence"]
    assert told["sentence"] == "Ordered: 3 packs of Oat cookies from Corner Shop for 10.50 EUR."
    assert order["total"] == order["charge"]["amount"] == told["data"]["total"] == "10.50"
    ok(await home.shop.report("delivered", order, lines=[{"sku": "cookies-12", "packs": 1}]))
    ok(await home.shop.report("out-of-stock", order))
    ended = await eventually(family.orders, lambda found: found[0]["charge"]["refunded"] is not None)
    assert (ended[0]["status"], ended[0]["charge"]["refunded"]) == ("rejected", "7.00")
    (stopped,) = [notice for notice in await family.get("/notices") if notice["kind"] == "order.stopped"]
    assert stopped["sentence"] == (
        "1 of 3 packs of Oat cookies from Corner Shop came, the rest will not; 7.00 EUR goes back. Out of stock."
    )


async def test_s25_out_of_stock_ends_the_order_and_the_rule_waits_for_the_catalogue(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    for _ in range(2):
        ok(await home.shop.report("out-of-stock", order))
    assert (await home.order_is("rejected"))["reason"] == "out of stock"
    (entry,) = await family.get(f"/retailers/{home.shop.uuid}/catalogue")
    assert entry["available"] is False
    await home.on_order_is(0)
    by_hand = {"item": home.item, "retailer": home.shop.uuid, "sku": "cookies-12"}
    refused = await family.http.post("/orders", json=by_hand, headers=family.auth)
    assert (refused.status_code, "is not available at Corner Shop" in refused.text) == (409, True)


async def test_c21_a_signed_delivery_counts_once_wherever_else_it_is_said(
    family: Family, invariants_hold: InvariantsHold
) -> None:
    """S28, S53: twice, before its dispatch, of another's order, on another path, and after the workflow has ended."""
    home, other = await a_cookie_jar(family), await a_cookie_jar(await a_family(family.town))
    await home.jar.level(level=5)
    await other.jar.level(level=5)
    order, foreign = await home.order_is("placed"), await other.order_is("placed")
    assert (await signed(home, order, "accepted", name="heard")).status_code == 200
    assert (await signed(home, order, "delivered", name="heard")).status_code == 401, "heard on another path"
    assert (await signed(home, foreign, "delivered")).status_code == 404
    for _ in range(2):
        assert (await signed(home, order, "delivered")).status_code == 200
    await family.level_is(home.item, 17)
    handle = family.town.client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"])))
    assert await handle.result() == "delivered"
    assert (await signed(home, order, "delivered")).status_code == 200, "answered from storage"
    for step in ("dispatched", "rejected", "out-of-stock"):
        assert (await signed(home, order, step)).status_code == 409, step
    await other.cancel(foreign, "bought them myself")
    assert (await signed(other, foreign, "delivered")).status_code == 409
    await family.level_is(home.item, 17)
    await other.family.level_is(other.item, 5)
    for each in (family, other.family):
        await invariants_hold(each)


async def test_s23_an_order_by_hand_of_a_tracked_item_is_the_owners_own_word(family: Family) -> None:
    """S63: above the trigger level, without approval, once; and its delivery is stock like any other."""
    home = await a_cookie_jar(family)
    by_hand = {"item": home.item, "retailer": home.shop.uuid, "sku": "cookies-12", "quantity": 2}
    headers = family.auth | {"Idempotency-Key": uuid4().hex}
    answers = [await family.http.post("/orders", json=by_hand, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    made, repeated = (ok(each) for each in answers)
    assert made["uuid"] == repeated["uuid"]
    assert (made["lines"][0]["packs"], made["total"]) == (2, "6.98")
    order = await home.order_is("placed")
    again = await family.http.post("/orders", json=by_hand, headers=family.auth)
    assert (again.status_code, "already on order" in again.json()["detail"].lower()) == (409, True)
    ok(await home.shop.report("delivered", order))
    await family.level_is(home.item, 12 + 24)
    assert [line["packs"] for line in (await home.shop.order())["lines"]] == [2]


async def test_s23_an_order_by_hand_of_an_untracked_item_leaves_it_untracked(family: Family) -> None:
    """S28: delivery raises the level only where it is tracked."""
    shop = await family.shop()
    item = await family.item("Butter")
    made = await family.post("/orders", item=item, retailer=shop.uuid, sku="cookies-12")
    ok(await shop.report("delivered", await shop.order()))
    home = Household(family, shop, item, await family.jar())
    assert (await home.order_is("delivered"))["uuid"] == made["uuid"]
    assert (await family.look(item))["level"] is None

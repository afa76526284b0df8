"""Retailers that want their orders pushed, good and bad ones (S26, contract 1.K and 1.N, Unknown outcome)."""

from datetime import timedelta

from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs

from settings import Settings
from simulator.behaviours import BOOK_AND_HANG_UP, Behaviour, Slow, answer, book_and_drip
from simulator.family import Family, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import A_MOMENT, A_RETRY, a_butter_dish, a_cookie_jar, lost, order_details, woken

CLOSED = answer(422, b'{"detail": "closed for the holidays"}')


async def test_an_order_is_pushed_signed_under_its_own_key_and_shows_the_retailers_reference(family: Family) -> None:
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        (request,) = retailer.requests
    assert request.key == order["uuid"]
    paper = Webhook(home.shop.signing_secret).verify(request.body, dict(request.headers))
    assert [(line["sku"], line["packs"], line["unitPrice"]) for line in paper["lines"]] == [("cookies-12", 1, "3.49")]
    assert order["reference"] == "R-1"
    ok(await home.shop.report("delivered", order))
    await family.level_is(home.item, 17)


async def test_a_retailer_that_asks_for_an_hour_gets_it_and_then_books_once(family: Family) -> None:
    async with ScriptedRetailer([answer(429, retry_after="3600")]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        order = await home.order_is("placing")
        await home.after(order, timedelta(minutes=59))
        assert len(retailer.requests) == 1
        await home.after(order, timedelta(minutes=1) + A_MOMENT)
        await home.order_is("placed")
        assert [entry.times for entry in retailer.book.values()] == [1]
        assert len({request.body for request in retailer.requests}) == 1


async def test_while_a_retailer_fails_its_order_says_so_to_the_household_the_log_and_temporal(
    family: Family,
) -> None:
    async with ScriptedRetailer([answer(503), answer(429, retry_after="3600")]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        with capture_logs() as lines:
            await home.jar.level(level=5)
            await retailer.wait_for_requests(1)
            order = await home.order_is("placing")
            await home.after(order, A_RETRY)
            shown = await eventually(
                lambda: family.get(f"/orders/{order['uuid']}"), lambda found: "Asked 2 times" in (found["reason"] or "")
            )
        assert shown["status"] == "placing"
        assert shown["reason"].endswith(" UTC, and will be asked again. The retailer answered 429 (Too Many Requests).")
        assert [step["state"] for step in shown["history"]] == ["needed"]
        failures = [line for line in lines if line["event"] == "order not placed"]
        assert [(line["log_level"], line["outcome"], line["said"]) for line in failures] == [
            ("warning", "unknown", "The retailer answered 503 (Service Unavailable)."),
            ("warning", "later", "The retailer answered 429 (Too Many Requests)."),
        ]
        assert {(line["order"], line["retailer"]) for line in failures} == {(order["uuid"], home.shop.uuid)}
        details = await order_details(family, order)
        assert details.startswith("**placing** · ")
        assert "it is being handed to the retailer" in details
        await home.after(order, timedelta(hours=1) + A_MOMENT)
        assert (await home.order_is("placed"))["reason"] is None


async def test_an_address_that_nobody_answers_at_is_not_shown_to_the_household(family: Family) -> None:
    async with ScriptedRetailer() as gone:
        url = gone.url
    home = await a_cookie_jar(family, ordersUrl=url)
    with capture_logs() as lines:
        await home.jar.level(level=5)
        await home.order_is("placing")
        (shown,) = await eventually(family.orders, lambda found: found[0]["reason"] is not None)
    assert shown["reason"].endswith("asked again. The retailer could not be reached.")
    assert any("could not be reached: " in line.get("said", "") for line in lines)


async def test_booked_and_then_409_is_never_a_rejection_and_the_callback_settles_it(family: Family) -> None:
    """C8: it books, drops the answer, and answers 409 to each repeat."""
    async with ScriptedRetailer([BOOK_AND_HANG_UP, *[answer(409)] * 50]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        order = await home.order_is("placing")
        await home.after(order, timedelta(minutes=1))
        asked = len(retailer.requests)
        assert asked > 3
        assert (await home.order_is("placing"))["uuid"] == order["uuid"]
        ok(await home.shop.report("accepted", order))
        accepted = await home.order_is("accepted")
        await home.after(order, timedelta(hours=2))
        assert len(retailer.requests) == asked
        assert len(retailer.book) == 1
    assert "rejected" not in {step["state"] for step in accepted["history"]}
    ok(await home.shop.report("delivered", order))
    await family.level_is(home.item, 17)


async def test_a_callback_that_overtakes_the_answer_does_not_lose_the_reference(family: Family) -> None:
    async with ScriptedRetailer([book_and_drip(Slow.BODY, seconds_per_byte=0.02)]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_orders(1)
        ok(await home.shop.report("accepted", await home.order_is("placing")))
        await eventually(family.orders, lambda found: found[0]["reference"] == "R-1")
        assert (await home.order_is("accepted"))["reference"] == "R-1"
        assert len(retailer.requests) == 1


async def test_a_refusal_at_once_is_a_rejection_and_the_item_is_held(family: Family) -> None:
    async with ScriptedRetailer([CLOSED]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("rejected")
        assert order["reason"].endswith("It said: closed for the holidays")
        (decision, *_) = await family.judged(home.item, "held")
        assert "rejected there: not asked again before" in decision["sentence"]
        await home.jar.level(level=4)
        await family.level_is(home.item, 4)
        assert (len(retailer.requests), len(await family.orders())) == (1, 1)


async def test_a_refusal_after_an_unknown_outcome_stays_on_order_until_it_is_delivered(family: Family) -> None:
    async with ScriptedRetailer([BOOK_AND_HANG_UP, CLOSED]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await home.after(await home.order_is("placing"), A_RETRY)
        order = await home.order_is("unknown")
        await home.jar.level(level=4)
        assert (await family.level_is(home.item, 4))["onOrder"] == 12
        await family.judged(home.item, "on-order")
        ok(await home.shop.report("delivered", order))
        await family.level_is(home.item, 16)
        await home.order_is("delivered")
        assert len(retailer.book) == 1


async def test_booked_behind_a_gateway_that_answers_503_is_ordered_nowhere_else(family: Family) -> None:
    """Some gateways say that nobody is there when the connection breaks after the order has left."""
    async with ScriptedRetailer([Behaviour(status=503), answer(422, b'{"detail": "duplicate"}')]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await home.after(await home.order_is("placing"), A_RETRY)
        await home.order_is("unknown")
        await home.on_order_is(12)
        assert len(retailer.book) == 1


async def test_an_order_that_temporal_lost_while_it_was_handed_over_is_not_taken_back(
    family: Family, town_settings: Settings
) -> None:
    """Its item wanted it back in vain, and wants that still; so does its owner; but it may be booked."""
    async with ScriptedRetailer([BOOK_AND_HANG_UP, *[answer(503)] * 100]) as retailer:
        home = await a_butter_dish(family)
        ok(
            await family.http.patch(
                f"/retailers/{home.shop.uuid}", json={"ordersUrl": retailer.url}, headers=home.shop.auth
            )
        )
        await home.report("removed")
        await family.level_is(home.item, 0)
        returned = await family.now(home.item) + timedelta(hours=4)
        await family.after(home.item, timedelta(hours=5) + A_MOMENT)
        await retailer.wait_for_requests(1)
        order = await home.order_is("placing")
        await home.report("returned", at=returned.isoformat())
        await eventually(
            lambda: family.get(f"/items/{home.item}/decisions"),
            lambda found: any("cancelled if it still can be" in each["sentence"] for each in found),
        )
        await lost(family, home.item, order)
        asked = len(retailer.requests)
        await woken(family, town_settings)
        await retailer.wait_for_requests(asked + 1)
        assert (await home.say("cancel", order)).status_code == 409
        assert (await home.order_is("placing"))["charge"]["state"] == "charged"
        assert {request.key for request in retailer.requests} == {order["uuid"]}
        ok(await home.shop.report("delivered", order))
        await home.order_is("delivered")


async def test_an_order_of_unknown_outcome_can_be_ended_by_its_owner(family: Family) -> None:
    async with ScriptedRetailer([BOOK_AND_HANG_UP, CLOSED]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await home.after(await home.order_is("placing"), A_RETRY)
        await home.cancel(await home.order_is("unknown"), "they know nothing of it")
        ended = await home.order_is("never-came")
        assert ended["reason"] == "they know nothing of it"
        await home.on_order_is(0)
        await family.judged(home.item, "held")


async def test_three_days_of_not_now_are_a_rejection_as_nothing_can_have_been_booked(family: Family) -> None:
    async with ScriptedRetailer([answer(429, retry_after="86400")] * 4) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await home.after(await home.order_is("placing"), timedelta(days=3) + A_MOMENT)
        order = await home.order_is("rejected")
        assert order["reason"] == "not confirmed for 3 days: The retailer answered 429 (Too Many Requests)."
        assert (len(retailer.requests), len(retailer.book)) == (3, 0)
        await family.judged(home.item, "held")


async def test_three_days_after_an_unknown_outcome_it_is_still_unknown(family: Family) -> None:
    async with ScriptedRetailer([BOOK_AND_HANG_UP, *[answer(503, retry_after="86400")] * 4]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await home.after(await home.order_is("placing"), timedelta(days=3) + A_MOMENT)
        await home.order_is("unknown")
        await home.on_order_is(12)
        assert len(retailer.book) == 1


async def test_an_internal_address_is_never_contacted(family: Family) -> None:
    """The name 0 leads to this very machine as 0.0.0.0, but only 127.0.0.0/8 is allowed."""
    async with ScriptedRetailer() as retailer:
        this_machine = retailer.url.replace("127.0.0.1", "0")
        home = await a_cookie_jar(family, ordersUrl=this_machine)
        await home.jar.level(level=5)
        await home.after(await home.order_is("placing"), A_RETRY)
        await home.on_order_is(12)
        assert retailer.requests == []

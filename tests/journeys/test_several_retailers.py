"""Several retailers, several orders and guards, over HTTP and Temporal: one delivery for one need (contract 1.M)."""

from datetime import timedelta
from typing import Any

from simulator.behaviours import BOOK_AND_HANG_UP, answer
from simulator.family import Family, Shop, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import A_MOMENT, A_RETRY, Household

CLOSED = answer(422, b'{"detail": "closed for the holidays"}')


async def a_jar_with_a_choice(family: Family, first: Shop, second: Shop, **order: Any) -> Household:
    """Twelve cookies; at five left a pack from the first shop, else from the second."""
    item, jar = await family.item(level=12), await family.jar()
    await family.post("/instructions", device=jar.uuid, action="track", item=item)
    there, elsewhere = ({"retailer": shop.uuid, "sku": "cookies-12"} for shop in (first, second))
    then = {"order": there | {"packs": 1, "elsewhere": [elsewhere]} | order}
    await family.post("/rules", item=item, when="5 left", then=then)
    return Household(family, second, item, jar)


async def test_what_the_first_shop_rejects_the_second_delivers_once(family: Family) -> None:
    async with ScriptedRetailer([CLOSED]) as retailer:
        home = await a_jar_with_a_choice(family, await family.shop(ordersUrl=retailer.url), await family.shop())
        await home.jar.level(level=5)
        order = await home.order_is("placed", count=2)
        assert order["retailer"] == home.shop.uuid
        decisions = await family.get(f"/items/{home.item}/decisions?limit=100")
        again, first = [made["sentence"] for made in decisions if made["verdict"] == "ordered"]
        assert ["rejected there: not asked again before" in sentence for sentence in (first, again)] == [False, True]
        await home.jar.level(level=4)
        await family.level_is(home.item, 4)
        ok(await home.shop.report("delivered", order))
        assert (await family.level_is(home.item, 16))["onOrder"] == 0
        assert (len(retailer.requests), len(await home.shop.orders())) == (1, 1)
        assert [each["status"] for each in await family.orders()] == ["delivered", "rejected"]


async def test_what_the_first_shop_has_no_more_of_comes_from_the_second_and_so_does_the_next(family: Family) -> None:
    first = await family.shop()
    home = await a_jar_with_a_choice(family, first, await family.shop())
    await home.jar.level(level=5)
    ok(await first.report("out-of-stock", await home.order_is("placed")))
    ok(await home.shop.report("delivered", await home.order_is("placed", count=2)))
    await family.level_is(home.item, 17)
    for level in (17, 5):
        await home.jar.level(level=level)
    assert (await home.order_is("placed", count=3))["retailer"] == home.shop.uuid
    assert [order["status"] for order in await first.orders()] == ["rejected"]


async def test_an_order_that_may_have_reached_the_first_shop_never_goes_to_the_second_by_itself(family: Family) -> None:
    """1.M: retried as long as makes sense, then the owner is asked; only a confirmed end lets another have it."""
    async with ScriptedRetailer([BOOK_AND_HANG_UP, CLOSED]) as retailer:
        home = await a_jar_with_a_choice(family, await family.shop(ordersUrl=retailer.url), await family.shop())
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await home.after(await home.order_is("placing"), A_RETRY)
        order = await home.order_is("unknown")
        await home.jar.level(level=4)
        await family.judged(home.item, "on-order")
        assert await home.shop.orders() == []
        await home.cancel(order, "they know nothing of it")
        assert (await home.order_is("placed", count=2))["retailer"] == home.shop.uuid
        assert len(await home.shop.orders()) == 1


async def test_a_rule_that_adds_has_two_orders_on_their_way_and_both_come(family: Family) -> None:
    shop, item = await family.shop(), await family.item(level=12)
    order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="8 left", then={"order": order})
    await family.post("/rules", item=item, when="3 left", then={"order": order | {"whileOnOrder": "add"}})
    home = Household(family, shop, item, await family.jar())
    await home.report("counted", quantity=8)
    first = await home.order_is("placed")
    await family.post(f"/items/{item}/facts", facts=[{"id": "counted-2", "kind": "counted", "quantity": 3}])
    second = await home.order_is("placed", count=2)
    assert (await home.on_order_is(24))["level"] == 3
    ok(await shop.report("delivered", second))
    await family.level_is(item, 15)
    ok(await shop.report("delivered", first))
    assert (await family.level_is(item, 27))["onOrder"] == 0
    assert len(await family.orders()) == 2


async def test_what_a_pause_holds_is_ordered_when_it_ends_or_is_ended(family: Family) -> None:
    shop, item = await family.shop(), await family.item(level=12)
    order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="5 left", then={"order": order})
    home = Household(family, shop, item, await family.jar())

    async def paused_for(days: int) -> None:
        until = await family.now(item) + timedelta(days=days)
        ok(await family.http.patch("/auth/me", json={"pausedUntil": until.isoformat()}, headers=family.auth))

    await paused_for(days=9)
    await home.report("counted", quantity=5)
    (decision, *_) = await family.judged(item, "held")
    assert "ordering is paused: not before" in decision["sentence"]
    await paused_for(days=2)
    earlier = await eventually(
        lambda: family.get(f"/items/{item}/decisions"), lambda found: found[0]["nextCheck"] < decision["nextCheck"]
    )
    assert earlier[0]["verdict"] == "held"
    assert await family.orders() == []
    await family.after(item, timedelta(days=2) + A_MOMENT)
    await home.order_is("placed")


async def test_more_money_is_heeded_at_once(family: Family) -> None:
    shop, item = await family.shop(), await family.item(level=12)
    order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="5 left", then={"order": order})
    home = Household(family, shop, item, await family.jar())
    ok(await family.http.patch("/auth/me", json={"moneyPerMonth": "3.48"}, headers=family.auth))
    await home.report("counted", quantity=5)
    (decision, *_) = await family.judged(item, "held")
    assert "3.49 EUR is more than the 3.48 EUR a month in all" in decision["sentence"]
    ok(await family.http.patch("/auth/me", json={"moneyPerMonth": "3.49"}, headers=family.auth))
    await home.order_is("placed")

"""The lives of items and orders that are recorded for replay: together they take the turns of every workflow."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import names
from simulator.behaviours import BOOK_AND_HANG_UP, Behaviour, answer
from simulator.family import Family, Jar, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import A_MOMENT, A_RETRY, a_butter_dish, a_cookie_jar, a_hook, a_ruled_jar
from tests.replay.fridge_stories import FRIDGE_STORIES
from tests.webhooks.parts import Receiver

Keep = Callable[[str, str], Awaitable[None]]
"""Stores, under a name, every run of the workflow with that id once it has ended."""

Story = Callable[[Family, Keep], Awaitable[None]]

CLOSED = answer(422, b'{"detail": "closed for the holidays"}')
TOMORROW = answer(429, retry_after="86400")
DAY = timedelta(days=1)


async def facts_in_order_and_late(family: Family, keep: Keep) -> None:
    """What came too late is judged when the timer of the catch-up fires."""
    item = await family.item(level=12)
    await family.after(item, timedelta(hours=1))
    late = (await family.now(item) - timedelta(minutes=30)).isoformat()
    for level, fact in (
        (11, {"id": "f-1", "kind": "used"}),
        (9, {"id": "f-2", "kind": "counted", "quantity": 9}),
        (9, {"id": "f-3", "kind": "used", "quantity": 3, "at": late}),
    ):
        await family.post(f"/items/{item}/facts", facts=[fact])
        await family.level_is(item, level)
    await family.judged(item, "catching-up")
    await family.after(item, timedelta(minutes=3))
    await _keep_item("item-with-facts-in-order-and-late", family, keep, item)
    for version, name in ((1, "created"), (2, "deleted")):
        await keep(f"change-item-{name}", names.change_workflow_id(UUID(item), version))


async def more_facts_than_one_run_takes(family: Family, keep: Keep) -> None:
    """The item continues as new while its order is open."""
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    for level in range(4, -1, -1):
        await home.jar.level(level=level)
        await family.level_is(home.item, level)
    for pack in range(10):
        await home.report("added", id=f"added-{pack}", quantity=1)
        await family.level_is(home.item, pack + 1)
    ok(await home.shop.report("delivered", order))
    await home.on_order_is(0)
    await _keep_item("item-continued-as-new", family, keep, home.item)


async def delivered(family: Family, keep: Keep) -> None:
    """A pulled order with every step that a retailer can report."""
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    for step in ("accepted", "dispatched", "delivered"):
        ok(await home.shop.report(step, order))
    await family.level_is(home.item, 17)
    await _keep_order("order-delivered", keep, order)
    (instruction,) = await family.get("/instructions")
    await keep("change-instruction-created", names.change_workflow_id(UUID(instruction["uuid"]), 1))
    await _keep_item("item-with-a-delivery", family, keep, home.item)


async def delivered_in_part(family: Family, keep: Keep) -> None:
    """Two packs of three come, the rest is rejected."""
    shop, item, button = await family.shop(), await family.item(level=0), await family.jar("Button")
    draft = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 3}
    await family.post("/instructions", device=button.uuid, action="reorder", item=item, order=draft)
    await button.trigger()
    order = await shop.order()
    ok(await shop.report("delivered", order, lines=[{"sku": "cookies-12", "packs": 2}]))
    ok(await shop.report("rejected", order, reason="the rest is out of stock"))
    await _keep_order("order-delivered-in-part", keep, order)


async def butter_returned_late(family: Family, keep: Keep) -> None:
    """The clock runs out, the order waits for approval, and then the return is heard of."""
    home = await a_butter_dish(family, approval="always")
    await home.report("removed")
    await family.level_is(home.item, 0)
    returned = await family.now(home.item) + timedelta(hours=4)
    await family.after(home.item, timedelta(hours=5) + A_MOMENT)
    await home.order_is("awaiting-approval")
    await home.report("returned", at=returned.isoformat())
    await _keep_order("order-taken-back", keep, await home.order_is("cancelled"))
    (rule,) = await family.get("/rules")
    await keep("change-rule-created", names.change_workflow_id(UUID(rule["uuid"]), 1))
    await _keep_item("item-returned-late", family, keep, home.item)


async def approved(family: Family, keep: Keep, *, yes: bool | None, name: str) -> None:
    """The owner's yes, no, or no answer at all."""
    home = await a_ruled_jar(family, approval="always")
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    if yes is None:
        await home.after(order, timedelta(days=3) + A_MOMENT)
    else:
        ok(await home.say("approval", order, approved=yes, reason="on holiday"))
    if yes:
        ok(await home.shop.report("delivered", await home.order_is("placed")))
    await _keep_order(name, keep, order)


async def cancelled(family: Family, keep: Keep) -> None:
    """The owner has bought it elsewhere."""
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.cancel(order, "bought them myself")
    await _keep_order("order-cancelled", keep, order)


async def never_came(family: Family, keep: Keep) -> None:
    """After two weeks the owner ends it; the item is held for a day and orders again."""
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.after(order, timedelta(days=14) + A_MOMENT)
    await home.cancel(order, "never came")
    await _keep_order("order-that-never-came", keep, order)
    await family.judged(home.item, "held")
    await family.after(home.item, DAY + A_MOMENT)
    await home.order_is("placed", count=2)
    await _keep_item("item-held-for-a-day", family, keep, home.item)


async def pushed(
    family: Family,
    keep: Keep,
    *,
    name: str,
    script: Sequence[Behaviour],
    wait: timedelta | None = None,
    status: str,
    steps: Sequence[str] = (),
) -> None:
    """What good and bad retailers answer to a pushed order, and what they say of it later."""
    async with ScriptedRetailer(script) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        if wait is not None:
            await home.after(await home.order_is("placing"), wait + A_MOMENT)
        order = await home.order_is(status)
        for step in steps:
            ok(await home.shop.report(step, order))
        await _keep_order(name, keep, order)


async def a_letter_stays_in_the_outbox(family: Family, keep: Keep) -> None:
    """The one that follows every sign-up."""
    (letter, *_) = await eventually(lambda: family.get("/outbox"), bool)
    await keep("mail-in-the-outbox", names.mail_workflow_id(UUID(letter["uuid"])))


async def told(family: Family, keep: Keep) -> None:
    """A receiver that fails once is told again, and its owner's mailbox hears of it too."""
    async with Receiver([answer(500)]) as receiver:
        hook = await a_hook(family, receiver.url, "order.awaiting-approval")
        home = await a_ruled_jar(family, approval="always")
        await home.jar.level(level=5)
        (attempt,) = await hook.tried(1)
        await hook.after(attempt, timedelta(seconds=10))
        notice = UUID(attempt["notice"])
        await keep("webhook-told-again", names.webhook_workflow_id(notice, UUID(hook.uuid)))
        await keep("notice-by-webhook-and-mail", names.notice_workflow_id(notice))


async def a_device_falls_silent(family: Family, keep: Keep) -> None:
    """It is looked at for days, continues as new meanwhile, and then nobody wants to know any more."""
    jar = await family.jar()
    device = UUID(jar.uuid)
    await _watched(family, jar, 2 * 3_600)
    await family.town.pass_time_for_device(device, 2 * DAY)
    await _watched(family, jar, None)
    await family.town.pass_time_for_device(device, timedelta(minutes=2))
    await keep("device-that-fell-silent", names.device_workflow_id(device))


async def many_are_told(family: Family, keep: Keep) -> None:
    """Of a rule on their product, and of a limit of their household; one of them is in a group, which hears of it."""
    product = (await family.post("/products", name="Milk"))["uuid"]
    items = [await family.item("Milk", product=product, level=level) for level in (5, 4)]
    group = (await family.post("/groups", name="Milk in all", items=items))["uuid"]
    rule = await family.post("/rules", product=product, when="3 left", then={"notify": True})
    await keep("spread-of-a-rule", names.spread_workflow_id(UUID(rule["uuid"]), 1))
    await keep("change-rule-on-a-product-created", names.change_workflow_id(UUID(rule["uuid"]), 1))
    ok(await family.http.patch("/auth/me", json={"ordersPerItemAndDay": 3}, headers=family.auth))
    (spread,) = await eventually(partial(_spreads_of, family), lambda found: len(found) == 1)
    await keep("spread-of-a-setting", spread)
    await family.post(f"/items/{items[0]}/facts", facts=[{"id": "two", "kind": "counted", "quantity": 2}])
    await family.level_is(group, 6)
    await _keep_item("item-in-a-group", family, keep, items[0])
    await family.level_is(group, 4)
    await _keep_item("item-that-is-a-group", family, keep, group)


async def told_of_decisions(family: Family, keep: Keep) -> None:
    """A rule tells, is not so any more, and tells again."""
    item = await family.item(level=12)
    await family.post("/rules", item=item, when="5 left", then={"notify": True})
    for level in (5, 9, 4):
        await family.post(f"/items/{item}/facts", facts=[{"id": f"to-{level}", "kind": "counted", "quantity": level}])
        await family.level_is(item, level)
    await eventually(partial(family.get, "/notices"), lambda found: len(found) == 2)
    await _keep_item("item-that-tells", family, keep, item)


async def _spreads_of(family: Family) -> list[str]:
    """The ids of the workflows that have told all items of the household something."""
    account = (await family.get("/auth/me"))["uuid"]
    return [found.id async for found in family.town.client.list_workflows(f"WorkflowId STARTS_WITH 'spread:{account}'")]


async def _watched(family: Family, jar: Jar, seconds: int | None) -> None:
    ok(await family.http.patch(f"/devices/{jar.uuid}", json={"silentAfter": seconds}, headers=family.auth))


DELIVERED = ("delivered",)
STORIES: tuple[Story, ...] = (
    a_letter_stays_in_the_outbox,
    facts_in_order_and_late,
    more_facts_than_one_run_takes,
    delivered,
    delivered_in_part,
    butter_returned_late,
    partial(approved, yes=True, name="order-approved"),
    partial(approved, yes=False, name="order-refused"),
    partial(approved, yes=None, name="order-nobody-answered"),
    cancelled,
    told,
    never_came,
    a_device_falls_silent,
    many_are_told,
    told_of_decisions,
    *FRIDGE_STORIES,
    partial(pushed, name="order-pushed", script=(TOMORROW,), wait=DAY, status="placed", steps=DELIVERED),
    partial(pushed, name="order-rejected-by-push", script=(CLOSED,), status="rejected"),
    partial(
        pushed,
        name="order-unknown",
        script=(BOOK_AND_HANG_UP, CLOSED),
        wait=A_RETRY,
        status="unknown",
        steps=DELIVERED,
    ),
    partial(
        pushed,
        name="order-accepted-while-placing",
        script=(BOOK_AND_HANG_UP, TOMORROW),
        status="placing",
        steps=("accepted", "delivered"),
    ),
    partial(pushed, name="order-given-up", script=[TOMORROW] * 4, wait=3 * DAY, status="rejected"),
)


async def _keep_order(name: str, keep: Keep, order: dict[str, str]) -> None:
    await keep(name, names.order_workflow_id(UUID(order["uuid"])))


async def _keep_item(name: str, family: Family, keep: Keep, item: str) -> None:
    """An item's workflow ends when the item is deleted."""
    ok(await family.http.delete(f"/items/{item}", headers=family.auth))
    await keep(name, names.item_workflow_id(UUID(item)))

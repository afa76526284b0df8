"""How orders end without a delivery: cancelled while that is still possible, or never come (contract 1.N, Orders)."""

import gc
import logging
from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.api.enums.v1 import EventType

import names
from simulator.family import Family, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import A_MOMENT, a_cookie_jar


async def test_an_order_is_cancelled_before_the_retailer_accepts_it_and_not_after(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.cancel(order, "bought them myself")
    assert (await home.order_is("cancelled"))["reason"] == "bought them myself"
    assert (await home.cancel(order, "as I said"))["reason"] == "bought them myself"
    assert (await home.shop.report("accepted", order)).status_code == 409
    await home.on_order_is(0)
    for level in (4, 12, 5):
        await home.jar.level(level=level)
    second = await home.order_is("placed", count=2)
    ok(await home.shop.report("accepted", second))
    refused = await home.say("cancel", second, reason="too late")
    assert (refused.status_code, refused.json()["detail"]) == (409, "This order can no longer be cancelled: accepted.")
    ok(await home.shop.report("delivered", second))
    await family.level_is(home.item, 17)


async def test_an_order_that_was_pushed_is_not_cancelled(family: Family) -> None:
    async with ScriptedRetailer() as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        assert (await home.say("cancel", order)).status_code == 409
    await home.order_is("placed")


async def test_an_order_that_never_came_is_ended_by_its_owner_and_the_item_is_held_for_a_day(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    ok(await home.shop.report("accepted", order))
    assert (await home.say("cancel", order)).status_code == 409
    await home.after(order, timedelta(days=14) + A_MOMENT)
    overdue = await eventually(family.orders, lambda found: found[0]["reason"] is not None)
    assert (overdue[0]["status"], overdue[0]["reason"]) == ("accepted", "not delivered for 14 days: you may end it")
    assert (await family.look(home.item))["onOrder"] == 12
    await home.cancel(order, "never came")
    await home.order_is("never-came")
    assert (await home.shop.report("delivered", order)).status_code == 409
    (decision, *_) = await family.judged(home.item, "held")
    assert "not asked again before" in decision["sentence"]
    await family.after(home.item, timedelta(hours=24) + A_MOMENT)
    await home.order_is("placed", count=2)


async def test_an_overdue_order_that_was_never_accepted_ends_as_never_come_too(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.after(order, timedelta(days=14) + A_MOMENT)
    assert (await home.cancel(order, "they are gone"))["status"] == "never-came"
    await family.judged(home.item, "held")


async def test_an_overdue_order_can_still_be_delivered(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.after(order, timedelta(days=14) + A_MOMENT)
    ok(await home.shop.report("delivered", order))
    await family.level_is(home.item, 17)
    assert (await home.order_is("delivered"))["reason"] is None


async def test_the_item_does_not_log_that_an_operator_has_terminated_its_order(
    family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    client = family.town.client
    await client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"]))).terminate()

    async def since_it_heard() -> list[str]:
        history = await client.get_workflow_handle(names.item_workflow_id(UUID(home.item))).fetch_history()
        kinds = [EventType.Name(event.event_type) for event in history.events]
        heard = "EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED"
        return kinds[kinds.index(heard) :] if heard in kinds else []

    await eventually(since_it_heard, lambda kinds: "EVENT_TYPE_WORKFLOW_TASK_COMPLETED" in kinds)
    gc.collect()
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_the_owner_of_an_order_that_was_terminated_is_told_to_repeat_as_its_retailer_is(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await family.town.client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"]))).terminate()
    refused = [await home.say("cancel", order), await home.shop.report("accepted", order)]
    assert [answer.status_code for answer in refused] == [503, 503]
    sentence = "This order is not being worked on at the moment. Repeat the call."
    assert {answer.json()["message"] for answer in refused} == {sentence}
    assert (await home.order_is("placed"))["endedAt"] is None

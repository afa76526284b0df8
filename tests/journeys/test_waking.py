"""`larder wake` finds what storage knows and Temporal has forgotten: orders, and money that is due back (S51)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

import names
from activities.telling import ItemTeller
from settings import Settings
from simulator.behaviours import answer
from simulator.family import Family, eventually, ok
from simulator.retailer import ScriptedRetailer
from storage.database import open_database
from storage.tables import Charge, OrderRow, Rule
from tests.journeys.parts import A_MOMENT, Household, a_cookie_jar, lost, woken


async def paid(home: Household, state: str) -> None:
    """Return once the only order's charge is in that state."""
    await eventually(home.family.orders, lambda found: (found[0]["charge"] or {}).get("state") == state)


@pytest.mark.parametrize(("state", "begun"), [("charged", None), ("refunding", Decimal("3.49"))])
async def test_what_is_due_back_is_given_back_although_its_workflow_is_gone(
    family: Family, town_settings: Settings, state: str, begun: Decimal | None
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    ok(await home.shop.report("rejected", order))
    await paid(home, "refunded")
    db = open_database(town_settings.database_url)
    async with db.writing() as session:  # as a crash before the refund has left it, with nobody who goes on
        forgotten = {"state": state, "refunded": begun, "refunded_at": None}
        await session.execute(update(Charge).where(Charge.order == UUID(order["uuid"])).values(**forgotten))
    await db.dispose()
    await paid(home, state)
    await woken(family, town_settings)
    await paid(home, "refunded")
    assert (await home.order_is("rejected"))["charge"]["refunded"] == "3.49"


async def test_a_rule_that_was_stored_and_never_told_judges_whoever_wakes(
    family: Family, town_settings: Settings
) -> None:
    """Temporal has been lost with the workflow that was telling its items."""
    shop, product = await family.shop(), (await family.post("/products", name="Oat cookies"))["uuid"]
    item = await family.item(product=product, level=3)
    then = {"order": {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}}
    rule = await family.post("/rules", product=product, when="5 left", then=then, enabled=False)
    await family.town.client.get_workflow_handle(names.spread_workflow_id(UUID(rule["uuid"]), 1)).result()
    await eventually(lambda: family.get(f"/items/{item}/decisions"), lambda found: len(found) == 3)
    await family.town.client.get_workflow_handle(names.item_workflow_id(UUID(item))).terminate()
    db = open_database(town_settings.database_url)
    async with db.writing() as session:
        enabled = update(Rule).where(Rule.uuid == UUID(rule["uuid"])).values(enabled=True, version=2)
        await session.execute(enabled)
    await db.dispose()
    await woken(family, town_settings)
    await shop.order()


async def deleted(home: Household) -> None:
    """Return once the item is deleted and its workflow has ended."""
    ok(await home.family.http.delete(f"/items/{home.item}", headers=home.family.auth))
    await home.family.town.client.get_workflow_handle(names.item_workflow_id(UUID(home.item))).result()


async def told_again(home: Household) -> None:
    """Return once a deleted item has heard of its deletion, or of anything, once more."""
    account = UUID((await home.family.get("/auth/me"))["uuid"])
    client, item = home.family.town.client, UUID(home.item)
    await ItemTeller(client).tell(account, item, ())
    await client.get_workflow_handle(names.item_workflow_id(item)).result()


async def test_an_order_under_way_goes_on_however_often_its_item_is_told_that_it_is_deleted(family: Family) -> None:
    async with ScriptedRetailer([answer(503, retry_after="20")]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        order = await home.order_is("placing")
        await deleted(home)
        await told_again(home)
        await told_again(home)
        assert (await home.order_is("placing"))["history"][-1]["state"] == "needed"
        await home.after(order, timedelta(seconds=20) + A_MOMENT)
        await home.order_is("placed")
        ok(await home.shop.report("delivered", order))
        await home.order_is("delivered")


async def test_an_open_order_of_a_deleted_item_runs_out_although_temporal_has_lost_it(
    family: Family, town_settings: Settings
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await deleted(home)
    await lost(family, home.item, order)
    assert (await home.shop.report("accepted", order)).status_code == 503
    await woken(family, town_settings)
    answers = await eventually(lambda: home.shop.report("accepted", order), lambda answer: answer.status_code != 503)
    ok(answers)
    ok(await home.shop.report("rejected", order))
    await paid(home, "refunded")


async def test_an_order_that_temporal_lost_is_still_pulled_so_it_can_be_cancelled_and_is_given_back(
    family: Family, town_settings: Settings
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await lost(family, home.item, order)
    await woken(family, town_settings)
    answer = await eventually(lambda: home.say("cancel", order), lambda answer: answer.status_code != 503)
    assert ok(answer)["status"] == "cancelled"
    await paid(home, "refunded")


async def test_an_overdue_order_that_temporal_lost_can_be_ended_at_once_and_is_told_once(
    family: Family, town_settings: Settings
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    ok(await home.shop.report("accepted", order))
    await home.after(order, timedelta(days=14) + A_MOMENT)
    await eventually(family.orders, lambda found: "14 days" in (found[0]["reason"] or ""))
    await lost(family, home.item, order)
    await woken(family, town_settings)
    await eventually(family.orders, lambda found: len(found[0]["history"]) == 5)
    (shown,) = await family.orders()
    assert "14 days" in shown["reason"]
    assert ok(await home.say("cancel", order))["status"] == "never-came"
    assert [notice["kind"] for notice in await family.get("/notices")].count("order.overdue") == 1


async def test_an_order_that_temporal_lost_is_overdue_when_it_would_have_been(
    family: Family, town_settings: Settings
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    ok(await home.shop.report("accepted", order))
    await lost(family, home.item, order)
    db = open_database(town_settings.database_url)
    async with db.writing() as session:
        mine = update(OrderRow).where(OrderRow.uuid == UUID(order["uuid"]))
        await session.execute(mine.values(placed_at=datetime.now(UTC) - timedelta(days=15)))
    await db.dispose()
    await woken(family, town_settings)
    await eventually(family.orders, lambda found: "14 days" in (found[0]["reason"] or ""))

"""Tags from the fridge to the rule: clocks across a power cut and a restart, and what expires (1.J.12, 1.L, 1.M)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from simulator.family import Family, eventually, ok
from tests.journeys.fridge_parts import A_SECOND, Kitchen, a_kitchen

HOUR = timedelta(hours=1)
ROUGHLY = timedelta(minutes=10)
"""More than the test itself may take: every clock goes on meanwhile."""


async def butter(family: Family, when_silent: str) -> Kitchen:
    """Butter in a fridge that counts as silent after two and a half hours."""
    kitchen = await a_kitchen(family, "b-1", when="butter out for 5 hours", heartbeatInterval=3600)
    (rule,) = await family.get("/rules")
    path = f"/rules/{rule['uuid']}"
    changed = ok(await family.http.patch(path, json={"whenSilent": when_silent}, headers=family.auth))
    assert changed["whenSilent"] == when_silent
    return kitchen


async def taken_out(kitchen: Kitchen) -> None:
    """Somebody opens the door, takes it and closes the door."""
    await kitchen.unlocked()
    await kitchen.box.open_door()
    await kitchen.box.take(["b-1"])
    await kitchen.box.close_door()
    await kitchen.family.level_is(kitchen.item, 0)


async def hours_pass(kitchen: Kitchen, hours: float) -> None:
    """For the item and for the fridge."""
    await kitchen.family.after(kitchen.item, hours * HOUR)
    await kitchen.family.town.pass_time_for_fridge(kitchen.uuid, hours * HOUR + A_SECOND)


async def history(kitchen: Kitchen, kind: str) -> list[Any]:
    """The facts of the item of that kind, once there is one."""
    return await eventually(
        lambda: kitchen.family.get(f"/items/{kitchen.item}/history"),
        lambda found: any(fact["kind"] == kind for fact in found),
    )


@pytest.mark.parametrize(("when_silent", "expected"), [("continue", 5), ("pause", 8), ("void", 9)])
async def test_butter_out_for_five_hours_across_a_power_cut_and_a_restart(
    family: Family, when_silent: str, expected: int
) -> None:
    """S16, S97, 1.J.12: heard last after one hour, silent from then on, and back after four hours, without butter."""
    kitchen = await butter(family, when_silent)
    await taken_out(kitchen)
    await hours_pass(kitchen, 1)
    await kitchen.box.beat()
    await kitchen.box.cut_power()
    await hours_pass(kitchen, 2.5)
    await history(kitchen, "silent")
    await family.town.restart()
    await hours_pass(kitchen, 0.5)
    await kitchen.box.boot()
    await history(kitchen, "scanned")
    await family.after(kitchen.item, (expected - 4) * HOUR - ROUGHLY)
    assert await family.orders() == []
    await family.town.restart()
    await family.after(kitchen.item, ROUGHLY)
    await kitchen.shop.order()
    assert len(await family.orders()) == 1


async def test_butter_that_was_put_back_during_the_power_cut_is_not_ordered(family: Family) -> None:
    """1.J.12: the cut has hidden the return; the scan after it has not."""
    kitchen = await butter(family, "void")
    await taken_out(kitchen)
    await kitchen.box.cut_power()
    await hours_pass(kitchen, 2.5)
    await history(kitchen, "silent")
    await kitchen.box.put(["b-1"])
    await family.town.restart()
    await kitchen.box.boot()
    await family.level_is(kitchen.item, 1)
    await family.after(kitchen.item, 50 * HOUR)
    assert await family.orders() == []


async def test_what_expires_within_two_days_is_told_and_ordered(family: Family) -> None:
    """1.M, S106: the expiry comes with a link that is made when the tags are in the fridge already."""
    kitchen = await a_kitchen(family, "y-1", "y-2", when="expires within 2 days")
    await family.post("/rules", item=kitchen.item, when="expires within 3 days", then={"notify": True})
    (product,) = await family.get("/products")
    now = await family.town.now(UUID(kitchen.item))
    for epc, days in (("y-1", 9), ("y-2", 5)):
        expiry = (now + timedelta(days=days)).isoformat(timespec="seconds")
        await family.post(f"/products/{product['uuid']}/epcs", epcs=[{"code": epc, "expirationDate": expiry}])
    shown = await eventually(
        lambda: family.look(kitchen.item),
        lambda found: found["nextCheck"] is not None and _near(found["nextCheck"], now + timedelta(days=2)),
    )
    assert shown["level"] == 2
    await family.after(kitchen.item, 2 * 24 * HOUR - ROUGHLY)
    assert (await family.look(kitchen.item))["decision"]["verdict"] != "notified"
    await family.town.restart()
    await family.after(kitchen.item, ROUGHLY)
    told = await family.judged(kitchen.item, "notified")
    assert "within 3 days" in told[0]["sentence"]
    await family.after(kitchen.item, 24 * HOUR - ROUGHLY)
    assert await family.orders() == []
    await family.after(kitchen.item, ROUGHLY)
    await kitchen.shop.order()
    assert len(await family.orders()) == 1


def _near(shown: str, moment: datetime) -> bool:
    return abs(datetime.fromisoformat(shown) - moment) < timedelta(seconds=2)


@pytest.mark.parametrize(("given", "expected"), [({}, 2), ({"level": 7}, 7)], ids=["nothing", "a level"])
async def test_an_item_that_is_made_after_its_tags_begins_with_them_unless_its_level_is_given(
    family: Family, given: dict[str, int], expected: int
) -> None:
    """1.L: linked and scanned first; then each tag counts, in whichever order household and fridge are set up."""
    kitchen = await a_kitchen(family)
    product = (await family.post("/products", name="Milk", unit="piece"))["uuid"]
    links = [{"code": code, "expirationDate": None} for code in ("m-1", "m-2", "m-3")]
    await family.post(f"/products/{product}/epcs", epcs=links)
    await kitchen.box.put(["m-1", "m-2"])
    await kitchen.box.scan()
    await kitchen.heard(2, "inventory")
    milk = await family.item("Milk", product=product, **given)
    await family.level_is(milk, expected)
    await kitchen.box.put(["m-3"])
    await kitchen.box.scan()
    await family.level_is(milk, expected + 1)


async def test_an_item_without_a_level_is_counted_by_its_first_scan(family: Family) -> None:
    kitchen = await a_kitchen(family)
    product = (await family.post("/products", name="Milk", unit="piece"))["uuid"]
    milk = await family.item("Milk", product=product)
    order = {"retailer": kitchen.shop.uuid, "sku": "yoghurt-4", "packs": 1}
    await family.post("/rules", item=milk, when="2 left", then={"order": order})
    links = [{"code": code, "expirationDate": None} for code in ("m-1", "m-2", "m-3")]
    await family.post(f"/products/{product}/epcs", epcs=links)
    await kitchen.box.put(["m-1", "m-2", "m-3"])
    await kitchen.box.scan()
    await family.level_is(milk, 3)
    assert milk not in {order["item"] for order in await family.orders()}

"""Fridges from a command to the order: real HTTP, real workflows, time that passes when told to (1.L)."""

from datetime import timedelta

import anyio

import names
from settings import Settings
from simulator.family import Family, eventually, ok
from simulator.fridge import SimulatedFridge
from stack.waking import wake
from tests.journeys.fridge_parts import A_SECOND, a_kitchen

MINUTES = timedelta(minutes=1)


async def test_a_session_from_open_to_stock_and_order(family: Family) -> None:
    """S110-S115, S28: the last yoghurt taken orders; the worker is another one at each step."""
    kitchen = await a_kitchen(family, "y-1", "y-2")
    opening = await kitchen.unlocked()
    await family.town.restart()
    second = await family.http.post(f"/fridges/{kitchen.uuid}/commands/open", json={}, headers=family.auth)
    assert second.status_code == 409
    await kitchen.box.open_door()
    await kitchen.session_is("opened")
    await family.town.restart()
    await kitchen.box.take(["y-1", "y-2"])
    await kitchen.box.close_door()
    session = await kitchen.session_is("inventory")
    assert (session["outcome"], session["removed"]) == ("2 taken, none put in.", ["y-1", "y-2"])
    assert await kitchen.outcome(opening) == session["outcome"]
    await family.level_is(kitchen.item, 0)
    order = await kitchen.shop.order()
    assert [line["sku"] for line in order["lines"]] == ["yoghurt-4"]
    doors = await kitchen.heard(3, "door-status")
    assert [door["data"]["status"] for door in doors] == ["unlocked", "opened", "closed"]
    assert [door["command"]["status"] for door in doors] == ["unlocked", "opened", "closed"]
    assert (await kitchen.newest("commands"))["status"] == "inventory"
    assert len(await kitchen.told("inventory")) == 2
    await kitchen.unlocked()


async def test_a_tag_that_one_scan_misses_orders_nothing(family: Family) -> None:
    """1.L: not gone before the second scan."""
    kitchen = await a_kitchen(family, "y-1")
    await kitchen.box.miss(["y-1"])
    await kitchen.box.scan()
    await kitchen.box.scan()
    await kitchen.heard(3, "inventory")
    assert (await family.look(kitchen.item))["level"] == 1
    await kitchen.box.take(["y-1"])
    await kitchen.box.scan()
    await kitchen.heard(4, "inventory")
    assert await family.orders() == []
    await kitchen.box.scan()
    await family.level_is(kitchen.item, 0)
    assert await kitchen.shop.order()


async def test_a_command_that_the_fridge_does_not_hear_has_failed_after_a_minute(family: Family) -> None:
    """1.J.11: and it is never done later."""
    kitchen = await a_kitchen(family)
    opening = await kitchen.command("open")
    await family.town.pass_time_for_fridge(kitchen.uuid, timedelta(seconds=61))
    assert await kitchen.outcome(opening) == "No acknowledgement from the fridge."
    command = await kitchen.newest("commands")
    assert (command["status"], command["message"]) == ("failed", "No acknowledgement from the fridge.")
    assert await kitchen.box.wait(0) == []
    await kitchen.unlocked()


async def test_a_door_that_stays_open_is_told_of_and_given_up_after_an_hour(family: Family) -> None:
    """What is taken counts all the same, once the fridge says so."""
    kitchen, town = await a_kitchen(family, "y-1"), family.town
    opening = await kitchen.unlocked()
    await kitchen.box.open_door()
    await kitchen.waits_after(opening, "opened")
    await town.pass_time_for_opening(opening, 5 * MINUTES + A_SECOND)
    await eventually(lambda: kitchen.notices("fridge.door-open"), lambda found: len(found) == 1)
    await town.restart()
    await town.pass_time_for_opening(opening, 55 * MINUTES + A_SECOND)
    assert await kitchen.outcome(opening) == "The door was not closed."
    assert (await kitchen.session_is("failed"))["outcome"] == "The door was not closed."
    assert len(await kitchen.notices("fridge.door-open")) == 1
    await kitchen.box.take(["y-1"])
    await kitchen.box.close_door()
    await family.level_is(kitchen.item, 0)
    assert (await kitchen.newest("commands"))["status"] == "failed"


async def test_a_silent_fridge_is_offline_once_and_online_once(family: Family) -> None:
    """1.J.10: its heartbeats wake nobody, but one after a silence does."""
    kitchen, town = await a_kitchen(family), family.town
    await town.pass_time_for_fridge(kitchen.uuid, 12 * MINUTES)
    await kitchen.box.beat()
    await town.pass_time_for_fridge(kitchen.uuid, 12 * MINUTES)
    assert await kitchen.told("offline") == []
    await town.pass_time_for_fridge(kitchen.uuid, 2 * MINUTES)
    await kitchen.heard(1, "offline")
    await town.restart()
    await town.pass_time_for_fridge(kitchen.uuid, timedelta(days=1))
    assert len(await kitchen.notices("fridge.offline")) == 1
    await kitchen.box.beat()
    assert [each["type"] for each in await kitchen.heard(2, "offline", "online")] == ["offline", "online"]


async def test_leaving_the_band_is_told_once_and_so_is_coming_back(family: Family) -> None:
    """S78, S88, S105, 1.J.10."""
    kitchen = await a_kitchen(family, temperatureMinAlert=-10, temperatureMaxAlert=10)
    await kitchen.command("temperature")
    for degrees in (12.5, 14, 4):
        kitchen.box.temperature = degrees
        if degrees == 12.5:
            await kitchen.box.wait(5)
        else:
            await kitchen.box.measure()
    alerts = await kitchen.heard(2, "temperature-alert")
    assert [(alert["data"]["status"], alert["data"]["temperature"]) for alert in alerts] == [
        *(("alert", 12.5), ("cleared", 4)),
    ]
    assert len(await kitchen.notices("fridge.temperature")) == 2
    measured = (await kitchen.told("temperature"))[0]
    assert (measured["command"]["status"], measured["fridge"]["temperature"]) == ("success", 12.5)
    assert (await kitchen.look())["temperature"] == 4


async def test_a_deleted_fridge_lets_go(family: Family) -> None:
    """Its opening ends, and so does its workflow."""
    kitchen = await a_kitchen(family)
    opening = await kitchen.unlocked()
    await family.http.delete(f"/fridges/{kitchen.uuid}", headers=family.auth)
    assert await kitchen.outcome(opening) == "The fridge was deleted."


async def test_what_was_in_a_deleted_fridge_is_counted_once(family: Family) -> None:
    """1.L: its workflow has ended, and still says that a tag is unlinked; another fridge finds the rest."""
    kitchen = await a_kitchen(family, "y-1", "y-2", "y-3")
    (product,) = await family.get("/products")
    ok(await family.http.delete(f"/fridges/{kitchen.uuid}", headers=family.auth))
    await family.town.client.get_workflow_handle(names.fridge_workflow_id(kitchen.uuid)).result()
    ok(await family.http.delete(f"/products/{product['uuid']}/epcs/y-3", headers=family.auth))
    await family.level_is(kitchen.item, 2)
    await family.post(f"/products/{product['uuid']}/epcs", epcs=[{"code": "y-4", "expirationDate": None}])
    fleet = (await family.get("/fleets"))[0]
    other, box = await family.post("/fridges", fleet_id=fleet["uuid"], settings={}), SimulatedFridge(family.http)
    await box.link(other["initKey"])
    await box.put(["y-1", "y-2", "y-4"])
    await box.scan()
    await family.level_is(kitchen.item, 3)


async def test_an_opening_goes_on_although_temporal_has_forgotten_it(family: Family) -> None:
    """All that counts is in storage: the next word of the fridge begins both workflows again."""
    kitchen, town = await a_kitchen(family, "y-1"), family.town
    opening = await kitchen.unlocked()
    for workflow_id in (names.session_workflow_id(opening), names.fridge_workflow_id(kitchen.uuid)):
        await town.client.get_workflow_handle(workflow_id).terminate()
    await kitchen.box.open_door()
    await kitchen.session_is("opened")
    await kitchen.box.take(["y-1"])
    await kitchen.box.close_door()
    assert (await kitchen.session_is("inventory"))["outcome"] == "1 taken, none put in."
    assert await kitchen.outcome(opening) == "1 taken, none put in."
    await family.level_is(kitchen.item, 0)


async def test_an_opening_that_temporal_has_forgotten_ends_although_the_fridge_says_nothing_more(
    family: Family, town_settings: Settings
) -> None:
    """`larder wake` begins its workflow again, with all its patience."""
    kitchen, town = await a_kitchen(family), family.town
    opening = await kitchen.unlocked()
    for workflow_id in (names.fridge_workflow_id(kitchen.uuid), names.session_workflow_id(opening)):
        await town.client.get_workflow_handle(workflow_id).terminate()
    port = int(town.client.service_client.config.target_host.rpartition(":")[2])
    await anyio.to_thread.run_sync(wake, town_settings.model_copy(update={"temporal_port": port}))
    await kitchen.waits_after(opening, "unlocked")
    await town.pass_time_for_opening(opening, timedelta(seconds=121))
    assert await kitchen.outcome(opening) == "The door was not opened."
    assert (await kitchen.newest("sessions"))["outcome"] == "The door was not opened."

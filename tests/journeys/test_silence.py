"""A device falls silent: its household hears of it once for each silence, however the worker fares (S14, S22)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import names
from simulator.family import Family, Jar, eventually, ok

HOURS = timedelta(hours=1)
A_MINUTE = timedelta(minutes=1)


async def silences(family: Family) -> list[Any]:
    """What the household was told about silence, newest first."""
    return [notice for notice in await family.get("/notices") if notice["kind"] == "device.silent"]


async def told(family: Family, times: int) -> Any:
    """The newest notice, once there are so many."""
    return (await eventually(lambda: silences(family), lambda found: len(found) == times))[0]


async def watched(family: Family, jar: Jar, silent_after: timedelta | None) -> Any:
    """The device, watched like that from now on."""
    seconds = None if silent_after is None else int(silent_after.total_seconds())
    answer = await family.http.patch(f"/devices/{jar.uuid}", json={"silentAfter": seconds}, headers=family.auth)
    return ok(answer)


async def test_a_silent_device_is_told_of_once_and_again_after_it_was_heard(family: Family) -> None:
    town, item, jar = family.town, await family.item(level=12), await family.jar()
    await family.post("/instructions", device=jar.uuid, action="track", item=item)
    await jar.level(level=11)
    await family.level_is(item, 11)
    device = UUID(jar.uuid)
    assert (await watched(family, jar, 2 * HOURS))["silent"] is False

    await town.pass_time_for_device(device, HOURS)
    assert await silences(family) == []
    await town.restart()
    await town.pass_time_for_device(device, HOURS + A_MINUTE)
    notice = await told(family, 1)
    assert notice["sentence"] == "Cookie jar has not reported for 2 hours."
    assert (notice["data"]["device"], notice["data"]["silentAfter"]) == (jar.uuid, 7_200)

    await town.pass_time_for_device(device, 7 * HOURS)
    assert len(await silences(family)) == 1, "one silence is told of once"

    await family.after(item, 9 * HOURS)
    assert (await family.get(f"/devices/{jar.uuid}"))["silent"] is True
    await jar.level(level=10)
    await family.level_is(item, 10)
    assert (await family.get(f"/devices/{jar.uuid}"))["silent"] is False
    await town.pass_time_for_device(device, HOURS)
    assert len(await silences(family)) == 1
    await town.pass_time_for_device(device, 3 * HOURS)
    again = await told(family, 2)
    assert again["uuid"] != notice["uuid"]


async def test_a_device_that_nobody_watches_any_more_is_let_go(family: Family) -> None:
    town, jar, other = family.town, await family.jar(), await family.jar("Other jar")
    for each in (jar, other):
        await watched(family, each, HOURS)
    await watched(family, jar, None)
    ok(await family.http.post(f"/devices/{other.uuid}/revoke", headers=family.auth))
    await town.pass_time_for_device(UUID(jar.uuid), 2 * A_MINUTE)
    await town.pass_time_for_device(UUID(other.uuid), HOURS + A_MINUTE)
    for each in (jar, other):
        handle = town.client.get_workflow_handle(names.device_workflow_id(UUID(each.uuid)))
        assert await handle.result() is None
    assert await silences(family) == []


async def test_a_new_device_that_never_reports_is_silent_too(family: Family) -> None:
    body = {"name": "Button", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom", "silentAfter": 60}
    made = await family.post("/devices", **body)
    await family.town.pass_time_for_device(UUID(made["uuid"]), 3 * A_MINUTE)
    notice = await told(family, 1)
    assert notice["sentence"] == "Button has not reported for 1 minute."
    assert notice["data"]["lastReportAt"] is None

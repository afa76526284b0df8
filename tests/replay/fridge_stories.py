"""The lives of fridges and openings that are recorded for replay."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import names
from simulator.behaviours import answer
from simulator.family import Family, eventually, ok
from tests.journeys.fridge_parts import A_SECOND, Kitchen, a_kitchen
from tests.journeys.told_fridge import a_linked_fridge
from tests.webhooks.parts import Receiver

Keep = Callable[[str, str], Awaitable[None]]


async def an_opening(family: Family, keep: Keep) -> None:
    """From open to inventory; a second one is refused meanwhile."""
    kitchen = await a_kitchen(family, "y-1", "y-2")
    opening = await kitchen.unlocked()
    await family.http.post(f"/fridges/{kitchen.uuid}/commands/open", json={}, headers=family.auth)
    await kitchen.box.open_door()
    await kitchen.box.take(["y-1"])
    await kitchen.box.close_door()
    await kitchen.session_is("inventory")
    await keep("session-to-inventory", names.session_workflow_id(opening))
    await _keep_fridge("fridge-with-an-opening", kitchen, keep)


async def a_door_left_open(family: Family, keep: Keep) -> None:
    """Somebody is told, then it is given up."""
    kitchen = await a_kitchen(family, "y-1")
    opening = await kitchen.unlocked()
    await kitchen.box.open_door()
    await kitchen.waits_after(opening, "opened")
    await family.town.pass_time_for_opening(opening, timedelta(minutes=5) + A_SECOND)
    await eventually(lambda: kitchen.notices("fridge.door-open"), bool)
    await family.town.pass_time_for_opening(opening, timedelta(minutes=55) + A_SECOND)
    await keep("session-left-open", names.session_workflow_id(opening))
    await _keep_fridge("fridge-left-open", kitchen, keep)


async def a_silent_fridge(family: Family, keep: Keep) -> None:
    """It does not hear its command, is offline, is heard again, and says so much that it continues as new."""
    kitchen = await a_kitchen(family)
    opening = await kitchen.command("open")
    await family.town.pass_time_for_fridge(kitchen.uuid, timedelta(seconds=61))
    await keep("session-not-acknowledged", names.session_workflow_id(opening))
    await family.town.pass_time_for_fridge(kitchen.uuid, timedelta(minutes=13))
    await kitchen.heard(1, "offline")
    await kitchen.box.beat()
    await kitchen.heard(1, "online")
    for degrees in range(20):
        kitchen.box.temperature = degrees
        await kitchen.box.measure()
        await kitchen.heard(degrees + 1, "temperature")
    await _keep_fridge("fridge-that-fell-silent", kitchen, keep)


async def a_deleted_fridge_with_something_inside(family: Family, keep: Keep) -> None:
    """It has ended, and begins again to say that a tag is taken off its product."""
    kitchen = await a_kitchen(family, "y-1", "y-2")
    (product,) = await family.get("/products")
    ok(await family.http.delete(f"/fridges/{kitchen.uuid}", headers=family.auth))
    await family.town.client.get_workflow_handle(names.fridge_workflow_id(kitchen.uuid)).result()
    ok(await family.http.delete(f"/products/{product['uuid']}/epcs/y-1", headers=family.auth))
    await family.level_is(kitchen.item, 1)
    await keep("fridge-deleted-with-a-tag-inside", names.fridge_workflow_id(kitchen.uuid))


async def _keep_fridge(name: str, kitchen: Kitchen, keep: Keep) -> None:
    """A fridge's workflow ends when the fridge is deleted."""
    ok(await kitchen.family.http.delete(f"/fridges/{kitchen.uuid}", headers=kitchen.family.auth))
    await keep(name, names.fridge_workflow_id(kitchen.uuid))


async def a_webhook_of_a_fridge(family: Family, keep: Keep) -> None:
    """Told at the second attempt, and once more on request."""
    async with Receiver([answer(503)]) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("boot")
        await fridge.tried(1)
        await fridge.after(timedelta(seconds=10))
        (told,) = await eventually(fridge.notifications, lambda found: found[0]["delivery"] == "delivered")
        await keep("fridge-webhook-told", names.fridge_webhook_workflow_id(UUID(fridge.uuid)))
        asked = await family.post(f"/fridges/{fridge.uuid}/notifications/{told['uuid']}/replay")
        replay = names.fridge_replay_workflow_id(UUID(fridge.uuid), UUID(asked["uuid"]))
        await keep("fridge-webhook-told-again", replay)


async def a_command_to_another_cloud(family: Family, keep: Keep) -> None:
    """Declined after it was not answered."""
    async with Receiver([answer(503), answer(422)]) as cloud:
        made = await family.post("/connections", kind="eatmachine", name="Office", baseUrl=cloud.url, apiKey="a-key")
        beat = {"type": "heartbeat", "data": None, "fridge": {"uuid": "5699613c-0e96-470c-ba56-e520343ebc63"}}
        ok(await family.http.post(urlsplit(made["url"]).path, json=beat))
        (fridge,) = await eventually(lambda: family.get(f"/fridges?fleet={made['fleet']}"), bool)
        command = await family.post(f"/fridges/{fridge['uuid']}/commands/reboot")
        await keep("cloud-command-declined", names.cloud_command_workflow_id(UUID(command["uuid"])))


FRIDGE_STORIES = (
    an_opening,
    a_door_left_open,
    a_silent_fridge,
    a_deleted_fridge_with_something_inside,
    a_webhook_of_a_fridge,
    a_command_to_another_cloud,
)

"""What a fridge's webhookUrl is told, on virtual time: in order, once, whoever else is dead (1.J.14, S79)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import anyio
from sqlalchemy import select

import names
from domain.webhooks import ATTEMPTS, JITTER, PAUSES
from settings import Settings
from simulator.behaviours import answer, redirect
from simulator.family import Family, eventually
from stack.waking import wake
from storage import fridge_outbox
from storage.tables import FridgeNotification
from tests.databases import opened
from tests.journeys.test_webhooks import TOMORROW, kinds_told, verified
from tests.journeys.told_fridge import Linked, a_linked_fridge
from tests.retailers.parts import a_trap
from tests.webhooks.parts import OTHER_SECRET, Receiver

DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)
LONG = 30.0
"""Who has something to tell says so before it commits, and is looked for again after seconds."""


def types(said: Sequence[Any]) -> list[str]:
    return [each["type"] for each in said]


async def all_delivered(fridge: Linked) -> list[Any]:
    """Its notifications, once each was taken."""
    return await eventually(fridge.notifications, lambda found: {each["delivery"] for each in found} == {"delivered"})


async def test_everything_is_told_once_and_in_order_signed_with_the_fridges_own_secret(family: Family) -> None:
    """S79, S97, S98, S101, S105, 1.J.14: the documented envelope, and behind it `id`, `timestamp`, `sequence`."""
    async with Receiver() as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        secret = await fridge.secret()
        await fridge.say("boot")
        for status in ("unlocked", "opened", "closed"):
            await fridge.say("door-status", {"status": status})
        await fridge.say("temperature", {"temperature": 5.2})
        await receiver.wait_for_requests(5, timeout=LONG)
        newer = await fridge.secret(secret=OTHER_SECRET)
        await fridge.say("heartbeat")
        await receiver.wait_for_requests(6, timeout=LONG)
        told = await all_delivered(fridge)
        said = [verified(request, secret) for request in receiver.requests]
        assert newer == OTHER_SECRET
        verified(receiver.requests[-1], secret, newer)
        assert types(said) == ["boot", *["door-status"] * 3, "temperature", "heartbeat"]
        assert [each["sequence"] for each in said] == [1, 2, 3, 4, 5, 6]
        assert [each["data"] and each["data"].get("status") for each in said[1:4]] == ["unlocked", "opened", "closed"]
        assert [each["fridge"]["doorStatus"] for each in said[1:4]] == ["unlocked", "opened", "closed"]
        assert {each["fridge"]["uuid"] for each in said} == {fridge.uuid}
        assert "command" not in said[-1]
        assert [request.headers["webhook-id"] for request in receiver.requests] == [each["id"] for each in said]
        assert [each["sent"] for each in told] == said
        assert [each["uuid"] for each in told] == [each["id"] for each in said]
        only = await family.get(f"/fridges/{fridge.uuid}/notifications?type=temperature")
        assert types(only) == ["temperature"]


async def test_a_dead_receiver_blocks_nobody_else_and_is_told_in_order_when_it_is_up(family: Family) -> None:
    """1.J.14: by the published schedule, one webhook-id each, nothing overtakes what it could not be told before."""
    async with Receiver() as once:
        url, port = once.url, int(once.url.split(":")[2].split("/")[0])
    async with Receiver() as other:
        down, up = await a_linked_fridge(family, url), await a_linked_fridge(family, other.url)
        secret = await down.secret()
        for fridge in (down, up):
            await fridge.say("boot")
            await fridge.say("door-status", {"status": "opened"})
        await other.wait_for_requests(2, timeout=LONG)
    await down.tried(1)
    await down.after(3 * DAY)
    assert len(await down.tried(ATTEMPTS - 1)) == ATTEMPTS - 1
    async with Receiver(port=port) as back:
        await down.after(DAY)
        await back.wait_for_requests(2, timeout=LONG)
        said = [verified(request, secret) for request in back.requests]
        assert types(said) == ["boot", "door-status"]
        attempts = await down.tried(ATTEMPTS + 1)
    first = [attempt for attempt in attempts if attempt["sequence"] == 1]
    assert [attempt["number"] for attempt in attempts] == [*range(1, ATTEMPTS + 1), 1]
    assert [attempt["delivered"] for attempt in attempts] == [False] * (ATTEMPTS - 1) + [True, True]
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in first]
    for (before, after), pause in zip(pairwise(moments), PAUSES, strict=True):
        assert abs((after - before) - pause) <= pause * JITTER + timedelta(seconds=3)


async def test_what_could_not_be_told_is_given_up_and_the_next_one_follows(family: Family) -> None:
    async with Receiver([answer(500)] * ATTEMPTS) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("boot")
        await fridge.say("shutdown")
        await fridge.tried(1)
        await fridge.after(4 * DAY)
        await receiver.wait_for_requests(ATTEMPTS + 1, timeout=LONG)
        told = await eventually(fridge.notifications, lambda found: found[-1]["delivery"] == "delivered")
    assert [each["delivery"] for each in told] == ["failed", "delivered"]
    assert types(receiver.said) == ["boot"] * ATTEMPTS + ["shutdown"]


async def test_a_heartbeat_is_not_repeated(family: Family) -> None:
    """S97: the next one says the same."""
    async with Receiver([answer(500)]) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("heartbeat")
        (failed,) = await fridge.tried(1)
        assert (failed["nextAt"], failed["delivered"]) == (None, False)
        await fridge.say("heartbeat")
        await receiver.wait_for_requests(2, timeout=LONG)
        attempts = await fridge.tried(2)
    assert [(attempt["sequence"], attempt["number"]) for attempt in attempts] == [(1, 1), (2, 1)]
    assert [each["delivery"] for each in await fridge.notifications()] == ["failed", "delivered"]


async def test_410_switches_it_off_and_setting_it_again_on(family: Family) -> None:
    """1.J.14: its owner is told; what came meanwhile is kept, and not sent by itself."""
    async with Receiver([answer(410)]) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("boot")
        await fridge.tried(1)
        await eventually(lambda: kinds_told(family), lambda kinds: "webhook.disabled" in kinds)
        (notice,) = [each for each in await family.get("/notices") if each["kind"] == "webhook.disabled"]
        assert notice["data"]["fridge"] == fridge.uuid
        await fridge.say("shutdown")
        await eventually(fridge.notifications, lambda found: len(found) == 2)
        refused = await family.http.post(
            f"/fridges/{fridge.uuid}/notifications/{(await fridge.notifications())[0]['uuid']}/replay",
            headers=family.auth,
        )
        assert refused.status_code == 409
        await fridge.change(webhookUrl=receiver.url)
        await fridge.say("door-status", {"status": "closed"})
        await receiver.wait_for_requests(2, timeout=LONG)
        await eventually(fridge.notifications, lambda found: found[-1]["delivery"] == "delivered")
        assert [each["delivery"] for each in await fridge.notifications()] == ["failed", "dropped", "delivered"]
    assert types(receiver.said) == ["boot", "door-status"]


async def test_after_five_days_of_failures_it_is_switched_off(family: Family) -> None:
    """A receiver that asks for a day each time has used up five days at its sixth attempt."""
    async with Receiver([TOMORROW] * 6) as failing:
        fridge = await a_linked_fridge(family, failing.url)
        await fridge.say("boot")
        await fridge.say("shutdown")
        await fridge.tried(1)
        await fridge.after(5 * DAY + timedelta(hours=1))
        await eventually(lambda: kinds_told(family), lambda kinds: "webhook.disabled" in kinds)
        assert len(failing.requests) == 6
        told = await eventually(fridge.notifications, lambda found: found[1]["delivery"] == "dropped")
        assert types(told) == ["boot", "shutdown"]


async def test_a_notification_is_told_again_on_request(family: Family) -> None:
    async with Receiver() as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("boot")
        await receiver.wait_for_requests(1, timeout=LONG)
        (told,) = await all_delivered(fridge)
        asked = await family.post(f"/fridges/{fridge.uuid}/notifications/{told['uuid']}/replay")
        await receiver.wait_for_requests(2, timeout=LONG)
        again = (await fridge.tried(2))[-1]
    assert (again["replay"], again["number"], again["delivered"]) == (asked["uuid"], 1, True)
    assert (asked["notification"], again["notification"]) == (told["uuid"], told["uuid"])
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


async def test_a_badge_is_in_clear_at_the_fridges_own_webhook_alone(family: Family, town_settings: Settings) -> None:
    """S107, 1.J.15: sealed while it waits, emptied once it was told, and never told again."""
    token = "badge-canary-7f3a"

    async def letters() -> list[str]:
        async with opened(town_settings.database_url) as db, db.reading() as session:
            mine = FridgeNotification.fridge == UUID(fridge.uuid)
            return list(await session.scalars(select(FridgeNotification.letter).where(mine)))

    async with Receiver([answer(500)]) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("badge-presented", {"badge_token": token})
        await fridge.tried(1)
        (sealed,) = await letters()
        assert sealed
        assert token not in sealed
        await fridge.after(A_MINUTE)
        await receiver.wait_for_requests(2, timeout=LONG)
        (told,) = await all_delivered(fridge)
        assert receiver.said[1]["data"] == {"badge_token": token}
        assert receiver.said[1]["command"] is None
        assert (told["sent"], await letters()) == (None, [""])
        replay = f"/fridges/{fridge.uuid}/notifications/{told['uuid']}/replay"
        assert (await family.http.post(replay, headers=family.auth)).status_code == 409


async def test_what_waits_although_its_workflow_is_gone_is_told_once_somebody_wakes_it(
    family: Family, town_settings: Settings
) -> None:
    """As after Temporal has lost its file."""
    async with Receiver([answer(500)]) as receiver:
        fridge = await a_linked_fridge(family, receiver.url)
        await fridge.say("boot")
        await fridge.tried(1)
        client = family.town.client
        await client.get_workflow_handle(names.fridge_webhook_workflow_id(UUID(fridge.uuid))).terminate()
        async with opened(town_settings.database_url) as db, db.writing() as session:
            await fridge_outbox.hurry(session, UUID(fridge.uuid))
        port = int(client.service_client.config.target_host.rpartition(":")[2])
        await anyio.to_thread.run_sync(wake, town_settings.model_copy(update={"temporal_port": port}))
        await receiver.wait_for_requests(2, timeout=LONG)
        await all_delivered(fridge)
    assert types(receiver.said) == ["boot", "boot"]


async def test_product_linked_goes_once_to_each_address(family: Family) -> None:
    """S106, 1.J.15."""
    async with Receiver() as receiver, Receiver() as other:
        for url in (receiver.url, receiver.url, other.url):
            await a_linked_fridge(family, url)
        product = await family.post("/products", name="Banana")
        codes = [{"code": "e123456abc", "expirationDate": "2022-09-11T17:20:10+02:00"}, {"code": "e78910def"}]
        await family.post(f"/products/{product['uuid']}/epcs", epcs=codes)
        await receiver.wait_for_requests(1, timeout=LONG)
        await other.wait_for_requests(1, timeout=LONG)
        (said,) = receiver.said
        assert types(other.said) == ["product-linked"]
    assert (said["type"], said["product"]["name"]) == ("product-linked", "Banana")
    assert [tag["code"] for tag in said["data"]] == ["e123456abc", "e78910def"]
    assert "fridge" not in said
    assert "command" not in said


async def test_an_inside_address_is_never_contacted_nor_a_redirect_followed(family: Family) -> None:
    """0.0.0.0 leads to this very machine, but only 127.0.0.0/8 is allowed."""
    async with Receiver() as receiver, a_trap() as trap:
        inside = await a_linked_fridge(family, receiver.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104 - called
        await inside.say("boot")
        (attempt,) = await inside.tried(1)
        assert "LARDER_ALLOW_NETS" in attempt["reason"]
        assert (attempt["status"], receiver.requests) == (None, [])
        async with Receiver([redirect(f"http://127.0.0.1:{trap.port}/")]) as leading:
            led = await a_linked_fridge(family, leading.url)
            await led.say("boot")
            (attempt,) = await led.tried(1)
        assert (attempt["status"], trap.visits) == (307, 0)
        assert "Redirects are not followed." in attempt["reason"]

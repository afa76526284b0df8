"""What a household's own servers are told, on virtual time: C10, the guard, rotation, replay, and each thing once."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from temporalio.api.enums.v1 import EventType

import names
from activities.notifying import Notifier
from activities.purchasing import Purchasing
from activities.telling import ItemTeller
from domain.process import OrderUpdate
from domain.webhooks import ATTEMPTS, JITTER, PAUSES
from failpoints import Failpoints
from outside.guard import GuardedTransport
from retailers.push import PushRetailer
from settings import Settings
from simulator.behaviours import answer
from simulator.family import Family, eventually, ok
from simulator.retailer import ReceivedOrder
from simulator.town import Town
from storage.secrets import Secrets
from tests.databases import opened
from tests.journeys.parts import A_MOMENT, InvariantsHold, a_cookie_jar, a_hook
from tests.webhooks.parts import Receiver

DAY = timedelta(days=1)
LIFE = ["order.placed", "order.dispatched", "order.delivered"]
TOMORROW = answer(503, retry_after="86400")


def verified(request: ReceivedOrder, *secrets: str) -> Any:
    """What the reference library reads in it with each of these secrets."""
    (said,) = {str(Webhook(secret).verify(request.body, dict(request.headers))) for secret in secrets}
    assert said == str(request.order)
    return request.order


async def kinds_told(family: Family) -> list[str]:
    """The kinds of all notices, oldest first."""
    return [notice["kind"] for notice in reversed(await family.get("/notices"))]


async def test_an_order_from_need_to_delivery_tells_each_thing_once(family: Family) -> None:
    """S27, S28 and 1.J.14: in the household's list, at its receiver and, where people care, by mail."""
    async with Receiver() as receiver:
        hook, home = await a_hook(family, receiver.url), await a_cookie_jar(family)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        await receiver.wait_for_requests(1)
        rotated = await family.post(f"/webhooks/{hook.uuid}/rotate")
        for step, count in (("dispatched", 2), ("dispatched", 2), ("delivered", 3), ("delivered", 3)):
            ok(await home.shop.report(step, order))
            await receiver.wait_for_requests(count)
        await family.level_is(home.item, 17)
        said = [verified(receiver.requests[0], hook.secret)]
        said += [verified(request, hook.secret, rotated["secret"]) for request in receiver.requests[1:]]
        assert [each["type"] for each in said] == await kinds_told(family) == LIFE
        assert {each["data"]["order"] for each in said} == {order["uuid"]}
        assert [request.headers["webhook-id"] for request in receiver.requests] == [each["id"] for each in said]
        with pytest.raises(WebhookVerificationError):
            verified(receiver.requests[0], rotated["secret"])
    letters = await eventually(
        lambda: family.get("/outbox"), lambda found: [letter["kind"] for letter in found].count("notice") >= 2
    )
    assert [letter["kind"] for letter in letters].count("notice") == 2


async def test_recording_a_state_again_tells_nothing_anew(
    family: Family, the_town: Town, town_settings: Settings
) -> None:
    """As after a crash between the writing and the end of the activity."""
    async with Receiver() as receiver:
        hook, home = await a_hook(family, receiver.url), await a_cookie_jar(family)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        for step in ("dispatched", "delivered"):
            ok(await home.shop.report(step, order))
        await receiver.wait_for_requests(3)
        updates = await recorded_by(the_town, order)
        assert len(updates) >= 3
        async with opened(town_settings.database_url) as db:
            secrets = Secrets(town_settings.instance_key.get_secret_value())
            notifier, teller = Notifier(db, the_town.client), ItemTeller(the_town.client)
            push = PushRetailer(GuardedTransport())
            purchasing = Purchasing(
                db=db,
                client=the_town.client,
                teller=teller,
                notifier=notifier,
                push=push,
                secrets=secrets,
                failpoints=Failpoints(),
            )
            for update in updates:
                await purchasing.record(update)
            await push.aclose()
        assert await kinds_told(family) == LIFE
        ids = [attempt["notice"] for attempt in await hook.tried(3)]
        assert len(ids) == len(set(ids)) == len(receiver.requests) == 3


async def recorded_by(town: Town, order: Any) -> list[OrderUpdate]:
    """What an order's workflow had written down, in its own words."""
    history = await town.client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"]))).fetch_history()
    found: list[OrderUpdate] = []
    for event in history.events:
        if event.event_type != EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            continue
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == "record":
            found += await town.client.data_converter.decode(scheduled.input.payloads, [OrderUpdate])
    return found


async def test_c10_a_receiver_that_was_down_for_three_days_is_told_once_when_it_is_up(
    family: Family, invariants_hold: InvariantsHold
) -> None:
    """C10: attempts by the published schedule, one webhook-id; nobody else waits for it."""
    async with Receiver() as once:
        url, port = once.url, int(once.url.split(":")[2].split("/")[0])
    async with Receiver() as other:
        down, up = await a_hook(family, url, "order.placed"), await a_hook(family, other.url, "order.placed")
        home = await a_cookie_jar(family)
        await home.jar.level(level=5)
        await other.wait_for_requests(1)
        assert [attempt["delivered"] for attempt in await up.tried(1)] == [True]
    (first,) = await down.tried(1)
    await down.after(first, 3 * DAY)
    assert len(await down.attempts()) == ATTEMPTS - 1
    assert (await down.look())["failingSince"] is not None
    async with Receiver(port=port) as back:
        await down.after(first, DAY)
        attempts = await down.tried(ATTEMPTS)
        await back.wait_for_requests(1)
        (request,) = back.requests
    assert verified(request, down.secret)["type"] == "order.placed"
    assert request.headers["webhook-id"] == first["notice"]
    assert {attempt["notice"] for attempt in attempts} == {first["notice"]}
    assert [attempt["number"] for attempt in attempts] == list(range(1, ATTEMPTS + 1))
    assert [attempt["delivered"] for attempt in attempts] == [False] * (ATTEMPTS - 1) + [True]
    assert all("could not be reached" in attempt["reason"] for attempt in attempts[:-1])
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in attempts]
    for (before, after), pause in zip(pairwise(moments), PAUSES, strict=True):
        assert abs((after - before) - pause) <= pause * JITTER + timedelta(seconds=3)
    assert (await down.look())["failingSince"] is None
    assert attempts[-1]["nextAt"] is None
    await invariants_hold(family)


async def test_after_five_days_of_failures_it_is_switched_off_its_owner_told_and_a_replay_works(family: Family) -> None:
    """C10, and 1.J.14: a receiver that asks for a day each time has used up five days at its sixth attempt."""
    async with Receiver([TOMORROW] * 6) as failing, Receiver() as other:
        hook, home = await a_hook(family, failing.url), await a_cookie_jar(family)
        elsewhere = await a_hook(family, other.url, "webhook.disabled")
        await home.jar.level(level=5)
        (first,) = await hook.tried(1)
        await hook.after(first, 5 * DAY + timedelta(hours=1))
        await other.wait_for_requests(1)
        (told,) = other.requests
        assert verified(told, elsewhere.secret)["data"]["webhook"] == hook.uuid
        assert (await hook.look())["disabledBecause"].startswith("Nothing has reached it for 5 days.")
        assert (await kinds_told(family))[-1] == "webhook.disabled"
        replay = f"/webhooks/{hook.uuid}/attempts/{first['uuid']}/replay"
        refused = await family.http.post(replay, headers=family.auth)
        assert refused.status_code == 409
        ok(await family.http.patch(f"/webhooks/{hook.uuid}", json={"enabled": True}, headers=family.auth))
        assert (await hook.look())["disabledBecause"] is None
        asked = await family.post(replay)
        await failing.wait_for_requests(7)
        # its workflow has a clock of its own, in which the five days have not passed
        (again,) = [attempt for attempt in await hook.tried(7) if attempt["replay"] is not None]
    assert (again["replay"], again["number"], again["delivered"]) == (asked["uuid"], 1, True)
    assert {request.headers["webhook-id"] for request in failing.requests} == {first["notice"]}
    assert len({request.body for request in failing.requests}) == 1


async def test_an_inside_address_is_never_contacted(family: Family) -> None:
    """0.0.0.0 leads to this very machine, but only 127.0.0.0/8 is allowed."""
    async with Receiver() as receiver:
        hook = await a_hook(family, receiver.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104 - called, not listened on
        home = await a_cookie_jar(family)
        await home.jar.level(level=5)
        (attempt, *_) = await hook.tried(1)
        assert "LARDER_ALLOW_NETS" in attempt["reason"]
        assert (attempt["status"], receiver.requests) == (None, [])


async def test_what_waits_for_a_receiver_that_is_removed_or_switched_off_is_dropped(family: Family) -> None:
    async with Receiver([answer(500)] * 10) as receiver:
        off, gone = await a_hook(family, receiver.url), await a_hook(family, receiver.url)
        home = await a_cookie_jar(family)
        await home.jar.level(level=5)
        waiting = [(await hook.tried(1))[0] for hook in (off, gone)]
        ok(await family.http.patch(f"/webhooks/{off.uuid}", json={"enabled": False}, headers=family.auth))
        ok(await family.http.delete(f"/webhooks/{gone.uuid}", headers=family.auth))
        for hook, attempt in zip((off, gone), waiting, strict=True):
            await hook.after(attempt, timedelta(minutes=1) + A_MOMENT)
            workflow_id = names.webhook_workflow_id(UUID(attempt["notice"]), UUID(hook.uuid))
            ended = await family.town.client.get_workflow_handle(workflow_id).result()
            assert ended == "The webhook was switched off or removed."
        assert len(receiver.requests) == 2

"""Receivers of a household's own: made, changed, their attempts, and what they are told of (1.J.14, 1.K)."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.webhooks import MOST_WEBHOOKS
from storage.tables import Webhook
from tests.api.direct import Home, Household
from tests.webhooks.parts import a_failed_attempt, a_stored_notice

URL = "https://ada.example.com/larder"


async def a_hook(household: Household, **more: Any) -> Any:
    return await household.made("/webhooks", **({"url": URL} | more))


async def row_of(home: Home, hook: Any) -> Webhook:
    async with home.parts.db.reading() as session:
        return await session.get_one(Webhook, UUID(hook["uuid"]))


async def test_a_webhook_is_told_everything_and_its_secret_is_shown_once_and_sealed(household: Household) -> None:
    hook = await a_hook(household)
    assert (hook["kinds"], hook["enabled"], hook["disabledBecause"], hook["failingSince"]) == (None, True, None, None)
    assert len(base64.b64decode(hook["secret"].removeprefix("whsec_"))) == 32
    shown = (await household.user.get(f"/webhooks/{hook['uuid']}")).json()["data"]
    assert shown == {name: value for name, value in hook.items() if name != "secret"}
    assert (await household.user.get("/webhooks")).json()["data"] == [shown]
    row = await row_of(household.home, hook)
    assert hook["secret"] not in row.secret
    assert household.home.parts.secrets.open(row.secret) == hook["secret"]


async def test_a_repeat_of_the_call_hears_the_same_secret(household: Household) -> None:
    key = uuid4().hex
    first, second = [await household.user.post("/webhooks", {"url": URL}, key) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len((await household.user.get("/webhooks")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://ada.example.com/"}, "url"),
        ({"url": "https://ada:secret@example.com/"}, "url"),
        ({"url": "https://ada.example.com:0/"}, "url"),
        ({"url": "x" * 3000}, "url"),
        ({"url": URL, "kinds": []}, "kinds"),
        ({"url": URL, "kinds": ["order.eaten"]}, "kinds.0"),
        ({"url": URL, "enabled": True}, "enabled"),
    ],
)
async def test_what_is_wrong_is_named(household: Household, body: Any, field: str) -> None:
    answer = await household.user.post("/webhooks", body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["data"]) == [field]


async def test_settings_are_changed_one_by_one_and_only_by_who_has_read_them(household: Household) -> None:
    hook = await a_hook(household, kinds=["order.placed", "order.delivered", "order.placed"])
    path = f"/webhooks/{hook['uuid']}"
    assert hook["kinds"] == ["order.placed", "order.delivered"]
    tag = (await household.user.get(path)).headers["ETag"]
    changed = await household.user.call("PATCH", path, json={"url": f"{URL}/2"}, headers={"If-Match": tag})
    assert (changed.json()["data"]["url"], changed.json()["data"]["kinds"]) == (f"{URL}/2", hook["kinds"])
    stale = await household.user.call("PATCH", path, json={"kinds": None}, headers={"If-Match": tag})
    assert stale.status_code == 412
    changed = await household.user.call("PATCH", path, json={"kinds": None, "enabled": False})
    assert (changed.json()["data"]["kinds"], changed.json()["data"]["enabled"]) == (None, False)
    for wrong in ({"url": None}, {"enabled": None}, {"secret": "whsec_mine"}):
        assert (await household.user.call("PATCH", path, json=wrong)).status_code == 400


async def test_a_rotated_secret_is_shown_once_and_the_one_before_signs_for_a_day(household: Household) -> None:
    hook = await a_hook(household)
    rotated = (await household.user.post(f"/webhooks/{hook['uuid']}/rotate")).json()["data"]
    assert rotated["secret"] != hook["secret"]
    row, sealed = await row_of(household.home, hook), household.home.parts.secrets
    assert row.old_secret is not None
    assert row.old_secret_until is not None
    assert (sealed.open(row.secret), sealed.open(row.old_secret)) == (rotated["secret"], hook["secret"])
    assert row.old_secret_until - row.updated_at == timedelta(hours=24)


async def test_there_is_an_end_to_how_many(household: Household) -> None:
    for _ in range(MOST_WEBHOOKS):
        await a_hook(household)
    answer = await household.user.post("/webhooks", {"url": URL})
    assert answer.status_code == 409
    assert str(MOST_WEBHOOKS) in answer.json()["message"]


async def test_attempts_are_listed_and_replayed_once_for_each_key(household: Household) -> None:
    home, hook = household.home, await a_hook(household)
    notice = await a_stored_notice(home.parts.db, UUID(household.user.shown["uuid"]))
    attempt = await a_failed_attempt(home.parts.db, notice.uuid, UUID(hook["uuid"]))
    path = f"/webhooks/{hook['uuid']}/attempts"
    (listed,) = (await household.user.get(path)).json()["data"]
    assert {name: listed[name] for name in ("uuid", "notice", "kind", "number", "delivered", "status", "reason")} == {
        "uuid": str(attempt),
        "notice": str(notice.uuid),
        "kind": "order.placed",
        "number": 1,
        "delivered": False,
        "status": 500,
        "reason": "It answered 500.",
    }
    assert (listed["nextAt"], listed["replay"]) == (None, None)
    key = uuid4().hex
    answers = [await household.user.post(f"{path}/{attempt}/replay", key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    (brief,) = home.desk.replays
    assert (str(brief.replay), brief.notice) == (answers[0].json()["data"]["uuid"], notice.uuid)
    again = await household.user.post(f"{path}/{attempt}/replay")
    assert again.json()["data"]["uuid"] != str(brief.replay)
    assert (await household.user.post(f"{path}/{uuid4()}/replay")).status_code == 404
    await household.user.call("PATCH", f"/webhooks/{hook['uuid']}", json={"enabled": False})
    assert (await household.user.post(f"{path}/{attempt}/replay")).status_code == 409


async def test_while_temporal_is_away_a_replay_is_refused_and_its_repeat_goes_on(household: Household) -> None:
    home, hook, key = household.home, await a_hook(household), uuid4().hex
    notice = await a_stored_notice(home.parts.db, UUID(household.user.shown["uuid"]))
    attempt = await a_failed_attempt(home.parts.db, notice.uuid, UUID(hook["uuid"]))
    path = f"/webhooks/{hook['uuid']}/attempts/{attempt}/replay"
    async with home.temporal_away(late=True):
        assert (await household.user.post(path, key=key)).status_code == 503
    assert (await household.user.post(path, key=key)).status_code == 201
    assert len({brief.replay for brief in home.desk.replays if brief.notice == notice.uuid}) == 1


async def test_deleting_takes_the_attempts_along(household: Household) -> None:
    home, hook = household.home, await a_hook(household)
    notice = await a_stored_notice(home.parts.db, UUID(household.user.shown["uuid"]))
    await a_failed_attempt(home.parts.db, notice.uuid, UUID(hook["uuid"]))
    path = f"/webhooks/{hook['uuid']}"
    assert (await household.user.call("DELETE", path)).status_code == 200
    for gone in (path, f"{path}/attempts"):
        assert (await household.user.get(gone)).status_code == 404
    assert (await household.user.get("/webhooks")).json()["data"] == []

"""The record of what a fridge's webhookUrl was told, asked for over HTTP; what is told is in tests/journeys."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.direct import Household
from tests.api.fridges import a_fridge, linked
from tests.outside.test_guard import UNREADABLE_FORMS


async def told(household: Household, **settings: Any) -> tuple[str, list[Any]]:
    """A fridge that has started and whose door was opened, and what was to be told of that, newest first."""
    fridge = await a_fridge(household, **settings)
    device = await linked(household, fridge)
    await device.post("/fridge/notifications", {"type": "boot"})
    await device.post("/fridge/notifications", {"type": "door-status", "data": {"status": "opened"}})
    listed = (await household.user.get(f"/fridges/{fridge['uuid']}/notifications")).json()["data"]
    return fridge["uuid"], listed


async def test_the_record_is_listed_newest_first_and_by_type(household: Household) -> None:
    """1.K: with what is sent, word for word."""
    fridge, listed = await told(household)
    assert [(each["type"], each["sequence"], each["delivery"]) for each in listed] == [
        ("door-status", 2, "waiting"),
        ("boot", 1, "waiting"),
    ]
    assert listed[0]["sent"]["data"] == {"status": "opened"}
    assert (listed[0]["sent"]["id"], listed[0]["sent"]["sequence"]) == (listed[0]["uuid"], 2)
    path = f"/fridges/{fridge}/notifications"
    assert (await household.user.get(path, type="boot")).json()["data"] == listed[1:]
    page = (await household.user.get(path, limit="1")).json()
    following = (await household.user.get(path, limit="1", cursor=page["nextCursor"])).json()
    assert (page["data"], following["data"]) == (listed[:1], listed[1:])
    assert (await household.user.get(path, type="melted")).status_code == 400
    assert (await household.user.get(f"/fridges/{fridge}/attempts")).json()["data"] == []


async def test_a_replay_is_started_once_for_each_key(household: Household) -> None:
    fridge, (newest, _) = await told(household)
    path = f"/fridges/{fridge}/notifications/{newest['uuid']}/replay"
    key = {"Idempotency-Key": uuid4().hex}
    answers = [await household.user.call("POST", path, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    asked = [each for each in household.home.desk.fridge_replays if each.fridge == UUID(fridge)]
    assert [(str(each.replay), each.sequence) for each in asked] == [(answers[0].json()["data"]["uuid"], 2)]
    unknown = await household.user.post(f"/fridges/{fridge}/notifications/{uuid4()}/replay")
    assert unknown.status_code == 404


async def test_where_nobody_is_to_be_told_nothing_is_told_again(household: Household) -> None:
    fridge, (newest, _) = await told(household, webhookUrl=None)
    assert newest["delivery"] == "dropped"
    answer = await household.user.post(f"/fridges/{fridge}/notifications/{newest['uuid']}/replay")
    assert answer.status_code == 409


async def test_the_secret_is_shown_once_and_can_be_chosen(household: Household) -> None:
    fridge = await a_fridge(household)
    path = f"/fridges/{fridge['uuid']}/webhook-secret"
    made, again = [(await household.user.post(path)).json()["data"]["secret"] for _ in range(2)]
    assert made != again
    assert made.startswith("whsec_")
    chosen = (await household.user.post(path, {"secret": made})).json()["data"]
    assert chosen == {"uuid": fridge["uuid"], "secret": made}
    shown = (await household.user.get(f"/fridges/{fridge['uuid']}")).text
    assert made not in shown


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "c2hvcnQ=" * 8, "whsec_" + "A" * 200, "whsec_ä"])
async def test_a_secret_that_is_none_is_refused(household: Household, secret: str) -> None:
    fridge = await a_fridge(household)
    answer = await household.user.post(f"/fridges/{fridge['uuid']}/webhook-secret", {"secret": secret})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["secret"])


async def test_no_spelling_of_what_is_no_web_address_is_taken_as_webhook(household: Household) -> None:
    """S79: what leads inside is refused when it is called, in tests/webhooks and tests/journeys."""
    fridge = await a_fridge(household)
    for form in UNREADABLE_FORMS:
        changes = {"settings": {"webhookUrl": form.format(port=80)}}
        answer = await household.user.call("PATCH", f"/fridges/{fridge['uuid']}", json=changes)
        assert answer.status_code == 400, form
        assert list(answer.json()["data"]) == ["settings.webhookUrl"], form

"""What devices reported last, that they have fallen silent, and their end (S8, S14, S22, S32, S33, S41)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from storage import living
from tests.api.direct import Household
from tests.api.server import Caller

HOUR = 3_600


async def changed(household: Household, **body: Any) -> Any:
    """The device after a change."""
    answer = await household.user.call("PATCH", f"/devices/{household.device.shown['uuid']}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def shown(household: Household) -> Any:
    """The device as it is listed, and as it is alone, which is the same."""
    (listed,) = (await household.user.get("/devices")).json()["data"]
    alone = (await household.user.get(f"/devices/{listed['uuid']}")).json()["data"]
    assert listed == alone
    return alone


async def test_a_device_shows_what_it_reported_last(household: Household) -> None:
    jar, tablets = await household.item(level=12), await household.item("Tablets", level=30)
    assert (await shown(household))["lastReport"] is None
    first = await household.tracking(jar)
    await household.v2(data=household.form | {"level": "9"})
    last = (await shown(household))["lastReport"]
    assert (last["kind"], last["item"], last["quantity"]) == ("counted", jar["uuid"], 9)
    assert datetime.now(UTC) - datetime.fromisoformat(last["at"]) < timedelta(minutes=1)
    second = await household.tracking(tablets)
    facts = [
        {"id": "1", "instruction": second["uuid"], "kind": "used", "quantity": 2},
        {"id": "2", "instruction": first["uuid"], "kind": "low", "low": True},
    ]
    assert (await household.device.post("/facts", {"facts": facts[:1]})).status_code == 201
    assert (await shown(household))["lastReport"]["item"] == tablets["uuid"]
    assert (await household.device.post("/facts", {"facts": facts[1:]})).status_code == 201
    last = (await shown(household))["lastReport"]
    assert (last["kind"], last["quantity"]) == ("low", None)


async def test_a_device_is_silent_once_it_has_said_nothing_for_so_long(household: Household) -> None:
    device = UUID(household.device.shown["uuid"])
    await household.tracking(await household.item(level=12))
    assert (await shown(household))["silent"] is False
    assert (await changed(household, silentAfter=float(HOUR)))["silentAfter"] == HOUR
    assert household.home.desk.watched == [device]
    account = UUID(household.user.shown["uuid"])
    assert (account, device) in await living.watched(household.home.parts.db), "larder wake has it watched again"
    desk = household.home.desk
    try:
        desk.moment = datetime.now(UTC) + timedelta(minutes=59)
        assert (await shown(household))["silent"] is False
        await household.v2(data=household.form | {"level": "9"})
        desk.moment += timedelta(minutes=59)
        assert (await shown(household))["silent"] is False
        desk.moment += timedelta(minutes=1)
        assert (await shown(household))["silent"] is True
        assert (await changed(household, silentAfter=2 * HOUR))["silent"] is False
        await changed(household, name="Jar")
        assert len(desk.watched) == 2
        assert (await changed(household, silentAfter=None))["silent"] is False
        assert len(desk.watched) == 3
    finally:
        desk.moment, desk.watched = None, []


@pytest.mark.parametrize("seconds", [0, 59, 7_776_001, -1, "3600", 60.5, True])
async def test_a_silence_lasts_from_a_minute_to_ninety_days(paired: Household, seconds: Any) -> None:
    body = {"name": "Jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom", "silentAfter": seconds}
    path = f"/devices/{paired.device.shown['uuid']}"
    for answer in (
        await paired.user.post("/devices", body),
        await paired.user.call("PATCH", path, json={"silentAfter": seconds}),
    ):
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["silentAfter"])


async def test_who_is_to_watch_hears_of_it_before_it_is_so(household: Household) -> None:
    body = {"name": "Jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom", "silentAfter": HOUR}
    async with household.home.temporal_away():
        assert (await household.user.post("/devices", body, "a watched jar")).status_code == 503
        path = f"/devices/{household.device.shown['uuid']}"
        assert (await household.user.call("PATCH", path, json={"silentAfter": HOUR})).status_code == 503
        assert (await household.user.call("PATCH", path, json={"name": "Jar"})).status_code == 200
    assert (await shown(household))["silentAfter"] is None
    made = await household.user.post("/devices", body, "a watched jar")
    assert (made.status_code, made.json()["data"]["silentAfter"]) == (201, HOUR)
    assert household.home.desk.watched[-1] == UUID(made.json()["data"]["uuid"])
    household.home.desk.watched = []


async def test_a_revoked_device_opens_nothing_and_nobody_calls_for_it(household: Household) -> None:
    item = await household.item(level=12)
    instruction = await household.tracking(item)
    button = await household.button()
    app = {"User_Auth": str(household.user.token), "Instruction_Ref": str(instruction["ref"])}
    assert (await household.home.http.post("/v1/level", headers=app, json={"level": 8})).status_code == 201
    assert (await household.v2(data=household.form | {"level": "9"})).status_code == 201
    path = f"/devices/{household.device.shown['uuid']}"
    revoked = await household.user.post(f"{path}/revoke")
    assert revoked.status_code == 200
    assert (await household.user.post(f"{path}/revoke")).json() == revoked.json()
    assert (await household.v2(data=household.form | {"level": "7"})).status_code == 401
    assert (await household.v1(json={"level": 7})).json()[0]["ID"] == 400
    assert (await household.device.post("/facts", {"facts": []})).status_code == 401
    for ref, route in ((instruction["ref"], "level"), (button["ref"], "trigger")):
        headers = app | {"Instruction_Ref": str(ref)}
        answer = await household.home.http.post(
            f"/v1/{route}", headers=headers, json={"level": 7} if route == "level" else {}
        )
        assert answer.json()[0]["Status"] == "Didn't do - This device has no instruction for this call."
    facts = [{"id": "1", "instruction": instruction["uuid"], "kind": "counted", "quantity": 1}]
    answer = await household.user.post("/facts", {"facts": facts})
    assert answer.json()["data"] == {"facts.0.instruction": ["There is no such instruction."]}
    assert (await household.seen(item))["level"] == 9
    for call, body in (("rotate", None), ("", {"name": "Jar"})):
        answer = await (
            household.user.post(f"{path}/{call}") if call else household.user.call("PATCH", path, json=body)
        )
        assert (answer.status_code, answer.json()["message"]) == (409, "This device was revoked.")
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12"}
    again = {"action": "reorder", "device": household.device.shown["uuid"], "order": order}
    answer = await household.user.post("/instructions", again)
    assert answer.json()["data"] == {"device": ["This device was revoked."]}


async def test_a_rotated_key_of_a_revoked_device_is_dead_too(household: Household) -> None:
    path = f"/devices/{household.device.shown['uuid']}"
    newer = (await household.user.post(f"{path}/rotate")).json()["data"]["deviceKey"]
    await household.user.post(f"{path}/revoke")
    for key in (household.device.token, newer):
        assert (await Caller(household.home.http, key).get("/devices")).status_code == 401


async def test_a_device_may_be_renamed(household: Household) -> None:
    device = await changed(household, name="Jar", kind="jar", brand="Acme")
    assert (device["name"], device["kind"], device["brand"]) == ("Jar", "jar", "Acme")
    device = await changed(household, kind=None)
    assert (device["name"], device["kind"], device["brand"]) == ("Jar", None, "Acme")
    other = await household.home.a_household()
    path = f"/devices/{household.device.shown['uuid']}"
    assert (await other.user.call("PATCH", path, json={"name": "mine"})).status_code == 404
    assert (await other.user.post(f"{path}/revoke")).status_code == 404

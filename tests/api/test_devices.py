"""Devices and the credentials they call with (S35)."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from api.device_credentials import device_by_credentials
from storage.tables import Device, Token
from tests.api.server import CHOSEN_SECRET, Api, Caller

MAC_ADDRESS = "D5:6E:FB:B7:B8:C5"
HERE = "127.0.0.1"


async def test_a_device_gets_an_id_of_twelve_and_a_key_shown_once(api: Api) -> None:
    user = await api.a_user()
    device = await api.a_device(user)
    assert re.fullmatch("[A-Za-z0-9]{12}", device.shown["deviceId"])
    assert device.shown["deviceKey"].startswith("dk_")
    shown = (await user.get(f"/devices/{device.shown['uuid']}")).json()["data"]
    assert shown == {name: value for name, value in device.shown.items() if name != "deviceKey"}
    listed = (await user.get("/devices")).json()
    assert listed["data"] == [shown]
    assert listed["nextCursor"] is None


async def test_no_secret_of_a_device_is_stored_as_it_is(api: Api) -> None:
    device = await api.a_device(await api.a_user())
    async with api.parts.db.reading() as session:
        row = await session.get_one(Device, UUID(device.shown["uuid"]))
        token = (await session.scalars(select(Token).where(Token.subject == row.uuid))).one()
    assert row.secret_hash.startswith("$argon2id$")
    assert CHOSEN_SECRET not in row.secret_hash
    assert token.secret_hash not in device.shown["deviceKey"]
    assert device.shown["deviceKey"] not in token.secret_hash


async def test_a_list_is_walked_by_its_cursor(api: Api) -> None:
    user = await api.a_user()
    made = [(await api.a_device(user)).shown["uuid"] for _ in range(5)]
    seen, cursor = [], None
    for expected in (2, 2, 1):
        page = (await user.get("/devices", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        assert len(page["data"]) == expected
        seen += [device["uuid"] for device in page["data"]]
        cursor = page["nextCursor"]
    assert cursor is None
    assert seen == made[::-1]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "9" * 30])
async def test_a_limit_is_a_number_up_to_a_hundred(api: Api, limit: str) -> None:
    answer = await (await api.a_user()).get("/devices", limit=limit)
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["limit"]


async def test_a_rotated_key_leaves_the_one_before_a_day_and_no_other(api: Api) -> None:
    user = await api.a_user()
    device = await api.a_device(user)
    rotate = f"/devices/{device.shown['uuid']}/rotate"
    keys = [device.shown["deviceKey"]]
    for _ in range(2):
        answer = await user.post(rotate)
        assert answer.status_code == 200
        keys.append(answer.json()["data"]["deviceKey"])
    statuses = [(await Caller(api.http, key).get("/devices")).status_code for key in keys]
    assert statuses == [401, 403, 403], "403: known, but devices may not list devices"
    async with api.parts.db.reading() as session:
        before = await session.get_one(Token, keys[1].split("_")[1])
    assert before.expires_at is not None
    assert timedelta(hours=23) < before.expires_at - datetime.now(UTC) < timedelta(hours=25)


async def test_the_three_credentials_open_in_every_spelling_of_the_mac_address(api: Api) -> None:
    device = await api.a_device(await api.a_user())
    for mac_address in (MAC_ADDRESS, MAC_ADDRESS.lower(), MAC_ADDRESS.replace(":", "-"), MAC_ADDRESS.replace(":", "")):
        found = await device_by_credentials(api.parts, mac_address, device.shown["deviceId"], CHOSEN_SECRET, HERE)
        assert found is not None
        assert str(found.uuid) == device.shown["uuid"]


async def test_one_wrong_credential_is_enough(api: Api) -> None:
    device = await api.a_device(await api.a_user())
    good = (MAC_ADDRESS, device.shown["deviceId"], CHOSEN_SECRET, HERE)
    assert await device_by_credentials(api.parts, *good) is not None
    for wrong in (
        ("D5:6E:FB:B7:B8:C6", *good[1:]),
        ("", *good[1:]),
        (good[0], "AAAAAAAAAAAA", *good[2:]),
        (good[0], good[1].swapcase(), *good[2:]),
        (good[0], "\x00", *good[2:]),
        (good[0], "", *good[2:]),
        (*good[:2], CHOSEN_SECRET + " ", HERE),
        (*good[:2], "", HERE),
    ):
        assert await device_by_credentials(api.parts, *wrong) is None


async def test_another_households_device_with_the_same_mac_address_keeps_its_own_secret(api: Api) -> None:
    one, other = [await api.a_device(await api.a_user()) for _ in range(2)]
    found = await device_by_credentials(api.parts, MAC_ADDRESS, other.shown["deviceId"], CHOSEN_SECRET, HERE)
    assert found is not None
    assert str(found.uuid) != one.shown["uuid"]


@pytest.fixture
def runs(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Argon2 was asked to verify."""
    verified: list[str] = []
    verify = api.parts.passwords.matches

    async def noting(stored: str | None, given: str) -> bool:
        verified.append(given)
        return await verify(stored, given)

    monkeypatch.setattr(api.parts.passwords, "matches", noting)
    return verified


async def test_a_verified_secret_is_not_verified_again_for_a_while(api: Api, runs: list[str]) -> None:
    device = await api.a_device(await api.a_user())
    good = (MAC_ADDRESS, device.shown["deviceId"], CHOSEN_SECRET, HERE)
    runs.clear()
    for _ in range(3):
        assert await device_by_credentials(api.parts, *good) is not None
    assert runs == [CHOSEN_SECRET]


async def test_whoever_is_unknown_takes_as_long_as_whoever_is_wrong(api: Api, runs: list[str]) -> None:
    device = await api.a_device(await api.a_user())
    runs.clear()
    for wrong in (
        (MAC_ADDRESS, device.shown["deviceId"], "wrong secret", HERE),
        ("D5:6E:FB:B7:B8:C6", device.shown["deviceId"], "wrong address", HERE),
        (MAC_ADDRESS, "AAAAAAAAAAAA", "unknown device", HERE),
    ):
        await device_by_credentials(api.parts, *wrong)
    await api.nobody.post("/auth/login", {"username": "nobody@example.com", "password": "unknown user"})
    assert runs == ["wrong secret", "wrong address", "unknown device", "unknown user"]

"""Connections to other clouds (1.L): made, shown without their secrets, changed, rotated, ended."""

from typing import Any
from uuid import UUID

import pytest

from storage import connections
from storage.tables import Connection
from tests.api.clouds import OFFICE, THEIR_KEY, a_cloud, said
from tests.api.direct import Household
from tests.outside.test_guard import UNREADABLE_FORMS


async def test_a_connection_has_a_fleet_and_tells_its_secrets_once(household: Household) -> None:
    cloud = await a_cloud(household)
    made = cloud.shown
    assert made["url"].startswith(f"http://127.0.0.1:8000/hooks/{made['uuid']}/")
    assert made["signingSecret"].startswith("whsec_")
    assert THEIR_KEY not in str(made)
    shown = (await household.user.get(f"/connections/{made['uuid']}")).json()["data"]
    assert shown == {name: value for name, value in made.items() if name not in ("url", "signingSecret")}
    assert (await household.user.get("/connections")).json()["data"] == [shown]
    fleets = (await household.user.get("/fleets")).json()["data"]
    assert [(fleet["uuid"], fleet["name"]) for fleet in fleets] == [(made["fleet"], OFFICE["name"])]
    async with household.home.parts.db.reading() as session:
        row = await session.get_one(Connection, UUID(made["uuid"]))
    stored = f"{row.api_key} {row.secret} {row.secret_hash}"
    for secret in (THEIR_KEY, made["signingSecret"], cloud.path.rpartition("/")[2]):
        assert secret not in stored
    assert household.home.parts.secrets.open(row.api_key) == THEIR_KEY


async def test_its_address_and_key_can_be_changed(household: Household) -> None:
    cloud = await a_cloud(household)
    path = f"/connections/{cloud.shown['uuid']}"
    changes = {"name": "Office", "baseUrl": "https://api.eatmachine.io", "apiKey": "another-key"}
    changed = (await household.user.call("PATCH", path, json=changes)).json()["data"]
    assert (changed["name"], changed["baseUrl"]) == ("Office", "https://api.eatmachine.io")
    assert "another-key" not in str(changed)
    async with household.home.parts.db.reading() as session:
        row = await connections.get(session, UUID(household.user.shown["uuid"]), UUID(cloud.shown["uuid"]))
    assert household.home.parts.secrets.open(row.api_key) == "another-key"


async def test_after_a_rotation_only_the_new_address_and_secret_count(household: Household) -> None:
    cloud = await a_cloud(household)
    assert (await cloud.signed(said("heartbeat"))).status_code == 200
    old, secret = cloud.path, cloud.shown["signingSecret"]
    cloud.shown = (await household.user.post(f"/connections/{cloud.shown['uuid']}/rotate")).json()["data"]
    assert cloud.path != old
    assert (await household.home.http.post(old, json=said("heartbeat"))).status_code == 404
    assert (await cloud.signed(said("heartbeat"), secret=secret)).status_code == 401
    assert (await cloud.send(said("heartbeat"))).status_code == 200  # whether the new one is used is not known yet
    assert (await cloud.signed(said("heartbeat"))).status_code == 200


async def test_through_a_deleted_connection_nothing_comes_in(household: Household) -> None:
    cloud = await a_cloud(household)
    await cloud.send(said("heartbeat"))
    assert (await household.user.call("DELETE", f"/connections/{cloud.shown['uuid']}")).status_code == 200
    assert (await cloud.send(said("heartbeat"))).status_code == 404
    assert (await household.user.get("/connections")).json()["data"] == []
    assert len(await cloud.fridges()) == 1


@pytest.mark.parametrize("form", UNREADABLE_FORMS, ids=range(len(UNREADABLE_FORMS)))
async def test_what_is_no_plain_web_address_is_refused(paired: Household, form: str) -> None:
    """What leads inside is refused at every call, in tests/outside."""
    body: Any = OFFICE | {"apiKey": THEIR_KEY, "baseUrl": form.format(port=80)}
    answer = await paired.user.post("/connections", body)
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["baseUrl"]


async def test_only_clouds_that_speak_as_eatmachine_can_be_connected(paired: Household) -> None:
    answer = await paired.user.post("/connections", OFFICE | {"apiKey": THEIR_KEY, "kind": "other"})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["kind"])

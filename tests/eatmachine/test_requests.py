"""The requests of EatMachine's document, as its curl lines make them, get the answers that it prints (S64)."""

import json
import re
from typing import Any

import pytest

from settings import ROOT
from tests.eatmachine.conftest import IN_THE_DOCUMENT, Client
from tests.eatmachine.document import EXCHANGES

DIFFER = {
    "a uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d",
    "a key for linking": r"[0-9a-f]{13}",
    "an address": r"[a-z0-9]+@example\.com",
}


def printed(name: str) -> Any:
    """The answer that the document prints."""
    return json.loads((EXCHANGES / f"{name}.json").read_text())


def form(shown: Any) -> Any:
    """What must be the same at every call: keys in their order, values but for those that are somebody's own."""
    match shown:
        case dict():
            return [(name, form(value)) for name, value in shown.items()]
        case list():
            return [form(value) for value in shown]
        case str():
            return next((what for what, pattern in DIFFER.items() if re.fullmatch(pattern, shown)), shown)
    return shown


async def test_who_am_i_is_answered_by_key_and_by_login(client: Client) -> None:
    """S67, S68, S69: the short-lived key is not wrapped, and is used the same way."""
    by_key = await client.call("me")
    assert (by_key.status_code, by_key.json()["data"]["email"]) == (200, client.its_own["email"])
    login = await client.call("login")
    assert (login.status_code, list(login.json())) == (200, list(printed("login")))
    client.its_own["key"] = login.json()["token"]
    assert (await client.call("me")).json() == by_key.json()


async def test_fleet_fridge_and_commands_are_answered_as_printed(client: Client) -> None:
    """S70 to S77, S82 to S84, S91, S94, S110, S116, S121: key by key and in order, with `null`s and messages."""
    for name in ("fleet", "fridge", "reboot", "open"):
        answer = await client.call(name)
        assert answer.status_code == 201, answer.text
        assert form(answer.json()) == form(printed(name))
        if name in IN_THE_DOCUMENT:
            client.its_own[name] = answer.json()["data"]["uuid"]
        else:
            assert answer.json()["data"]["author"]["identifier"] == client.its_own["email"]


async def test_what_was_made_is_found_by_its_uuid(client: Client) -> None:
    """S75, S77, S83: with the same shape as when it was made, in the fleet of that name."""
    for name in ("fleet", "fridge"):
        made = (await client.call(name)).json()["data"]
        client.its_own[name] = made["uuid"]
        found = (await client.user.get(f"/{name}s/{made['uuid']}")).json()["data"]
        assert list(found) == list(made)
        assert found == made
    assert (found["fleet"]["uuid"], found["fleet"]["name"]) == (client.its_own["fleet"], "My Fleet")
    assert found["lastActivity"] == found["createdAt"]


async def test_faults_are_answered_as_printed(client: Client) -> None:
    """S117, S118, S119: by the names and with the texts of the document; all else of the body is beside them."""
    key = {"Authorization": f"Bearer {client.its_own['key']}"}
    answer = await client.http.post("/fridges", headers=key, json={"foo": "bar"})
    assert answer.status_code == 400
    of_the_document = {name: value for name, value in answer.json().items() if name in printed("faults")}
    assert form(of_the_document) == form(printed("faults"))


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({"fleet_id": 7}, "fleet_id", "This is not a valid UUID."),
        ({"fleet_id": "c127eb0f-bf0f-4b0a-a5de-bb416aaf2ce1"}, "fleet_id", "There is no such fleet."),
        ({"settings": {"foo": 1}}, "settings.foo", "This field was not expected."),
        ({"settings": {"firmwareVersion": "2"}}, "settings.firmwareVersion", "This field was not expected."),
        ({"fleetId": "c127eb0f-bf0f-4b0a-a5de-bb416aaf2ce1"}, "fleetId", "This field was not expected."),
        ({"settings": []}, "settings", None),
        ({"settings": None}, "settings", None),
        (
            {"settings": {"temperatureMinAlert": "-10"}},
            "settings.temperatureMinAlert",
            "This value should be a number.",
        ),
        ({"settings": {"temperatureMinAlert": -101}}, "settings.temperatureMinAlert", None),
        ({"settings": {"temperatureMinAlert": 5, "temperatureMaxAlert": 4}}, "settings.temperatureMinAlert", None),
        ({"settings": {"heartbeatInterval": 9}}, "settings.heartbeatInterval", None),
        ({"settings": {"heartbeatInterval": 86401}}, "settings.heartbeatInterval", None),
        ({"settings": {"heartbeatInterval": 30.5}}, "settings.heartbeatInterval", None),
        ({"settings": {"heartbeatInterval": None}}, "settings.heartbeatInterval", "This value should not be null."),
        ({"settings": {"kioskUrl": "javascript:alert(1)"}}, "settings.kioskUrl", None),
        ({"settings": {"kioskUrl": "data:text/html,x"}}, "settings.kioskUrl", None),
        ({"settings": {"kioskUrl": "https://u:p@example.com"}}, "settings.kioskUrl", None),
        ({"settings": {"webhookUrl": "ftp://example.com"}}, "settings.webhookUrl", None),
        ({"settings": {"webhookUrl": "https://exa mple.com"}}, "settings.webhookUrl", None),
    ],
)
async def test_each_fault_is_named_by_its_field(client: Client, body: Any, field: str, text: str | None) -> None:
    """S78 to S81, S117."""
    fleet = (await client.call("fleet")).json()["data"]["uuid"]
    refused = await client.user.post("/fridges", {"fleet_id": fleet} | body)
    assert refused.status_code == 400, refused.text
    assert refused.json()["message"] == "Validation error."
    assert list(refused.json()["data"]) == [field]
    assert text in (None, *refused.json()["data"][field])
    assert (await client.user.get("/fridges")).json()["data"] == []


def test_there_is_a_changelog() -> None:
    """S120: the document has the heading alone."""
    assert "fridge" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").lower()

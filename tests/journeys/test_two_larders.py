"""Two Larders connected to each other: a fridge is linked to one, the other is its restaurateur's (1.L)."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher

from api.passwords import Passwords
from settings import Settings
from simulator.family import Family, a_family, eventually
from simulator.town import Town, town
from tests.databases import fresh_database
from tests.journeys.told_fridge import Linked, a_linked_fridge

LOYAL, TAKEN = "e28011700000020aa7bcfc24", "e28011700000020aa7be6cd4"


@pytest.fixture(scope="session")
def elsewhere_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of another Larder, with a database and an instance key of its own."""
    home: Path = tmp_path_factory.mktemp("elsewhere")
    with fresh_database("sqlite", home) as url:
        yield Settings(home=home, database_url=url, allow_nets=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="session")
async def elsewhere(elsewhere_settings: Settings) -> AsyncIterator[Town]:
    """The other Larder, running beside the_town with a Temporal of its own."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    async with town(elsewhere_settings, passwords) as running:
        yield running


@pytest.fixture
async def cloud(elsewhere: Town) -> Family:
    """Who runs the fridge's cloud."""
    return await a_family(elsewhere)


@dataclass
class Connected:
    """A fridge of a cloud, and the restaurateur whose own Larder knows it through a connection."""

    fridge: Linked
    restaurateur: Family
    uuid: str

    async def look(self) -> Any:
        """The fridge as the restaurateur sees it."""
        return await self.restaurateur.get(f"/fridges/{self.uuid}")

    async def command(self, slug: str) -> Any:
        """The restaurateur's word."""
        return await self.restaurateur.post(f"/fridges/{self.uuid}/commands/{slug}")

    async def commands(self) -> list[Any]:
        """What the restaurateur's Larder knows of them, newest first."""
        found: list[Any] = await self.restaurateur.get(f"/fridges/{self.uuid}/commands")
        return found

    async def command_is(self, status: str | None) -> Any:
        """The newest command, once it has come so far."""
        found = await eventually(self.commands, lambda listed: listed[0]["status"] == status)
        return found[0]

    async def to_do(self) -> Any:
        """What the device is told, once it is."""
        (found,) = await eventually(self.fridge.to_do, lambda told: len(told) == 1)
        return found


async def connected(cloud: Family, restaurateur: Family) -> Connected:
    """The restaurateur has a key of the cloud; the cloud tells the restaurateur's address, signed with its secret."""
    key = await cloud.post("/keys", name="Restaurant", scopes=["fridges:read", "fridges:command"])
    office = {"kind": "eatmachine", "name": "Office", "baseUrl": cloud.town.url, "apiKey": key["key"]}
    connection = await restaurateur.post("/connections", **office)
    fridge = await a_linked_fridge(cloud, restaurateur.town.url + urlsplit(connection["url"]).path)
    await fridge.secret(secret=connection["signingSecret"])
    await fridge.say("heartbeat")
    path = f"/fridges?fleet={connection['fleet']}"
    (seen,) = await eventually(lambda: restaurateur.get(path), lambda found: len(found) == 1)
    assert (await restaurateur.get(f"/connections/{connection['uuid']}"))["signedAt"] is not None
    return Connected(fridge, restaurateur, seen["uuid"])


async def test_a_whole_session_runs_across_both(cloud: Family, family: Family) -> None:
    """S84, S95, S110 to S115: opened here, unlocked there, and what was taken is known here."""
    both = await connected(cloud, family)
    device = both.fridge
    await device.say("inventory", {"epcs": [LOYAL, TAKEN], "removed": [], "added": [LOYAL, TAKEN]})
    path = f"/fridges/{both.uuid}/inventory"
    await eventually(lambda: family.get(path), lambda found: len(found) == 2)

    given = await both.command("open")
    asked = await both.to_do()
    assert asked["type"]["slug"] == "open"
    assert asked["uuid"] != given["uuid"]
    await device.say("ack", command={"uuid": asked["uuid"]})
    await both.command_is("ack")
    for status in ("unlocked", "opened", "closed"):
        await device.say("door-status", {"status": status}, command={"uuid": asked["uuid"]})
        await both.command_is(status)
        assert (await both.look())["doorStatus"] == status
    scan = {"epcs": [LOYAL], "removed": [TAKEN], "added": []}
    await device.say("inventory", scan, command={"uuid": asked["uuid"]})
    await both.command_is("inventory")

    (left,) = await eventually(lambda: family.get(path), lambda found: len(found) == 1)
    assert left["epc"] == LOYAL
    for sessions in (
        await family.get(f"/fridges/{both.uuid}/sessions"),
        await cloud.get(f"/fridges/{device.uuid}/sessions"),
    ):
        (session,) = sessions
        assert (session["status"], session["removed"]) == ("inventory", [TAKEN])
    (there,) = await cloud.get(f"/fridges/{device.uuid}/commands")
    assert there["status"] == "inventory"


async def test_a_command_that_the_other_cloud_declines_has_failed(cloud: Family, family: Family) -> None:
    """S92: its key was revoked there, so asking again is of no use."""
    both = await connected(cloud, family)
    (key,) = await cloud.get("/keys")
    assert (await cloud.http.delete(f"/keys/{key['uuid']}", headers=cloud.auth)).status_code == 200
    await both.command("reboot")
    failed = await both.command_is("failed")
    assert failed["message"] == "The other cloud answered 401 (Unauthorized)."

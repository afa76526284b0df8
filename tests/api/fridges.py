"""The first steps of somebody who has fridges."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from domain.fridges import Notification
from storage.tables import Fridge
from tests.api.direct import Home, Household
from tests.api.server import Caller

SETTINGS = {
    "temperatureMinAlert": -10,
    "temperatureMaxAlert": 10,
    "webhookUrl": "https://example.com/webhook-fridge-api",
    "kioskUrl": "https://kiosk.example.com",
    "heartbeatInterval": 300,
}


async def a_fleet(household: Household, name: str = "My Fleet") -> Any:
    """A fleet."""
    return await household.made("/fleets", name=name)


async def a_fridge(household: Household, **settings: Any) -> Any:
    """A fridge in a fleet of its own."""
    fleet = await a_fleet(household)
    return await household.made("/fridges", fleet_id=fleet["uuid"], settings=SETTINGS | settings)


async def linked(household: Household, fridge: Any) -> Caller:
    """The fridge with its token, by the key that was shown when it was made."""
    answer = await household.home.nobody.post("/fridge/link", {"initKey": fridge["initKey"]})
    assert answer.status_code == 200, answer.text
    shown = answer.json()["data"]
    return Caller(household.home.http, shown["token"], shown)


async def a_linked_fridge(household: Household, **settings: Any) -> Caller:
    """A fridge in a fleet of its own, with its token."""
    return await linked(household, await a_fridge(household, **settings))


async def a_command(household: Household, fridge: Any, slug: str = "open") -> Any:
    """A command that was just given."""
    return await household.made(f"/fridges/{fridge['uuid']}/commands/{slug}")


async def stored(home: Home, fridge: Any) -> Fridge:
    """Its row."""
    async with home.parts.db.reading() as session:
        return await session.get_one(Fridge, UUID(fridge["uuid"]))


async def change(home: Home, fridge: Any, **columns: Any) -> None:
    """Put something into its row."""
    async with home.parts.db.writing() as session:
        await session.execute(update(Fridge).where(Fridge.uuid == UUID(fridge["uuid"])).values(**columns))


def told(home: Home, fridge: Caller) -> list[Notification]:
    """What was passed on of the fridge."""
    return [report for about, report in home.desk.fridges.reports if about == UUID(fridge.shown["uuid"])]


async def say(fridge: Caller, *said: Any) -> httpx.Response:
    """One notification, or several at once."""
    return await fridge.post("/fridge/notifications", said[0] if len(said) == 1 else list(said))


async def link(home: Home, init_key: str, key: str | None = None) -> httpx.Response:
    """A device with nothing but the key."""
    return await home.nobody.post("/fridge/link", {"initKey": init_key}, key)

"""The long poll of fridges for their commands (1.L): what is handed out, when, and what it costs."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api import waiting
from api.app import create_app
from api.rates import Calls
from api.waiting import Waiting
from domain.fridges import CommandStatus
from domain.identity import new_uuid
from settings import Settings
from storage import fridge_wire
from storage.tables import FridgeCommand
from tests.api.direct import Home, Household
from tests.api.fridges import a_command, a_fridge, a_linked_fridge, link, say
from tests.api.server import Caller, listening

on_one_database = pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)


async def a_stored_command(household: Household, fridge: Any, age: timedelta, status: str | None = None) -> UUID:
    """A command of that age, as another process has written it down."""
    at, author = datetime.now(UTC) - age, UUID(household.user.shown["uuid"])
    row = FridgeCommand(uuid=new_uuid(), fridge=UUID(fridge["uuid"]), author=author, slug="inventory", status=status)
    row.created_at = row.updated_at = at
    row.expires_at = at + timedelta(seconds=60)
    async with household.home.parts.db.writing() as session:
        session.add(row)
    return row.uuid


async def test_commands_wait_oldest_first_until_they_are_acknowledged_or_expire(household: Household) -> None:
    """S84, S92, 1.J.11: an expired one is never handed out."""
    fridge = await a_linked_fridge(household)
    await a_stored_command(household, fridge.shown, timedelta(seconds=61))
    await a_stored_command(household, fridge.shown, timedelta(seconds=1), CommandStatus.ACK)
    older = await a_stored_command(household, fridge.shown, timedelta(seconds=30))
    newer = await a_command(household, fridge.shown, "open")
    await a_stored_command(household, await a_fridge(household), timedelta())
    answer = await fridge.get("/fridge/commands", wait=25)
    assert [command["uuid"] for command in answer.json()["data"]] == [str(older), newer["uuid"]]
    shown = answer.json()["data"][1]
    assert list(shown) == ["uuid", "type", "createdAt", "expiresAt"]
    assert shown["type"] == {"name": "Open", "slug": "open"}
    assert household.user.shown["email"] not in answer.text


async def test_a_poll_is_answered_as_soon_as_there_is_a_command(household: Household) -> None:
    fridge, began = await a_linked_fridge(household), time.monotonic()
    polling = asyncio.create_task(fridge.get("/fridge/commands", wait=25))
    await until_waiting(household.home, fridge)
    given = await a_command(household, fridge.shown, "temperature")
    (command,) = (await polling).json()["data"]
    assert command["uuid"] == given["uuid"]
    assert time.monotonic() - began < 20


async def test_a_poll_hears_of_a_command_that_another_process_took(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.05)
    fridge = await a_linked_fridge(household)
    polling = asyncio.create_task(fridge.get("/fridge/commands", wait=25))
    await until_waiting(household.home, fridge)
    given = await a_stored_command(household, fridge.shown, timedelta())
    (command,) = (await polling).json()["data"]
    assert command["uuid"] == str(given)


@on_one_database
async def test_a_poll_ends_with_nothing_after_its_time(household: Household) -> None:
    fridge, began = await a_linked_fridge(household), time.monotonic()
    assert (await fridge.get("/fridge/commands", wait=1)).json()["data"] == []
    assert time.monotonic() - began >= 1
    for wait in ("26", "-1", "x", "1.5"):
        assert (await fridge.get("/fridge/commands", wait=wait)).status_code == 400


@on_one_database
async def test_whoever_was_unlinked_while_waiting_is_told_no_command(home: Home, household: Household) -> None:
    fridge = await a_linked_fridge(household)
    polling = asyncio.create_task(fridge.get("/fridge/commands", wait=25))
    await until_waiting(home, fridge)
    key = (await household.user.post(f"/fridges/{fridge.shown['uuid']}/init-key")).json()["data"]["initKey"]
    assert (await link(home, key)).status_code == 200
    await a_command(household, fridge.shown, "open")
    assert (await polling).status_code == 401


@on_one_database
async def test_a_hundred_polls_are_one_look_a_second(
    home: Home, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    look = fridge_wire.with_commands

    async def counted(session: Any, fridges: Any, now: datetime) -> set[UUID]:
        looks.append(len(fridges))
        return await look(session, fridges, now)

    monkeypatch.setattr(fridge_wire, "with_commands", counted)
    fridges = [await a_linked_fridge(household) for _ in range(4)]
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=home.http.base_url, limits=limits, timeout=30, trust_env=False) as http:
        polling = []
        for count in range(10, 101, 10):
            callers = [Caller(http, fridges[number % 4].token) for number in range(10)]
            polling += [asyncio.create_task(caller.get("/fridge/commands", wait=10)) for caller in callers]
            await until_waiting(home, fridges[3], count)
        assert (await household.user.get("/fridges")).status_code == 200, "nobody holds a connection of the database"
        answers = await asyncio.gather(*polling)
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"message":"Commands.","data":[]}')}
    assert len(looks) <= 30
    assert max(looks) == 4


async def test_an_ending_process_lets_nobody_wait(home: Home) -> None:
    here, began = Waiting(), time.monotonic()
    waits = asyncio.create_task(here.for_command(home.parts.db, uuid4(), 25))
    await asyncio.sleep(0)
    here.end()
    await waits
    await here.for_command(home.parts.db, uuid4(), 25)
    assert time.monotonic() - began < 10


@on_one_database
async def test_a_fridge_has_as_many_calls_a_minute_as_a_device(household: Household, api_settings: Settings) -> None:
    fridge = await a_linked_fridge(household)
    app = create_app(api_settings, parts=replace(household.home.parts, calls=Calls(per_device=3)))
    async with listening(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        caller = Caller(http, fridge.token)
        answers = [await caller.get("/fridge/commands"), await say(caller, {"type": "heartbeat"})]
        answers += [await caller.get("/fridge/commands") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]


async def until_waiting(home: Home, fridge: Caller, polls: int = 1) -> None:
    """Return once the fridge's poll waits, and so many with it."""
    bells = home.parts.waiting._bells
    async with asyncio.timeout(20):
        while UUID(fridge.shown["uuid"]) not in bells or sum(map(len, bells.values())) < polls:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # it is another task's

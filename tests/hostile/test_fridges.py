"""What strangers, other fridges and broken fridges may try at the wire to fridges; each is refused or does no harm."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, func, select, update

from api.decoding import FACTS_LIMIT
from domain.fridges import MOST_EPCS
from storage.tables import Fridge, FridgeEvent, FridgeNotification, Table, Token
from tests.api.direct import Home, Household
from tests.api.fridges import a_command, a_fridge, a_linked_fridge
from tests.api.server import Caller
from tests.hostile.test_canaries import log

__all__ = ["log"]

ATTACKER, ACCOMPLICE = "127.0.0.21", "127.0.0.22"
on_one_database = pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)


@pytest.fixture
async def household(home: Home) -> Household:
    """A user with a device, and a retailer who sells cookies."""
    return await home.a_household()


@asynccontextmanager
async def somewhere(home: Home, address: str) -> AsyncIterator[Caller]:
    """A stranger at another address of loopback."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(base_url=home.http.base_url, transport=transport, timeout=60) as http:
        yield Caller(http)


async def tried(stranger: Caller, *keys: str) -> Counter[int]:
    """How these keys were answered, one after another."""
    return Counter([(await stranger.post("/fridge/link", {"initKey": key})).status_code for key in keys])


def guesses(count: int, first: int = 0) -> list[str]:
    """Keys of nobody, no two alike."""
    return [f"{number:013x}" for number in range(first, first + count)]


async def test_five_tries_of_a_key_whoever_makes_them(home: Home, household: Household) -> None:
    """1.J.13."""
    fridge = await a_fridge(household)
    async with somewhere(home, ATTACKER) as attacker, somewhere(home, ACCOMPLICE) as accomplice:
        assert await tried(attacker, *["feedfeedfeed0"] * 3) == {401: 3}
        assert await tried(accomplice, *["FEEDFEEDFEED0"] * 4) == {401: 2, 429: 2}
        assert await tried(attacker, "feedfeedfeed0", "feedfeedfeed1") == {429: 1, 401: 1}
        assert await tried(attacker, fridge["initKey"]) == {200: 1}


async def test_fifty_guesses_from_an_address_and_then_not_even_a_right_one(home: Home, household: Household) -> None:
    fridge = await a_fridge(household)
    async with somewhere(home, "127.0.0.23") as attacker, somewhere(home, ACCOMPLICE) as owner:
        assert await tried(attacker, *guesses(52)) == {401: 50, 429: 2}
        refused = await attacker.post("/fridge/link", {"initKey": fridge["initKey"]})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
        assert await tried(owner, fridge["initKey"]) == {200: 1}


@contextmanager
def statements(home: Home) -> Iterator[list[str]]:
    """What the database is asked in the block."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engines = {home.parts.db._readers.sync_engine, home.parts.db._writers.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def test_whatever_is_wrong_with_a_key_the_same_work_is_done(home: Home, household: Household) -> None:
    """1.J.13: so the time does not tell an unknown key from one that was used or is too old."""
    used, expired = await a_fridge(household), await a_fridge(household)
    async with somewhere(home, "127.0.0.24") as stranger:
        assert await tried(stranger, used["initKey"]) == {200: 1}
        old = update(Fridge).where(Fridge.uuid == UUID(expired["uuid"])).values(init_key_until=datetime.now(UTC))
        async with home.parts.db.writing() as session:
            await session.execute(old)
        work = []
        for key in ("0a0a0a0a0a0a0", used["initKey"], expired["initKey"]):
            with statements(home) as asked:
                assert await tried(stranger, key) == {401: 1}
            work.append(asked)
    assert len(work[0]) >= 4
    assert work[0] == work[1] == work[2]


async def test_two_fridges_race_for_one_key(home: Home, household: Household) -> None:
    """C22: one wins, the others hear what everybody hears who has no key; the owner is told once."""
    for _ in range(3):
        fridge = await a_fridge(household)
        racing = [home.nobody.post("/fridge/link", {"initKey": fridge["initKey"]}) for _ in range(5)]
        answers = await asyncio.gather(*racing)
        assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 4}
        uuid = UUID(fridge["uuid"])
        async with home.parts.db.reading() as session:
            assert await session.scalar(select(func.count()).where(Token.subject == uuid)) == 1
        notices = (await household.user.get("/notices")).json()["data"]
        assert len([notice for notice in notices if notice["data"].get("fridge") == fridge["uuid"]]) == 1


async def events(household: Household, fridge: Caller) -> list[str]:
    """What was odd about a fridge."""
    async with household.home.parts.db.reading() as session:
        its_own = select(FridgeEvent.kind).where(FridgeEvent.fridge == UUID(fridge.shown["uuid"]))
        return list(await session.scalars(its_own))


async def test_another_fridge_neither_sees_a_command_nor_answers_it(household: Household) -> None:
    """A forged result moves no command on; it is noted at the fridge that told it."""
    fridge, neighbour = await a_linked_fridge(household), await a_linked_fridge(household)
    stranger = await a_linked_fridge(await household.home.a_household())
    command = await a_command(household, fridge.shown, "open")
    path = f"/fridges/{fridge.shown['uuid']}/commands"
    before = (await household.user.get(path)).text
    for other in (neighbour, stranger):
        assert (await other.get("/fridge/commands")).json()["data"] == []
        for kind, data in (("ack", None), ("door-status", {"status": "opened"}), ("inventory", {"epcs": []})):
            word = {"uuid": command["uuid"], "status": "success"}
            forged: dict[str, Any] = {"id": kind, "type": kind, "data": data, "command": word}
            assert (await other.post("/fridge/notifications", forged)).status_code == 200
        assert await events(household, other) == ["command-result"] * 3
    assert (await household.user.get(path)).text == before
    assert (await fridge.get("/fridge/commands")).json()["data"][0]["uuid"] == command["uuid"]


async def test_a_result_after_the_end_changes_nothing(household: Household) -> None:
    fridge = await a_linked_fridge(household)
    command = await a_command(household, fridge.shown, "temperature")
    for number, status in enumerate(("ack", "failed", "success")):
        said = {"uuid": command["uuid"], "status": status, "message": "The sensor is broken."}
        body = {"id": str(number), "type": "ack", "command": said}
        assert (await fridge.post("/fridge/notifications", body)).status_code == 200
    (shown,) = (await household.user.get(f"/fridges/{fridge.shown['uuid']}/commands")).json()["data"]
    assert (shown["status"], shown["message"]) == ("failed", "The sensor is broken.")
    assert await events(household, fridge) == ["command-result"]


@on_one_database
async def test_one_tag_too_many_and_one_byte_too_many(household: Household) -> None:
    fridge = await a_linked_fridge(household)
    epcs = [f"e2801170{number:016x}" for number in range(MOST_EPCS + 1)]
    refused = await fridge.post("/fridge/notifications", {"type": "inventory", "data": {"epcs": epcs}})
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["data.epcs"])
    taken = await fridge.post("/fridge/notifications", {"type": "inventory", "data": {"epcs": epcs[:-1]}})
    assert taken.status_code == 200
    inside = await household.user.get(f"/fridges/{fridge.shown['uuid']}/inventory", limit=100)
    assert len(inside.json()["data"]) == 100
    large = {"type": "inventory", "data": {"epcs": ["x" * 64] * (FACTS_LIMIT // 64)}}
    assert (await fridge.post("/fridge/notifications", large)).status_code == 413


async def test_what_is_replayed_counts_once_and_the_order_of_arrival_does_not_matter(household: Household) -> None:
    home, fridge = household.home, await a_linked_fridge(household)
    began = datetime.now(UTC) - timedelta(hours=1)
    said = [
        {"id": str(number), "type": kind, "data": data, "at": (began + timedelta(minutes=number)).isoformat()}
        for number, (kind, data) in enumerate(
            [
                ("door-status", {"status": "unlocked"}),
                ("temperature", {"temperature": 9}),
                ("door-status", {"status": "opened"}),
                ("temperature", {"temperature": 4.5}),
            ]
        )
    ]
    for body in (said[::-1], said, said[0], said[1]):
        assert (await fridge.post("/fridge/notifications", body)).status_code == 200
    shown = (await household.user.get(f"/fridges/{fridge.shown['uuid']}")).json()["data"]
    assert (shown["doorStatus"], shown["temperature"]) == ("opened", 4.5)
    async with home.parts.db.reading() as session:
        its_own = select(func.count()).where(FridgeNotification.fridge == UUID(fridge.shown["uuid"]))
        assert await session.scalar(its_own) == len(said)
    other = said[1] | {"data": {"temperature": 99}}
    assert (await fridge.post("/fridge/notifications", other)).status_code == 200
    assert (await household.user.get(f"/fridges/{fridge.shown['uuid']}")).json()["data"]["temperature"] == 4.5
    assert await events(household, fridge) == ["differing-repeat"]


async def test_no_badge_shows_in_logs_answers_or_tables(household: Household, log: io.StringIO) -> None:
    """S107, 1.J.15: good and bad ones."""
    home, fridge, canary = household.home, await a_linked_fridge(household), "badge-canary-0815"
    bad: list[Any] = [canary * 20, f"{canary}\x00", [canary], {"token": canary}]
    for token in (canary, *bad):
        body = {"type": "badge-presented", "data": {"badge_token": token}}
        answer = await fridge.post("/fridge/notifications", body)
        assert answer.status_code == (200 if token == canary else 400), answer.text
        assert canary not in answer.text
    misplaced = {"type": "badge-presented", "data": {"badge_token": "1"}, "badge_token": canary}
    assert canary not in (await fridge.post("/fridge/notifications", misplaced)).text
    for path in ("", "/notifications", "/events", "/sessions", "/commands"):
        answer = await household.user.get(f"/fridges/{fridge.shown['uuid']}{path}")
        assert canary not in answer.text, path
    assert canary not in log.getvalue()
    async with home.parts.db.reading() as session:
        for table in Table.metadata.sorted_tables:
            assert canary not in repr((await session.execute(select(table))).all()), table.name


async def test_no_log_line_tells_a_key_or_a_token(household: Household, log: io.StringIO) -> None:
    fridge = await a_fridge(household)
    linked = await household.home.nobody.post("/fridge/link", {"initKey": fridge["initKey"]})
    caller = Caller(household.home.http, linked.json()["data"]["token"])
    await caller.get("/fridge/commands")
    await household.home.nobody.post("/fridge/link", {"initKey": "c0ffeec0ffee0"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert f"fridge:{fridge['uuid']}" in {line.get("caller") for line in lines}
    for secret in (fridge["initKey"], "c0ffeec0ffee0", caller.token or ""):
        assert secret not in log.getvalue()

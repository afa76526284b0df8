"""Guessing at passwords, device secrets and keys, at two real API processes on one database (docs/decisions/0011)."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import select

from storage.secrets import PUBLIC_LENGTH, Secrets, _checksum
from storage.tables import KnownPlace, WrongGuesses
from tests.api.server import CHOSEN_SECRET, PASSWORD
from tests.chaos.ruin import Ruin
from tests.databases import KINDS, Kind, fresh_database, opened

HOME, ATTACKER, ACCOMPLICE, CAFE = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
ADA, MALLORY = "ada@example.com", "mallory@example.com"
MAC_ADDRESS = "D5:6E:FB:B7:B8:C5"
UNPAIRED = "This device has no instruction for this call."


@dataclass
class Two:
    """Two API processes, called in turn from any address of loopback."""

    stack: Ruin
    open: AsyncExitStack
    clients: dict[tuple[str, str], httpx.AsyncClient] = field(default_factory=dict)
    calls: int = 0

    async def post(self, address: str, path: str, **request: Any) -> httpx.Response:
        """A POST from there to the API whose turn it is."""
        self.calls += 1
        where = (address, self.stack.url(("api", "api-2")[self.calls % 2]))
        if where not in self.clients:
            transport = httpx.AsyncHTTPTransport(local_address=address, retries=1)
            client = httpx.AsyncClient(base_url=where[1], transport=transport, timeout=60, trust_env=False)
            self.clients[where] = await self.open.enter_async_context(client)
        return await self.clients[where].post(path, **request)

    async def login(self, address: str, name: str, password: str, **headers: str) -> httpx.Response:
        """A try from there."""
        return await self.post(address, "/auth/login", json={"username": name, "password": password}, headers=headers)

    async def restart(self) -> None:
        """Both processes are others."""
        self.stack.kill("api", "api-2")
        await self.stack.start("api", "api-2")


@pytest.fixture(scope="module", params=KINDS)
async def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    """On a fresh database, with no Temporal; Ada and Mallory have signed up, and Ada has logged in at home."""
    kind: Kind = request.param
    home: Path = tmp_path_factory.mktemp("two")
    with fresh_database(kind, home) as url:
        stack = Ruin(home, kind, url)
        try:
            await stack.start("api", "api-2")
            async with AsyncExitStack() as clients:
                both = Two(stack, clients)
                for name in (ADA, MALLORY):
                    body = {"email": name, "password": PASSWORD, "name": name}
                    assert (await both.post(HOME, "/users", json=body)).status_code == 201
                assert (await both.login(HOME, ADA, PASSWORD)).status_code == 200
                yield both
        finally:
            stack.end()


async def statuses(tries: int, one: Callable[[], Awaitable[httpx.Response]]) -> Counter[int]:
    """How so many at once were answered."""
    return Counter(answer.status_code for answer in await asyncio.gather(*(one() for _ in range(tries))))


def seconds(answer: httpx.Response) -> int:
    """How long to wait, as the header and the sentence say alike."""
    assert answer.status_code == 429, answer.text
    told = int(answer.headers["retry-after"])
    assert 0 < told <= 15 * 60
    assert f"Too many attempts. Try again in {told} seconds." in answer.text
    return told


async def test_ten_wrong_passwords_for_an_account_whoever_sends_them_and_then_its_owner_only_from_home(
    two: Two,
) -> None:
    assert (await two.post(ATTACKER, "/auth/login", json={"username": ADA})).status_code == 400, "malformed: no guess"
    assert await statuses(3, lambda: two.login(ATTACKER, ADA, "wrong")) == {401: 3}
    assert (await two.login(ATTACKER, MALLORY, PASSWORD)).status_code == 200, "which resets nothing"
    assert await statuses(20, lambda: two.login(ATTACKER, ADA, "wrong")) == {401: 7, 429: 13}
    refused = await two.login(ATTACKER, ADA, PASSWORD)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["message"] == f"Too many attempts. Try again in {seconds(refused)} seconds."
    seconds(await two.login(ACCOMPLICE, ADA.upper(), PASSWORD))
    seconds(await two.login(ATTACKER, ADA, PASSWORD, **{"X-Forwarded-For": HOME, "Forwarded": f"for={HOME}"}))
    assert await statuses(2, lambda: two.login(HOME, ADA, PASSWORD)) == {200: 2}
    await two.restart()
    assert await statuses(2, lambda: two.login(ACCOMPLICE, ADA, PASSWORD)) == {429: 2}
    assert await statuses(14, lambda: two.login(HOME, ADA, "wrong")) == {401: 10, 429: 4}
    seconds(await two.login(HOME, ADA, PASSWORD))


async def test_an_account_that_does_not_exist_is_answered_alike(two: Two) -> None:
    assert await statuses(14, lambda: two.login(CAFE, "nobody@example.com", "wrong")) == {401: 10, 429: 4}


async def test_fifty_wrong_passwords_from_an_address_whatever_the_accounts(two: Two) -> None:
    names = iter(f"somebody-{number}@example.com" for number in range(60))
    own = await statuses(60, lambda: two.login("127.0.0.5", next(names), "wrong"))
    assert own == {401: 50, 429: 10}
    seconds(await two.login("127.0.0.5", MALLORY, PASSWORD))
    assert (await two.login(ACCOMPLICE, MALLORY, PASSWORD)).status_code == 200


async def a_device(two: Two) -> dict[str, Any]:
    token = (await two.login(ACCOMPLICE, MALLORY, PASSWORD)).json()["token"]
    body = {"name": "Jar", "macAddress": MAC_ADDRESS, "secret": CHOSEN_SECRET}
    made = await two.post(ACCOMPLICE, "/devices", json=body, headers={"Authorization": f"Bearer {token}"})
    return cast("dict[str, Any]", made.json()["data"])


@pytest.mark.parametrize("there_is_one", [True, False], ids=["a device", "no device"])
async def test_ten_wrong_secrets_for_a_device_from_an_address(two: Two, there_is_one: bool) -> None:
    good = {"mac_address": MAC_ADDRESS, "device_id": (await a_device(two))["deviceId"], "secret": CHOSEN_SECRET}
    if not there_is_one:
        good["device_id"] = "A" * 12
    wrong = good | {"secret": "my name is tim"}
    assert await statuses(12, lambda: two.post(ATTACKER, "/v2/level", data=good | {"secret": ""})) == {400: 12}
    known = 400 if there_is_one else 401  # a device that is let in hears that it is not paired
    assert (await two.post(ATTACKER, "/v2/level", data=good | {"level": "5"})).status_code == known
    left = 10 if there_is_one else 9
    answers = await statuses(24, lambda: two.post(ATTACKER, "/v2/trigger", data=wrong))
    assert answers == {401: left, 429: 24 - left}
    for path in ("/v2/trigger", "/v2/level"):
        refused = await two.post(ATTACKER, path, data=good)
        told = seconds(refused)
        assert refused.text == json.dumps({"Status": 429, "Error": f"Too many attempts. Try again in {told} seconds."})
        assert refused.headers["content-type"] == "application/json"
    assert (await two.post(HOME, "/v2/trigger", data=good)).status_code == known
    if there_is_one:
        assert UNPAIRED in (await two.post(HOME, "/v2/trigger", data=good)).text


@pytest.mark.parametrize("there_is_one", [True, False], ids=["a device", "no device"])
async def test_ten_wrong_keys_for_a_device_from_an_address(two: Two, there_is_one: bool) -> None:
    key = (await a_device(two))["deviceKey"]
    public, wrong = Secrets.new_token("dk")
    if there_is_one:
        public = key[3 : 3 + PUBLIC_LENGTH]
        wrong = f"dk_{public}_{'0' * 43}"
        wrong += _checksum(wrong)
    address = "127.0.0.6" if there_is_one else "127.0.0.7"
    for malformed in ("", wrong[:-1], wrong[:-1] + "-"):
        assert (await two.post(address, "/v1/trigger", headers={"Device_Key": malformed})).status_code == 400
    answers = await statuses(24, lambda: two.post(address, "/v1/level", headers={"Device_Key": wrong}))
    assert answers == {400: 10, 429: 14}
    (refused,) = (answer := await two.post(address, "/v1/level", headers={"Device-Key": wrong})).json()
    assert list(refused) == ["CommandRef", "ID", "Status"]
    assert refused["ID"] == 429
    assert refused["Status"] == f"Didn't do - Too many attempts. Try again in {seconds(answer)} seconds."
    right = await two.post(address, "/v1/trigger", headers={"Device_Key": key})
    assert UNPAIRED in right.text, "256 bits cannot be guessed, so the right key always opens"


async def test_what_is_counted_tells_of_nobody(two: Two) -> None:
    await two.login(CAFE, "told@example.com", "canary password")
    async with opened(two.stack.database_url) as db, db.reading() as session:
        rows = [*(await session.execute(select(WrongGuesses))).scalars(), *await session.scalars(select(KnownPlace))]
    assert len(rows) > 5
    for row in rows:
        assert re.fullmatch("[0-9a-f]{64}", row.key)
        assert re.fullmatch("[0-9 ]*", getattr(row, "moments", ""))
    assert "canary" not in two.stack.logs
    assert "told@example.com" not in two.stack.logs

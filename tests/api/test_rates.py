"""How often anybody may call: by device, by user, and by address for strangers; what they hear beyond that."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.rates import Calls
from settings import Settings
from tests.api.direct import Home, Household
from tests.api.server import Api, Caller, listening
from tests.api.test_app import a_free_port, served, until_it_answers

on_one_database = pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)


@pytest.fixture
async def limited(home: Home, api_settings: Settings) -> AsyncIterator[Home]:
    """The same application behind small limits."""
    parts = replace(home.parts, calls=Calls(per_device=3, per_user=5, per_address=4))
    app = create_app(api_settings, parts=parts)
    async with listening(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        yield Home(app, parts, http, home.desk)


def by_way_of(limited: Api, caller: Caller) -> Caller:
    """The caller, at the limited application."""
    return Caller(limited.http, caller.token, caller.shown)


def shown(answer: httpx.Response) -> tuple[int, int]:
    """What is left of how many."""
    assert 0 < int(answer.headers["ratelimit-reset"]) <= 3600
    return int(answer.headers["ratelimit-remaining"]), int(answer.headers["ratelimit-limit"])


@on_one_database
async def test_a_user_has_so_many_calls_an_hour(limited: Home, household: Household) -> None:
    user = by_way_of(limited, household.user)
    answers = [await user.get("/items") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [shown(answer) for answer in answers] == [(4, 5), (3, 5), (2, 5), (1, 5), (0, 5), (0, 5)]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert refused.json()["message"] == f"Too many calls. Try again in {refused.headers['retry-after']} seconds."
    assert (await household.user.get("/items")).status_code == 200


@on_one_database
async def test_a_device_has_so_many_calls_a_minute_whatever_it_calls(limited: Home, household: Household) -> None:
    item = await household.item(level=12)
    instruction = await household.tracking(item)
    fact = {"id": "1", "instruction": instruction["uuid"], "kind": "counted", "quantity": 5}
    device = by_way_of(limited, household.device)
    assert (await device.post("/facts", {"facts": [fact]})).status_code == 201
    second = await limited.http.post("/v2/level", data=household.form | {"level": "5"})
    assert (second.status_code, shown(second)) == (201, (1, 3))
    key = {"Device_Key": str(household.device.token)}
    assert (await limited.http.post("/v1/level", json={"level": 5}, headers=key)).status_code == 201
    newer = await limited.http.post("/v2/level", data=household.form | {"level": "5"})
    assert (newer.status_code, newer.json()["Status"]) == (429, 429)
    assert newer.json()["Error"] == f"Too many calls. Try again in {newer.headers['retry-after']} seconds."
    older = await limited.http.post("/v1/level", json={"level": 5}, headers=key)
    assert (older.status_code, older.json()[0]["ID"]) == (429, 429)
    assert older.json()[0]["Status"].startswith("Didn't do - Too many calls.")
    assert older.headers.get_list("ratelimit-limit") == ["3"]
    assert (await device.post("/facts", {"facts": [fact]})).status_code == 429
    assert (await household.seen(item))["level"] == 5


@on_one_database
async def test_strangers_are_counted_by_their_address_and_who_is_known_is_not(
    limited: Home, household: Household
) -> None:
    login: dict[str, Any] = {"username": "nobody@example.com", "password": "wrong password"}
    statuses = [
        (await limited.nobody.post("/auth/login", login)).status_code,
        (await Caller(limited.http, "ut_unknown").get("/items")).status_code,
        (await limited.http.post("/v1/level", headers={"Device_Key": "dk_x"}, json={"level": 1})).status_code,
        (
            await limited.http.post("/v2/level", data=household.form | {"secret": "wrong secret", "level": "1"})
        ).status_code,
    ]
    assert statuses == [401, 401, 400, 401]
    assert (await limited.nobody.post("/auth/login", login)).status_code == 429
    assert (await Caller(limited.http, "ut_unknown").get("/items")).status_code == 429
    assert (await limited.nobody.get("/schema/openapi.json")).status_code == 429
    for path in ("/healthz", "/readyz"):
        assert (await limited.nobody.get(path)).status_code != 429
    assert (await by_way_of(limited, household.user).get("/items")).status_code == 200
    proved = await household.v2(data=household.form | {"level": "1"})
    again = await limited.http.post("/v2/level", data=household.form | {"level": "1"})
    assert proved.status_code == again.status_code == 400, "no instruction, but its secret is known by now"


async def test_without_a_limit_nothing_is_counted(paired: Household) -> None:
    answers = await asyncio.gather(*(paired.user.get("/items") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit-limit" not in answers[0].headers


def test_the_windows_are_swept_once_in_a_while() -> None:
    """A sweep looks at everybody who has called, which nobody wants to pay for at each call."""
    calls = Calls(per_address=1_000)
    calls.from_address("192.0.2.1")
    rest = calls._limiter.storage.timer  # type: ignore[union-attr]
    for number in range(100):
        calls.from_address(f"192.0.2.{number}")
    assert calls._limiter.storage.timer is rest  # type: ignore[union-attr]
    assert rest.is_alive()


@pytest.mark.parametrize("proxies", ["127.0.0.0/8", ""])
async def test_a_proxy_that_is_trusted_says_where_a_call_comes_from(tmp_path: Path, proxies: str) -> None:
    """Of what it passes on, the nearest address that it was called from counts, and not what a caller made up."""
    port = a_free_port()
    limits = {"LARDER_ADDRESS_CALLS_PER_MINUTE": "2", "LARDER_TRUSTED_PROXIES": proxies}
    process = served(tmp_path, port, **limits)
    try:
        url = f"http://127.0.0.1:{port}"
        await until_it_answers(f"{url}/healthz", process)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
            statuses = [
                (await http.get("/schema/openapi.json", headers={"X-Forwarded-For": path})).status_code
                for path in ("192.0.2.1", "192.0.2.1", "198.51.100.9, 192.0.2.1", "192.0.2.2")
            ]
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate, timeout=15)
    assert statuses == [200, 200, 429, 200 if proxies else 429]

"""C2, C3, C12: the API dies around its call to Temporal or its commit, or two of them hear the same key at once."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import anyio
import httpx

from tests.chaos.household import Household
from tests.chaos.size import API_KILLS, SEED

AT_ONCE = 100
A_WHILE = 0.05  # seconds within which a call reaches any place of its way through the API


async def test_c2_api_killed_before_during_and_after_its_call_to_temporal(home: Household) -> None:
    stack, chance, item = home.stack, random.Random(SEED), await home.item(level=1000)
    async with stack.watched():
        for number in range(API_KILLS):
            fact = {"id": f"use-{number}-{uuid4().hex}", "item": item, "kind": "used", "quantity": 1}
            point = ("before_temporal", "during", "after_temporal")[number % 3]
            if point != "during":
                stack.arm(point, "api")
            async with anyio.create_task_group() as calling:
                calling.start_soon(_once, home.http, "/facts", {"facts": [fact]}, uuid4().hex)
                if point == "during":
                    await anyio.sleep(chance.uniform(0, A_WHILE))
                    stack.processes["api"].kill()
            await home.report_all([fact])
    await home.level_is(item, 1000 - API_KILLS)
    assert home.kills >= API_KILLS
    await home.check(0, "C2 API killed around its call to Temporal")


async def test_c3_api_killed_before_and_after_its_commit(home: Household) -> None:
    stack, kept = home.stack, []
    async with stack.watched():
        for number in range(API_KILLS):
            body, key = {"name": f"Jar {number}", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": uuid4().hex}, uuid4().hex
            stack.arm(("before_commit", "after_commit")[number % 2], "api")
            await _once(home.http, "/devices", body, key)
            answers = [await home.send("POST", "/devices", key, json=body) for _ in range(2)]
            assert answers[0].text == answers[1].text
            assert [answer.status_code for answer in answers] == [201, 201]
            kept.append(answers[0].json()["data"]["uuid"])
    assert sorted(device["uuid"] for device in await home.all("/devices")) == sorted(kept)
    assert home.kills == API_KILLS
    await home.check(0, "C3 API killed around its commit")


async def test_c12_the_same_key_from_two_apis_at_once_is_one_effect(home: Household) -> None:
    stack = home.stack
    await stack.start("api-2")
    item = await home.item()
    form = await home.button(item)
    draft, key = {"name": "Milk", "unit": "piece"}, uuid4().hex
    async with _second(home) as other:

        async def both(path: str, key: str, **request: Any) -> list[httpx.Response]:
            answers: list[httpx.Response] = []

            async def ask(http: httpx.AsyncClient) -> None:
                answers.append(await http.post(path, headers={"Idempotency-Key": key}, **request))

            async with anyio.create_task_group() as asking:
                for number in range(AT_ONCE):
                    asking.start_soon(ask, (home.http, other)[number % 2])
            return answers

        made = await both("/items", key, json=draft)
        pressed = await both("/v2/trigger", uuid4().hex, data=form)
    made.append(await home.send("POST", "/items", key, json=draft))
    assert {answer.status_code for answer in made} <= {201, 503}
    assert len({answer.json()["data"]["uuid"] for answer in made if answer.status_code == 201}) == 1
    assert [found["name"] for found in await home.all("/items")].count("Milk") == 1
    assert {answer.status_code for answer in pressed} == {201}
    assert len({answer.text for answer in pressed}) == 1
    await home.orders_are(1)
    await home.everything_settled()
    await home.check(1, "C12 one key at two APIs, 100 at once")


async def _once(http: httpx.AsyncClient, path: str, body: object, key: str) -> None:
    """A call whose caller hears nothing."""
    with suppress(httpx.TransportError):
        await http.post(path, json=body, headers={"Idempotency-Key": key})


@asynccontextmanager
async def _second(home: Household) -> AsyncIterator[httpx.AsyncClient]:
    """The same caller at the other API."""
    async with httpx.AsyncClient(base_url=home.stack.url("api-2"), headers=home.http.headers, timeout=20) as http:
        yield http

"""The virtual retailer must itself be trustworthy: journeys and crash tests count what is in its book."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from simulator.behaviours import BOOK, HANG_UP, answer
from simulator.retailer import ScriptedRetailer


async def hand_over(url: str, key: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(url, headers={"Idempotency-Key": key}, json={"uuid": key})


@asynccontextmanager
async def a_process(book: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A retailer as a process of its own, and where its orders go."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator.retailer", "--book", str(book), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(10):
            line = await process.stdout.readline()
        yield process, line.decode().split()[-1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_script_comes_first_and_then_every_key_is_booked_once() -> None:
    async with ScriptedRetailer([answer(503), HANG_UP]) as shop:
        assert (await hand_over(shop.url, "a")).status_code == 503
        with pytest.raises(httpx.RemoteProtocolError):
            await hand_over(shop.url, "a")
        assert shop.book == {}
        answers = [await hand_over(shop.url, key) for key in ("a", "a", "b")]
    assert [(said.status_code, said.json()["reference"]) for said in answers] == [
        (201, "R-1"),
        (200, "R-1"),
        (201, "R-2"),
    ]
    assert (len(shop.requests), list(shop.book), shop.repeats) == (5, ["a", "b"], 1)


async def test_what_is_no_order_is_not_booked() -> None:
    async with ScriptedRetailer([BOOK]) as shop, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(shop.url, json={})).status_code == 400
        assert (await client.post(shop.url, headers={"Idempotency-Key": "a"}, content=b"<html>")).status_code == 400
        assert (await client.post(shop.url, headers={"Idempotency-Key": "a"}, json=[])).status_code == 400
    assert (len(shop.requests), shop.book) == (3, {})


async def test_waiting_ends_with_the_order_that_was_waited_for() -> None:
    async with ScriptedRetailer([answer(500)]) as shop, asyncio.TaskGroup() as tasks:
        tasks.create_task(shop.wait_for_requests(2))
        tasks.create_task(shop.wait_for_orders(1))
        assert (await hand_over(shop.url, "a")).status_code == 500
        with pytest.raises(TimeoutError):
            await shop.wait_for_orders(1, timeout=0.01)
        assert (await hand_over(shop.url, "a")).status_code == 201


async def test_a_retailer_that_is_stopped_hangs_up_on_those_who_still_talk() -> None:
    async with ScriptedRetailer() as shop:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(shop.url).port)
        writer.write(b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        await writer.drain()
        assert (await hand_over(shop.url, "a")).status_code == 201
    assert await reader.read() == b""
    writer.close()
    assert len(shop.requests) == 1


async def test_a_visitor_who_speaks_no_http_is_let_go() -> None:
    async with ScriptedRetailer() as shop:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(shop.url).port)
        writer.write(b"hello\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
    assert shop.requests == []


async def test_the_book_of_a_killed_retailer_is_read_again_by_the_next_one(tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    async with a_process(book) as (process, url):
        assert (await hand_over(url, "a")).status_code == 201
        assert (await hand_over(url, "a")).status_code == 200
        process.kill()
        await process.wait()
    with book.open("ab") as torn:
        torn.write(b'{"books": true, "signed": nu')
    async with a_process(book) as (_, url):
        assert (await hand_over(url, "b")).json()["reference"] == "R-2"
        assert (await hand_over(url, "a")).json()["reference"] == "R-1"
    lines = [json.loads(line) for line in book.read_text().splitlines()]
    assert [line["headers"]["idempotency-key"] for line in lines] == ["a", "a", "b", "a"]
    read = ScriptedRetailer(journal=book)
    assert (len(read.requests), list(read.book), read.repeats) == (4, ["a", "b"], 2)

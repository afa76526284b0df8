"""Whose turn it is to try rules, and that nobody else waits for it."""

import asyncio
import threading

import pytest

from api import trials
from api.trials import Say, Trials
from domain.errors import Unavailable
from rules.backtest import Stopped


async def test_it_is_told_how_far_it_is_and_at_last_the_result() -> None:
    def work(say: Say) -> str:
        return "found" if say(1) and say(2) else "stopped"

    assert [said async for said in Trials().run(work)] == [1, 2, "found"]


async def test_the_work_ends_when_nobody_listens_any_more() -> None:
    ended, turns = threading.Event(), Trials()

    def work(say: Say) -> str:
        while say(0):
            pass
        ended.set()
        raise Stopped

    listening = turns.run(work)
    assert await anext(listening) == 0
    await listening.aclose()
    assert ended.is_set()
    assert [said async for said in turns.run(lambda _: "next")] == ["next"]


async def test_one_at_a_time_and_who_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.05)
    turns, goes_on = Trials(), threading.Event()

    def work(say: Say) -> str:
        say(0)
        goes_on.wait(20)
        return "first"

    first = turns.run(work)
    assert await anext(first) == 0
    with pytest.raises(Unavailable, match="Other rules are being tried"):
        await anext(turns.run(lambda _: "second"))
    goes_on.set()
    assert [said async for said in first] == ["first"]
    assert [said async for said in turns.run(lambda _: "second")] == ["second"]


async def test_a_fault_of_the_work_comes_out() -> None:
    def work(_: Say) -> str:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        await anext(Trials().run(work))


async def test_others_are_served_meanwhile() -> None:
    beats = 0

    def work(say: Say) -> int:
        return sum(say(number) for number in range(20_000))

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    heard = [said async for said in Trials().run(work)]
    beating.cancel()
    assert len(heard) == 20_001
    assert beats > 100

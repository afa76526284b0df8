"""Secrets that people choose."""

import asyncio
import threading
import time
from typing import Literal

import pytest
from argon2 import PasswordHasher

from api.passwords import AT_ONCE, MOST_REMEMBERED, REMEMBERED, Passwords, Remembered
from tests.api.server import quick_passwords


async def test_a_hash_opens_with_what_was_hashed_and_nothing_else() -> None:
    checker = quick_passwords()
    stored = await checker.hash("my name is tom")
    assert stored.startswith("$argon2id$")
    assert await checker.matches(stored, "my name is tom")
    assert not await checker.matches(stored, "my name is tim")
    assert not await checker.matches(None, "my name is tom")
    assert not await checker.matches("no hash at all", "my name is tom")


def test_by_default_a_hash_costs_what_rfc_9106_asks_for() -> None:
    parameters = PasswordHasher()
    assert (parameters.memory_cost, parameters.time_cost) >= (64 * 1024, 3)


async def test_no_more_than_two_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 -- argon2's name
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            with lock:
                running -= 1
            return True

    checker = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    await asyncio.gather(*(checker.matches("x", "y") for _ in range(8)))
    assert most == AT_ONCE


def test_what_was_verified_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    remembered = Remembered()
    remembered.add("proof")
    now += REMEMBERED - 1
    assert remembered.has("proof")
    now += 1
    assert not remembered.has("proof")
    assert not remembered.has("another")


def test_only_so_much_is_remembered() -> None:
    remembered = Remembered()
    for number in range(MOST_REMEMBERED + 1):
        remembered.add(str(number))
    assert not remembered.has("0")
    assert remembered.has("1")

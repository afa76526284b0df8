"""Who is unknown costs as much as who is wrong: the same hashes, the same statements, the same answer (OWASP API2)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event

from api.device_credentials import device_by_credentials
from domain.mail import MailBrief
from storage.guesses import TooManyAttempts
from storage.secrets import PUBLIC_LENGTH, SECRET_LENGTH, Secrets, _checksum
from tests.hostile.stage import Stage

NEVER_THE_SAME = {"request_id", "CommandRef"}


@dataclass
class Work:
    """What was done, in order: statements, keyed hashes, Argon2 runs."""

    done: list[str] = field(default_factory=list)

    def watch(self, what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same, and noted."""

        def watched(*given: Any, **more: Any) -> Any:
            self.done.append(what)
            return work(*given, **more)

        return watched


@pytest.fixture
def work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Everything that takes long enough to be measured from outside."""
    work, parts = Work(), stage.home.parts
    monkeypatch.setattr(parts.passwords, "_verify", work.watch("argon2", parts.passwords._verify))
    monkeypatch.setattr(parts.secrets, "keyed_hash", work.watch("hash", parts.secrets.keyed_hash))
    engines = {parts.db._readers.sync_engine, parts.db._writers.sync_engine}

    def statement(_: object, __: object, text: str, *___: object) -> None:
        work.done.append(text)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", statement)
    yield work
    for engine in engines:
        event.remove(engine, "before_cursor_execute", statement)


@dataclass(frozen=True)
class Outcome:
    """What a try cost, and what its caller can tell apart."""

    done: list[str]
    status: int
    body: dict[str, Any]


async def outcome(work: Work, attempt: Awaitable[httpx.Response]) -> Outcome:
    """Of one try."""
    work.done.clear()
    answer = await attempt
    body = answer.json()
    shown = body[0] if isinstance(body, list) else body
    told = {name: value for name, value in shown.items() if name not in NEVER_THE_SAME}
    return Outcome(list(work.done), answer.status_code, told)


async def test_a_login(stage: Stage, work: Work) -> None:
    def attempt(name: str) -> Awaitable[httpx.Response]:
        return stage.home.nobody.post("/auth/login", {"username": name, "password": "wrong"})

    email = stage.household.user.shown["email"]
    wrong = await outcome(work, attempt(email))
    assert (wrong.status, wrong.done.count("argon2")) == (401, 1)
    assert await outcome(work, attempt(f"x{email}")) == wrong


async def test_a_forgotten_password(stage: Stage, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The letter is a workflow's, which starts alike for nobody, and for nobody beyond three an hour."""
    started: list[MailBrief] = []

    async def start(brief: MailBrief) -> None:
        started.append(brief)

    def attempt(email: str) -> Awaitable[httpx.Response]:
        return stage.home.nobody.post("/auth/reset", {"email": email})

    monkeypatch.setattr(stage.home.desk, "mail", start)
    user, unknown = await stage.home.a_user(), f"{uuid4().hex}@example.com"
    await attempt(unknown)  # as the letter of the sign-up was the first of three
    started.clear()
    for letters in (2, 4, 4):
        known = await outcome(work, attempt(user.shown["email"]))
        assert known.status == 200
        assert await outcome(work, attempt(unknown)) == known
        assert len(started) == letters


async def test_a_device_secret(stage: Stage, work: Work) -> None:
    def attempt(**other: str) -> Awaitable[httpx.Response]:
        return stage.home.http.post("/v2/trigger", data=stage.household.form | other)

    assert (await attempt()).status_code == 201
    wrong = await outcome(work, attempt(secret="my name is tim"))
    assert (wrong.status, wrong.done.count("argon2")) == (401, 1)
    assert await outcome(work, attempt(device_id="A" * 12)) == wrong
    assert await outcome(work, attempt(mac_address="D5:6E:FB:B7:B8:C6")) == wrong


@pytest.mark.parametrize("header", ["Device_Key", "User_Auth", "Authorization"])
async def test_a_key(stage: Stage, work: Work, header: str) -> None:
    def attempt(key: str) -> Awaitable[httpx.Response]:
        if header == "Authorization":
            return stage.home.http.get("/auth/me", headers={header: f"Bearer {key}"})
        return stage.home.http.post("/v1/trigger", headers={header: key})

    _, unknown = Secrets.new_token("dk")
    key = f"{(stage.household.device.token or '')[: 3 + PUBLIC_LENGTH]}_{'0' * SECRET_LENGTH}"
    wrong = await outcome(work, attempt(key + _checksum(key)))
    assert wrong.status in (400, 401)
    assert "hash" in wrong.done
    assert await outcome(work, attempt(unknown)) == wrong


async def test_a_right_secret_among_many_wrong_ones_at_once_does_not_stand_out(stage: Stage) -> None:
    parts, form = stage.home.parts, stage.household.form

    async def let_in(secret: str) -> str:
        try:
            found = await device_by_credentials(parts, form["mac_address"], form["device_id"], secret, "192.0.2.1")
        except TooManyAttempts:
            return "limited"
        return "refused" if found is None else "let in"

    assert await let_in(form["secret"]) == "let in", "remembered from now on, which makes it fast"
    answers = await asyncio.gather(*(let_in(f"wrong {number}") for number in range(40)), let_in(form["secret"]))
    assert answers[-1] == "limited"
    assert Counter(answers) == {"refused": 10, "limited": 31}

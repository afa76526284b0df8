"""Codes that come by mail: confirmation of an address, and a new password (S5, S7)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import update

from storage.secrets import TOKEN, Secrets
from storage.tables import Token
from tests.api.direct import Home
from tests.api.server import PASSWORD, Caller

NEW = "battery horse staple"


async def letters(user: Caller) -> list[Any]:
    """The letters to a user, newest first."""
    found: list[Any] = (await user.get("/outbox")).json()["data"]
    return found


def code_in(letter: Any) -> str:
    """The code that a letter carries."""
    found = TOKEN.search(letter["text"])
    assert found is not None
    return found[0]


async def confirmed_at(user: Caller) -> str | None:
    """When the address was confirmed, if it was."""
    moment: str | None = (await user.get("/auth/me")).json()["data"]["confirmedAt"]
    return moment


async def reset(home: Home, email: str) -> httpx.Response:
    """Somebody has forgotten the password."""
    answer = await home.nobody.post("/auth/reset", {"email": email})
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_letter_that_follows_a_sign_up_confirms_the_address(home: Home) -> None:
    """S7."""
    user = await home.a_user()
    assert user.shown["confirmedAt"] is None
    (letter,) = await letters(user)
    assert (letter["kind"], letter["recipient"]) == ("confirm-email", user.shown["email"])
    answer = await home.nobody.post("/auth/confirm", {"code": code_in(letter)})
    assert answer.json() == {"message": "Address confirmed.", "data": None}
    assert await confirmed_at(user) is not None
    assert (await home.nobody.post("/auth/confirm", {"code": code_in(letter)})).status_code == 401, "once"
    assert (await user.post("/auth/confirmation")).status_code == 409


async def test_signing_up_again_with_the_same_key_sends_no_second_letter(home: Home) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Ada"}
    for _ in range(2):
        assert (await home.nobody.post("/users", body, key="the-same-key-of-mine")).status_code == 201
    user = Caller(home.http, await home.login(body["email"]))
    assert len(await letters(user)) == 1


async def test_an_account_is_opened_while_no_letter_can_be_sent(home: Home) -> None:
    """It can be asked for again."""
    async with home.temporal_away():
        user = await home.a_user()
        assert (await user.post("/auth/confirmation")).status_code == 503
    assert await letters(user) == []
    assert (await user.post("/auth/confirmation")).status_code == 200
    assert len(await letters(user)) == 1


async def test_three_letters_an_hour_go_to_an_address(home: Home) -> None:
    """The one of the sign-up, and two more of whatever kind."""
    user = await home.a_user()
    assert (await user.post("/auth/confirmation")).status_code == 200
    await reset(home, user.shown["email"])
    limited = await user.post("/auth/confirmation")
    assert limited.status_code == 429
    assert 3590 <= int(limited.headers["retry-after"]) <= 3600
    await reset(home, user.shown["email"])
    assert [letter["kind"] for letter in await letters(user)] == ["reset-password", "confirm-email", "confirm-email"]
    other = await home.a_user()
    assert (await other.post("/auth/confirmation")).status_code == 200


async def test_a_new_password_ends_every_login_and_confirms_the_address(home: Home) -> None:
    """S5, S7."""
    user = await home.a_user()
    other_login = Caller(home.http, await home.login(user.shown["email"]))
    key = await user.post("/keys", {"name": "Box in the cellar", "scopes": ["items:read"]})
    await reset(home, user.shown["email"])
    code = code_in((await letters(user))[0])
    body = {"code": code, "password": NEW}
    assert (await home.nobody.post("/auth/password", body)).status_code == 200
    assert (await home.nobody.post("/auth/password", body | {"password": PASSWORD})).status_code == 401, "once"
    for caller in (user, other_login):
        assert (await caller.get("/auth/me")).status_code == 401
    assert (await Caller(home.http, key.json()["data"]["key"]).get("/items")).status_code == 200
    old = await home.nobody.post("/auth/login", {"username": user.shown["email"], "password": PASSWORD})
    assert old.status_code == 401
    new = await home.nobody.post("/auth/login", {"username": user.shown["email"], "password": NEW})
    assert await confirmed_at(Caller(home.http, new.json()["token"])) is not None


async def test_an_older_letter_is_dead_when_a_newer_one_was_used(home: Home) -> None:
    user = await home.a_user()
    await reset(home, user.shown["email"])
    await reset(home, user.shown["email"])
    newer, older = (code_in(letter) for letter in (await letters(user))[:2])
    assert (await home.nobody.post("/auth/password", {"code": newer, "password": NEW})).status_code == 200
    assert (await home.nobody.post("/auth/password", {"code": older, "password": NEW})).status_code == 401


async def test_a_code_is_good_for_its_purpose_and_its_time_only(home: Home) -> None:
    user = await home.a_user()
    await reset(home, user.shown["email"])
    new_password, confirm = (code_in(letter) for letter in await letters(user))
    assert (await home.nobody.post("/auth/password", {"code": confirm, "password": NEW})).status_code == 401
    assert (await home.nobody.post("/auth/confirm", {"code": new_password})).status_code == 401
    for code in (new_password, confirm):
        assert (await Caller(home.http, code).get("/auth/me")).status_code == 401, "it is nobody's credentials"
    async with home.parts.db.writing() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        account = UUID(user.shown["uuid"])
        await session.execute(
            update(Token).where(Token.subject == account, Token.kind != "user").values(expires_at=past)
        )
    assert (await home.nobody.post("/auth/password", {"code": new_password, "password": NEW})).status_code == 401
    assert (await home.nobody.post("/auth/confirm", {"code": confirm})).status_code == 401
    assert (await user.get("/auth/me")).status_code == 200
    assert await confirmed_at(user) is None


async def test_a_weak_password_costs_no_code(home: Home) -> None:
    user = await home.a_user()
    await reset(home, user.shown["email"])
    code = code_in((await letters(user))[0])
    assert (await home.nobody.post("/auth/password", {"code": code, "password": "short"})).status_code == 400
    assert (await home.nobody.post("/auth/password", {"code": code, "password": NEW})).status_code == 200


async def test_the_answer_tells_nobody_who_has_an_account(home: Home) -> None:
    user = await home.a_user()
    known, unknown = await reset(home, user.shown["email"]), await reset(home, f"{uuid4().hex}@example.com")
    assert known.json() == unknown.json()


async def test_ten_wrong_tries_at_a_code_are_enough(home: Home) -> None:
    _, unknown = Secrets.new_token("rt")
    statuses = [
        (await home.nobody.post("/auth/password", {"code": unknown, "password": NEW})).status_code for _ in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2

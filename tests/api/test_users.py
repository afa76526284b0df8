"""Sign-up, login, personal data (S1, S7, S68, S69)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.direct import Home
from tests.api.server import PASSWORD, Api


def a_person(**more: Any) -> dict[str, Any]:
    return {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Ada"} | more


async def test_anybody_opens_an_account(api: Api) -> None:
    body = a_person(email=f"Ada.{uuid4().hex}@Example.com", name="  Ada Lovelace ")
    answer = await api.nobody.post("/users", body)
    assert answer.status_code == 201
    assert answer.json()["message"] == "User created."
    shown = answer.json()["data"]
    assert shown["email"] == body["email"].lower()
    assert shown["name"] == "Ada Lovelace"
    settings = {"timeZone", "currency", "askAbove", "priceTolerance"}
    settings |= {"moneyPerDay", "moneyPerMonth", "ordersPerItemAndDay", "pausedUntil"}
    assert set(shown) == {"uuid", "environment", "email", "name", "confirmedAt", "createdAt", "updatedAt"} | settings
    assert shown["createdAt"].endswith("+00:00")
    assert PASSWORD not in answer.text


async def test_one_address_has_one_account(api: Api) -> None:
    body = a_person()
    await api.nobody.post("/users", body)
    again = await api.nobody.post("/users", body | {"email": body["email"].upper()})
    assert again.status_code == 409


async def test_missing_and_unknown_fields_are_named_in_the_documents_words(api: Api) -> None:
    answer = await api.nobody.post("/users", {"email": "ada@example.com", "password": PASSWORD, "foo": 1})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validation error."
    assert answer.json()["data"] == {"name": ["This field is missing."], "foo": ["This field was not expected."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ada"),
        ("email", "ada@example"),
        ("email", "a b@example.com"),
        ("email", f"{'a' * 250}@example.com"),
        ("password", "short"),
        ("password", "null\x00 byte"),
        ("name", "   "),
        ("name", "line\nbreak"),
        ("name", 5),
        ("name", None),
        ("isAdmin", True),
        ("uuid", "0190c1a2-0000-7000-8000-000000000000"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(api: Api, field: str, value: Any) -> None:
    answer = await api.nobody.post("/users", a_person(**{field: value}))
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == [field]


async def test_login_answers_a_bare_token(api: Api) -> None:
    user = await api.a_user()
    login = await api.nobody.post("/auth/login", {"username": user.shown["email"].upper(), "password": PASSWORD})
    assert login.status_code == 200
    assert set(login.json()) == {"token"}


async def test_an_unknown_address_and_a_wrong_password_are_not_told_apart(api: Api) -> None:
    user = await api.a_user()
    wrong = await api.nobody.post("/auth/login", {"username": user.shown["email"], "password": "something else"})
    unknown = await api.nobody.post("/auth/login", {"username": f"x{user.shown['email']}", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["message"] == unknown.json()["message"]


async def test_an_old_token_is_no_obstacle_to_a_new_login(api: Api) -> None:
    user = await api.a_user()
    await user.post("/auth/logout")
    login = await user.post("/auth/login", {"username": user.shown["email"], "password": PASSWORD})
    assert login.status_code == 200


async def test_logout_ends_this_token_at_once_and_no_other(api: Api) -> None:
    user = await api.a_user()
    other = await api.login(user.shown["email"])
    assert (await user.post("/auth/logout")).status_code == 200
    assert (await user.get("/auth/me")).status_code == 401
    user.token = other
    assert (await user.get("/auth/me")).status_code == 200


async def test_who_am_i_shows_the_account(api: Api) -> None:
    user = await api.a_user()
    answer = await user.get("/auth/me")
    assert answer.json() == {"message": "User.", "data": user.shown}
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_left_out_of_a_change_stays(home: Home) -> None:
    user = await home.a_user()
    answer = await user.call("PATCH", "/auth/me", json={"timeZone": "Europe/Berlin"})
    assert answer.status_code == 200
    shown = (await user.get("/auth/me")).json()["data"]
    assert (shown["timeZone"], shown["name"], shown["currency"]) == ("Europe/Berlin", "Ada", "EUR")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeZone", "Mars/Olympus"),
        ("timeZone", "../etc/passwd"),
        ("currency", "eur"),
        ("name", None),
        ("email", "x@y.z"),
        ("moneyPerDay", 5),
        ("moneyPerMonth", "-5"),
        ("ordersPerItemAndDay", 0),
        ("ordersPerItemAndDay", 1.5),
        ("pausedUntil", "tomorrow"),
    ],
)
async def test_a_change_to_what_cannot_be_changes_nothing(api: Api, field: str, value: Any) -> None:
    user = await api.a_user()
    answer = await user.call("PATCH", "/auth/me", json={"name": "Eve", field: value})
    assert answer.status_code == 400
    assert (await user.get("/auth/me")).json()["data"] == user.shown

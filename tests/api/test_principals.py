"""Who may call what."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage import tokens
from tests.api.operations import operations
from tests.api.server import Api, Caller

OPEN = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/users"),
    ("post", "/auth/login"),
    ("post", "/auth/confirm"),
    ("post", "/auth/reset"),
    ("post", "/auth/password"),
    ("post", "/stripe/events"),  # by its signature
    ("post", "/retailers"),
    ("post", "/fridge/link"),  # by its initKey
    ("post", "/hooks/{uuid}/{secret}"),
}
DEVICES_OWN = ("/v1/", "/v2/")  # their credentials are in the body or in headers of their own


async def test_nothing_but_the_front_steps_is_open_to_strangers(api: Api) -> None:
    walked = 0
    for operation in operations(api):
        if operation.path.startswith(DEVICES_OWN):
            continue
        answer = await api.nobody.call(operation.method, operation.filled({}))
        is_open = (operation.method, operation.path) in OPEN
        assert (answer.status_code == 401) is not is_open, f"{operation}: {answer.status_code}"
        if not is_open:
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        walked += 1
    assert walked >= 15


async def test_the_document_says_which_operations_are_open(api: Api) -> None:
    for operation in operations(api):
        if not operation.path.startswith(DEVICES_OWN):
            is_open = {} in operation.document["security"]
            assert is_open is ((operation.method, operation.path) in OPEN), str(operation)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic YTpi", "Bearer x", f"Bearer ut_{'a' * 8}_{'b' * 49}", "Bearer a b", "Bearer ÿ"],
)
async def test_what_is_no_token_of_ours_is_nobody(api: Api, authorization: str) -> None:
    answer = await api.nobody.call("GET", "/auth/me", headers={"Authorization": authorization.encode("latin-1")})
    assert answer.status_code == 401


async def test_a_changed_token_is_nobody(api: Api) -> None:
    user, other = await api.a_user(), await api.a_user()
    assert user.token is not None
    assert other.token is not None
    mixed = user.token[:11] + other.token[11:]
    assert (await Caller(api.http, mixed).get("/auth/me")).status_code == 401


async def test_a_token_that_ran_out_or_was_revoked_is_nobody(api: Api) -> None:
    user = await api.a_user()
    subject, now = UUID(user.shown["uuid"]), datetime.now(UTC)
    past: dict[str, Any] = {"kind": "user", "prefix": "ut", "subject": subject, "now": now - timedelta(hours=1)}
    async with api.parts.db.writing() as session:
        expired = tokens.issue(session, api.parts.secrets, **past, lifetime=timedelta(minutes=59))
        lasting = tokens.issue(session, api.parts.secrets, **past, lifetime=timedelta(minutes=61))
    assert (await Caller(api.http, expired).get("/auth/me")).status_code == 401
    assert (await Caller(api.http, lasting).get("/auth/me")).status_code == 200
    async with api.parts.db.writing() as session:
        await tokens.revoke(session, lasting.split("_")[1], now)
    assert (await Caller(api.http, lasting).get("/auth/me")).status_code == 401


async def test_wrong_credentials_are_not_taken_for_none(api: Api) -> None:
    body = {"name": "Corner Shop", "contactEmail": "orders@example.com"}
    assert (await Caller(api.http, "rk_x").post("/retailers", body)).status_code == 401


async def test_the_wrong_kind_of_principal_is_told_so(api: Api) -> None:
    """S3."""
    user, retailer = await api.a_user(), await api.a_retailer()
    device = await api.a_device(user)
    assert (await device.get("/devices")).status_code == 403
    assert (await retailer.get("/auth/me")).status_code == 403
    catalogue = f"/retailers/{retailer.shown['uuid']}/catalogue"
    assert (await user.call("PUT", catalogue, json=[])).status_code == 403
    assert len((await user.get(catalogue)).json()["data"]) == 1


@pytest.mark.parametrize("name", ["token", "access_token", "API_KEY", "secret", "Authorization", "password"])
async def test_a_secret_in_the_address_is_refused(api: Api, name: str) -> None:
    user = await api.a_user()
    answer = await api.nobody.get("/auth/me", **{name: user.token})
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == [name.lower()]
    assert str(user.token) not in answer.text


async def test_what_belongs_to_others_is_not_there(api: Api) -> None:
    user, stranger = await api.a_user(), await api.a_user()
    device = await api.a_device(user)
    for answer in (
        await stranger.get(f"/devices/{device.shown['uuid']}"),
        await stranger.post(f"/devices/{device.shown['uuid']}/rotate"),
        await stranger.get(f"/devices/{uuid4()}"),
    ):
        assert answer.status_code == 404
        assert answer.json()["message"] == "There is no such device."
    assert (await device.get("/devices")).status_code == 403, "its key is still good"


async def test_a_principal_reads_nothing_by_an_id_that_it_made_up(api: Api) -> None:
    callers = [await api.a_user(), await api.a_retailer()]
    callers.append(await api.a_device(callers[0]))
    for operation in operations(api):
        if operation.method == "get" and "{" in operation.path:
            for caller in callers:
                answer = await caller.get(operation.filled({}))
                assert answer.status_code in (403, 404), f"{operation}: {answer.status_code}"

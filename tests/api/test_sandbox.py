"""The sandbox of every account (S65, S66): chosen by host name or key, and kept apart from the live account."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from storage.tables import User
from tests.api.direct import Home, Household
from tests.api.server import PASSWORD, SANDBOX_HOST, Api, Caller
from tests.api.test_keys import a_key, seen
from tests.api.test_payment_methods import CARD, INVOICE

NEW_PASSWORD = "horse battery staple"


async def me(caller: Caller) -> Any:
    """The account that a caller belongs to."""
    return await seen(caller, "/auth/me")


async def test_a_sign_up_makes_a_sandbox_and_a_live_account(api: Api) -> None:
    """S65: two accounts with one address and one password."""
    live = await api.a_user()
    sandbox = await api.a_sandbox(live)
    here, there = await me(live), await me(sandbox)
    assert (here["environment"], there["environment"]) == ("live", "test")
    assert here["uuid"] != there["uuid"]
    assert (here["email"], here["name"]) == (there["email"], there["name"])
    assert str(live.token).startswith("ut_live_")
    assert str(sandbox.token).startswith("ut_test_")
    assert await me(await api.a_sandbox(live)) == there, "there is one sandbox"
    again = {"email": here["email"], "password": PASSWORD, "name": "Ada"}
    assert (await api.nobody.post("/users", again)).status_code == 409


@pytest.mark.parametrize(
    ("host", "environment"),
    [
        (SANDBOX_HOST, "test"),
        (f"{SANDBOX_HOST.upper()}:8443", "test"),
        (f"x.{SANDBOX_HOST}", "live"),
        (f"{SANDBOX_HOST}.example.org", "live"),
        ("example.com", "live"),
        ("[::1]:8000", "live"),
    ],
)
async def test_the_host_name_of_a_login_chooses_the_environment(api: Api, host: str, environment: str) -> None:
    """S66; S69: its answer is a bare token in both."""
    user = await api.a_user()
    body = {"username": user.shown["email"], "password": PASSWORD}
    login = await api.nobody.call("POST", "/auth/login", json=body, headers={"Host": host})
    assert set(login.json()) == {"token"}
    assert (await me(Caller(api.http, login.json()["token"])))["environment"] == environment


async def test_an_account_that_is_older_than_sandboxes_gets_its_own_when_it_asks(api: Api) -> None:
    """S65."""
    user = await api.a_user()
    await user.call("PATCH", "/auth/me", json={"timeZone": "Europe/Berlin"})
    async with api.parts.db.writing() as session:
        await session.execute(delete(User).where(User.live == UUID(user.shown["uuid"])))
    key = await a_key(user, "profile:read", environment="test")
    shown = await me(key)
    assert (shown["environment"], shown["timeZone"]) == ("test", "Europe/Berlin")
    assert shown["uuid"] == (await me(await api.a_sandbox(user)))["uuid"]
    async with api.parts.db.reading() as session:
        passwords = (await session.scalars(select(User.password_hash).where(User.email == shown["email"]))).all()
    assert sorted(bool(password) for password in passwords) == [False, True]


async def test_a_live_login_makes_sees_and_ends_keys_of_both(api: Api) -> None:
    """S65: whoever has no host name for the sandbox gets there by a key."""
    live = await api.a_user()
    sandbox = await api.a_sandbox(live)
    real, trial = await a_key(live, "profile:read"), await a_key(live, "profile:read", environment="test")
    own = await a_key(sandbox, "profile:read")
    prefixes = [str(key.token)[:8] for key in (real, trial, own)]
    assert prefixes == ["ak_live_", "ak_test_", "ak_test_"]
    assert [key.shown["environment"] for key in (real, trial, own)] == ["live", "test", "test"]
    assert (await me(real))["uuid"] == live.shown["uuid"]
    assert (await me(trial))["uuid"] == (await me(own))["uuid"] == sandbox.shown["uuid"]
    listed = {key["uuid"]: key["environment"] for key in await seen(live, "/keys")}
    assert listed == {key.shown["uuid"]: key.shown["environment"] for key in (real, trial, own)}
    assert (await seen(live, f"/keys/{own.shown['uuid']}"))["environment"] == "test"
    assert (await live.call("DELETE", f"/keys/{trial.shown['uuid']}")).status_code == 200
    assert (await trial.get("/auth/me")).status_code == 401


async def test_the_sandbox_makes_no_key_of_the_live_account_and_sees_none(api: Api) -> None:
    """S65."""
    live = await api.a_user()
    sandbox = await api.a_sandbox(live)
    real, own = await a_key(live, "profile:read"), await a_key(sandbox, "profile:read", environment="test")
    body = {"name": "Widget", "scopes": ["items:read"], "environment": "live"}
    refused = await sandbox.post("/keys", body)
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["environment"])
    assert [key["uuid"] for key in await seen(sandbox, "/keys")] == [own.shown["uuid"]]
    assert (await sandbox.get(f"/keys/{real.shown['uuid']}")).status_code == 404
    assert (await sandbox.call("DELETE", f"/keys/{real.shown['uuid']}")).status_code == 404
    assert (await me(real))["uuid"] == live.shown["uuid"]


async def test_a_confirmed_address_is_confirmed_for_both_and_asked_for_by_the_live_one(home: Home) -> None:
    """S65."""
    live = await home.a_user()
    sandbox = await home.a_sandbox(live)
    assert (await sandbox.post("/auth/confirmation")).status_code == 409
    assert await seen(sandbox, "/outbox") == []
    (letter,) = await seen(live, "/outbox")
    code = letter["text"].partition("ct_")[2].split()[0]
    assert (await home.nobody.post("/auth/confirm", {"code": f"ct_{code}"})).status_code == 200
    for caller in (live, sandbox):
        assert (await me(caller))["confirmedAt"] is not None


async def test_another_password_ends_the_logins_of_both(home: Home) -> None:
    """S65: there is one password."""
    live = await home.a_user()
    sandbox, email = await home.a_sandbox(live), live.shown["email"]
    await home.nobody.post("/auth/reset", {"email": email})
    letter = next(letter for letter in await seen(live, "/outbox") if letter["kind"] == "reset-password")
    code = letter["text"].partition("rt_")[2].split()[0]
    body = {"code": f"rt_{code}", "password": NEW_PASSWORD}
    assert (await home.nobody.post("/auth/password", body)).status_code == 200
    for caller in (live, sandbox):
        assert (await caller.get("/auth/me")).status_code == 401
    for password, status in ((PASSWORD, 401), (NEW_PASSWORD, 200)):
        body = {"username": email, "password": password}
        login = await home.nobody.call("POST", "/auth/login", json=body, headers={"Host": SANDBOX_HOST})
        assert login.status_code == status


async def test_what_is_changed_of_one_stays_in_the_other(api: Api) -> None:
    """S65."""
    live = await api.a_user()
    sandbox = await api.a_sandbox(live)
    await sandbox.call("PATCH", "/auth/me", json={"name": "Trial", "askAbove": "1"})
    assert await me(live) == live.shown
    assert (await me(sandbox))["name"] == "Trial"


async def test_the_sandbox_takes_no_card(home: Home) -> None:
    """S65."""
    sandbox = await home.a_sandbox(await home.a_user())
    refused = await sandbox.post("/payment-methods", CARD)
    assert refused.json()["data"] == {"token": ["The sandbox charges nobody, so it takes no card."]}
    assert (await sandbox.post("/payment-methods", INVOICE)).status_code == 201
    assert [method["provider"] for method in await seen(sandbox, "/payment-methods")] == ["on-account"]


async def an_order(home: Household) -> tuple[Any, Any]:
    """An order that is with its retailer, as far as its owner can see, and its item."""
    item = await home.item(level=5)
    await home.tracking(item, triggerLevel=5, order=home.an_order(quantity=3))
    (order,) = await seen(home.user, "/orders")
    await home.home.desk.is_placed(UUID(order["uuid"]))
    return order, item


async def test_the_retailer_of_a_sandbox_order_is_played_by_its_owner(household: Household) -> None:
    """S65: by running totals, as a retailer would; delivery puts the stock back."""
    sandbox = await household.home.its_sandbox(household)
    order, item = await an_order(sandbox)
    path = f"/orders/{order['uuid']}/simulate"
    for body, status, level in (
        ({"step": "accepted"}, "accepted", 5),
        ({"step": "dispatched", "packs": 2}, "partially-dispatched", 5),
        ({"step": "delivered", "packs": 1}, "partially-delivered", 17),
        ({"step": "delivered"}, "delivered", 41),
        ({"step": "delivered"}, "delivered", 41),
    ):
        answer = await sandbox.user.post(path, body)
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, status), answer.text
        assert (await sandbox.seen(item))["level"] == level
    assert (await sandbox.user.post(path, {"step": "rejected"})).status_code == 409


@pytest.mark.parametrize("step", ["rejected", "out-of-stock"])
async def test_a_simulated_end_changes_nobodys_catalogue(household: Household, step: str) -> None:
    """S65."""
    sandbox = await household.home.its_sandbox(household)
    order, _ = await an_order(sandbox)
    path = f"/orders/{order['uuid']}/simulate"
    refused = await sandbox.user.post(path, {"step": step, "packs": 1})
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["packs"])
    answer = await sandbox.user.post(path, {"step": step})
    assert answer.json()["data"]["status"] == "rejected"
    (entry,) = await seen(household.shop, f"/retailers/{household.shop.shown['uuid']}/catalogue")
    assert entry["available"]


async def test_only_what_is_with_its_retailer_is_simulated_and_nothing_that_is_real(household: Household) -> None:
    """S65."""
    order, _ = await an_order(household)
    refused = await household.user.post(f"/orders/{order['uuid']}/simulate", {"step": "delivered"})
    assert refused.status_code == 403
    sandbox = await household.home.its_sandbox(household)
    await sandbox.user.call("PATCH", "/auth/me", json={"askAbove": "1"})
    await sandbox.tracking(await sandbox.item(level=5), triggerLevel=5, order=sandbox.an_order())
    (waiting,) = await seen(sandbox.user, "/orders")
    early = await sandbox.user.post(f"/orders/{waiting['uuid']}/simulate", {"step": "delivered"})
    assert early.status_code == 409


async def test_a_retailer_sees_no_order_of_a_sandbox_and_has_no_word_about_it(household: Household) -> None:
    """S65."""
    sandbox, shop = await household.home.its_sandbox(household), household.shop
    order, _ = await an_order(sandbox)
    real, _ = await an_order(household)
    orders = f"/retailers/{shop.shown['uuid']}/orders"
    assert [each["uuid"] for each in await seen(shop, orders)] == [real["uuid"]]
    for step in ("accepted", "dispatched", "delivered", "rejected", "out-of-stock"):
        assert (await shop.post(f"{orders}/{order['uuid']}/{step}", {})).status_code == 404
    assert (await seen(sandbox.user, f"/orders/{order['uuid']}"))["status"] == "placed"

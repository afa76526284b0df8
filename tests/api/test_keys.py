"""Keys of developers and apps: scopes, one brand, one retailer (S12, S18-S21)."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import update

from api import access
from storage.keys import MOST_ALIVE
from storage.tables import Token
from tests.api.direct import Home, Household
from tests.api.operations import operations
from tests.api.server import COOKIES, Api, Caller

EVERYTHING = list(get_args(access.Scope))
NO_SHOP = "01920b3c-6f6a-7000-8000-0000000000ff"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


async def a_key(user: Caller, *scopes: str, **more: Any) -> Caller:
    """A key with those scopes, or with all there are."""
    answer = await user.post("/keys", {"name": "Widget", "scopes": list(scopes or EVERYTHING), **more})
    assert answer.status_code == 201, answer.text
    shown = answer.json()["data"]
    return Caller(user.http, shown["key"], shown)


def _scopes_of(name: str) -> list[str]:
    """The scopes that the page gives the key of that name."""
    sample = re.search(rf'^POST /keys (\{{"name": "{name}".*\}})$', DOCS.read_text(), re.MULTILINE)
    assert sample is not None
    scopes: list[str] = json.loads(sample[1])["scopes"]
    return scopes


async def seen(caller: Caller, path: str, **query: Any) -> Any:
    """What a call shows."""
    answer = await caller.get(path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_developer_key_is_shown_once_and_works_until_it_is_revoked(api: Api) -> None:
    """S12."""
    user = await api.a_user()
    key = await a_key(user, "items:read", "orders:read", "items:read")
    assert str(key.token).startswith("ak_live_")
    assert key.shown["scopes"] == ["items:read", "orders:read"]
    without = {name: value for name, value in key.shown.items() if name != "key"}
    assert await seen(user, "/keys") == [without]
    assert await seen(user, f"/keys/{key.shown['uuid']}") == without
    assert await seen(key, "/items") == []
    assert (await user.call("DELETE", f"/keys/{key.shown['uuid']}")).status_code == 200
    assert (await key.get("/items")).status_code == 401
    assert await seen(user, "/keys") == []
    assert (await user.call("DELETE", f"/keys/{key.shown['uuid']}")).status_code == 404


async def test_a_key_ends_when_it_was_to_end(api: Api) -> None:
    user = await api.a_user()
    now = datetime.now(UTC)
    key = await a_key(user, "items:read", expiresAt=(now + timedelta(days=1)).isoformat())
    assert (await key.get("/items")).status_code == 200
    async with api.parts.db.writing() as session:
        its_token = update(Token).where(Token.subject == UUID(key.shown["uuid"]))
        await session.execute(its_token.values(expires_at=now))
    assert (await key.get("/items")).status_code == 401
    past = {"name": "Late", "scopes": ["items:read"], "expiresAt": (now - timedelta(days=1)).isoformat()}
    refused = await user.post("/keys", past)
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["expiresAt"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("scopes", []), ("scopes", ["all"]), ("scopes", None), ("name", ""), ("retailer", NO_SHOP), ("brand", "")],
)
async def test_what_cannot_be_a_key_is_refused(api: Api, field: str, value: Any) -> None:
    user = await api.a_user()
    answer = await user.post("/keys", {"name": "Widget", "scopes": ["items:read"], field: value})
    assert answer.status_code == 400
    assert all(place.startswith(field) for place in answer.json()["data"])
    assert await seen(user, "/keys") == []


async def test_an_account_has_only_so_many_keys(api: Api) -> None:
    user = await api.a_user()
    for _ in range(MOST_ALIVE):
        key = await a_key(user, "items:read")
    body = {"name": "One more", "scopes": ["items:read"]}
    assert (await user.post("/keys", body)).status_code == 409
    await user.call("DELETE", f"/keys/{key.shown['uuid']}")
    assert (await user.post("/keys", body)).status_code == 201


async def test_no_key_makes_a_key(api: Api) -> None:
    """S12: nor sees the others, nor ends one."""
    user = await api.a_user()
    key = await a_key(user)
    for answer in (
        await key.post("/keys", {"name": "Stronger", "scopes": EVERYTHING}),
        await key.get("/keys"),
        await key.call("DELETE", f"/keys/{key.shown['uuid']}"),
        await key.post("/auth/logout"),
        await key.post("/auth/confirmation"),
    ):
        assert answer.status_code == 403, answer.text


async def test_a_key_does_what_its_scopes_say_and_no_more(household: Household) -> None:
    """S19: a part of the service."""
    item = await household.item(level=5)
    widget = await a_key(household.user, "items:read")
    assert (await seen(widget, f"/items/{item['uuid']}"))["level"] == 5
    refused = await widget.post("/items", {"name": "Flour"})
    assert refused.status_code == 403
    assert refused.json()["message"] == "This call needs a key with the scope items:write."
    assert (await widget.get("/auth/me")).status_code == 403
    assert (await widget.get(f"/items/{item['uuid']}/history")).status_code == 403
    profile = await a_key(household.user, "profile:read")
    assert (await seen(profile, "/auth/me"))["uuid"] == household.user.shown["uuid"]


async def test_the_screen_on_a_fridge_shows_amends_and_orders(household: Household) -> None:
    """S18: one credential for the identity and the UI sphere, on the device itself; S8: it reports, too."""
    item = await household.item(level=9)
    screen = await a_key(household.user, *_scopes_of("Fridge door"))
    assert (await seen(screen, "/auth/me"))["name"] == "Ada"
    assert [each["uuid"] for each in await seen(screen, "/items")] == [item["uuid"]]
    used = {"facts": [{"id": "1", "item": item["uuid"], "kind": "used", "quantity": 1}]}
    assert (await screen.post("/facts", used)).status_code == 201
    counted = {"facts": [{"kind": "counted", "quantity": 4}]}
    assert (await screen.post(f"/items/{item['uuid']}/facts", counted)).status_code == 201
    assert (await household.seen(item))["level"] == 4
    assert await seen(screen, "/orders") == []
    assert (await screen.post("/rules", {"item": item["uuid"], "when": "low", "then": {}})).status_code == 403
    assert (await screen.call("PATCH", "/auth/me", json={"name": "Eve"})).status_code == 403


async def test_a_key_is_not_for_the_older_device_contract(household: Household) -> None:
    """S41, S45: that takes the token that the user got by logging in."""
    await household.button()
    key = await a_key(household.user)
    answer = await household.home.http.post("/v1/trigger", headers={"User_Auth": str(key.token)})
    assert answer.json()[0]["ID"] == 400
    good = await household.home.http.post("/v1/trigger", headers={"User_Auth": str(household.user.token)})
    assert good.json()[0]["ID"] == 201


async def test_the_app_of_a_brand_sees_what_is_of_the_brand(household: Household) -> None:
    """S20."""
    user, shop = household.user, household.shop
    cat = f"/retailers/{shop.shown['uuid']}/catalogue"
    ours = COOKIES | {"sku": "ours", "name": "Our cookies", "brand": "Kiln"}
    assert (await shop.call("PUT", cat, json=[COOKIES, ours])).status_code == 200
    other = await household.item("Flour")
    await household.tracking(other, triggerLevel=5, order=household.an_order())
    app = await a_key(user, brand="Kiln")

    assert await seen(app, "/devices") == []
    jar = {"name": "Kiln jar", "macAddress": "D5:6E:FB:B7:B8:C6", "secret": "my name is tom"}
    refused = await app.post("/devices", jar)
    assert (refused.status_code, list(refused.json()["data"])) == (400, ["brand"])
    added = (await app.post("/devices", jar | {"brand": "Kiln"})).json()["data"]
    assert [each["uuid"] for each in await seen(app, "/devices")] == [added["uuid"]]

    assert [entry["sku"] for entry in await seen(app, cat)] == ["ours"]
    assert (await app.post("/products", {"name": "Cookies", "brand": "Mill"})).status_code == 400
    product = (await app.post("/products", {"name": "Cookies", "brand": "Kiln"})).json()["data"]
    assert (await app.post("/items", {"name": "Anything"})).status_code == 400
    item = (await app.post("/items", {"name": "Cookies", "product": product["uuid"], "level": 5})).json()["data"]
    assert [each["uuid"] for each in await seen(app, "/items")] == [item["uuid"]]

    order = {"retailer": shop.shown["uuid"], "sku": "ours"}
    pairing = {"device": added["uuid"], "action": "track", "item": item["uuid"], "triggerLevel": 5, "order": order}
    assert (await app.post("/instructions", pairing | {"order": order | {"sku": "cookies-12"}})).status_code == 400
    assert (await app.post("/instructions", pairing | {"device": household.device.shown["uuid"]})).status_code == 400
    assert (await app.post("/instructions", pairing | {"item": other["uuid"]})).status_code == 400
    made = (await app.post("/instructions", pairing)).json()["data"]
    assert [each["uuid"] for each in await seen(app, "/instructions")] == [made["uuid"]]
    assert [each["uuid"] for each in await seen(app, "/rules")] == [made["uuid"]]
    assert [each["item"] for each in await seen(app, "/orders")] == [item["uuid"]]
    assert (await seen(app, f"/items/{item['uuid']}"))["onOrder"] == 12
    assert len(await seen(app, f"/items/{item['uuid']}/decisions")) >= 1

    assert {each["item"] for each in await seen(app, "/history")} == {item["uuid"]}
    button = await app.post("/instructions", {"action": "reorder", "order": order})
    assert button.status_code == 201, "what a bare button orders is of the brand by its catalogue entry"
    assert len(await seen(app, "/items")) == 2
    assert len(await seen(user, "/items")) == 3


async def test_the_portal_of_a_retailer_links_to_its_own_shop_only(household: Household) -> None:
    """S21."""
    user, ours, theirs = household.user, household.shop, await household.home.a_retailer()
    portal = await a_key(user, retailer=ours.shown["uuid"])
    other_portal = await a_key(user, retailer=theirs.shown["uuid"])
    item = await household.item(level=5)
    device = household.device.shown["uuid"]

    assert [each["uuid"] for each in await seen(portal, "/retailers")] == [ours.shown["uuid"]]
    assert (await portal.get(f"/retailers/{theirs.shown['uuid']}/catalogue")).status_code == 404
    for key in (portal, other_portal):
        assert [each["uuid"] for each in await seen(key, "/devices")] == [device], "any device may be linked"
        assert [each["uuid"] for each in await seen(key, "/items")] == [item["uuid"]]

    pairing = {"device": device, "action": "track", "item": item["uuid"], "triggerLevel": 5}
    elsewhere = {"retailer": theirs.shown["uuid"], "sku": "cookies-12"}
    assert (await portal.post("/instructions", pairing | {"order": elsewhere})).status_code == 400
    assert (await portal.post("/rules", {"item": item["uuid"], "when": "low", "then": {"order": elsewhere}})).is_error
    made = await portal.post("/instructions", pairing | {"order": household.an_order()})
    assert made.status_code == 201, made.text

    (order,) = await seen(portal, "/orders")
    assert order["retailer"] == ours.shown["uuid"]
    assert {each["kind"] for each in await seen(portal, "/history")} >= {"fact", "decision", "order"}
    assert await seen(other_portal, "/history") == []
    for path in ("/devices", "/items", "/instructions", "/rules", "/orders"):
        assert len(await seen(portal, path)) == 1, path
        assert await seen(other_portal, path) == [], path
    for path in (f"/items/{item['uuid']}", f"/items/{item['uuid']}/history", f"/orders/{order['uuid']}"):
        assert (await portal.get(path)).status_code == 200
        assert (await other_portal.get(path)).status_code == 404
    assert (await portal.get("/products")).status_code == 403


@pytest.mark.parametrize("by", ["instruction", "rule"])
async def test_what_is_linked_to_two_shops_is_seen_by_no_portal(household: Household, by: str) -> None:
    """S21: nor what was ever ordered at another one."""
    theirs = await household.home.a_retailer()
    item = await household.item(level=9)
    for shop in (household.shop, theirs):
        order = {"retailer": shop.shown["uuid"], "sku": "cookies-12"}
        if by == "rule":
            await household.made("/rules", item=item["uuid"], when="1 left", then={"order": order})
        else:
            await household.tracking(item, triggerLevel=1, order=order)
    for shop in (household.shop, theirs):
        portal = await a_key(household.user, retailer=shop.shown["uuid"])
        assert await seen(portal, "/items") == []
        assert await seen(portal, "/rules") == []


async def test_both_limits_hold_together(household: Household) -> None:
    """S20, S21."""
    key = await a_key(household.user, brand="Kiln", retailer=household.shop.shown["uuid"])
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    for path in ("/devices", "/items", "/instructions", "/rules", "/orders"):
        assert await seen(key, path) == [], path
    assert (await key.get("/auth/me")).status_code == 403


async def test_every_operation_is_in_the_table_and_nothing_else(api: Api) -> None:
    """S3, S19: one table that a reader can check."""
    assert {operation.document["operationId"] for operation in operations(api)} == set(access.ACCESS)
    assert len(access.SCOPES) <= 15
    assert {entry.scope for entry in access.ACCESS.values()} - {None} == set(access.SCOPES) == set(EVERYTHING)


async def test_the_document_says_what_the_table_says(api: Api) -> None:
    for operation in operations(api):
        entry = access.ACCESS[operation.document["operationId"]]
        assert bool(entry.kinds) is ({} not in operation.document["security"]), str(operation)
        assert ({"signature": []} in operation.document["security"]) is entry.signed, str(operation)
        if entry.scope is not None:
            assert f"`{entry.scope}`" in operation.document["description"], str(operation)


def test_the_page_shows_the_table() -> None:
    _, _, shown = DOCS.read_text().partition("<!-- access -->\n")
    assert shown == access.as_markdown() + "\n", "python -m api.access prints what stands there"


async def test_a_key_of_one_household_is_nobody_in_another(home: Home, household: Household) -> None:
    other = await home.a_household()
    item = await household.item()
    key = await a_key(other.user)
    assert (await key.get(f"/items/{item['uuid']}")).status_code == 404
    assert (await key.get(f"/keys/{key.shown['uuid']}")).status_code == 403
    assert (await other.user.get(f"/keys/{(await a_key(household.user)).shown['uuid']}")).status_code == 404

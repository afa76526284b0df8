"""Retailers and their catalogues (S1, S25)."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from storage import retailers
from tests.api.server import COOKIES, Api, Caller

SHOP = {"name": "Corner Shop", "contactEmail": "orders@example.com"}


async def test_anybody_becomes_a_retailer(api: Api) -> None:
    answer = await api.nobody.post("/retailers", SHOP | {"ordersUrl": "https://shop.example.com/orders"})
    assert answer.status_code == 201
    shown = answer.json()["data"]
    assert shown["key"].startswith("rk_")
    assert len(base64.b64decode(shown["signingSecret"].removeprefix("whsec_"))) == 32
    assert shown["ordersUrl"] == "https://shop.example.com/orders"


async def test_users_see_a_retailers_name_and_nothing_more(api: Api) -> None:
    user, retailer = await api.a_user(), await api.a_retailer()
    shown = (await user.get(f"/retailers/{retailer.shown['uuid']}")).json()["data"]
    assert set(shown) == {"uuid", "name", "createdAt", "updatedAt"}
    listed = (await user.get("/retailers", limit=1)).json()
    assert listed["data"] == [shown]
    own = (await retailer.get(f"/retailers/{retailer.shown['uuid']}")).json()["data"]
    assert set(own) == set(shown) | {"contactEmail", "ordersUrl"}


async def test_a_retailer_changes_itself_and_nobody_else(api: Api) -> None:
    retailer, other = await api.a_retailer(), await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}"
    changed = await retailer.call("PATCH", path, json={"ordersUrl": "http://93.184.216.34:8080/orders"})
    assert changed.status_code == 200
    assert changed.json()["data"]["ordersUrl"] == "http://93.184.216.34:8080/orders"
    assert changed.json()["data"]["name"] == "Corner Shop"
    pulls = await retailer.call("PATCH", path, json={"ordersUrl": None, "name": "The Corner"})
    assert (pulls.json()["data"]["ordersUrl"], pulls.json()["data"]["name"]) == (None, "The Corner")
    assert (await other.call("PATCH", path, json={"name": "Mine"})).status_code == 404
    assert (await other.call("PUT", f"{path}/catalogue", json=[])).status_code == 404
    assert (await retailer.get(path)).json()["data"]["name"] == "The Corner"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "https://user:secret@example.com",
        "orders",
        "http://a b",
        "",
    ],
)
async def test_an_impossible_address_for_orders_is_refused(api: Api, url: str) -> None:
    answer = await api.nobody.post("/retailers", SHOP | {"ordersUrl": url})
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["ordersUrl"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "192.168.1.7", "169.254.169.254"])
async def test_an_address_for_orders_that_is_never_called_is_refused_when_it_is_saved(api: Api, host: str) -> None:
    url = f"http://{host}:8491/orders"
    refused = await api.nobody.post("/retailers", SHOP | {"ordersUrl": url})
    assert refused.status_code == 400
    assert "is not on the public internet" in refused.json()["data"]["ordersUrl"][0]
    retailer = await api.a_retailer()
    changed = await retailer.call("PATCH", f"/retailers/{retailer.shown['uuid']}", json={"ordersUrl": url})
    assert (changed.status_code, list(changed.json()["data"])) == (400, ["ordersUrl"])


async def test_a_catalogue_is_replaced_whole(api: Api) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}/catalogue"
    full = COOKIES | {"sku": "butter", "brand": "Cow", "gtin": "4006381333931", "packSize": 0.25, "available": False}
    stored = await retailer.call("PUT", path, json=[full])
    assert stored.json() == {"message": "Catalogue stored.", "data": {"entries": 1}}
    assert (await retailer.get(path)).json()["data"] == [full]
    await retailer.call("PUT", path, json=[], params={"confirm": "rows"})
    assert (await retailer.get(path)).json()["data"] == []


async def test_a_fault_in_one_line_stores_no_line_and_is_named(api: Api) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}/catalogue"
    lines = [COOKIES | {"sku": f"sku-{number}"} for number in range(20)]
    lines[17]["packSize"] = "12"
    del lines[3]["price"]
    answer = await retailer.call("PUT", path, json=lines)
    assert answer.status_code == 400
    assert answer.json()["data"] == {
        "rows.3.price": ["This field is missing."],
        "rows.17.packSize": ["This value should be a number."],
    }
    assert [entry["sku"] for entry in (await retailer.get(path)).json()["data"]] == ["cookies-12"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("packSize", 0),
        ("packSize", -1),
        ("price", 3.49),
        ("price", "-3.49"),
        ("currency", "Euro"),
        ("gtin", "123"),
        ("sku", ""),
        ("unit", "x" * 33),
        ("available", "yes"),
        ("owner", "me"),
    ],
)
async def test_an_impossible_entry_is_refused(api: Api, field: str, value: Any) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}/catalogue"
    answer = await retailer.call("PUT", path, json=[COOKIES | {field: value}])
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == [f"rows.0.{field}"]


async def test_one_sku_is_there_once(api: Api) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}/catalogue"
    answer = await retailer.call("PUT", path, json=[COOKIES, COOKIES | {"sku": "b"}, COOKIES])
    assert answer.json()["data"] == {"rows.2.sku": ["This SKU is in row 0 already."]}


async def test_a_catalogue_may_be_larger_than_any_other_body(api: Api) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}/catalogue"
    lines = [COOKIES | {"sku": f"sku-{number:05}", "name": "x" * 200} for number in range(2000)]
    assert (await retailer.call("PUT", path, json=lines)).json()["data"] == {"entries": 2000}
    too_long = await retailer.call("PUT", path, json=[COOKIES | {"name": "x" * 70_000}])
    assert (too_long.status_code, list(too_long.json()["data"])) == (400, ["rows.0"])


async def search(caller: Caller, retailer: Caller, **query: Any) -> list[str]:
    """The SKUs found, over all pages."""
    found, path = [], f"/retailers/{retailer.shown['uuid']}/catalogue"
    while True:
        page = (await caller.get(path, **query)).json()
        found += [entry["sku"] for entry in page["data"]]
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]


async def test_users_search_by_sku_name_brand_and_gtin(api: Api) -> None:
    user, retailer = await api.a_user(), await api.a_retailer()
    lines = [
        COOKIES | {"sku": "a-1", "name": "Oat Cookies"},
        COOKIES | {"sku": "b-2", "name": "Butter", "brand": "100% Cow"},
        COOKIES | {"sku": "c-3", "name": "Tablets", "gtin": "4006381333931"},
    ]
    await retailer.call("PUT", f"/retailers/{retailer.shown['uuid']}/catalogue", json=lines)
    assert await search(user, retailer, limit=1) == ["a-1", "b-2", "c-3"]
    assert await search(user, retailer, query="COOK") == ["a-1"]
    assert await search(user, retailer, query="cow") == ["b-2"]
    assert await search(user, retailer, query="cow butter") == ["b-2"], "each word somewhere"
    assert await search(user, retailer, query="cow oat") == []
    assert await search(user, retailer, query="381333") == ["c-3"]
    assert await search(user, retailer, query="-", limit=2) == ["a-1", "b-2", "c-3"]
    assert await search(user, retailer, query="%") == ["b-2"], "% is a letter like any other"
    assert await search(user, retailer, query="_") == []


async def test_a_search_for_what_no_text_can_hold_is_refused(api: Api) -> None:
    user, retailer = await api.a_user(), await api.a_retailer()
    answer = await user.get(f"/retailers/{retailer.shown['uuid']}/catalogue", query="\x00")
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["query"]


async def test_a_retailer_changes_its_key_and_its_signing_secret_and_those_before_live_on_for_a_day(api: Api) -> None:
    retailer, other = await api.a_retailer(), await api.a_retailer()
    path, now = f"/retailers/{retailer.shown['uuid']}", datetime.now(UTC)
    assert (await other.post(f"{path}/rotate")).status_code == 404
    callers = [retailer]
    for _ in range(2):
        answer = await callers[-1].post(f"{path}/rotate")
        assert answer.status_code == 200, answer.text
        callers.append(Caller(api.http, answer.json()["data"]["key"], answer.json()["data"]))
    statuses = [(await caller.get(f"{path}/orders")).status_code for caller in callers]
    assert statuses == [401, 200, 200], "only the newest but one lives on"
    async with api.parts.db.reading() as session:
        row = await retailers.get(session, UUID(retailer.shown["uuid"]))
    secrets = [caller.shown["signingSecret"] for caller in callers]
    for later, expected in ((timedelta(), secrets[:0:-1]), (timedelta(hours=25), secrets[2:])):
        found = retailers.signing_secrets(row, now + later)
        assert [api.parts.secrets.open(sealed) for sealed in found] == expected

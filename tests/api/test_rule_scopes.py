"""Rules on one item, on all of a product, at a location or on a group: what is taken, refused, shown and in force."""

from typing import Any

import pytest

from api import pairing, rule_scopes
from tests.api.direct import Household


async def versions(household: Household, item: Any) -> list[tuple[str, int]]:
    """The rules by which an item was judged last, and in which version."""
    (newest, *_) = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    return [(rule["rule"], rule["version"]) for rule in newest["rules"]]


async def a_product(household: Household, **more: Any) -> Any:
    return await household.made("/products", **{"name": "Oat cookies"} | more)


async def test_a_rule_says_on_what_it_is(household: Household) -> None:
    item, product = await household.item(), await a_product(household)
    for scope in ({"item": item["uuid"]}, {"product": product["uuid"]}, {"location": "Fridge"}):
        made = await household.made("/rules", when="low", then={}, **scope)
        assert {name: made[name] for name in ("item", "product", "location")} == {
            "item": None,
            "product": None,
            "location": None,
        } | scope
        found = (await household.user.get("/rules", **scope)).json()["data"]
        assert [rule["uuid"] for rule in found] == [made["uuid"]]
    assert len((await household.user.get("/rules")).json()["data"]) == 3
    assert (await household.user.get("/rules", location="Fri\x00dge")).status_code == 400


async def test_a_rule_is_on_exactly_one_of_them(household: Household) -> None:
    item, product = (await household.item())["uuid"], (await a_product(household))["uuid"]
    for scope, place in (
        ({}, "item"),
        ({"item": item, "product": product}, "product"),
        ({"product": product, "location": "Fridge"}, "location"),
        ({"item": item, "group": item}, "group"),
    ):
        answer = await household.user.post("/rules", {"when": "low", "then": {}, **scope})
        assert (answer.status_code, answer.json()["data"]) == (400, {place: [rule_scopes.ONE_OF]})
    other = await household.home.a_household()
    foreign = await a_product(other)
    for scope, text in (
        ({"product": foreign["uuid"]}, "There is no such product."),
        ({"item": foreign["uuid"]}, "There is no such item."),
        ({"group": item}, "There is no such group."),
    ):
        answer = await household.user.post("/rules", {"when": "low", "then": {}, **scope})
        assert (answer.status_code, answer.json()["data"]) == (400, {next(iter(scope)): [text]})


async def test_every_item_is_judged_by_what_is_on_it_on_its_product_and_where_it_is(household: Household) -> None:
    product = await a_product(household)
    item = await household.item(product=product["uuid"], location="Fridge", level=3)
    other = await household.item(level=3)
    own = await household.made("/rules", item=item["uuid"], when="2 left", then={})
    of_product = await household.made("/rules", product=product["uuid"], when="2 left", then={})
    there = await household.made("/rules", location="Fridge", when="2 left", then={})
    everything = sorted((rule["uuid"], 1) for rule in (own, of_product, there))
    assert sorted(await versions(household, item)) == everything
    assert await versions(household, other) == []

    await household.user.call("PATCH", f"/rules/{of_product['uuid']}", json={"enabled": False})
    assert sorted(await versions(household, item)) == sorted([(own["uuid"], 1), (there["uuid"], 1)])
    await household.user.call("PATCH", f"/rules/{of_product['uuid']}", json={"enabled": True})
    assert (of_product["uuid"], 3) in await versions(household, item)
    await household.user.call("PATCH", f"/items/{item['uuid']}", json={"location": None})
    assert (there["uuid"], 1) not in await versions(household, item)
    await household.user.call("DELETE", f"/rules/{of_product['uuid']}")
    assert await versions(household, item) == [(own["uuid"], 1)]


async def test_a_rule_stays_where_it_is(household: Household) -> None:
    product, other = await a_product(household), await a_product(household)
    made = await household.made("/rules", product=product["uuid"], when="low", then={})
    path = f"/rules/{made['uuid']}"
    body = {"when": "low", "then": {}}
    same = await household.user.call("PUT", path, json=body | {"product": product["uuid"]})
    assert (same.json()["data"]["product"], same.json()["data"]["version"]) == (product["uuid"], 2)
    for scope in ({"product": other["uuid"]}, {"location": "Fridge"}, {"item": other["uuid"]}):
        answer = await household.user.call("PUT", path, json=body | scope)
        assert (answer.status_code, answer.json()["data"]) == (400, {next(iter(scope)): [rule_scopes.STAYS]})


async def test_a_rule_on_a_location_does_not_order(household: Household) -> None:
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12"}
    answer = await household.user.post("/rules", {"location": "Fridge", "when": "low", "then": {"order": order}})
    assert (answer.status_code, answer.json()["data"]) == (400, {"then.order": [rule_scopes.NO_ORDER]})
    made = await household.made("/rules", location="Fridge", when="low", then={"notify": True})
    answer = await household.user.call("PATCH", f"/rules/{made['uuid']}", json={"then": {"order": order}})
    assert (answer.status_code, answer.json()["data"]) == (400, {"then.order": [rule_scopes.NO_ORDER]})


async def test_what_a_rule_on_a_product_orders_must_suit_the_product(household: Household) -> None:
    flour = {"sku": "flour", "name": "Flour", "packSize": 1000, "unit": "g", "price": "0.99", "currency": "EUR"}
    shop = household.shop.shown["uuid"]
    await household.shop.call("PUT", f"/retailers/{shop}/catalogue", json=[flour])
    product = await a_product(household, name="Flour", unit="kg")
    rule = {"product": product["uuid"], "when": "1 kg left", "then": {"order": {"retailer": shop, "sku": "flour"}}}
    answer = await household.user.post("/rules", rule)
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["then.order.sku"])
    answer = await household.user.post("/rules", rule | {"when": "1 l left"})
    assert answer.json()["data"].keys() >= {"when"}


async def test_a_pack_of_a_kilogram_is_not_a_gram(household: Household) -> None:
    """A product's items may be measured in all units of its dimension, and are never ordered in another one."""
    flour = {"sku": "flour", "name": "Flour", "packSize": 1, "unit": "kg", "price": "0.99", "currency": "EUR"}
    shop = household.shop.shown["uuid"]
    await household.shop.call("PUT", f"/retailers/{shop}/catalogue", json=[flour])
    product = await a_product(household, name="Flour", unit="kg")
    bag = await household.item("Flour", product=product["uuid"], level=1)
    tin = await household.item("Flour", product=product["uuid"], unit="g", level=500)
    then = {"order": {"retailer": shop, "sku": "flour"}}
    await household.made("/rules", product=product["uuid"], when="1 kg left", then=then)
    assert (await household.seen(bag))["onOrder"] == 1
    shown = await household.seen(tin)
    assert (shown["onOrder"], shown["decision"]["verdict"]) == (0, "held")
    assert "Flour is sold by the kg, and this is measured in g" in shown["decision"]["sentence"]


async def test_a_product_and_a_location_have_only_so_many_rules(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST_RULES", 1)
    product = await a_product(household)
    for scope, where in (({"product": product["uuid"]}, "A product"), ({"location": "Fridge"}, "A location")):
        await household.made("/rules", when="low", then={}, **scope)
        answer = await household.user.post("/rules", {"when": "low", "then": {}, **scope})
        assert (answer.status_code, answer.json()["message"]) == (409, f"{where} has at most 1 rules.")


async def test_the_rules_of_a_product_go_with_it(household: Household) -> None:
    product = await a_product(household)
    made = await household.made("/rules", product=product["uuid"], when="low", then={})
    assert (await household.user.call("DELETE", f"/products/{product['uuid']}")).status_code == 200
    assert (await household.user.get(f"/rules/{made['uuid']}")).status_code == 404


async def test_a_key_of_a_brand_sees_the_rules_on_its_products_and_no_others(household: Household) -> None:
    ours, theirs = [await a_product(household, brand=brand) for brand in ("Ours", "Theirs")]
    shown = await household.made("/keys", name="app", scopes=["items:read", "rules:write"], brand="Ours")
    key = type(household.user)(household.home.http, shown["key"])
    made = [
        await household.made("/rules", when="low", then={}, **scope)
        for scope in (
            {"product": ours["uuid"]},
            {"product": theirs["uuid"]},
            {"location": "Fridge"},
        )
    ]
    assert [rule["uuid"] for rule in (await key.get("/rules")).json()["data"]] == [made[0]["uuid"]]
    assert (await key.post("/rules", {"product": ours["uuid"], "when": "low", "then": {}})).status_code == 201
    for scope in ({"product": theirs["uuid"]}, {"location": "Fridge"}):
        answer = await key.post("/rules", {"when": "low", "then": {}, **scope})
        assert (answer.status_code, list(answer.json()["data"])) == (400, [next(iter(scope))])


async def test_a_key_of_a_retailer_sees_nothing_that_a_rule_on_a_product_orders_elsewhere(household: Household) -> None:
    product, elsewhere = await a_product(household), await household.home.a_retailer()
    item = await household.item(product=product["uuid"], level=12)
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12"}
    await household.made("/rules", product=product["uuid"], when="5 left", then={"order": order})
    seen = {}
    for shop in (household.shop, elsewhere):
        shown = await household.made("/keys", name="app", scopes=["items:read"], retailer=shop.shown["uuid"])
        key = type(household.user)(household.home.http, shown["key"])
        seen[shop.shown["uuid"]] = [found["uuid"] for found in (await key.get("/items")).json()["data"]]
    assert seen == {household.shop.shown["uuid"]: [item["uuid"]], elsewhere.shown["uuid"]: []}

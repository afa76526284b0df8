"""Rules on a product and on a location: what they cover is judged by them, whatever it was doing."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import names
from simulator.family import Family, eventually, ok
from tests.journeys.parts import A_MOMENT


async def a_product(family: Family, name: str = "Butter", **more: Any) -> str:
    return str((await family.post("/products", name=name, **more))["uuid"])


async def changed(family: Family, path: str, **body: Any) -> Any:
    return ok(await family.http.patch(path, json=body, headers=family.auth))


async def judged_by(family: Family, item: str, rule: Any) -> Any:
    """The newest decision, once it was by that version of the rule."""
    said = rule["uuid"], rule["version"]
    found = await eventually(
        lambda: family.get(f"/items/{item}/decisions"),
        lambda decisions: (
            bool(decisions) and said in [(each["rule"], each["version"]) for each in decisions[0]["rules"]]
        ),
    )
    return found[0]


async def test_a_rule_on_a_product_orders_for_every_item_of_it(family: Family) -> None:
    shop, product = await family.shop(), await a_product(family, "Oat cookies")
    jars = [await family.item(product=product, level=level) for level in (12, 5, 3)]
    other = await family.item(level=3)
    then = {"order": {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}}
    rule = await family.post("/rules", product=product, when="5 left", then=then)
    assert (rule["item"], rule["product"], rule["location"]) == (None, product, None)
    orders = await eventually(shop.orders, lambda found: len(found) == 2)
    assert len({order["uuid"] for order in orders}) == 2
    shown = {jar: (await family.look(jar))["onOrder"] for jar in [*jars, other]}
    assert list(shown.values()) == [0, 12, 12, 0]

    # one that becomes of the product is judged by its rule, one that no longer is forgets it
    await changed(family, f"/items/{other}", product=product)
    await eventually(shop.orders, lambda found: len(found) == 3)
    await changed(family, f"/items/{jars[0]}", product=None)
    await family.post(f"/items/{jars[0]}/facts", facts=[{"kind": "counted", "quantity": 1}])
    await family.level_is(jars[0], 1)
    assert len(await shop.orders()) == 3


async def test_a_new_version_leaves_a_five_hour_clock_running(family: Family) -> None:
    """S16: the butter has been out for half of the time when the rule on its product is saved again."""
    shop, product = await family.shop(sku="butter", pack_size=1), await a_product(family)
    then = {"order": {"retailer": shop.uuid, "sku": "butter", "packs": 1}}
    dishes = [await family.item("Butter", product=product, level=1) for _ in range(2)]
    rule = await family.post("/rules", product=product, when="out for 8 hours", then=then)
    for dish in dishes:
        await family.post(f"/items/{dish}/facts", facts=[{"id": "out", "kind": "removed"}])
        await family.level_is(dish, 0)
        await family.after(dish, timedelta(hours=2, minutes=30))
    rule = await changed(family, f"/rules/{rule['uuid']}", when="butter out for 5 hours")
    assert rule["version"] == 2
    for dish in dishes:
        await judged_by(family, dish, rule)
        await family.after(dish, timedelta(hours=2, minutes=29))
    assert await shop.orders() == []
    for dish in dishes:
        await family.after(dish, timedelta(minutes=1) + A_MOMENT)
    await eventually(shop.orders, lambda found: len(found) == 2)


async def test_a_rule_on_a_location_tells_of_whatever_is_there(family: Family) -> None:
    fridge = [await family.item(name, location="Fridge", level=1) for name in ("Milk", "Butter")]
    pantry = await family.item("Rice", location="Pantry", level=1)
    rule = await family.post("/rules", location="Fridge", when="1 left", then={"notify": True})
    for item in fridge:
        assert (await judged_by(family, item, rule))["verdict"] == "notified"
    await changed(family, f"/items/{pantry}", location="Fridge")
    assert (await judged_by(family, pantry, rule))["verdict"] == "notified"
    ok(await family.http.delete(f"/rules/{rule['uuid']}", headers=family.auth))
    spread = names.spread_workflow_id(UUID(rule["uuid"]), 2)
    assert await family.town.client.get_workflow_handle(spread).result() == 3
    for item in (*fridge, pantry):
        await eventually(partial(family.get, f"/items/{item}/decisions"), lambda found: found[0]["rules"] == [])

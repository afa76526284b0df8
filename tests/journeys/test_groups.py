"""Several items with one level: "6 milks in all", from two jars to one order and its delivery."""

from functools import partial
from typing import Any

from simulator.family import Family, Shop, eventually, ok


async def milks(family: Family, *levels: float) -> tuple[Shop, str, list[str]]:
    """Fridges with milk, counted together, and a rule that orders a crate of six when six are left in all."""
    shop = await family.shop(sku="milk-6", pack_size=6, product="Milk")
    fridges = [await family.item("Milk", level=level) for level in levels]
    group = (await family.post("/groups", name="Milk in all", unit="piece", items=fridges))["uuid"]
    await family.level_is(group, sum(levels))
    then = {"order": {"retailer": shop.uuid, "sku": "milk-6", "packs": 1}}
    rule = await family.post("/rules", group=group, when="6 left", then=then)
    assert rule["item"] == group
    return shop, group, fridges


async def counted(family: Family, item: str, level: float) -> None:
    await family.post(f"/items/{item}/facts", facts=[{"kind": "counted", "quantity": level}])
    await family.level_is(item, level)


async def test_six_milks_in_all_are_one_order_and_its_delivery(family: Family) -> None:
    shop, group, (kitchen, cellar) = await milks(family, 5, 4)
    await counted(family, kitchen, 3)
    await family.level_is(group, 7)
    assert await shop.orders() == []
    await counted(family, cellar, 3)
    await family.level_is(group, 6)
    order = await shop.order()
    await counted(family, kitchen, 2)
    assert (await family.level_is(group, 5))["onOrder"] == 6
    assert len(await shop.orders()) == 1

    # the crate is there, and is put into the cellar: it is the goods that were delivered, and no more
    ok(await shop.report("delivered", order))
    assert (await family.level_is(group, 11))["arriving"] == 6
    await counted(family, cellar, 9)
    shown = await eventually(partial(family.look, group), lambda found: found["arriving"] == 0)
    assert (shown["level"], shown["onShelf"], shown["onOrder"]) == (11, 11, 0)
    assert [fact["kind"] for fact in await family.get(f"/items/{group}/history")].count("pooled") == 5
    decisions = await family.get(f"/items/{group}/decisions")
    assert "left is at or below 6" in next(d["sentence"] for d in decisions if d["verdict"] == "ordered")


async def test_who_joins_or_leaves_a_group_changes_what_it_holds_at_once(family: Family) -> None:
    shop, group, (kitchen, cellar) = await milks(family, 9, 3)
    garage = await family.item("Milk", level=1)
    await say(family, group, items=[kitchen, cellar, garage])
    await family.level_is(group, 13)
    await counted(family, garage, 2)
    await family.level_is(group, 14)
    await say(family, group, items=[garage, cellar])
    await family.level_is(group, 5)
    await shop.order()
    await counted(family, kitchen, 1)
    await say(family, group, items=[kitchen, cellar])
    await family.level_is(group, 4)
    # one that has come back is heard of again
    await counted(family, kitchen, 5)
    await family.level_is(group, 8)

    ok(await family.http.delete(f"/items/{cellar}", headers=family.auth))
    await family.level_is(group, 5)
    assert [member["uuid"] for member in (await family.get(f"/groups/{group}"))["items"]] == [kitchen]
    ok(await family.http.delete(f"/groups/{group}", headers=family.auth))
    await counted(family, kitchen, 6)
    assert [found["uuid"] for found in await family.get("/groups")] == []


async def test_a_group_counts_in_its_own_unit_and_not_before_everything_is_counted(family: Family) -> None:
    bag, tin = await family.item("Flour", unit="kg", level=1), await family.item("Flour", unit="g")
    group = (await family.post("/groups", name="Flour", unit="g", items=[bag, tin]))["uuid"]
    await family.judged(group, "nothing")
    assert (await family.look(group))["level"] is None
    await counted(family, tin, 250)
    await family.level_is(group, 1250)


async def say(family: Family, group: str, **body: Any) -> Any:
    return ok(await family.http.patch(f"/groups/{group}", json=body, headers=family.auth))

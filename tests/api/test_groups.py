"""Groups: several items with one level, which is theirs together."""

from typing import Any
from uuid import uuid4

from api.facts import OF_A_GROUP
from storage.groups import MOST_MEMBERS
from tests.api.direct import Household


async def milks(household: Household, *levels: float | None) -> tuple[Any, list[Any]]:
    """A group of so many items, and these."""
    items = [await household.item("Milk", level=level) for level in levels]
    return await household.made("/groups", name="Milk in all", items=[item["uuid"] for item in items]), items


async def say(household: Household, item: Any, **fact: Any) -> None:
    answer = await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})
    assert answer.is_success, answer.text


async def test_a_group_holds_what_its_items_hold(household: Household) -> None:
    group, (kitchen, cellar) = await milks(household, 5, 4)
    assert (group["name"], group["unit"], group["level"]) == ("Milk in all", "piece", 9)
    assert [(member["uuid"], member["level"]) for member in group["items"]] == [
        (kitchen["uuid"], 5),
        (cellar["uuid"], 4),
    ]
    await say(household, kitchen, kind="used", quantity=2)
    shown = await household.seen(group)
    assert (shown["level"], shown["isGroup"]) == (7, True)
    assert [fact["kind"] for fact in (await household.user.get(f"/items/{group['uuid']}/history")).json()["data"]] == [
        "pooled",
        "changed",
        "pooled",
    ]
    found = (await household.user.get("/groups")).json()["data"]
    assert found == [(await household.user.get(f"/groups/{group['uuid']}")).json()["data"]]
    assert [member["level"] for member in found[0]["items"]] == [3, 4]


async def test_nobody_knows_what_a_group_holds_before_all_of_it_is_counted(household: Household) -> None:
    group, (_, cellar) = await milks(household, 5, None)
    assert group["level"] is None
    await household.made("/rules", group=group["uuid"], when="6 left", then={"notify": True})
    assert (await household.seen(group))["decision"]["verdict"] == "not-evaluable"
    await say(household, cellar, kind="counted", quantity=1)
    shown = await household.seen(group)
    assert (shown["level"], shown["decision"]["verdict"]) == (6, "notified")


async def test_a_group_is_changed_and_ends(household: Household) -> None:
    group, (kitchen, cellar) = await milks(household, 5, 4)
    path = f"/groups/{group['uuid']}"
    changed = (await household.user.call("PATCH", path, json={"name": "All milk", "capacity": 20})).json()["data"]
    assert (changed["name"], changed["capacity"], changed["level"]) == ("All milk", 20, 9)
    changed = (await household.user.call("PATCH", path, json={"items": [cellar["uuid"]]})).json()["data"]
    assert (changed["name"], changed["level"], len(changed["items"])) == ("All milk", 4, 1)
    await say(household, kitchen, kind="counted", quantity=1)
    assert (await household.seen(group))["level"] == 4
    changed = (await household.user.call("PATCH", path, json={"items": [kitchen["uuid"], cellar["uuid"]]})).json()
    assert changed["data"]["level"] == 5

    rule = await household.made("/rules", group=group["uuid"], when="2 left", then={})
    assert (await household.user.call("DELETE", path)).json() == {"message": "Group deleted.", "data": None}
    for gone in (path, f"/items/{group['uuid']}", f"/rules/{rule['uuid']}"):
        assert (await household.user.get(gone)).status_code == 404
    assert (await household.seen(kitchen))["level"] == 1


async def test_what_cannot_be_counted_together_is_no_group(household: Household) -> None:
    group, (milk, _) = await milks(household, 5, 4)
    flour = await household.item("Flour", unit="kg", level=1)
    other = await (await household.home.a_household()).item("Milk")
    for items, text in (
        ([milk["uuid"], str(uuid4())], "There is no such item."),
        ([milk["uuid"], other["uuid"]], "There is no such item."),
        ([milk["uuid"], group["uuid"]], "A group cannot be in a group."),
        ([milk["uuid"], flour["uuid"]], "This item is measured in kg, which cannot be said in piece."),
    ):
        for method, path in (("POST", "/groups"), ("PATCH", f"/groups/{group['uuid']}")):
            name = {"name": "x"} if method == "POST" else {}
            answer = await household.user.call(method, path, json={"items": items, **name})
            assert (answer.status_code, answer.json()["data"]) == (400, {"items.1": [text]})
    for items in ([], [milk["uuid"]] * (MOST_MEMBERS + 1)):
        assert (await household.user.post("/groups", {"name": "x", "items": items})).status_code == 400
    assert (await household.user.get(f"/groups/{milk['uuid']}")).status_code == 404


async def test_a_group_is_reported_of_by_its_items_alone(household: Household) -> None:
    group, _ = await milks(household, 5, 4)
    report = {"kind": "counted", "quantity": 3}
    answer = await household.user.post(f"/items/{group['uuid']}/facts", {"facts": [report]})
    assert (answer.status_code, answer.json()["data"]) == (400, {"facts.0.kind": [OF_A_GROUP]})
    tracking = {"action": "track", "item": group["uuid"], "order": household.an_order(), "triggerLevel": 5}
    answer = await household.user.post("/instructions", tracking)
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["item"])
    product = await household.made("/products", name="Milk")
    answer = await household.user.call("PATCH", f"/items/{group['uuid']}", json={"product": product["uuid"]})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["product"])
    # but a button may order for it
    await household.button(item=group["uuid"])
    assert (await household.v2("/v2/trigger", data=household.form)).status_code == 201
    assert (await household.seen(group))["onOrder"] == 12


async def test_a_deleted_item_is_in_no_group(household: Household) -> None:
    group, (kitchen, cellar) = await milks(household, 5, 4)
    await household.user.call("DELETE", f"/items/{kitchen['uuid']}")
    shown = (await household.user.get(f"/groups/{group['uuid']}")).json()["data"]
    assert [member["uuid"] for member in shown["items"]] == [cellar["uuid"]]
    assert shown["level"] == 4


async def test_a_changed_settings_of_the_household_is_told_to_its_items(household: Household) -> None:
    account = household.user.shown["uuid"]
    assert (await household.user.call("PATCH", "/auth/me", json={"ordersPerItemAndDay": 3})).is_success
    assert household.home.desk.spreads == [], "who keeps track of nothing has nobody to be told"
    await household.item("Milk")
    assert (await household.user.call("PATCH", "/auth/me", json={"name": "Eve"})).is_success
    assert household.home.desk.spreads == []
    assert (await household.user.call("PATCH", "/auth/me", json={"ordersPerItemAndDay": 2})).is_success
    assert [str(told) for told in household.home.desk.spreads] == [account]

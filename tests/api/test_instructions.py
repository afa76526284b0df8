"""Pairing (S32-S34, S46, S61): what fits together, what is refused, and the rule that a trigger level means."""

from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from tests.api.direct import Household


async def test_a_device_is_paired_to_track_an_item_and_to_order_at_a_level(household: Household) -> None:
    item = await household.item(level=12)
    made = await household.tracking(item, triggerLevel=5, order=household.an_order(2) | {"packSize": 12})
    assert 100_000_000 <= made["ref"] <= 999_999_999
    order = household.an_order(2) | {"packSize": 12}
    expected = {"action": "track", "device": household.device.shown["uuid"], "item": item["uuid"], "triggerLevel": 5}
    assert {name: made[name] for name in expected} == expected
    assert made["order"] == order
    shown = (await household.user.get(f"/instructions/{made['uuid']}")).json()["data"]
    assert shown == made
    (rule,) = (await household.user.get("/rules")).json()["data"]
    assert (rule["uuid"], rule["instruction"], rule["item"]) == (made["uuid"], made["uuid"], item["uuid"])
    assert (rule["when"], rule["tree"]) == ("5 left", {"field": "level", "op": "<=", "value": 5})
    assert rule["then"]["order"] == {"retailer": order["retailer"], "sku": "cookies-12", "packs": 2}


@pytest.mark.parametrize(("level", "sentence"), [(None, "low"), (0, "0 left"), (2.5, "2.5 left"), (100, "100 left")])
async def test_the_trigger_level_is_short_for_a_rule(household: Household, level: float | None, sentence: str) -> None:
    await household.tracking(await household.item(), order=household.an_order(), triggerLevel=level)
    (rule,) = (await household.user.get("/rules")).json()["data"]
    assert rule["when"] == sentence


async def test_tracking_without_an_order_makes_no_rule(household: Household) -> None:
    made = await household.tracking(await household.item())
    assert (made["order"], made["triggerLevel"]) == (None, None)
    assert (await household.user.get("/rules")).json()["data"] == []


async def test_a_button_without_an_item_gets_an_untracked_one(household: Household) -> None:
    made = await household.button()
    assert made["item"] == str(uuid5(UUID(made["uuid"]), "item"))
    item = await household.seen({"uuid": made["item"]})
    assert (item["name"], item["unit"], item["level"]) == ("Oat cookies", "piece", None)
    assert (await household.user.get("/rules")).json()["data"] == []


async def test_a_button_may_order_for_a_tracked_item(household: Household) -> None:
    item = await household.item(level=3)
    assert (await household.button(item=item["uuid"]))["item"] == item["uuid"]
    assert len((await household.user.get("/items")).json()["data"]) == 1


async def test_without_a_device_it_is_for_the_users_apps(household: Household) -> None:
    made = await household.made("/instructions", action="reorder", order=household.an_order())
    assert made["device"] is None


async def test_whatever_does_not_fit_together_is_named(household: Household) -> None:
    other = await household.home.a_household()
    item, foreign_item = await household.item(), await other.item()
    order = household.an_order()
    track, reorder = {"action": "track", "item": item["uuid"]}, {"action": "reorder", "order": order}
    no_sku = {"order.sku": ["This retailer has no such SKU in its catalogue."]}
    missing = ["This field is missing."]
    cases: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
        ({}, {"action": missing}),
        ({"action": "paint"}, {"action": ["This value should be 'reorder' or 'track'."]}),
        ({"action": "track"}, {"item": missing}),
        ({"action": "reorder"}, {"order": missing}),
        (track | {"triggerLevel": 5}, {"order": ["A trigger level needs an order."]}),
        (
            reorder | {"triggerLevel": 5},
            {"triggerLevel": ["An instruction to reorder has none: it orders whenever it is called."]},
        ),
        (track | {"item": foreign_item["uuid"]}, {"item": ["There is no such item."]}),
        (reorder | {"item": str(uuid4())}, {"item": ["There is no such item."]}),
        (reorder | {"device": other.device.shown["uuid"]}, {"device": ["There is no such device."]}),
        (reorder | {"order": order | {"sku": "cookies-13"}}, no_sku),
        (reorder | {"order": order | {"retailer": str(uuid4())}}, no_sku),
        (reorder | {"order": order | {"packSize": 6}}, {"order.packSize": ["The catalogue says 12."]}),
        (
            reorder | {"order": order | {"quantity": 0}},
            {"order.quantity": ["This value should be greater than or equal to 1."]},
        ),
        (track | {"triggerLevel": -1}, {"triggerLevel": ["This value should be greater than or equal to 0."]}),
        (track | {"ref": 147478858}, {"ref": ["This field was not expected."]}),
    ]
    for body, expected in cases:
        answer = await household.user.post("/instructions", body)
        assert (answer.status_code, answer.json()["data"]) == (400, expected), body
    assert (await household.user.get("/instructions")).json()["data"] == []


@pytest.mark.parametrize("late", [True, False])
async def test_a_repeat_after_503_goes_on_with_the_same_instruction(household: Household, late: bool) -> None:
    body = {"action": "reorder", "order": household.an_order()}
    async with household.home.temporal_away(late=late):
        assert (await household.user.post("/instructions", body, "the button")).status_code == 503
    made = await household.user.post("/instructions", body, "the button")
    assert made.status_code == 201
    assert (await household.user.get("/instructions")).json()["data"] == [made.json()["data"]]
    assert len((await household.user.get("/items")).json()["data"]) == 1


async def test_a_changed_trigger_level_is_a_new_version_of_its_rule(household: Household) -> None:
    item = await household.item(level=8)
    made = await household.tracking(item, triggerLevel=5, order=household.an_order())
    path = f"/instructions/{made['uuid']}"
    changed = (await household.user.call("PATCH", path, json={"triggerLevel": 7})).json()["data"]
    assert (changed["triggerLevel"], changed["order"], changed["ref"]) == (7, made["order"], made["ref"])
    (rule,) = (await household.user.get("/rules")).json()["data"]
    assert (rule["when"], rule["version"]) == ("7 left", 2)
    await household.user.call("PATCH", path, json={"triggerLevel": 7})
    (rule,) = (await household.user.get("/rules")).json()["data"]
    assert rule["version"] == 2  # nothing new
    assert (await household.seen(item))["onOrder"] == 0
    await household.user.call("PATCH", path, json={"triggerLevel": 10})
    assert (await household.seen(item))["onOrder"] == 12  # saving a rule is an evaluation


async def test_the_rule_comes_and_goes_with_the_order(household: Household) -> None:
    made = await household.tracking(await household.item(), triggerLevel=5, order=household.an_order())
    path = f"/instructions/{made['uuid']}"
    gone = await household.user.call("PATCH", path, json={"triggerLevel": None, "order": None})
    assert (gone.json()["data"]["order"], gone.json()["data"]["triggerLevel"]) == (None, None)
    assert (await household.user.get("/rules")).json()["data"] == []
    await household.user.call("PATCH", path, json={"order": household.an_order(3)})
    (rule,) = (await household.user.get("/rules")).json()["data"]
    assert (rule["when"], rule["version"], rule["then"]["order"]["packs"]) == ("low", 2, 3)


async def test_a_change_is_checked_like_a_new_instruction(household: Household) -> None:
    tracking = await household.tracking(await household.item(), triggerLevel=5, order=household.an_order())
    button = await household.button()
    cases = [
        (tracking, {"order": None}, "order"),
        (tracking, {"order": household.an_order() | {"sku": "x"}}, "order.sku"),
        (tracking, {"item": tracking["item"]}, "item"),
        (button, {"order": None}, "order"),
        (button, {"triggerLevel": 5}, "triggerLevel"),
    ]
    for instruction, body, place in cases:
        answer = await household.user.call("PATCH", f"/instructions/{instruction['uuid']}", json=body)
        assert (answer.status_code, list(answer.json()["data"])) == (400, [place]), body


async def test_a_deleted_instruction_takes_its_rule_along_and_leaves_the_item(household: Household) -> None:
    item = await household.item()
    made = await household.tracking(item, triggerLevel=5, order=household.an_order())
    path = f"/instructions/{made['uuid']}"
    answer = await household.user.call("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"message": "Instruction deleted.", "data": None})
    assert (await household.user.get(path)).status_code == 404
    assert (await household.user.call("PATCH", path, json={})).status_code == 404
    assert (await household.user.get("/rules")).json()["data"] == []
    assert (await household.seen(item))["name"] == "Cookies"


async def test_instructions_are_listed_by_item_and_by_device(household: Household) -> None:
    item = await household.item()
    made = await household.tracking(item)
    others = [await household.made("/instructions", action="track", item=item["uuid"]), await household.button()]
    everything = (await household.user.get("/instructions")).json()["data"]
    assert [each["uuid"] for each in everything] == [each["uuid"] for each in (*others[::-1], made)]
    of_item = (await household.user.get("/instructions", item=item["uuid"])).json()["data"]
    assert {each["uuid"] for each in of_item} == {made["uuid"], others[0]["uuid"]}
    of_device = (await household.user.get("/instructions", device=household.device.shown["uuid"])).json()["data"]
    assert {each["uuid"] for each in of_device} == {made["uuid"], others[1]["uuid"]}
    assert (await household.user.get("/instructions", item="x")).status_code == 400


async def test_a_sku_that_left_the_catalogue_is_shown_without_its_pack_size(household: Household) -> None:
    made = await household.button()
    await household.shop.call(
        "PUT", f"/retailers/{household.shop.shown['uuid']}/catalogue", json=[], params={"confirm": "rows"}
    )
    shown = (await household.user.get(f"/instructions/{made['uuid']}")).json()["data"]
    assert shown["order"] == household.an_order() | {"packSize": None}

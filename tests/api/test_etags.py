"""What has not changed is not sent again, and what has is not overwritten (reliability of settings; S9, S22)."""

from typing import Any

import pytest

from tests.api.direct import Household
from tests.api.fridges import a_fleet, a_fridge

SETTINGS = ["items", "rules", "instructions", "devices", "products", "me", "fleets", "fridges"]
CHANGES: dict[str, dict[str, Any]] = {
    "items": {"location": "Pantry"},
    "rules": {"name": "Other"},
    "instructions": {"triggerLevel": 9},
    "devices": {"name": "Jar"},
    "products": {"brand": "Corner Bakery"},
    "me": {"name": "Ada L."},
    "fleets": {"name": "Other"},
    "fridges": {"settings": {"heartbeatInterval": 60}},
}


async def path_of(household: Household, setting: str) -> str:
    """One of that kind."""
    if setting == "me":
        return "/auth/me"
    return f"/{setting}/{(await one(household, setting))['uuid']}"


async def one(household: Household, setting: str) -> Any:
    """What there is at that path."""
    item, made = await household.item(level=12), None
    match setting:
        case "items":
            made = item
        case "rules":
            made = await household.made("/rules", item=item["uuid"], when="low", then={})
        case "instructions":
            made = await household.tracking(item, order=household.an_order())
        case "devices":
            made = household.device.shown
        case "products":
            made = await household.made("/products", name="Oats")
        case "fleets":
            made = await a_fleet(household)
        case "fridges":
            made = await a_fridge(household)
    return made


@pytest.mark.parametrize("setting", SETTINGS)
async def test_a_setting_is_changed_only_as_it_was_read(household: Household, setting: str) -> None:
    user, path = household.user, await path_of(household, setting)
    read = await user.get(path)
    tag = read.headers["etag"]
    same = await user.call("GET", path, headers={"If-None-Match": f'"other", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    changed = await user.call("PATCH", path, json=CHANGES[setting], headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert (await user.call("GET", path, headers={"If-None-Match": tag})).status_code == 200
    stale = await user.call("PATCH", path, json=CHANGES[setting], headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.headers["content-type"] == "application/problem+json"
    assert stale.json()["message"] == "This has been changed since you read it: read it again, then repeat your change."
    for good in (f"W/{changed.headers['etag']}", "*"):
        again = await user.call("PATCH", path, json=CHANGES[setting], headers={"If-Match": good})
        assert again.status_code == 200, good
    assert (await user.call("PATCH", path, json=CHANGES[setting])).status_code == 200


async def test_a_report_changes_what_is_shown_but_not_what_may_be_changed(household: Household) -> None:
    item = await household.item(level=12)
    path = f"/items/{item['uuid']}"
    tag = (await household.user.get(path)).headers["etag"]
    await household.user.post(f"{path}/facts", {"facts": [{"kind": "used"}]})
    read = await household.user.call("GET", path, headers={"If-None-Match": tag})
    assert (read.status_code, read.json()["data"]["level"]) == (200, 11)
    kept = await household.user.call("PATCH", path, json={"location": "Pantry"}, headers={"If-Match": tag})
    assert kept.status_code == 200


async def test_a_rule_is_replaced_only_as_it_was_read(household: Household) -> None:
    path = await path_of(household, "rules")
    tag = (await household.user.get(path)).headers["etag"]
    rule = {"when": "pressed", "then": {}}
    assert (await household.user.call("PUT", path, json=rule, headers={"If-Match": tag})).status_code == 200
    assert (await household.user.call("PUT", path, json=rule, headers={"If-Match": tag})).status_code == 412


@pytest.mark.parametrize("tag", ["", "x", '"', '"1', "W/", ", ,", '"' + "9" * 500 + '"'])
async def test_what_is_no_tag_of_ours_matches_nothing(household: Household, tag: str) -> None:
    path = await path_of(household, "products")
    assert (await household.user.call("GET", path, headers={"If-None-Match": tag})).status_code == 200
    assert (await household.user.call("PATCH", path, json={}, headers={"If-Match": tag})).status_code == 412

"""Four spheres over one plain API, each of use without the others (S5, S6)."""

import re

from tests.api.direct import Household
from tests.api.operations import operations
from tests.api.server import Api

COLLECTIONS = {
    # S7
    "Identity": {"/auth/me", "/addresses", "/payment-methods", "/keys"},
    # S8: activity, the level, an order
    "Device": {"/facts", "/v1/level", "/v2/level", "/v1/trigger", "/v2/trigger"},
    # S9: configuration of devices, products, inventory, rules, orders, history
    "UI": {"/instructions", "/products", "/items", "/rules", "/orders", "/history"},
    # S10: prices and products, dispatch, completed delivery
    "Fulfiller": {
        "/retailers/{uuid}/catalogue",
        "/retailers/{uuid}/orders",
        "/retailers/{uuid}/orders/{order}/dispatched",
        "/retailers/{uuid}/orders/{order}/delivered",
    },
}


async def test_every_sphere_has_its_collections(api: Api) -> None:
    """S7 to S10."""
    for sphere, expected in COLLECTIONS.items():
        found = {operation.path for operation in operations(api) if sphere in operation.document["tags"]}
        assert expected <= found, sphere


async def test_paths_are_nouns_and_methods_mean_what_they_say(api: Api) -> None:
    """S2."""
    for operation in operations(api):
        assert re.fullmatch(r"(/[a-z0-9-]+|/{[a-z]+})+", operation.path), str(operation)
        reads = operation.method in ("get", "delete")
        assert not (reads and "requestBody" in operation.document), str(operation)
        made = "201" in operation.document["responses"]
        assert not (made and operation.method != "post"), str(operation)


async def test_identity_alone(api: Api) -> None:
    user = await api.a_user()
    changed = await user.call("PATCH", "/auth/me", json={"timeZone": "Europe/Berlin"})
    assert (changed.status_code, changed.json()["data"]["timeZone"]) == (200, "Europe/Berlin")


async def test_the_ui_alone_is_an_inventory_by_hand(household: Household) -> None:
    stranger = await household.home.a_user()
    item = (await stranger.post("/items", {"name": "Flour", "unit": "g", "level": 1000})).json()["data"]
    await stranger.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "used", "quantity": 250}]})
    assert (await stranger.get(f"/items/{item['uuid']}")).json()["data"]["level"] == 750


async def test_a_device_needs_nothing_but_its_own_key(household: Household) -> None:
    item = await household.item(level=12)
    await household.tracking(item)
    told = {"facts": [{"id": "1", "item": item["uuid"], "kind": "counted", "quantity": 5}]}
    assert (await household.device.post("/facts", told)).status_code == 201
    assert (await household.seen(item))["level"] == 5
    assert (await household.device.get("/items")).status_code == 403


async def test_a_retailer_needs_no_account_of_a_user(api: Api) -> None:
    retailer = await api.a_retailer()
    path = f"/retailers/{retailer.shown['uuid']}"
    assert len((await retailer.get(f"{path}/catalogue")).json()["data"]) == 1
    assert (await retailer.get(f"{path}/orders")).json()["data"] == []

"""Products and the items that are of one (S9, S20)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.direct import Household

OATS = {"name": "Oat cookies", "brand": "Corner Bakery", "gtin": "4006381333931", "unit": "g"}


async def test_a_product_is_made_changed_listed_and_removed(household: Household) -> None:
    made = await household.made("/products", **OATS)
    assert {name: made[name] for name in OATS} == OATS
    path = f"/products/{made['uuid']}"
    assert (await household.user.get(path)).json()["data"] == made
    changed = (await household.user.call("PATCH", path, json={"name": "Oats", "brand": None})).json()["data"]
    assert (changed["name"], changed["brand"], changed["gtin"]) == ("Oats", None, OATS["gtin"])
    assert (await household.user.get("/products")).json()["data"] == [changed]
    assert (await household.user.get("/products", gtin=OATS["gtin"])).json()["data"] == [changed]
    assert (await household.user.get("/products", gtin="96385074")).json()["data"] == []
    assert (await household.user.call("DELETE", path)).status_code == 200
    assert (await household.user.get(path)).status_code == 404
    assert (await household.user.get("/products")).json()["data"] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("96385074", "96385074"),
        ("036000291452", "036000291452"),
        ("4006381333931", "4006381333931"),
        ("14006381333938", "14006381333938"),
        # one number, written as another form of it
        ("0036000291452", "036000291452"),
        ("00036000291452", "036000291452"),
        ("00000096385074", "96385074"),
    ],
)
async def test_a_gtin_is_kept_in_its_own_form(household: Household, given: str, kept: str) -> None:
    assert (await household.made("/products", name="x", gtin=given))["gtin"] == kept


@pytest.mark.parametrize(
    "gtin",
    ["4006381333930", "400638133393", "", "x", "4006381333931 ", "40063813339310", "9" * 15, 4006381333931, "٤" * 8],
)
async def test_what_is_no_gtin_is_refused(household: Household, gtin: Any) -> None:
    answer = await household.user.post("/products", {"name": "x", "gtin": gtin})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["gtin"])


async def test_a_household_has_each_gtin_once(household: Household) -> None:
    made = await household.made("/products", **OATS)
    other = await household.made("/products", name="Without")
    twice = await household.user.post("/products", OATS | {"gtin": "04006381333931"})
    assert (twice.status_code, twice.json()["message"]) == (409, "There is already a product with this GTIN.")
    path = f"/products/{other['uuid']}"
    assert (await household.user.call("PATCH", path, json={"gtin": OATS["gtin"]})).status_code == 409
    assert (
        await household.user.call("PATCH", f"/products/{made['uuid']}", json={"gtin": OATS["gtin"]})
    ).status_code == 200
    await household.user.call("DELETE", f"/products/{made['uuid']}")
    assert (await household.user.call("PATCH", path, json={"gtin": OATS["gtin"]})).status_code == 200
    elsewhere = await household.home.a_household()
    await elsewhere.made("/products", **OATS)


async def test_a_product_in_use_stays(household: Household) -> None:
    product = await household.made("/products", **OATS)
    path = f"/products/{product['uuid']}"
    item = await household.item(product=product["uuid"])
    assert (item["product"], item["unit"]) == (product["uuid"], "g")
    refused = await household.user.call("DELETE", path)
    assert (refused.status_code, refused.json()["message"]) == (409, "Items use this product.")
    assert (await household.user.call("PATCH", path, json={"unit": "piece"})).status_code == 409
    await household.user.call("PATCH", f"/items/{item['uuid']}", json={"product": None})
    assert (await household.seen(item))["product"] is None
    await household.user.call("PATCH", f"/items/{item['uuid']}", json={"product": product["uuid"]})
    await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert (await household.user.call("DELETE", path)).status_code == 200


async def test_an_item_is_measured_in_a_unit_of_its_products_dimension(household: Household) -> None:
    product = await household.made("/products", **OATS)
    assert (await household.item(product=product["uuid"], unit="kg"))["unit"] == "kg"
    for unit in ("ml", "piece", "bag"):
        answer = await household.user.post("/items", {"name": "x", "product": product["uuid"], "unit": unit})
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["product"])
    pieces = await household.item(unit="piece")
    answer = await household.user.call("PATCH", f"/items/{pieces['uuid']}", json={"product": product["uuid"]})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["product"])


async def test_another_households_product_does_not_exist(household: Household) -> None:
    product = await household.made("/products", **OATS)
    other = await household.home.a_household()
    path = f"/products/{product['uuid']}"
    assert (await other.user.get(path)).status_code == 404
    assert (await other.user.call("PATCH", path, json={"name": "mine"})).status_code == 404
    assert (await other.user.call("DELETE", path)).status_code == 404
    for unknown in (product["uuid"], str(uuid4())):
        answer = await other.user.post("/items", {"name": "x", "product": unknown})
        assert answer.json()["data"] == {"product": ["There is no such product."]}

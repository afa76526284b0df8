"""Orders by hand (S23): what may be ordered, and why not."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.direct import Household


def by_hand(household: Household, item: Any, **more: Any) -> dict[str, Any]:
    """A pack of cookies for the item."""
    return {"item": item["uuid"], "retailer": household.shop.shown["uuid"], "sku": "cookies-12"} | more


async def test_s23_an_order_by_hand_is_made_at_once_and_its_repeat_is_the_same(household: Household) -> None:
    item, key = await household.item(level=100), uuid4().hex
    answers = [await household.user.post("/orders", by_hand(household, item, quantity=3), key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, repeat = (answer.json()["data"] for answer in answers)
    assert first == repeat
    assert (first["status"], first["lines"][0]["packs"], first["total"]) == ("needed", 3, "10.47")
    (decision,) = (await household.user.get(f"/items/{item['uuid']}/decisions", limit=1)).json()["data"]
    assert (decision["verdict"], decision["order"]) == ("ordered", first["uuid"])
    assert (await household.seen(item))["onOrder"] == 36


async def test_what_cannot_be_ordered_now_is_refused_with_the_reason(household: Household) -> None:
    item = await household.item(level=1, capacity=14)
    made = await household.user.post("/orders", by_hand(household, item))
    assert made.status_code == 201
    open_already = await household.user.post("/orders", by_hand(household, item))
    assert open_already.status_code == 409
    assert "lready on order" in open_already.json()["message"]
    too_much = await household.user.post("/orders", by_hand(household, await household.item(level=3, capacity=14)))
    assert too_much.status_code == 409
    assert "fits into the capacity" in too_much.json()["message"]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"item": str(uuid4())}, "item"),
        ({"retailer": str(uuid4())}, "sku"),
        ({"sku": "milk"}, "sku"),
        ({"packSize": 13}, "packSize"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10_001}, "quantity"),
        ({"price": "0.01"}, "price"),
    ],
)
async def test_a_fault_is_named(household: Household, wrong: dict[str, Any], place: str) -> None:
    item = await household.item(level=5)
    answer = await household.user.post("/orders", by_hand(household, item) | wrong)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])
    assert (await household.user.get("/orders")).json()["data"] == []


async def test_nobody_orders_for_another_household(household: Household) -> None:
    other, item = await household.home.a_household(), await household.item(level=5)
    answer = await other.user.post("/orders", by_hand(household, item))
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["item"])
    for caller, status in ((household.device, 403), (household.shop, 403), (household.home.nobody, 401)):
        assert (await caller.post("/orders", by_hand(household, item))).status_code == status


async def test_while_temporal_is_away_nothing_is_known_and_the_repeat_goes_on(household: Household) -> None:
    item, key = await household.item(level=5), uuid4().hex
    async with household.home.temporal_away(late=True):
        assert (await household.user.post("/orders", by_hand(household, item), key)).status_code == 503
    answer = await household.user.post("/orders", by_hand(household, item), key)
    assert answer.status_code == 201
    assert len((await household.user.get("/orders")).json()["data"]) == 1

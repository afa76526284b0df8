"""Orders as their household sees them, and its yes or no (1.K)."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.direct import Household


async def an_order(household: Household, item: Any | None = None) -> Any:
    """An order of one pack of cookies, just needed."""
    item = item or await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order())
    (order,) = (await household.user.get("/orders", item=item["uuid"])).json()["data"]
    return order


async def test_an_order_is_shown_from_its_need_on(household: Household) -> None:
    item = await household.item(level=5)
    order = await an_order(household, item)
    needed, updated = order.pop("neededAt"), order.pop("updatedAt")
    assert needed == updated
    assert order == {
        "uuid": order["uuid"],
        "item": item["uuid"],
        "itemName": "Cookies",
        "need": 1,
        "retailer": household.shop.shown["uuid"],
        "status": "needed",
        "lines": [
            {
                "sku": "cookies-12",
                "name": "Oat cookies",
                "packs": 1,
                "packSize": 12,
                "unitPrice": "3.49",
                "substitute": None,
            }
        ],
        "total": "3.49",
        "currency": "EUR",
        "dispatchedPacks": 0,
        "deliveredPacks": 0,
        "reason": None,
        "reference": None,
        "charge": None,
        "placedAt": None,
        "endedAt": None,
        "history": [{"state": "needed", "deliveredPacks": 0, "reason": None, "at": needed}],
    }
    assert UUID(order["uuid"]).version == 5
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert shown["history"] == order["history"]


async def test_orders_are_walked_newest_first_by_state_and_by_item(household: Household) -> None:
    orders = [await an_order(household) for _ in range(3)]
    uuids = [order["uuid"] for order in orders]
    first = (await household.user.get("/orders", limit=2)).json()
    rest = (await household.user.get("/orders", limit=2, cursor=first["nextCursor"])).json()
    assert [order["uuid"] for order in first["data"] + rest["data"]] == uuids[::-1]
    assert rest["nextCursor"] is None
    await household.home.desk.is_placed(UUID(uuids[0]))
    placed = (await household.user.get("/orders", status="placed")).json()["data"]
    assert [order["uuid"] for order in placed] == uuids[:1]
    needed = (await household.user.get("/orders", status="needed", limit=1)).json()
    assert [order["uuid"] for order in needed["data"]] == uuids[2:]
    assert (await household.user.get("/orders", item=orders[1]["item"])).json()["data"][0]["uuid"] == uuids[1]
    for wrong in ({"status": "lost"}, {"item": "x"}, {"cursor": "x"}, {"cursor": first["nextCursor"][:-4]}):
        assert (await household.user.get("/orders", **wrong)).status_code == 400, wrong


@pytest.mark.parametrize(("approved", "state"), [(True, "placed"), (False, "refused")])
async def test_the_owner_says_yes_or_no(household: Household, approved: bool, state: str) -> None:
    order = await an_order(household)
    path = f"/orders/{order['uuid']}/approval"
    early = await household.user.post(path, {"approved": approved})
    assert (early.status_code, early.json()["message"]) == (409, "This order waits for nothing: needed.")
    await household.home.desk.waits(UUID(order["uuid"]))
    answer = await household.user.post(path, {"approved": approved, "reason": "as I said"})
    assert answer.status_code == 200
    assert answer.json()["message"] == ("Order approved." if approved else "Order refused.")
    assert answer.json()["data"]["status"] == state
    assert [step["state"] for step in answer.json()["data"]["history"]] == ["needed", "awaiting-approval", state]
    assert answer.json()["data"]["history"][-1]["reason"] == "as I said"


@pytest.mark.parametrize("body", [{}, {"approved": "yes"}, {"approved": 1}, {"approved": True, "by": "me"}])
async def test_an_approval_is_true_or_false(household: Household, body: dict[str, Any]) -> None:
    order = await an_order(household)
    assert (await household.user.post(f"/orders/{order['uuid']}/approval", body)).status_code == 400


@pytest.mark.parametrize("body", [None, {}, {"reason": "found some"}])
async def test_an_order_is_cancelled_with_or_without_a_reason(household: Household, body: Any) -> None:
    order = await an_order(household)
    answer = await household.user.post(f"/orders/{order['uuid']}/cancel", body)
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "cancelled")
    assert answer.json()["data"]["reason"] == (body or {}).get("reason")
    assert answer.json()["data"]["endedAt"] is not None
    again = await household.user.post(f"/orders/{order['uuid']}/cancel", body)
    assert (again.status_code, again.json()["data"]["status"]) == (200, "cancelled")


async def test_an_item_deleted_before_its_order_was_started_orders_nothing(household: Household) -> None:
    item = await household.item(level=5)
    order = await an_order(household, item)
    assert (await household.user.call("DELETE", f"/items/{item['uuid']}")).status_code == 200
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert (shown["status"], shown["reason"]) == ("cancelled", "the item was deleted")
    assert [step["state"] for step in shown["history"]] == ["needed", "cancelled"]


async def test_while_temporal_is_away_the_owner_is_asked_to_repeat(household: Household) -> None:
    order = await an_order(household)
    async with household.home.temporal_away():
        for verb, body in (("approval", {"approved": True}), ("cancel", {})):
            answer = await household.user.post(f"/orders/{order['uuid']}/{verb}", body)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")

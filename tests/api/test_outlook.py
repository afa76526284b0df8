"""What would have to change for it to order now: whatever is named is done here, and it is ordered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.api.direct import Home, Household

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock(home: Home) -> Any:
    """Moves the desk's clock to so many hours after noon."""

    def at(hours: float) -> None:
        home.desk.moment = START + timedelta(hours=hours)

    at(0)
    yield at
    home.desk.moment = None


async def ways(household: Household, item: Any) -> list[list[str]]:
    """For each rule, its ways in words."""
    answer = await household.user.get(f"/items/{item['uuid']}/outlook")
    assert answer.status_code == 200, answer.text
    return [[way["sentence"] for way in rule["ways"]] for rule in answer.json()["data"]["rules"]]


async def told(household: Household, item: Any, **fact: Any) -> None:
    """Something is told of the item by hand."""
    answer = await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})
    assert answer.status_code == 201, answer.text


async def orders(household: Household) -> int:
    """How often anything was ordered."""
    return len((await household.user.get("/orders")).json()["data"])


def a_rule(household: Household, item: Any, when: str, **order: Any) -> dict[str, Any]:
    """It orders cookies when that is so."""
    at = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12"}
    return {"item": item["uuid"], "when": when, "then": {"order": at | order}}


async def test_the_level_that_is_named_makes_it_order(household: Household, clock: Any) -> None:
    item = await household.item(level=7)
    await household.made("/rules", **a_rule(household, item, "5 cookies left"))
    (rule,) = (await household.user.get(f"/items/{item['uuid']}/outlook")).json()["data"]["rules"]
    assert (rule["when"], rule["armed"], rule["now"]) == ("5 cookies left", True, "7 cookies left is above 5.")
    (way,) = rule["ways"]
    assert way == {
        "sentence": "2 fewer left (5 or less).",
        "steps": [
            {
                "kind": "level",
                "sentence": "2 fewer left (5 or less)",
                "until": None,
                "to": 5,
                "times": 1,
                "order": None,
            }
        ],
        "ordersAt": "2026-03-02T12:00:00+00:00",
    }
    assert await orders(household) == 0
    clock(0.1)
    await told(household, item, kind="counted", quantity=way["steps"][0]["to"])
    assert await orders(household) == 1


async def test_a_clock_says_when_by_the_households_clock(household: Household, clock: Any) -> None:
    await household.user.call("PATCH", "/auth/me", json={"timeZone": "Europe/Berlin"})
    item = await household.item("Butter", level=1)
    await household.made("/rules", **a_rule(household, item, "out for 5 hours"))
    clock(1)
    await told(household, item, kind="removed")
    clock(2)
    assert await ways(household, item) == [["In 4 hours, at 2026-03-02 19:00 CET, if it is not returned."]]
    clock(6)
    await told(household, item, kind="counted", quantity=0)  # whose workflow would have looked by itself
    assert await orders(household) == 1


async def test_an_open_order_is_in_the_way(household: Household, clock: Any) -> None:
    item = await household.item(level=5)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    (order,) = (await household.user.get("/orders")).json()["data"]
    await household.home.desk.is_placed(UUID(order["uuid"]))
    assert await ways(household, item) == [
        [
            f"Order {order['uuid']} (placed) must be delivered or end first (then 17 cookies left), "
            "then 12 fewer left (5 or less)."
        ]
    ]
    clock(1)
    await household.shop.post(f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}/delivered", {})
    clock(2)
    assert await ways(household, item) == [["12 fewer left (5 or less)."]]


async def test_a_guard_says_when_it_ends(household: Household, clock: Any) -> None:
    until = (START + timedelta(days=2)).isoformat()
    await household.user.call("PATCH", "/auth/me", json={"pausedUntil": until})
    item = await household.item(level=5)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    assert await orders(household) == 0
    assert await ways(household, item) == [["Ordering is paused: not before 2026-03-04 12:00 UTC."]]


async def test_money_is_counted_without_holding_anybody_up(household: Household, clock: Any) -> None:
    await household.user.call("PATCH", "/auth/me", json={"moneyPerDay": "5.00"})
    item, other = await household.item(level=5), await household.item(level=7)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    await household.made("/rules", **a_rule(household, other, "8 left"))
    assert await orders(household) == 1
    (found,) = await ways(household, other)
    assert found == [
        "3.49 EUR is more than is left of the 5.00 EUR a day, 3.49 EUR of it spent: not before 2026-03-03 00:00 UTC."
    ]


async def test_money_that_never_suffices_is_said_and_no_day_is_promised(household: Household, clock: Any) -> None:
    await household.user.call("PATCH", "/auth/me", json={"moneyPerDay": "1.00"})
    item = await household.item(level=6)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    permitted = "you order by hand or allow more (3.49 EUR is more than the 1.00 EUR a day in all)."
    assert await ways(household, item) == [[f"1 fewer left (5 or less), then {permitted}"]]
    clock(1)
    await told(household, item, kind="counted", quantity=5)
    (newest, *_) = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    assert newest["sentence"] == "5 cookies left is at or below 5; 3.49 EUR is more than the 1.00 EUR a day in all."
    assert await ways(household, item) == [[permitted.capitalize().replace("eur", "EUR")]]


async def test_the_level_and_the_shop_are_both_wanting(household: Household, clock: Any) -> None:
    """The shop had none of it, so it rejects for a day, and must have it again."""
    item = await household.item(level=5)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    (order,) = (await household.user.get("/orders")).json()["data"]
    await household.home.desk.is_placed(UUID(order["uuid"]))
    await household.shop.post(f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}/out-of-stock", {})
    clock(1)
    await told(household, item, kind="counted", quantity=9)
    (found,) = await ways(household, item)
    assert len(found) == 1
    assert found[0].startswith("4 fewer left (5 or less), then Corner Shop has Oat cookies again, then rejected there")


async def test_the_newest_decision_tells_what_would_have_to_change(household: Household, clock: Any) -> None:
    item = await household.item(level=7)
    await household.made("/rules", **a_rule(household, item, "5 left"))
    clock(1)
    await told(household, item, kind="counted", quantity=6)
    newest, older, *_ = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    path = f"/items/{item['uuid']}/decisions"
    outlook = (await household.user.get(f"{path}/{newest['number']}")).json()["data"]["outlook"]
    assert [way["sentence"] for way in outlook["rules"][0]["ways"]] == ["1 fewer left (5 or less)."]
    assert (await household.user.get(f"{path}/{older['number']}")).json()["data"]["outlook"] is None
    await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert (await household.user.get(f"{path}/{newest['number']}")).json()["data"]["outlook"] is None


async def test_looking_changes_nothing(household: Household, clock: Any) -> None:
    item = await household.item(level=7)
    await household.made("/rules", **a_rule(household, item, "5 left or low or pressed or out for 5 hours"))
    paths = [f"/items/{item['uuid']}{rest}" for rest in ("", "/history", "/decisions")]
    before = [(await household.user.get(path)).json() for path in paths]
    (found,) = await ways(household, item)
    assert len(found) == 4
    assert [(await household.user.get(path)).json() for path in paths] == before


async def test_rules_that_order_nothing_and_items_without_rules_have_none(household: Household) -> None:
    item = await household.item(level=7)
    assert await ways(household, item) == []
    await household.made("/rules", item=item["uuid"], when="5 left", then={"notify": True})
    assert await ways(household, item) == []


async def test_another_households_item_has_no_outlook(household: Household) -> None:
    item = await household.item(level=7)
    other = await household.home.a_household()
    path = f"/items/{item['uuid']}/outlook"
    assert (await other.user.get(path)).status_code == 404
    for caller, status in ((household.device, 403), (household.shop, 403), (household.home.nobody, 401)):
        assert (await caller.get(path)).status_code == status
    await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert (await household.user.get(path)).status_code == 404

"""What a household lets Larder spend and order by itself, through the API and on real databases (contract 1.M)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.orders import OrderState
from tests.api.direct import Household
from tests.api.server import COOKIES


async def guarded(household: Household, **guards: object) -> Any:
    answer = await household.user.call("PATCH", "/auth/me", json=guards)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def a_rule_on(household: Household, item: Any, **then: Any) -> None:
    order = {"retailer": household.shop.shown["uuid"], "sku": COOKIES["sku"], "packs": 1}
    await household.made("/rules", item=item["uuid"], when="5 left", then={"order": order} | then)


async def a_jar(household: Household, name: str = "Cookies") -> Any:
    """Twelve in it, a pack of twelve for 3.49 EUR when five are left."""
    item = await household.item(name, level=12)
    await a_rule_on(household, item)
    return item


async def runs_low(household: Household, item: Any, level: int = 4) -> str:
    """What is decided then, in words."""
    fact = {"id": f"{item['uuid']}:{datetime.now(UTC)}", "kind": "counted", "quantity": level}
    assert (await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})).status_code == 201
    sentence: str = (await newest(household, item))["sentence"]
    return sentence


async def newest(household: Household, item: Any) -> Any:
    return (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"][0]


async def orders(household: Household) -> list[Any]:
    found: list[Any] = (await household.user.get("/orders", limit=100)).json()["data"]
    return found


async def the_shop_says(household: Household, order: Any, step: str) -> None:
    await household.home.desk.is_placed(UUID(order["uuid"]))
    path = f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}/{step}"
    assert (await household.shop.post(path, {})).status_code == 200


async def test_the_guards_are_shown_and_end_with_null(household: Household) -> None:
    guards = {"moneyPerDay": "20.00", "moneyPerMonth": "200.00", "ordersPerItemAndDay": 2}
    shown = await guarded(household, **guards, pausedUntil="2030-01-01T00:00:00+01:00")
    assert {name: shown[name] for name in guards} == guards
    assert shown["pausedUntil"] == "2029-12-31T23:00:00+00:00"
    shown = await guarded(household, **dict.fromkeys([*guards, "pausedUntil"]))
    assert {shown[name] for name in [*guards, "pausedUntil"]} == {None}


async def test_the_money_of_a_day_is_spent_once_and_more_of_it_is_heeded_at_once(household: Household) -> None:
    await guarded(household, moneyPerDay="5.00")
    first, second = await a_jar(household), await a_jar(household, "Crackers")
    await runs_low(household, first)
    held = await runs_low(household, second)
    assert "3.49 EUR is more than is left of the 5.00 EUR a day, 3.49 EUR of it spent: not before" in held
    assert len(await orders(household)) == 1
    await guarded(household, moneyPerDay="6.98")
    assert len(await orders(household)) == 2
    assert (await newest(household, second))["verdict"] == "ordered"


async def test_two_items_judged_at_once_cannot_both_spend_the_last_of_it(household: Household) -> None:
    await guarded(household, moneyPerMonth="10.50")
    jars = [await a_jar(household, f"Jar {number}") for number in range(8)]
    await asyncio.gather(*(runs_low(household, jar) for jar in jars))
    found = await orders(household)
    assert len(found) == 3  # 10.47 EUR
    verdicts = [(await newest(household, jar))["verdict"] for jar in jars]
    assert sorted(verdicts) == ["held"] * 5 + ["ordered"] * 3


async def test_what_came_to_nothing_is_not_spent(household: Household) -> None:
    await guarded(household, moneyPerDay="3.49")
    first, second = await a_jar(household), await a_jar(household, "Crackers")
    await runs_low(household, first)
    (order,) = await orders(household)
    await household.user.post(f"/orders/{order['uuid']}/cancel", {})
    await runs_low(household, second)
    assert [each["status"] for each in await orders(household)] == ["needed", "cancelled"]


async def test_money_of_another_currency_is_asked_about(household: Household) -> None:
    await guarded(household, currency="USD", moneyPerDay="100.00")
    jar = await a_jar(household)
    sentence = await runs_low(household, jar)
    assert "waits for your yes: 3.49 EUR cannot be compared with the 100.00 USD a day" in sentence


async def test_an_item_is_ordered_so_often_a_day_and_the_owners_word_is_not_held_back(household: Household) -> None:
    await guarded(household, ordersPerItemAndDay=1)
    jar = await a_jar(household)
    await runs_low(household, jar)
    (order,) = await orders(household)
    await the_shop_says(household, order, "delivered")
    assert "ordered once today, 1 a day at most: not before" in await runs_low(household, jar, 2)
    by_hand = {"item": jar["uuid"], "retailer": household.shop.shown["uuid"], "sku": COOKIES["sku"], "quantity": 1}
    assert (await household.user.post("/orders", by_hand)).status_code == 201
    assert len(await orders(household)) == 2


async def test_what_a_pause_has_held_is_judged_when_it_ends_early(household: Household) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    await guarded(household, pausedUntil=until.isoformat())
    jar = await a_jar(household)
    assert "ordering is paused: not before" in await runs_low(household, jar)
    assert await orders(household) == []
    await guarded(household, pausedUntil=None)
    assert len(await orders(household)) == 1


@pytest.mark.parametrize("setting", ["name", "askAbove"])
async def test_what_nothing_is_judged_by_is_changed_without_judging(household: Household, setting: str) -> None:
    before = len(household.home.desk.spreads)
    await guarded(household, **{setting: "7"})
    assert len(household.home.desk.spreads) == before


async def test_guards_are_not_changed_while_nobody_could_be_told(household: Household) -> None:
    await household.item()
    async with household.home.temporal_away():
        answer = await household.user.call("PATCH", "/auth/me", json={"moneyPerDay": "1.00"})
    assert answer.status_code == 503
    assert (await household.user.get("/auth/me")).json()["data"]["moneyPerDay"] is None


async def test_who_keeps_track_of_nothing_needs_nobody_to_be_told(household: Household) -> None:
    async with household.home.temporal_away():
        assert (await guarded(household, moneyPerDay="1.00"))["moneyPerDay"] == "1.00"


async def test_the_second_retailer_gets_what_the_first_one_rejects(household: Household) -> None:
    other = await household.home.a_retailer()
    jar = await household.item(level=12)
    first, second = ({"retailer": shop.shown["uuid"], "sku": COOKIES["sku"]} for shop in (household.shop, other))
    order = first | {"packs": 1, "elsewhere": [second], "coolDown": "3 days"}
    await household.made("/rules", item=jar["uuid"], when="5 left", then={"order": order})
    await runs_low(household, jar)
    (made,) = await orders(household)
    await the_shop_says(household, made, "rejected")
    ordered, rejected = await orders(household)
    assert [ordered["retailer"], rejected["status"]] == [other.shown["uuid"], OrderState.REJECTED]
    assert "Corner Shop: rejected there: not asked again before" in (await newest(household, jar))["sentence"]

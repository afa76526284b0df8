"""The stories of the Pantri documents, each from the first call to the order at the retailer."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.family import Family, Jar, Shop, eventually, ok


async def a_cookie_jar(family: Family, threshold: float, level: float = 12) -> tuple[Shop, str, Jar]:
    """A jar of cookies, paired to reorder at the threshold."""
    shop, item, jar = await family.shop(), await family.item(level=level), await family.jar()
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
    await family.post("/instructions", device=jar.uuid, action="track", item=item, triggerLevel=threshold, order=order)
    return shop, item, jar


async def a_rule(family: Family, shop: Shop, item: str, when: str, sku: str = "cookies-12") -> Any:
    """A rule that orders one pack."""
    then = {"order": {"retailer": shop.uuid, "sku": sku, "packs": 1}}
    return await family.post("/rules", item=item, when=when, then=then)


@pytest.mark.parametrize(("threshold", "above"), [(5, 6), (10, 11)])
async def test_a_cookie_jar_orders_at_its_threshold_and_only_once(family: Family, threshold: int, above: int) -> None:
    """S54, S55, S58, S59: "the last 5 … or maybe when there's 10 left"."""
    shop, item, jar = await a_cookie_jar(family, threshold)
    await jar.level(level=above)
    await family.level_is(item, above)
    assert await shop.orders() == []
    for level in (threshold, threshold - 1, threshold - 2):
        answer = await jar.level(level=level)
        assert answer.json() == {"Status": 201, "Message": "Done"}
    await family.level_is(item, threshold - 2)
    order = await shop.order()
    assert [(line["sku"], line["packs"]) for line in order["lines"]] == [("cookies-12", 1)]
    shown = await family.look(item)
    assert shown["onOrder"] == 12
    assert "already on order" in shown["decision"]["sentence"]


async def test_milk_at_45_percent(family: Family) -> None:
    """S15, S17: "45% milk carton remaining" alters the level, and the rule orders."""
    shop = await family.shop(sku="milk", pack_size=1000, unit="ml")
    item = await family.item("Milk", unit="ml", capacity=2500, level=1000)
    fridge = await family.jar("Fridge")
    await family.post("/instructions", device=fridge.uuid, action="track", item=item)
    await a_rule(family, shop, item, "45% left", sku="milk")
    await fridge.level(percent=46)
    assert (await family.level_is(item, 1150))["percent"] == 46
    # at 45 % there is room for one more litre, as 1125 and 1000 are below 2500
    await fridge.level(percent=45)
    await family.level_is(item, 1125)
    await shop.order()


async def butter_out(family: Family) -> tuple[Shop, str]:
    """A butter dish with its rule, and the butter just taken out."""
    shop, item = await family.shop(sku="butter", pack_size=1), await family.item("Butter", level=1)
    await a_rule(family, shop, item, "butter out for 5 hours", sku="butter")
    await family.post(f"/items/{item}/facts", facts=[{"id": "out-1", "kind": "removed"}])
    await family.level_is(item, 0)
    return shop, item


async def test_butter_out_for_five_hours_is_ordered(family: Family) -> None:
    """S16: "butter removed and not returned within 5 hours"; the rule makes an order of it, not the fridge (S17)."""
    shop, item = await butter_out(family)
    await family.after(item, timedelta(hours=4, minutes=59))
    assert await shop.orders() == []
    await family.after(item, timedelta(minutes=1, seconds=1))
    await shop.order()
    removed, *_ = [fact for fact in await family.get(f"/items/{item}/history") if fact["kind"] == "removed"]
    ordered = await family.get(f"/items/{item}/decisions")
    at = next(decision["at"] for decision in ordered if decision["verdict"] == "ordered")
    assert (datetime.fromisoformat(at) - datetime.fromisoformat(removed["at"])) == timedelta(hours=5)


async def test_butter_returned_after_4_h_59_is_not_ordered_and_the_clock_is_gone(family: Family) -> None:
    shop, item = await butter_out(family)
    await family.after(item, timedelta(hours=4, minutes=59))
    await family.post(f"/items/{item}/facts", facts=[{"id": "back-1", "kind": "returned"}])
    await family.level_is(item, 1)
    assert (await family.look(item))["nextCheck"] is None
    await family.after(item, timedelta(hours=50))
    assert await shop.orders() == []


async def test_a_rule_changed_at_three_hours_counts_from_the_removal(family: Family) -> None:
    shop, item = await butter_out(family)
    (rule,) = await family.get("/rules")
    await family.after(item, timedelta(hours=3))
    changed = {"item": item, "when": "out for 4 hours", "then": rule["then"]}
    ok(await family.http.put(f"/rules/{rule['uuid']}", json=changed, headers=family.auth))
    await eventually(lambda: family.look(item), lambda found: found["nextCheck"] is not None)
    await family.after(item, timedelta(minutes=59))
    assert await shop.orders() == []
    await family.after(item, timedelta(minutes=1, seconds=1))
    await shop.order()


async def test_an_iot_button_orders_on_demand(family: Family) -> None:
    """S29, S30, S32: retailer, product and quantity come from the instruction."""
    shop, button = await family.shop(), await family.jar("Button")
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 3}
    made = await family.post("/instructions", device=button.uuid, action="reorder", order=order)
    first, repeat = await button.trigger("press-0001"), await button.trigger("press-0001")
    assert first.json() == repeat.json() == {"Status": 201, "Message": "Done"}
    assert (await shop.order())["lines"][0]["packs"] == 3
    await button.trigger("press-0002")
    await family.judged(made["item"], "on-order")
    assert len(await shop.orders()) == 1
    ok(await shop.report("delivered", await shop.order()))
    shown = await eventually(lambda: family.look(made["item"]), lambda found: found["onOrder"] == 0)
    assert shown["level"] is None  # S28: inventory only where it is tracked
    await button.trigger("press-0003")
    await shop.order(2)


async def test_a_detergent_doser_with_a_low_level_sensor(family: Family) -> None:
    """S31: a binary sensor, on and off."""
    shop, item, doser = await family.shop(), await family.item("Detergent"), await family.jar("Doser")
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
    await family.post("/instructions", device=doser.uuid, action="track", item=item, order=order)
    await doser.level(low="false")
    await family.judged(item, "nothing")
    for _ in range(3):
        await doser.level(low="true")
    ok(await shop.report("delivered", await shop.order()))
    await eventually(lambda: family.look(item), lambda found: found["onOrder"] == 0)
    assert len(await shop.orders()) == 1
    await doser.level(low="false")
    await doser.level(low="true")
    await shop.order(2)


async def test_dishwasher_tablets_are_counted_down(family: Family) -> None:
    """S14, S57: each cycle uses one tablet of a known quantity; the same cycle reported twice counts once."""
    shop, item, dishwasher = await a_cookie_jar(family, threshold=2, level=5)
    for cycle in range(3):
        for _ in range(2):
            await dishwasher.level(used=1, event_id=f"cycle-{cycle}")
    await family.level_is(item, 2)
    await shop.order()


async def test_a_storage_jar_by_the_older_api_answers_with_command_refs(family: Family) -> None:
    """S40-S46, S56: headers, an array, the same CommandRef for a repeat."""
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    (instruction,) = await family.get("/instructions")
    headers = {
        "Device_Key": jar.device_key,
        "Instruction_Ref": str(instruction["ref"]),
        "Idempotency-Key": "scale-0001",
    }
    answers = [await family.http.post("/v1/level", json={"level": 4}, headers=headers) for _ in range(2)]
    (first,), (repeat,) = (answer.json() for answer in answers)
    assert first == repeat == {"CommandRef": first["CommandRef"], "ID": 201, "Status": "Done"}
    assert 100_000_000 <= first["CommandRef"] <= 999_999_999
    await family.level_is(item, 4)
    await shop.order()


async def test_a_delivery_closes_the_loop_and_the_next_need_is_a_new_order(family: Family) -> None:
    """S61, S63: one pack of twelve adds twelve, once, whatever is repeated."""
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    await jar.level(level=5)
    order = await shop.order()
    for step in ("dispatched", "dispatched", "delivered", "delivered"):
        assert ok(await shop.report(step, order))["status"] == step
    assert (await family.level_is(item, 17))["arriving"] == 12
    await jar.level(level=17)
    await eventually(lambda: family.look(item), lambda found: found["onShelf"] == 17)
    await jar.level(level=5)
    second = await shop.order(2)
    assert second["uuid"] != order["uuid"]
    backwards = await shop.report("dispatched", order)
    assert backwards.status_code == 200  # a repeat of what was already said
    assert (await shop.report("accepted", order)).status_code == 409


async def test_a_parcel_that_is_delivered_but_not_yet_in_the_jar_orders_nothing(family: Family) -> None:
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    await jar.level(level=5)
    ok(await shop.report("delivered", await shop.order()))
    await jar.level(level=4)
    await family.level_is(item, 16)
    assert len(await shop.orders()) == 1


async def test_a_part_delivery_adds_its_packs_and_a_rejection_ends_the_rest(family: Family) -> None:
    shop, item, button = await family.shop(), await family.item(level=0), await family.jar()
    order_draft = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 3}
    await family.post("/instructions", device=button.uuid, action="reorder", item=item, order=order_draft)
    await button.trigger()
    order = await shop.order()
    line = {"sku": "cookies-12", "packs": 2}
    assert ok(await shop.report("delivered", order, lines=[line]))["status"] == "partially-delivered"
    await family.level_is(item, 24)
    assert (await shop.report("delivered", order, lines=[line | {"packs": 1}])).status_code == 409
    assert (await shop.report("delivered", order, lines=[line | {"packs": 4}])).status_code == 409
    ok(await shop.report("rejected", order, reason="the rest is out of stock"))
    await eventually(lambda: family.look(item), lambda found: found["onOrder"] == 0)
    assert (await family.look(item))["level"] == 24
    (kept,) = await family.orders()
    assert (kept["status"], kept["reason"]) == ("rejected", "the rest is out of stock")


async def test_a_rejected_order_waits_a_day_says_when_and_never_loops(family: Family) -> None:
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    await jar.level(level=5)
    ok(await shop.report("rejected", await shop.order(), reason="closed for the holidays"))
    (decision, *_) = await family.judged(item, "held")
    assert "not asked again before" in decision["sentence"]
    await family.after(item, timedelta(hours=23))
    await jar.level(level=4)
    await family.level_is(item, 4)
    assert len(await shop.orders()) == 1
    await family.after(item, timedelta(hours=1, seconds=1))
    await shop.order(2)


async def test_a_retailer_hears_404_for_an_order_of_another(family: Family) -> None:
    shop, _, jar = await a_cookie_jar(family, threshold=5)
    other = await family.shop()
    await jar.level(level=5)
    order = await shop.order()
    assert (await other.report("delivered", order)).status_code == 404
    assert await other.orders() == []


async def test_a_deleted_instruction_is_refused_and_a_deleted_item_ends_its_workflow(family: Family) -> None:
    """S33: what is not paired is refused."""
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    (instruction,) = await family.get("/instructions")
    ok(await family.http.delete(f"/instructions/{instruction['uuid']}", headers=family.auth))
    refused = await jar.level(level=1)
    assert refused.json() == {"Status": 400, "Error": "This device has no instruction for this call."}
    ok(await family.http.delete(f"/items/{item}", headers=family.auth))
    assert (await family.http.get(f"/items/{item}", headers=family.auth)).status_code == 404
    handle = family.town.client.get_workflow_handle(f"item:{item}")
    await handle.result()
    assert await shop.orders() == []


async def test_a_threshold_raised_above_the_level_orders_at_once(family: Family) -> None:
    """S54, S59: the trigger level is the owner's to change."""
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    await jar.level(level=8)
    await family.level_is(item, 8)
    (instruction,) = await family.get("/instructions")
    path = f"/instructions/{instruction['uuid']}"
    ok(await family.http.patch(path, json={"triggerLevel": 10}, headers=family.auth))
    await shop.order()


async def test_a_batch_of_facts_for_several_items_is_counted_once_however_often_it_is_sent(family: Family) -> None:
    items = [await family.item(name, level=50) for name in ("Flour", "Sugar")]
    facts = [{"id": f"f{n}", "item": items[n % 2], "kind": "used", "quantity": 2} for n in range(20)]
    for _ in range(3):
        await family.post("/facts", facts=facts)
    for item in items:
        await family.level_is(item, 30)
    history = await family.get(f"/items/{items[0]}/history?limit=100")
    assert sum(fact["kind"] == "used" for fact in history) == 10


async def test_what_everybody_reported_is_in_the_history_and_every_decision_says_why(family: Family) -> None:
    shop, item, jar = await a_cookie_jar(family, threshold=5)
    await jar.level(level=4)
    await shop.order()

    async def kinds() -> set[str]:
        return {fact["kind"] for fact in await family.get(f"/items/{item}/history?limit=100")}

    assert await eventually(kinds, {"counted", "ordered", "order", "changed"}.issubset)
    decisions = await family.get(f"/items/{item}/decisions?limit=100")
    ordered = next(decision for decision in decisions if decision["verdict"] == "ordered")
    assert ordered["sentence"] == (
        "4 cookies left is at or below 5; nothing on order; "
        "ordered 1 pack of 12 Oat cookies at Corner Shop for 3.49 EUR."
    )
    (condition,) = ordered["rules"][0]["conditions"]
    assert (condition["wanted"], condition["actual"], condition["holds"]) == (5, 4, True)

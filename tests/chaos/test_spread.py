"""SIGKILL of the worker while it tells many items of one rule: each is judged by the newest version."""

from typing import Any

from simulator.family import eventually, ok
from tests.chaos.household import PATIENCE, Household
from tests.chaos.size import LONG

ITEMS = 120 if LONG else 12
KILLS = 8 if LONG else 2


async def test_kills_between_the_items_that_are_told_of_a_rule_on_their_product(home: Household) -> None:
    stack, product = home.stack, ok(await home.send("POST", "/products", json={"name": "Oat cookies"}))["uuid"]
    items = [ok(await home.send("POST", "/items", json=_a_jar(product)))["uuid"] for _ in range(ITEMS)]
    then = {"order": {"retailer": home.shop, "sku": "cookies-12", "packs": 1}}
    rule = ok(await home.send("POST", "/rules", json={"product": product, "when": "2 left", "then": then}))
    for item in items:
        await eventually(lambda item=item: _versions(home, item), lambda found: 1 in found, PATIENCE)  # type: ignore[misc] # a bound lambda
    assert await home.orders() == []

    stack.arm("spread_some_told")
    newest = ok(await home.send("PATCH", f"/rules/{rule['uuid']}", json={"when": "5 left"}))["version"]
    for number in range(KILLS):
        assert await stack.killed_at("spread_some_told")
        if number + 1 < KILLS:
            stack.arm("spread_some_told")
        await stack.start("worker")
    await home.orders_are(ITEMS)
    for item in items:
        assert newest in await _versions(home, item)
    await home.check(ITEMS, "worker killed while it tells of a rule")


def _a_jar(product: str) -> dict[str, Any]:
    return {"name": "Cookies", "unit": "piece", "product": product, "level": 4}


async def _versions(home: Household, item: str) -> set[int]:
    """Every version by which an item has been judged."""
    return {rule["version"] for decision in await home.all(f"/items/{item}/decisions") for rule in decision["rules"]}

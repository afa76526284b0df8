"""What belongs to another household does not exist (S21, 1.K): 404, never data, and nothing is changed.

The sandbox of one's own is another household (S65), and one's own is another one for the sandbox.
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.direct import Household
from tests.api.fridges import a_fridge
from tests.api.server import Caller

CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/items/{item}", None),
    ("PATCH", "/items/{item}", {"name": "mine"}),
    ("DELETE", "/items/{item}", None),
    ("POST", "/items/{item}/facts", {"facts": [{"kind": "counted", "quantity": 0}]}),
    ("GET", "/items/{item}/history", None),
    ("GET", "/items/{item}/decisions", None),
    ("GET", "/instructions/{instruction}", None),
    ("PATCH", "/instructions/{instruction}", {"triggerLevel": 9}),
    ("DELETE", "/instructions/{instruction}", None),
    ("GET", "/rules/{rule}", None),
    ("PUT", "/rules/{rule}", {"when": "low", "then": {}}),
    ("PATCH", "/rules/{rule}", {"name": "mine"}),
    ("DELETE", "/rules/{rule}", None),
    ("GET", "/orders/{order}", None),
    ("POST", "/orders/{order}/approval", {"approved": True}),
    ("POST", "/orders/{order}/cancel", {}),
    ("POST", "/orders/{order}/simulate", {"step": "delivered"}),
    ("GET", "/webhooks/{webhook}", None),
    ("PATCH", "/webhooks/{webhook}", {"enabled": False}),
    ("DELETE", "/webhooks/{webhook}", None),
    ("POST", "/webhooks/{webhook}/rotate", {}),
    ("GET", "/webhooks/{webhook}/attempts", None),
    ("POST", "/webhooks/{webhook}/attempts/{webhook}/replay", {}),
    ("GET", "/fleets/{fleet}", None),
    ("PATCH", "/fleets/{fleet}", {"name": "mine"}),
    ("DELETE", "/fleets/{fleet}", None),
    ("GET", "/fridges/{fridge}", None),
    ("PATCH", "/fridges/{fridge}", {"settings": {"heartbeatInterval": 60}}),
    ("DELETE", "/fridges/{fridge}", None),
    ("POST", "/fridges/{fridge}/init-key", {}),
    ("POST", "/fridges/{fridge}/commands/open", None),
    ("GET", "/fridges/{fridge}/commands", None),
    ("GET", "/fridges/{fridge}/inventory", None),
    ("GET", "/fridges/{fridge}/sessions", None),
    ("GET", "/fridges/{fridge}/events", None),
]
LISTS = ("/items", "/instructions", "/rules", "/orders", "/webhooks", "/notices", "/fleets", "/fridges")


async def call(caller: Caller, method: str, path: str, body: Any) -> int:
    """The status of a call."""
    return (await caller.call(method, path, **({} if body is None else {"json": body}))).status_code


async def everything(household: Household, ids: dict[str, str]) -> list[Any]:
    """All that its owner sees."""
    seen = [(await household.user.get(path)).json() for path in LISTS]
    return [*seen, (await household.user.get(f"/items/{ids['item']}/history")).json()]


@pytest.mark.parametrize("other", ["a stranger", "the sandbox", "the account of the sandbox"])
async def test_another_household_finds_nothing_and_changes_nothing(household: Household, other: str) -> None:
    home = household.home
    match other:
        case "a stranger":
            await check_apart(household, await home.a_household())
        case "the sandbox":
            await check_apart(household, await home.its_sandbox(household))
        case _:
            await check_apart(await home.its_sandbox(household), household)


async def check_apart(household: Household, other: Household) -> None:
    """Everything that the household has is unknown to the other one."""
    item = await household.item(level=5)
    instruction = await household.tracking(item, triggerLevel=5, order=household.an_order())
    rule = await household.made("/rules", item=item["uuid"], when="pressed", then={})
    (order,) = (await household.user.get("/orders")).json()["data"]
    webhook = await household.made("/webhooks", url="https://ada.example.com/larder")
    fridge = await a_fridge(household)
    made = {"item": item, "instruction": instruction, "rule": rule, "order": order, "webhook": webhook}
    made |= {"fleet": fridge["fleet"], "fridge": fridge}
    ids = {name: thing["uuid"] for name, thing in made.items()}
    before = await everything(household, ids)
    for method, path, body in CALLS:
        assert await call(other.user, method, path.format(**ids), body) == 404, f"{method} {path}"
        unknown = path.format(**{name: uuid4() for name in ids})
        assert await call(household.user, method, unknown, body) == 404, f"{method} {path}"
        for caller, status in ((household.device, 403), (household.shop, 403), (household.home.nobody, 401)):
            assert await call(caller, method, path.format(**ids), body) == status, f"{method} {path}"
    assert await everything(household, ids) == before
    for path in LISTS:
        assert (await other.user.get(path)).json()["data"] == []
        assert (await household.device.get(path)).status_code == 403


async def test_lists_by_a_foreign_item_or_device_are_empty(household: Household) -> None:
    item = await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order())
    other = await household.home.a_household()
    for path in ("/instructions", "/rules", "/orders"):
        assert (await household.user.get(path, item=item["uuid"])).json()["data"]
        assert (await other.user.get(path, item=item["uuid"])).json()["data"] == []
    foreign = await other.user.get("/instructions", device=household.device.shown["uuid"])
    assert foreign.json()["data"] == []

"""SIGKILL at every point of each step of a fridge's session: it ends as documented, and one inventory is applied."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest

from domain.command_paths import given_up, taken_and_put
from domain.fridges import CommandStatus
from simulator.family import eventually, ok
from simulator.fridge import SimulatedFridge
from tests.chaos.household import PATIENCE, Household
from tests.chaos.points import FRIDGE_POINTS, POINTS
from tests.chaos.size import LONG

_S = CommandStatus
STEPS: tuple[CommandStatus | None, ...] = (None, _S.ACK, _S.UNLOCKED, _S.OPENED, _S.CLOSED, _S.INVENTORY)
TAKEN = taken_and_put(1, 0)
OUTCOMES = {TAKEN, *(given_up(step) for step in STEPS[:-1])}
PASSED = {
    "worker": [*FRIDGE_POINTS, "before_commit", "after_commit", "settle_committed"],
    "api": POINTS["api"],
}
"""What an opening passes, until its item has the stock that the fridge has counted."""
ONLY_AT: dict[tuple[str, str], CommandStatus | None] = {
    ("worker", "fridge_command_recorded"): None,
    ("worker", "settle_committed"): _S.INVENTORY,
    ("api", "before_commit"): None,
    ("api", "after_commit"): None,
}
"""What it passes in one step alone."""


def deadly(process: str, step: CommandStatus | None) -> list[str]:
    """Where whoever passes dies in that step: at every point in the long form, else at its own ones and one more."""
    here = [point for point in PASSED[process] if ONLY_AT.get((process, point), step) is step]
    if LONG:
        return here
    anywhere = [point for point in here if (process, point) not in ONLY_AT]
    # counted from the inventory, the one step in which there is certainly something to tell
    turn = anywhere[(STEPS.index(step) - STEPS.index(_S.INVENTORY)) % len(anywhere)]
    return [point for point in here if point == turn or (process, point) in ONLY_AT]


@dataclass
class Kitchen:
    """A fridge with one tagged piece in it, which is ordered once it is taken."""

    home: Household
    uuid: str
    box: SimulatedFridge
    item: str
    tag: str
    opening: str = ""

    async def do(self, step: CommandStatus | None) -> None:
        """Have the session come so far; where a step took too long, it has failed."""
        match step:
            case None:
                made = await self.home.send("POST", f"/fridges/{self.uuid}/commands/open")
                self.opening = ok(made)["uuid"]
            case _S.ACK:
                await eventually(self._told, lambda found: self.opening in found or not found, PATIENCE)
                await self._say("ack", None, step)
            case _S.INVENTORY:
                await self.box.take([self.tag])
                await self.box.scan(self.opening, step)
                await self._heard()
            case _:
                await self._say("door-status", {"status": step}, step)
        await eventually(self.session, lambda found: found["status"] in (step, _S.FAILED), PATIENCE)
        if step is _S.INVENTORY:
            await self.home.level_is(self.item, 0)

    async def session(self) -> Any:
        """The only session, once there is one."""
        (found,) = await eventually(lambda: self._list("sessions"), bool, PATIENCE)
        return found

    async def check(self) -> None:
        """It has ended as documented, and what was taken was taken once."""
        session = await eventually(self.session, lambda found: found["endedAt"] is not None, PATIENCE)
        assert session["command"] == self.opening
        assert session["outcome"] in OUTCOMES, session
        assert (session["outcome"] == TAKEN) == (session["status"] == _S.INVENTORY), session
        await self.home.level_is(self.item, 0)
        kinds = Counter(fact["kind"] for fact in await self.home.all(f"/items/{self.item}/history"))
        assert (kinds["added"], kinds["removed"], kinds["returned"]) == (1, 1, 0), kinds
        told = [said["sent"] for said in await self._list("notifications") if said["type"] == "inventory"]
        # newest first: what was taken, and what was there when it was filled
        assert [said["data"]["removed"] for said in told] == [[self.tag], []]
        assert await self._list("inventory") == []

    async def _told(self) -> list[str]:
        """The commands that the fridge is told; nothing once the opening has failed."""
        headers = {"Authorization": f"Bearer {self.box.token}"}
        answer = await self.home.send("GET", "/fridge/commands", http=self.box.http, headers=headers)
        found = [command["uuid"] for command in ok(answer)]
        return found if found or (await self.session())["status"] == _S.FAILED else [""]

    async def _say(self, kind: str, data: Any, step: CommandStatus) -> None:
        await self.box.notify(kind, data, self.opening, step)
        await self._heard()

    async def _heard(self) -> None:
        async def unsent() -> list[Any]:
            await self.box.send()
            return self.box.unsent

        await eventually(unsent, lambda found: not found, PATIENCE)

    async def _list(self, what: str) -> list[Any]:
        return await self.home.all(f"/fridges/{self.uuid}/{what}")


async def a_kitchen(home: Household, http: httpx.AsyncClient, fleet: str) -> Kitchen:
    """A linked fridge with a piece of its own product in it."""
    tag = uuid4().hex
    product = ok(await home.send("POST", "/products", json={"name": "Cookies", "unit": "piece"}))["uuid"]
    draft = {"name": "Cookies", "unit": "piece", "product": product, "level": 0}
    item = ok(await home.send("POST", "/items", json=draft))["uuid"]
    linked = {"epcs": [{"code": tag, "expirationDate": None}]}
    ok(await home.send("POST", f"/products/{product}/epcs", json=linked))
    made = ok(await home.send("POST", "/fridges", json={"fleet_id": fleet, "settings": {"heartbeatInterval": 300}}))
    box = SimulatedFridge(http)
    await box.link(made["initKey"])
    await box.put([tag])
    await box.scan()
    await home.level_is(item, 1)
    order = {"retailer": home.shop, "sku": "cookies-12", "packs": 1}
    ok(await home.send("POST", "/rules", json={"item": item, "when": "0 left", "then": {"order": order}}))
    home.secrets += [box.token]
    return Kitchen(home, made["uuid"], box, item, tag)


@pytest.mark.parametrize("process", PASSED)
async def test_kills_at_each_step_of_a_session(home: Household, process: str) -> None:
    """S110-S115: each step has a session of its own, and whoever passes a point in that step dies there once."""
    stack, reached = home.stack, Counter[str]()
    fleet = ok(await home.send("POST", "/fleets", json={"name": "Office"}))["uuid"]

    async def dying_at(kitchen: Kitchen, fatal: CommandStatus | None) -> None:
        for step in STEPS:
            points = deadly(process, step) if step is fatal else []
            for point in points:
                stack.arm(point, process)
            await kitchen.do(step)
            for point in points:
                reached[point] += stack.disarm(point, process)

    async with httpx.AsyncClient(base_url=stack.url(), timeout=20) as http:
        kitchens = [(await a_kitchen(home, http, fleet), step) for step in STEPS]
        async with stack.watched(), anyio.create_task_group() as going_on:
            for kitchen, fatal in kitchens:
                going_on.start_soon(dying_at, kitchen, fatal)
        for kitchen, _ in kitchens:
            await kitchen.check()
    assert all(reached[point] for point in PASSED[process]), reached
    await home.orders_are(len(kitchens))
    await home.check(len(kitchens), f"{process} killed at each step of a fridge's session")

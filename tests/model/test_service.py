"""The running service against the model: random lives of jars over HTTP, workers replaced in between.

Clocks are left to `test_judgement.py`: in a town every order has a clock of its own, which passes no faster than ours.
MODEL_LONG=1 has 208 lives on each database, eight at once in one town.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import anyio
import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulator.family import Family, Shop, a_family, eventually, ok
from simulator.family import Jar as Device
from simulator.town import Town
from tests.model.jar import Jar
from tests.model.steps import LIVES_WITHOUT_CLOCKS, LONG, Step, happens

SHOWN = {"placed": "open", "delivered": "delivered", "rejected": "rejected", "cancelled": "cancelled"}
SAID = {"deliver": "delivered", "reject": "rejected"}
REPORTED = {"count": "counted", "use": "used", "add": "added"}
PATIENCE = 180.0  # seconds: a charge that a leaving worker has dropped is tried again after a minute
PAUSE = 0.1  # between two looks, or many lives at once would leave the service no time for anything else


LIVES_AT_ONCE = 8 if LONG else 3


@settings(
    max_examples=26 if LONG else 2,  # the first one of which is always the simplest
    deadline=None,
    derandomize=not LONG,
    phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(st.lists(LIVES_WITHOUT_CLOCKS, min_size=LIVES_AT_ONCE, max_size=LIVES_AT_ONCE))
async def test_the_service_does_what_the_model_says(the_town: Town, lives: list[list[Step]]) -> None:
    shift = Shift(the_town)
    kitchens = [await _a_kitchen(await a_family(the_town)) for _ in lives]
    async with anyio.create_task_group() as living:
        for kitchen, life in zip(kitchens, lives, strict=True):
            living.start_soon(_live, shift, kitchen, life)


@dataclass
class Shift:
    """The worker of a town, which every life there may have replaced."""

    town: Town
    replacing: anyio.Lock = field(default_factory=anyio.Lock)
    replaced: int = 0

    async def restart(self) -> None:
        """Another worker from now on; one replacement does for all who ask for it while another one is going on."""
        asked = self.replaced
        async with self.replacing:
            if self.replaced == asked:
                self.replaced += 1
                with anyio.CancelScope(shield=True):  # or no life after a failed one would have a worker
                    await self.town.restart()


@dataclass
class Kitchen:
    """A jar that is weighed by a device, a button, and a shop that pulls."""

    family: Family
    shop: Shop
    item: str
    scales: Device
    button: Device

    async def does(self, step: Step) -> None:
        """The same step, over HTTP."""
        match step.name:
            case "device":
                answer = await _surely(lambda: self.scales.level(level=step.units))
                assert answer.status_code == HTTPStatus.CREATED
            case "press":
                key = uuid4().hex
                assert (await _surely(lambda: self.button.trigger(key=key))).status_code == HTTPStatus.CREATED
            case "deliver" | "reject" as word:
                order = await self.newest()
                ok(await _surely(lambda: self.shop.report(SAID[word], order)))
            case "cancel":
                await self.says(f"/orders/{(await self.newest())['uuid']}/cancel", reason="not now")
            case kind:
                fact = {"id": uuid4().hex, "kind": REPORTED[kind], "quantity": step.units}
                await self.says(f"/items/{self.item}/facts", facts=[fact])

    async def says(self, path: str, **body: Any) -> None:
        """The owner's own word."""
        ok(await _surely(lambda: self.family.http.post(path, json=body, headers=self.family.auth)))

    async def reads(self, path: str) -> Any:
        """What the owner sees there."""
        return ok(await _surely(lambda: self.family.http.get(path, headers=self.family.auth)))

    async def newest(self) -> Any:
        """The order that is open."""
        return (await self.reads("/orders"))[0]

    async def shown(self) -> tuple[Any, ...]:
        """Level, arriving, and every order, oldest first."""
        found, orders = [await self.reads(path) for path in (f"/items/{self.item}", "/orders")]
        return found["level"], found["arriving"], [SHOWN.get(order["status"]) for order in reversed(orders)]


async def _live(shift: Shift, kitchen: Kitchen, life: list[Step]) -> None:
    jar = Jar()
    for number, step in enumerate(life):
        if not happens(step, jar):
            continue
        if step.name == "restart":
            await shift.restart()
        else:
            step.on(jar)
            await kitchen.does(step)
        try:
            await eventually(kitchen.shown, jar_is(jar), PATIENCE, PAUSE)
        except TimeoutError as late:
            msg = f"after {life[: number + 1]}: {late}; the model has {jar}"
            raise AssertionError(msg) from late
    assert len(await kitchen.shop.orders()) == len(jar.orders)


async def _surely(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer of a careful caller, who repeats what was not confirmed in time: the worker may be away just now.

    Nor is a connection that was closed at the moment of its use an answer.
    """

    async def ask() -> httpx.Response | None:
        try:
            answer = await call()
        except httpx.TransportError:
            return None
        return None if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE else answer

    found = await eventually(ask, lambda answer: answer is not None, PATIENCE)
    assert found is not None
    return found


async def _a_kitchen(family: Family) -> Kitchen:
    shop, item = await family.shop(), await family.item(level=12)
    order = {"retailer": shop.uuid, "sku": "cookies-12"}
    await family.post("/rules", item=item, when="5 left", then={"order": order | {"packs": 1}})
    scales, button = await family.jar(), await family.jar("Button")
    await family.post("/instructions", device=scales.uuid, action="track", item=item)
    reorder = {"device": button.uuid, "action": "reorder", "item": item}
    await family.post("/instructions", **reorder, order=order | {"quantity": 1})
    return Kitchen(family, shop, item, scales, button)


def jar_is(jar: Jar) -> Callable[[tuple[Any, ...]], bool]:
    """Whether what is shown is what the model holds."""
    return lambda shown: shown == (jar.level, jar.arriving, jar.orders)

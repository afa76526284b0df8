"""C20: two workers and two APIs, one of the four killed again and again while reports keep arriving."""

import random

import anyio
import httpx

from domain.item import CATCH_UP
from simulator.family import eventually
from tests.chaos.household import Household
from tests.chaos.size import FLEET_KILLS, SEED

ITEMS = 12
FEEDERS = 4


async def test_c20_one_of_four_killed_again_and_again(home: Household) -> None:
    stack, chance = home.stack, random.Random(SEED)
    await stack.start("worker-2", "api-2")
    counted = await home.items(ITEMS)
    used = [await home.item(level=10_000) for _ in range(FEEDERS)]
    uses = dict.fromkeys(used, 0)
    enough = anyio.Event()

    async def feed(item: str, http: httpx.AsyncClient) -> None:
        while not enough.is_set():
            await home.report(item, "used", 1, http=http)
            uses[item] += 1

    async with (
        httpx.AsyncClient(base_url=stack.url("api-2"), headers=home.http.headers, timeout=20) as other,
        stack.watched(),
        anyio.create_task_group() as feeding,
    ):
        for number, item in enumerate(used):
            feeding.start_soon(feed, item, (home.http, other)[number % 2])
        for number in range(FLEET_KILLS):
            before = sum(uses.values())
            stack.processes[chance.choice(list(stack.processes))].kill()
            await home.report(counted[number % ITEMS], "counted", 4)
            await eventually(_sum(uses), lambda found, before=before: found > before, 60)  # type: ignore[misc] # a bound lambda
        enough.set()
    for item in counted:
        await home.report(item, "counted", 4)
    await home.everything_settled()
    for item in used:
        await home.level_is(item, 10_000 - uses[item])
    await home.pass_time(CATCH_UP)
    await home.orders_are(ITEMS)
    await home.check(ITEMS, "C20 one of two workers and two APIs killed")


def _sum(uses: dict[str, int]):  # type: ignore[no-untyped-def] # an async function, used just above
    async def total() -> int:
        return sum(uses.values())

    return total

"""SIGKILL at every named point between a device's POST and the stock after delivery."""

from collections import Counter

import anyio
import pytest

from simulator.family import ok
from tests.chaos.household import Household
from tests.chaos.points import POINTS


@pytest.mark.parametrize("process", POINTS)
async def test_kills_at_every_point_between_the_post_and_the_delivered_stock(home: Household, process: str) -> None:
    """Each point has an item that passes it; it is armed before the item is made, its report, and its delivery."""
    stack, reached = home.stack, Counter[str]()

    async def pass_by(point: str) -> None:
        stack.arm(point, process)
        item = await home.item()
        reached[point] += stack.disarm(point, process)
        stack.arm(point, process)
        await home.report(item, "counted", 4)
        order = await home.order_of(item)
        reached[point] += stack.disarm(point, process)
        stack.arm(point, process)
        ok(await home.shop_says("delivered", order))
        await home.level_is(item, 16)
        reached[point] += stack.disarm(point, process)

    async with stack.watched(), anyio.create_task_group() as passing:
        for point in POINTS[process]:
            passing.start_soon(pass_by, point)
    assert set(reached) == set(POINTS[process])
    assert all(reached.values()), reached
    await home.check(len(POINTS[process]), f"{process} killed at {len(POINTS[process])} points")

"""SIGKILL at every named point between a device's POST and the stock after delivery."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest

from simulator.family import ok
from tests.chaos.household import Household
from tests.chaos.points import POINTS
from tests.chaos.size import LONG


@pytest.mark.parametrize("process", POINTS)
async def test_kills_at_every_point_between_the_post_and_the_delivered_stock(home: Household, process: str) -> None:
    """Each point has an item that passes it; it is armed before the item is made, its report, and its delivery.

    In the long form each time, in the short one until somebody has died there.
    """
    stack, reached = home.stack, Counter[str]()

    @contextmanager
    def deadly(point: str) -> Iterator[None]:
        is_armed = LONG or not reached[point]
        if is_armed:
            stack.arm(point, process)
        yield
        if is_armed:
            reached[point] += stack.disarm(point, process)

    async def pass_by(point: str) -> None:
        with deadly(point):
            item = await home.item()
        with deadly(point):
            await home.report(item, "counted", 4)
            order = await home.order_of(item)
        with deadly(point):
            ok(await home.shop_says("delivered", order))
            await home.level_is(item, 16)

    async with stack.watched(), anyio.create_task_group() as passing:
        for point in POINTS[process]:
            passing.start_soon(pass_by, point)
    assert set(reached) == set(POINTS[process])
    assert all(reached.values()), reached
    await home.check(len(POINTS[process]), f"{process} killed at {len(POINTS[process])} points")

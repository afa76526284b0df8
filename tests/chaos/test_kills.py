"""C1, and SIGKILL at every named point between a device's POST and the stock after delivery."""

import ast
import random
from collections import Counter

import anyio
import pytest

from domain.item import CATCH_UP
from settings import ROOT
from simulator.family import ok
from tests.chaos.household import Household
from tests.chaos.size import SEED, SETTLE_KILLS, WORKER_KILLS


def _points(*folders: str) -> list[str]:
    """Every point named in the code there, so that a new one is killed at without being named here."""
    calls = (
        node
        for folder in folders
        for file in sorted((ROOT / folder).glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reach"
    )
    return sorted({str(ast.literal_eval(call.args[0])) for call in calls if isinstance(call.args[0], ast.Constant)})


POINTS = {"worker": _points("activities", "storage"), "api": _points("api", "storage")}


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


async def test_c1_worker_killed_while_orders_are_being_placed(home: Household) -> None:
    stack, chance = home.stack, random.Random(SEED)
    items = await home.items(2 * WORKER_KILLS)
    for number in range(WORKER_KILLS):
        point = chance.choice([point for point in POINTS["worker"] if point != "change_stored"])
        stack.arm(point)
        for item in items[2 * number : 2 * number + 2]:
            await home.report(item, "counted", 4)
        assert await stack.killed_at(point)
        await stack.start("worker")
    await home.everything_settled()
    await home.pass_time(CATCH_UP)
    await home.orders_are(len(items))
    await home.check(len(items), "C1 worker killed while orders are being placed")


async def test_kills_between_settles_commit_and_the_end_of_its_task_while_reports_keep_arriving(
    home: Household,
) -> None:
    stack, items = home.stack, await home.items(4)
    for number in range(SETTLE_KILLS):
        item = items[number % len(items)]
        stack.arm("settle_committed")
        await home.report(item, "counted", max(5 - number // len(items), 0))
        assert await stack.killed_at("settle_committed")
        await home.report(item, "used", 1)
        await stack.start("worker")
    await home.everything_settled()
    await home.pass_time(CATCH_UP)
    await home.orders_are(len(items))
    await home.check(len(items), "worker killed after each settle's commit")

"""C1, and SIGKILL between what a settle commits and the end of its task."""

import random

from domain.item import CATCH_UP
from tests.chaos.household import Household
from tests.chaos.points import POINTS
from tests.chaos.size import SEED, SETTLE_KILLS, WORKER_KILLS


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

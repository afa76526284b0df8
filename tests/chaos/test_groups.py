"""SIGKILL between what a member of a group commits and what the group is told: it holds what its members hold."""

from simulator.family import eventually, ok
from tests.chaos.household import PATIENCE, Household
from tests.chaos.size import LONG

POINTS = ("settle_committed", "group_told")
TIMES = 3 if LONG else 1


async def test_kills_between_a_members_commit_and_the_telling_of_its_group(home: Household) -> None:
    stack, levels = home.stack, [12 * TIMES, 12 * TIMES]
    jars = [ok(await home.send("POST", "/items", json={"name": "Cookies", "level": levels[0]}))["uuid"] for _ in levels]
    group = ok(await home.send("POST", "/groups", json={"name": "Cookies in all", "items": jars}))["uuid"]
    then = {"order": {"retailer": home.shop, "sku": "cookies-12", "packs": 1}}
    ok(
        await home.send(
            "POST", "/rules", json={"group": group, "when": f"{sum(levels) - 4 * TIMES} left", "then": then}
        )
    )
    await home.level_is(group, sum(levels))
    for number in range(2 * len(POINTS) * TIMES):
        point, place = POINTS[number % len(POINTS)], number // len(POINTS) % len(jars)
        levels[place] -= 1
        stack.arm(point)
        await home.report(jars[place], "counted", levels[place])
        assert await stack.killed_at(point)
        await stack.start("worker")
        await home.level_is(group, sum(levels))
    await home.orders_are(1)

    told = [fact["id"] for fact in await home.all(f"/items/{group}/history") if fact["kind"] == "pooled"]
    assert len(told) == len(set(told)) == 1 + 2 * len(POINTS) * TIMES
    ok(await home.send("DELETE", f"/items/{jars[0]}"))
    await eventually(lambda: home.look(group), lambda found: found["level"] == levels[1], PATIENCE)
    await home.check(1, "worker killed before and after it tells a group")

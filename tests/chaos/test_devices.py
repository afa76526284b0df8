"""C11, C14, C15, C16, C17: devices that repeat, shuffle, flap, crowd or have the wrong time; an item that is poison."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
from sqlalchemy import select, update

from domain.item import CATCH_UP
from simulator.family import ok
from storage.tables import ItemMemory
from tests.chaos.household import Household
from tests.chaos.size import CROSSINGS, SEED
from tests.databases import opened

WRITERS = 32
USES = 10
FACTS = 60


async def test_c11_repeated_shuffled_and_late_facts_give_the_level_of_the_sorted_ones(home: Household) -> None:
    chance, now = random.Random(SEED), datetime.now(UTC)
    shuffled, sorted_ = [await home.item(level=None) for _ in range(2)]
    moments = sorted(now - timedelta(seconds=chance.uniform(60, 3600)) for _ in range(FACTS))
    late = [moment - timedelta(hours=chance.uniform(1, 48)) for moment in chance.sample(moments, FACTS // 10)]
    facts = [_fact(chance, moment) for moment in sorted([*moments, *late])]
    facts[0] |= {"kind": "counted", "quantity": 500}
    for batch in _batches(facts):
        await home.report_all([fact | {"item": sorted_} for fact in batch])
    named = [fact | {"item": shuffled, "id": f"fact-{number}"} for number, fact in enumerate(facts)]
    sent = named + chance.sample(named, FACTS // 5)
    chance.shuffle(sent)
    async with anyio.create_task_group() as sending:
        for batch in _batches(sent):
            sending.start_soon(home.report_all, batch)
    await home.everything_settled()
    level = (await home.look(sorted_))["level"]
    assert level is not None
    await home.level_is(shuffled, level)
    await home.check(0, "C11 facts repeated, shuffled and late")


async def test_c14_writers_on_one_item_lose_nothing(home: Household) -> None:
    item = await home.item(level=1000)

    async def use() -> None:
        for _ in range(USES):
            await home.report(item, "used", 1)

    async with anyio.create_task_group() as using:
        for _ in range(WRITERS):
            using.start_soon(use)
    await home.level_is(item, 1000 - WRITERS * USES)
    await home.everything_settled()
    await home.check(0, f"C14 {WRITERS} writers on one item")


async def test_c15_a_flapping_sensor_has_one_open_order_at_a_time(home: Household) -> None:
    item = await home.item()
    for _ in range(2):
        crossings = [{"item": item, "kind": "counted", "quantity": level} for level in (4, 12)] * (CROSSINGS // 4)
        for batch in _batches(crossings):
            await home.report_all(batch)
        await home.everything_settled()
        (order,) = await home.orders_are(1)
        await home.report(item, "counted", 12)
        await home.everything_settled()
        ok(await home.shop_says("delivered", order))
        await home.level_is(item, 24)
    await home.check(2, f"C15 {CROSSINGS} crossings, delivered half way")


async def test_c16_a_poisoned_item_keeps_nobody_waiting(home: Household) -> None:
    """What it remembers is overwritten with nonsense, so that its every settle fails; then it is put right."""
    poisoned, *others = await home.items(20)
    async with opened(home.stack.database_url) as db:
        async with db.writing() as session:
            right = await session.scalar(select(ItemMemory.state).where(ItemMemory.item == UUID(poisoned)))
            await session.execute(update(ItemMemory).where(ItemMemory.item == UUID(poisoned)).values(state="{"))
        for item in (poisoned, *others):
            await home.report(item, "counted", 4)
        await home.orders_are(len(others))
        assert poisoned not in {order["item"] for order in await home.orders()}
        async with db.writing() as session:
            await session.execute(update(ItemMemory).where(ItemMemory.item == UUID(poisoned)).values(state=right))
    await home.pass_time(CATCH_UP)
    await home.order_of(poisoned)
    await home.everything_settled()
    await home.check(len(others) + 1, "C16 one item of twenty is poison")


async def test_c17_wrong_clocks_change_neither_order_nor_level(home: Household) -> None:
    """Devices a day ahead and a day behind that say what time they think it is, and an API ahead, then behind.

    What an API an hour behind receives seems older than what is known, so it changes no level; nothing is lost.
    """
    item = await home.item(level=1000)
    use = {"item": item, "kind": "used", "quantity": 1}
    for skew in (timedelta(days=1), timedelta(days=-1)):
        theirs = datetime.now(UTC) + skew
        await home.report_all([use | {"at": theirs.isoformat()}], sent_at=theirs)
    await home.report_all([use | {"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}])
    await home.level_is(item, 997)
    observed = [datetime.fromisoformat(fact["at"]) for fact in await home.all(f"/items/{item}/history")]
    assert all(timedelta(minutes=-1) < datetime.now(UTC) - at < timedelta(minutes=5) for at in observed)
    for clock, level in ((timedelta(minutes=10), 4), (timedelta(hours=-1), 3)):
        home.stack.kill("api")
        await home.stack.start("api", clock=clock)
        await home.report(item, "counted", level)
        await home.everything_settled()
        await home.level_is(item, 4)
    home.stack.kill("api")
    await home.stack.start("api")
    await home.report(item, "counted", 2)
    await home.level_is(item, 2)
    await home.orders_are(1)
    await home.check(1, "C17 devices a day off, an API behind and ahead")


def _fact(chance: random.Random, at: datetime) -> dict[str, Any]:
    kind = chance.choices(("used", "added", "counted"), (8, 3, 1))[0]
    quantity = chance.randint(50, 500) if kind == "counted" else chance.randint(1, 5)
    return {"kind": kind, "quantity": quantity, "at": at.isoformat()}


def _batches(facts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [facts[start : start + 50] for start in range(0, len(facts), 50)]

"""What a household is told of decisions, by mail and at its own receiver, whatever crashes in between (1.M, 1.N)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from activities.stock import StockKeeping
from domain.facts import Arrival, Fact, FactKind, Source
from domain.process import Settle
from failpoints import Failpoints
from rules.engine import Engine
from rules.judge import Judge
from settings import Settings
from simulator.family import Family, eventually, ok
from tests.databases import opened
from tests.journeys.parts import A_MOMENT, a_cookie_jar, a_hook, a_ruled_jar
from tests.journeys.test_webhooks import kinds_told, verified
from tests.webhooks.parts import Receiver


async def letters(family: Family, count: int) -> list[Any]:
    """Its letters about notices, once there are so many."""

    async def look() -> list[Any]:
        return [letter for letter in await family.get("/outbox") if letter["kind"] == "notice"]

    found = await eventually(look, lambda found: len(found) >= count)
    assert len(found) == count
    return found


async def test_a_rule_that_tells_is_told_by_mail_and_webhook_and_again_when_it_is_so_again(family: Family) -> None:
    async with Receiver() as receiver:
        hook = await a_hook(family, receiver.url, "rule.notified")
        item = await family.item(level=12)
        await family.post("/rules", item=item, when="5 left", then={"notify": True})
        for count, level in ((1, 5), (1, 4), (1, 9), (2, 3)):
            await family.post(
                f"/items/{item}/facts", facts=[{"id": f"to-{level}", "kind": "counted", "quantity": level}]
            )
            await family.level_is(item, level)
            await receiver.wait_for_requests(count)
        said = [verified(request, hook.secret) for request in receiver.requests]
        assert [each["data"]["level"] for each in said] == [5, 3]
        assert [each["data"]["sentence"] for each in said] == [
            f"{level} cookies left is at or below 5; no order is asked for; you are told." for level in (5, 3)
        ]
    assert await kinds_told(family) == ["rule.notified"] * 2
    assert {letter["subject"] for letter in await letters(family, 2)} == {"A rule tells you: Cookies"}


async def test_what_was_decided_before_a_crash_is_told_after_it_and_once(
    family: Family, town_settings: Settings
) -> None:
    """A worker has died between its commit and the telling; another one settles the same fact again."""
    item = await family.item(level=12)
    await family.post("/rules", item=item, when="5 left", then={"notify": True})
    await family.judged(item, "nothing")
    account, now = UUID((await family.get("/auth/me"))["uuid"]), await family.now(item)
    fact = Fact(id="five", kind=FactKind.COUNTED, quantity=5, observed_at=now, received_at=now, source=Source.PERSON)
    batch = Settle(
        item=UUID(item),
        account=account,
        arrivals=(Arrival(fact=fact, at=now),),
        as_of=now,
        started=(),
        skipped=(),
        told=(),
    )
    async with opened(town_settings.database_url) as db:
        stock = StockKeeping(db, Judge(Engine()), Failpoints())
        (notice,) = (await stock.settle(batch)).notices
        assert (await stock.settle(batch)).notices == (notice,)
    (shown,) = await family.get("/notices")
    assert (shown["uuid"], shown["kind"]) == (str(notice), "rule.notified")
    assert [letter for letter in await family.get("/outbox") if letter["kind"] == "notice"] == []
    for number in range(3):
        await family.post(f"/items/{item}/facts", facts=[{"id": f"used-{number}", "kind": "used", "quantity": 1}])
        await family.level_is(item, 4 - number)
    await letters(family, 1)
    assert await kinds_told(family) == ["rule.notified"]
    async with opened(town_settings.database_url) as db:
        assert (await StockKeeping(db, Judge(Engine()), Failpoints()).settle(batch)).notices == ()


async def test_a_guard_that_stops_an_order_is_told_once_until_the_next_need(family: Family) -> None:
    home = await a_ruled_jar(family)
    ok(await family.http.patch("/auth/me", json={"moneyPerDay": "3.00"}, headers=family.auth))
    for level in (5, 4):
        await home.jar.level(level=level)
        await family.level_is(home.item, level)
    await family.after(home.item, timedelta(days=3))
    await eventually(lambda: family.get(f"/items/{home.item}/decisions"), lambda found: len(found) >= 6)
    assert await kinds_told(family) == ["order.held"]
    (letter,) = await letters(family, 1)
    assert letter["subject"] == "Not ordered: Cookies"
    assert "3.49 EUR is more than the 3.00 EUR a day in all" in letter["text"]


async def test_an_order_that_does_not_come_is_told_once(family: Family) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    await home.after(order, timedelta(days=14) + A_MOMENT)
    (letter,) = await letters(family, 1)
    assert letter["subject"] == "An order is overdue: Oat cookies"
    assert f"/orders/{order['uuid']}/cancel" in letter["text"]
    assert await kinds_told(family) == ["order.placed", "order.overdue"]

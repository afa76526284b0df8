"""The sandbox of a family (S65, S66): all of an order but the retailer, who is played by its owner."""

from simulator.family import Family, Jar, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.journeys.parts import a_cookie_jar, a_hook, a_ruled_jar, its_sandbox
from tests.webhooks.parts import Receiver


async def test_from_a_report_to_a_simulated_delivery_no_retailer_hears_of_it(family: Family) -> None:
    """S65, S28: the shop is a real one, where the live account's order arrives meanwhile."""
    sandbox = await its_sandbox(family)
    async with ScriptedRetailer() as retailer:
        trial, real = await a_cookie_jar(sandbox, ordersUrl=retailer.url), await a_cookie_jar(family)
        await trial.jar.level(level=5)
        order = await trial.order_is("placed")
        assert (order["reference"], order["charge"]["provider"]) == ("sandbox", "sandbox")
        assert await trial.shop.orders() == []
        assert (await trial.shop.report("delivered", order)).status_code == 404
        ok(await trial.simulate(order, "dispatched"))
        assert await trial.on_order_is(12)
        ok(await trial.simulate(order, "delivered"))
        await sandbox.level_is(trial.item, 17)
        await trial.order_is("delivered")
        assert retailer.requests == []
    assert await family.orders() == []
    await real.jar.level(level=5)
    assert (await real.order_is("placed"))["charge"]["provider"] == "on-account"
    assert (await family.http.get(f"/items/{real.item}", headers=sandbox.auth)).status_code == 404
    assert (await family.http.get(f"/items/{trial.item}", headers=family.auth)).status_code == 404


async def test_a_sandbox_waits_for_approval_gives_back_and_holds_as_a_live_account_does(family: Family) -> None:
    """S65, S51."""
    sandbox = await its_sandbox(family)
    home = await a_ruled_jar(sandbox, approval="always")
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    assert (await home.simulate(order, "delivered")).status_code == 409
    ok(await home.say("approval", order, approved=True))
    ok(await home.simulate(await home.order_is("placed"), "out-of-stock"))
    order = await home.order_is("rejected")
    assert order["reason"] == "out of stock"
    paid = await eventually(sandbox.orders, lambda found: found[0]["charge"]["state"] == "refunded")
    assert paid[0]["charge"]["refunded"] == "3.49"
    await sandbox.judged(home.item, "held")
    (entry,) = ok(await sandbox.http.get(f"/retailers/{home.shop.uuid}/catalogue", headers=home.shop.auth))
    assert entry["available"], "the catalogue is real"


async def test_a_sandbox_tells_its_own_webhooks_and_keeps_its_letters(family: Family) -> None:
    """S65: a developer wants to see what is sent."""
    sandbox = await its_sandbox(family)
    async with Receiver() as receiver, Receiver() as of_live:
        await a_hook(family, of_live.url)
        hook, home = await a_hook(sandbox, receiver.url), await a_cookie_jar(sandbox)
        await home.jar.level(level=5)
        order = await home.order_is("placed")
        ok(await home.simulate(order, "delivered"))
        attempts = await hook.tried(2)
        assert [(attempt["kind"], attempt["delivered"]) for attempt in attempts] == [
            ("order.placed", True),
            ("order.delivered", True),
        ]
        assert of_live.requests == []
    (letter,) = await eventually(lambda: sandbox.get("/outbox"), bool)
    assert (letter["kind"], letter["recipient"]) == ("notice", (await family.get("/auth/me"))["email"])
    assert all(letter["kind"] != "notice" for letter in await family.get("/outbox"))


async def test_a_jar_of_a_sandbox_is_none_of_the_live_account(family: Family) -> None:
    """S65, S36: device ids are one's own in each."""
    sandbox = await its_sandbox(family)
    jar: Jar = await sandbox.jar()
    assert [device["uuid"] for device in await sandbox.get("/devices")] == [jar.uuid]
    assert await family.get("/devices") == []

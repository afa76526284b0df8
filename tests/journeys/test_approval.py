"""Orders that wait for their owner's yes, and orders that Larder itself takes back (contract 1.M, 1.N)."""

from datetime import timedelta

from domain.item import CATCH_UP, FIRST_HOLD
from simulator.family import Family, ok
from tests.journeys.parts import A_MOMENT, a_butter_dish, a_cookie_jar, a_ruled_jar


async def test_an_order_that_waits_for_approval_is_on_order_and_leaves_with_the_yes(family: Family) -> None:
    home = await a_ruled_jar(family, approval="always")
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    assert (await home.on_order_is(12))["level"] == 5
    assert await home.shop.orders() == []
    assert (await home.shop.report("accepted", order)).status_code == 404
    await home.jar.level(level=4)
    await family.judged(home.item, "on-order")
    for _ in range(2):
        ok(await home.say("approval", order, approved=True))
    await home.order_is("placed")
    assert (await home.say("approval", order, approved=False)).status_code == 409
    assert (await home.shop.order())["uuid"] == order["uuid"]


async def test_after_a_no_the_rule_waits_until_its_condition_was_false(family: Family) -> None:
    home = await a_ruled_jar(family, approval="always")
    await home.jar.level(level=5)
    ok(await home.say("approval", await home.order_is("awaiting-approval"), approved=False, reason="on holiday"))
    assert (await home.order_is("refused"))["reason"] == "on holiday"
    ok(await home.say("approval", await home.order_is("refused"), approved=False))
    await home.on_order_is(0)
    await home.jar.level(level=4)
    (decision, *_) = await family.judged(home.item, "held")
    assert "waits until it has been otherwise" in decision["sentence"]
    for level in (6, 5):
        await home.jar.level(level=level)
    await home.order_is("awaiting-approval", count=2)
    assert await home.shop.orders() == []


async def test_nobody_answers_for_three_days_and_the_question_is_asked_again_a_day_later(family: Family) -> None:
    home = await a_ruled_jar(family, approval="always")
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    await home.after(order, timedelta(days=3) - A_MOMENT)
    await home.order_is("awaiting-approval")
    await home.after(order, 2 * A_MOMENT)
    assert (await home.order_is("lapsed"))["reason"] == "nobody answered for 3 days"
    assert (await home.say("approval", order, approved=True)).status_code == 409
    await family.judged(home.item, "held")
    await family.after(home.item, FIRST_HOLD + A_MOMENT)
    await home.order_is("awaiting-approval", count=2)


async def test_approval_is_asked_for_only_above_the_amount(family: Family) -> None:
    home = await a_ruled_jar(family, approval={"above": "3.48"})
    await home.jar.level(level=5)
    await home.order_is("awaiting-approval")
    cheap = await a_ruled_jar(family, approval={"above": "3.49"})
    await cheap.jar.level(level=5)
    await cheap.shop.order()


async def set_for(family: Family, **settings: object) -> None:
    """The household's own settings."""
    ok(await family.http.patch("/auth/me", json=settings, headers=family.auth))


async def test_an_order_of_more_than_the_household_wants_to_spend_unasked_waits_and_says_why(family: Family) -> None:
    await set_for(family, askAbove="3.48")
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    assert order["reason"] == "3.49 EUR is more than the 3.48 EUR above which you are asked"
    decisions = await family.get(f"/items/{home.item}/decisions?limit=100")
    (ordered,) = [decision["sentence"] for decision in decisions if decision["verdict"] == "ordered"]
    assert "waits for your yes: 3.49 EUR is more than" in ordered
    assert await home.shop.orders() == []
    ok(await home.say("approval", order, approved=True))
    assert (await home.shop.order())["uuid"] == order["uuid"]


async def test_a_price_that_has_risen_too_far_is_asked_about_once(family: Family) -> None:
    """First against the price when the rule was made, then against what was ordered last."""
    await set_for(family, priceTolerance=20)
    home = await a_cookie_jar(family)
    for count, (price, asked) in enumerate((("4.18", False), ("5.02", True), ("5.99", False)), start=1):
        entry = {"sku": "cookies-12", "name": "Oat cookies", "packSize": 12, "unit": "piece", "currency": "EUR"}
        catalogue = f"/retailers/{home.shop.uuid}/catalogue"
        ok(await family.http.put(catalogue, json=[entry | {"price": price}], headers=home.shop.auth))
        await home.jar.level(level=5)
        if asked:
            order = await home.order_is("awaiting-approval", count)
            assert order["reason"] == "a pack was 4.18 EUR and is 5.02 EUR now, a rise of more than 20%"
            ok(await home.say("approval", order, approved=True))
        ok(await home.shop.report("delivered", await home.order_is("placed", count)))
        await home.order_is("delivered", count)
        await family.level_is(home.item, 17)
        await home.jar.level(level=17)
        await family.level_is(home.item, 17)


async def test_butter_returned_before_its_deadline_but_told_later_takes_the_waiting_order_back(family: Family) -> None:
    home = await a_butter_dish(family, approval="always")
    await home.report("removed")
    await family.level_is(home.item, 0)
    returned = await family.now(home.item) + timedelta(hours=4)
    await family.after(home.item, timedelta(hours=5) + A_MOMENT)
    await home.order_is("awaiting-approval")
    await home.report("returned", at=returned.isoformat())
    taken_back = await home.order_is("cancelled")
    assert taken_back["reason"] == "returned before it was ordered"
    assert (await home.on_order_is(0))["level"] == 1
    decisions = await family.get(f"/items/{home.item}/decisions?limit=100")
    assert any("cancelled if it still can be" in decision["sentence"] for decision in decisions)
    await family.after(home.item, CATCH_UP + A_MOMENT)
    assert len(await family.orders()) == 1
    assert await home.shop.orders() == []

"""Orders as their retailer sees them, and its callbacks (S26-S28, 1.K)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from standardwebhooks.webhooks import Webhook

from domain.orders import OrderState, Progress
from storage import callbacks
from tests.api.direct import Household
from tests.api.server import COOKIES
from tests.api.test_orders import an_order


async def a_placed_order(household: Household, quantity: int = 1) -> Any:
    """An order that the retailer has."""
    item = await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order(quantity))
    (order,) = (await household.user.get("/orders", item=item["uuid"])).json()["data"]
    await household.home.desk.is_placed(UUID(order["uuid"]))
    return order


async def said(household: Household, order: Any, step: str, body: Any = None) -> httpx.Response:
    """A callback with the retailer's key."""
    return await household.shop.post(f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}/{step}", body)


def packs(count: int, sku: str = "cookies-12") -> dict[str, Any]:
    """A running total."""
    return {"lines": [{"sku": sku, "packs": count}]}


async def test_a_retailer_pulls_exactly_what_would_be_pushed(household: Household) -> None:
    order = await a_placed_order(household, 2)
    (pulled,) = (await household.shop.get(f"/retailers/{household.shop.shown['uuid']}/orders")).json()["data"]
    assert datetime.fromisoformat(pulled.pop("placedAt")).tzinfo is not None
    assert pulled == {
        "uuid": order["uuid"],
        "status": "placed",
        "lines": [{"sku": "cookies-12", "name": "Oat cookies", "packs": 2, "packSize": 12, "unitPrice": "3.49"}],
        "total": "6.98",
        "currency": "EUR",
        "customer": {"name": "Ada", "address": None},
        "reference": None,
    }


async def test_a_retailer_sees_an_order_only_once_it_has_reached_it(household: Household) -> None:
    path = f"/retailers/{household.shop.shown['uuid']}/orders"
    order = await an_order(household)
    for step in ("accepted", "dispatched", "delivered", "rejected"):
        assert (await said(household, order, step)).status_code == 404
    await household.home.desk.waits(UUID(order["uuid"]))
    await household.user.post(f"/orders/{order['uuid']}/approval", {"approved": False})
    assert (await household.shop.get(path)).json()["data"] == []
    assert (await said(household, order, "rejected")).status_code == 404
    placed = await a_placed_order(household)
    assert [each["uuid"] for each in (await household.shop.get(path)).json()["data"]] == [placed["uuid"]]


async def test_a_retailer_may_answer_while_the_order_is_still_being_pushed(household: Household) -> None:
    order = await an_order(household)
    await household.home.desk.is_on_its_way(UUID(order["uuid"]))
    (pulled,) = (await household.shop.get(f"/retailers/{household.shop.shown['uuid']}/orders")).json()["data"]
    assert (pulled["uuid"], pulled["status"]) == (order["uuid"], "placing")
    assert (await said(household, order, "accepted")).json()["data"]["status"] == "accepted"


async def test_a_substitute_is_for_the_household_to_allow_and_never_larger_or_dearer(household: Household) -> None:
    order = await a_placed_order(household)
    retailer = household.shop.shown["uuid"]
    entries = [
        COOKIES,
        COOKIES | {"sku": "dear-12", "price": "3.50"},
        COOKIES | {"sku": "large-13", "packSize": 13},
        COOKIES | {"sku": "foreign-12", "currency": "CHF"},
        COOKIES | {"sku": "biscuits-12", "name": "Oat biscuits", "price": "3.00"},
    ]
    assert (await household.shop.call("PUT", f"/retailers/{retailer}/catalogue", json=entries)).status_code == 200
    refused = await said(household, order, "substituted", {"sku": "biscuits-12"})
    assert (refused.status_code, refused.json()["message"]) == (409, "The household wants no substitute for this.")
    changed = await household.user.call("PATCH", f"/items/{order['item']}", json={"substitutes": True})
    assert changed.json()["data"]["substitutes"] is True
    for sku, why in (
        ("cookies-12", "This is what was ordered."),
        ("dear-12", "It must not cost more than 3.49 EUR."),
        ("foreign-12", "It must not cost more than 3.49 EUR."),
        ("large-13", "Its pack size must be 12, as of what was ordered."),
        ("nothing", "This retailer has no such SKU in its catalogue."),
    ):
        refused = await said(household, order, "substituted", {"sku": sku})
        assert (refused.status_code, refused.json()["data"]) == (400, {"sku": [why]})
    taken = (await said(household, order, "substituted", {"sku": "biscuits-12"})).json()["data"]
    assert (taken["status"], taken["total"]) == ("accepted", "3.00")
    assert taken["lines"][0]["sku"] == "cookies-12"
    assert taken["lines"][0]["substitute"] == {"sku": "biscuits-12", "name": "Oat biscuits", "unitPrice": "3.00"}


async def test_a_cancelled_order_stays_visible_to_the_retailer_who_had_it(household: Household) -> None:
    never, had = await an_order(household), await a_placed_order(household)
    await household.user.post(f"/orders/{never['uuid']}/cancel")
    progress = Progress(state=OrderState.CANCELLED, packs=1)
    await household.home.desk.moves(UUID(had["uuid"]), progress)
    (pulled,) = (await household.shop.get(f"/retailers/{household.shop.shown['uuid']}/orders")).json()["data"]
    assert (pulled["uuid"], pulled["status"]) == (had["uuid"], "cancelled")
    assert (await said(household, had, "delivered")).status_code == 409
    assert (await said(household, never, "delivered")).status_code == 404


async def test_orders_are_pulled_by_their_state_and_walked(household: Household) -> None:
    path = f"/retailers/{household.shop.shown['uuid']}/orders"
    uuids = [(await a_placed_order(household))["uuid"] for _ in range(3)]
    await said(household, {"uuid": uuids[0]}, "accepted")
    for status, expected in (("placed", uuids[:0:-1]), ("accepted", uuids[:1]), ("needed", [])):
        listed = (await household.shop.get(path, status=status)).json()["data"]
        assert [order["uuid"] for order in listed] == expected
    first = (await household.shop.get(path, limit=1, status="placed")).json()
    rest = (await household.shop.get(path, status="placed", cursor=first["nextCursor"])).json()
    assert [order["uuid"] for order in first["data"] + rest["data"]] == uuids[:0:-1]
    assert (await household.shop.get(path, status="lost")).status_code == 400


async def test_each_step_is_answered_with_the_order_and_its_repeat_too(household: Household) -> None:
    order = await a_placed_order(household)
    for step in ("accepted", "dispatched", "delivered"):
        for body in (None, {}, None if step == "accepted" else packs(1)):
            answer = await said(household, order, step, body)
            assert (answer.status_code, answer.json()["data"]["status"]) == (200, step)
            assert answer.json()["message"] == f"Order {step}."
    item = await household.seen({"uuid": order["item"]})
    assert (item["level"], item["arriving"], item["onOrder"]) == (17, 12, 0)
    assert (await said(household, order, "accepted")).status_code == 200  # that was said before
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert [step["state"] for step in shown["history"]] == ["needed", "placed", "accepted", "dispatched", "delivered"]


async def test_a_part_delivery_is_a_running_total(household: Household) -> None:
    order = await a_placed_order(household, 3)
    for total in (1, 1, 2):
        answer = await said(household, order, "delivered", packs(total))
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "partially-delivered")
    assert (await household.seen({"uuid": order["item"]}))["level"] == 5 + 24
    for step, body in (("delivered", packs(1)), ("delivered", packs(4)), ("dispatched", packs(2)), ("accepted", None)):
        assert (await said(household, order, step, body)).status_code == 409, (step, body)
    assert (await said(household, order, "rejected", {"reason": "the rest is sold out"})).status_code == 200
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert (shown["status"], shown["reason"], shown["deliveredPacks"]) == ("rejected", "the rest is sold out", 2)
    assert (await said(household, order, "delivered")).status_code == 409


async def test_an_order_may_leave_and_arrive_in_parts(household: Household) -> None:
    """S27, S28, S61: what is delivered adds its packs, and what is only on its way adds nothing."""
    order = await a_placed_order(household, 3)
    steps = [
        ("dispatched", packs(1), "partially-dispatched", 5),
        ("delivered", packs(1), "partially-delivered", 5 + 12),
        ("dispatched", None, "dispatched", 5 + 12),
        ("dispatched", packs(3), "dispatched", 5 + 12),
        ("delivered", packs(2), "partially-delivered", 5 + 24),
        ("delivered", {}, "delivered", 5 + 36),
    ]
    for step, body, status, level in steps:
        answer = await said(household, order, step, body)
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, status)
        assert (await household.seen({"uuid": order["item"]}))["level"] == level
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert (shown["dispatchedPacks"], shown["deliveredPacks"]) == (3, 3)
    on_the_way = (await household.user.get("/orders", status="partially-dispatched")).json()["data"]
    assert order["uuid"] not in [each["uuid"] for each in on_the_way]


async def test_what_is_out_of_stock_ends_the_order_and_is_not_ordered_again(household: Household) -> None:
    """S25: the catalogue says so at once, until the retailer uploads it again."""
    order = await a_placed_order(household)
    for _ in range(2):
        answer = await said(household, order, "out-of-stock", {"reason": "back in May"})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "rejected")
    shown = (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]
    assert (shown["status"], shown["reason"]) == ("rejected", "out of stock: back in May")
    path = f"/retailers/{household.shop.shown['uuid']}/catalogue"
    (entry,) = (await household.user.get(path)).json()["data"]
    assert entry["available"] is False
    assert (await household.user.get(path, available=True)).json()["data"] == []
    await household.shop.call("PUT", path, json=[COOKIES])
    assert (await said(household, order, "out-of-stock")).status_code == 200
    (entry,) = (await household.user.get(path)).json()["data"]
    assert entry["available"] is True, "a repeat speaks of what was, not of what is"
    assert (await said(household, order, "delivered")).status_code == 409


async def test_a_fault_in_a_callback_is_named(household: Household) -> None:
    order = await a_placed_order(household)
    cases: list[tuple[Any, str]] = [
        (packs(0), "lines.0.packs"),
        (packs(-1), "lines.0.packs"),
        ({"lines": [{"sku": "cookies-12", "packs": 1.5}]}, "lines.0.packs"),
        ({"lines": [{"sku": "cookies-12", "packs": "1"}]}, "lines.0.packs"),
        ({"lines": [{"sku": "cookies-12"}]}, "lines.0.packs"),
        (packs(1, "milk"), "lines.0.sku"),
        ({"lines": []}, "lines"),
        ({"lines": packs(1)["lines"] * 2}, "lines"),
        ({"packs": 1}, "packs"),
        ({"reason": "x"}, "reason"),
    ]
    for body, place in cases:
        for step in ("accepted", "dispatched", "delivered"):
            answer = await said(household, order, step, body)
            assert (answer.status_code, list(answer.json()["data"])) == (400, [place]), body
    assert (await said(household, order, "rejected", packs(1))).status_code == 400


async def test_nobody_but_the_retailer_speaks_for_an_order(household: Household) -> None:
    other = await household.home.a_household()
    order, foreign = await a_placed_order(household), await a_placed_order(other)
    own, others = household.shop.shown["uuid"], other.shop.shown["uuid"]
    paths = [
        (f"/retailers/{retailer}/orders/{uuid}/delivered", status)
        for retailer, uuid, status in (
            (own, foreign["uuid"], 404),
            (others, order["uuid"], 404),
            (others, foreign["uuid"], 404),
            (own, str(uuid4()), 404),
            (str(uuid4()), order["uuid"], 404),
        )
    ]
    for path, status in paths:
        assert (await household.shop.post(path)).status_code == status, path
    path = f"/retailers/{own}/orders/{order['uuid']}/delivered"
    for caller, status in ((household.user, 403), (household.device, 403), (household.home.nobody, 401)):
        assert (await caller.post(path)).status_code == status
        assert (await caller.get(f"/retailers/{own}/orders")).status_code == status
    assert (await household.shop.get(f"/retailers/{others}/orders")).status_code == 404
    assert (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]["status"] == "placed"


def signed(household: Household, path: str, content: bytes, secret: str | None = None, **wrong: str) -> Any:
    """A request signed by Standard Webhooks."""
    now = datetime.now(UTC) + timedelta(seconds=int(wrong.pop("late", "0")))
    webhook, name = Webhook(secret or household.shop.shown["signingSecret"]), wrong.pop("name", uuid4().hex)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(name, now, content.decode()),
        "Content-Type": "application/json",
    }
    return household.home.http.post(path, content=content, headers=headers | wrong)


async def test_a_signature_is_as_good_as_the_key(household: Household) -> None:
    order = await a_placed_order(household, 2)
    path = f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}"
    for step, content in (
        ("accepted", b""),
        ("dispatched", b'{ "lines": null }'),
        ("delivered", json.dumps(packs(1)).encode()),
    ):
        answer = await signed(household, f"{path}/{step}", content)
        assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["status"] == "partially-delivered"


async def test_a_signature_that_is_not_the_retailers_is_nobodys(household: Household) -> None:
    other = await household.home.a_household()
    order = await a_placed_order(household)
    path = f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}/delivered"
    unknown = f"/retailers/{uuid4()}/orders/{order['uuid']}/delivered"
    answers = [
        await signed(household, path, b"{}", other.shop.shown["signingSecret"]),
        await signed(household, path, b"{}", **{"webhook-id": "msg_2"}),
        await signed(household, path, b"{}", **{"webhook-signature": "v1,"}),
        await signed(household, path, b"{}", late="-301"),
        await signed(household, path, b"{}", late="301"),
        await signed(household, unknown, b"{}"),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert (await household.user.get(f"/orders/{order['uuid']}")).json()["data"]["status"] == "placed"


async def test_a_signature_is_good_for_one_path_alone(household: Household) -> None:
    """C21: a signature covers id, moment and body, so that `{}` heard on one path would fit on every other."""
    order, other = await a_placed_order(household, 2), await a_placed_order(household)
    path = f"/retailers/{household.shop.shown['uuid']}/orders"
    for _ in range(2):
        assert (await signed(household, f"{path}/{order['uuid']}/accepted", b"{}", name="heard")).status_code == 200
    for replayed in (f"{order['uuid']}/delivered", f"{other['uuid']}/accepted", f"{order['uuid']}/rejected"):
        assert (await signed(household, f"{path}/{replayed}", b"{}", name="heard")).status_code == 401
    assert (await signed(household, f"{path}/{order['uuid'].upper()}/accepted", b"{}", name="heard")).status_code == 200
    shown = [(await household.user.get(f"/orders/{each['uuid']}")).json()["data"] for each in (order, other)]
    assert [each["status"] for each in shown] == ["accepted", "placed"]
    elsewhere = await household.home.a_household()
    foreign = f"/retailers/{elsewhere.shop.shown['uuid']}/orders/{(await a_placed_order(elsewhere))['uuid']}/accepted"
    assert (await signed(elsewhere, foreign, b"{}", name="heard")).status_code == 200, "an id is its retailer's own"


async def test_ids_of_callbacks_are_forgotten_after_ten_minutes(household: Household) -> None:
    retailer, now, db = UUID(household.shop.shown["uuid"]), datetime.now(UTC), household.home.parts.db
    for late, path, expected in (
        (0, "/a", True),
        (9, "/b", False),
        (9, "/a", True),
        (11, "/c", True),
        (12, "/a", False),
    ):
        at = now + timedelta(minutes=late)
        async with db.writing() as session:
            assert await callbacks.is_for(session, retailer, "msg_1", path, at) is expected, (late, path)


async def test_a_delivery_counts_once_whatever_is_said_and_however_often(household: Household) -> None:
    """C21, S28: twice, before its dispatch, of another's order and after its end: raised once, or not at all."""
    other = await household.home.a_household()
    order, foreign, cancelled = [await a_placed_order(each) for each in (household, other, household)]
    path = f"/retailers/{household.shop.shown['uuid']}/orders"
    for _ in range(3):
        assert (await signed(household, f"{path}/{order['uuid']}/delivered", b"{}")).status_code == 200
    assert (await signed(household, f"{path}/{order['uuid']}/dispatched", b"{}")).status_code == 409
    assert (await signed(household, f"{path}/{foreign['uuid']}/delivered", b"{}")).status_code == 404
    await household.home.desk.moves(UUID(cancelled["uuid"]), Progress(state=OrderState.CANCELLED, packs=1))
    assert (await signed(household, f"{path}/{cancelled['uuid']}/delivered", b"{}")).status_code == 409
    levels = [(await each.seen({"uuid": one["item"]}))["level"] for each, one in ((household, order), (other, foreign))]
    assert levels == [5 + 12, 5]
    assert (await household.seen({"uuid": cancelled["item"]}))["level"] == 5


async def test_the_good_signature_of_another_retailer_finds_nothing(household: Household) -> None:
    other = await household.home.a_household()
    order = await a_placed_order(household)
    path = f"/retailers/{other.shop.shown['uuid']}/orders/{order['uuid']}/delivered"
    assert (await signed(other, path, b"{}")).status_code == 404


async def test_while_temporal_is_away_the_retailer_is_told_to_repeat(household: Household) -> None:
    order = await a_placed_order(household)
    async with household.home.temporal_away():
        answer = await said(household, order, "delivered")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    async with household.home.temporal_away(late=True):
        assert (await said(household, order, "delivered")).status_code == 503
    assert (await said(household, order, "delivered")).json()["data"]["status"] == "delivered"
    assert (await household.seen({"uuid": order["item"]}))["level"] == 17

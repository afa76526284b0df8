"""What a household is told of its orders and of what is decided, each thing once (S27, S28, S52, 1.M)."""

from datetime import UTC, datetime
from uuid import UUID

from domain.orders import OrderState
from domain.process import OrderUpdate
from storage import notices, order_notices, purchasing
from storage.tables import OrderRow
from tests.api.direct import Household
from tests.webhooks.parts import a_stored_notice


async def test_an_order_tells_its_household_what_became_of_it(household: Household) -> None:
    """S27, S28, S52: what a retailer reports, and what needs a person; each thing once."""
    home, item = household.home, await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order(3))
    (order,) = (await household.user.get("/orders")).json()["data"]
    await home.desk.waits(UUID(order["uuid"]))
    await home.desk.is_placed(UUID(order["uuid"]))
    shop = f"/retailers/{household.shop.shown['uuid']}/orders/{order['uuid']}"
    some = {"lines": [{"sku": "cookies-12", "packs": 2}]}
    for step, body in (("accepted", {}), ("dispatched", some), ("dispatched", some), ("delivered", some)):
        assert (await household.shop.post(f"{shop}/{step}", body)).status_code == 200
    assert (await household.shop.post(f"{shop}/delivered", {})).status_code == 200
    listed = (await household.user.get("/notices")).json()["data"]
    assert [(notice["kind"], notice["sentence"]) for notice in reversed(listed)] == [
        (
            "order.awaiting-approval",
            "Waits for your approval: 3 packs of Oat cookies from Corner Shop for 10.47 EUR.",
        ),
        ("order.placed", "Ordered: 3 packs of Oat cookies from Corner Shop for 10.47 EUR."),
        ("order.dispatched", "On its way from Corner Shop: 2 of 3 packs of Oat cookies."),
        ("order.delivered", "Delivered by Corner Shop: 2 of 3 packs of Oat cookies."),
        ("order.delivered", "Delivered by Corner Shop: 3 packs of Oat cookies."),
    ]
    assert listed[0]["data"] == {
        "order": order["uuid"],
        "item": item["uuid"],
        "retailer": household.shop.shown["uuid"],
        "retailerName": "Corner Shop",
        "status": "delivered",
        "sku": "cookies-12",
        "name": "Oat cookies",
        "substitute": None,
        "packs": 3,
        "dispatchedPacks": 2,
        "deliveredPacks": 3,
        "total": "10.47",
        "currency": "EUR",
        "reason": None,
        "why": (
            "5 cookies left is at or below 5; nothing on order; "
            "ordered 3 packs of 12 Oat cookies at Corner Shop for 10.47 EUR."
        ),
    }
    other = await home.a_household()
    assert (await other.user.get("/notices")).json()["data"] == []


async def test_notices_are_walked_by_their_cursor(household: Household) -> None:
    account, db = UUID(household.user.shown["uuid"]), household.home.parts.db
    made = {str((await a_stored_notice(db, account)).uuid) for _ in range(5)}  # all of one moment
    seen: list[str] = []
    cursor = None
    for expected in (2, 2, 1):
        page = (await household.user.get("/notices", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        assert len(page["data"]) == expected
        seen += [notice["uuid"] for notice in page["data"]]
        cursor = page["nextCursor"]
    assert cursor is None
    assert (set(seen), len(seen)) == (made, 5)
    async with db.reading() as session:
        assert await notices.get(session, UUID(seen[0])) is not None


async def test_a_declined_card_is_told_in_words(household: Household) -> None:
    """S51, S52."""
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    await moved(household, OrderState.CHARGE_FAILED, "The card was declined.")
    (notice,) = (await household.user.get("/notices")).json()["data"]
    assert (notice["kind"], notice["data"]["reason"]) == ("order.charge-failed", "The card was declined.")
    assert notice["sentence"] == (
        "The payment failed, so nothing was ordered: 1 pack of Oat cookies from Corner Shop for 3.49 EUR. "
        "The card was declined."
    )


async def test_whoever_is_asked_hears_why(household: Household) -> None:
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    await moved(household, OrderState.AWAITING_APPROVAL, "a pack was 2.99 EUR and is 3.49 EUR now")
    (notice,) = (await household.user.get("/notices")).json()["data"]
    assert notice["sentence"].endswith("for 3.49 EUR. A pack was 2.99 EUR and is 3.49 EUR now.")
    assert notice["data"]["why"] == (
        "5 cookies left is at or below 5; nothing on order; "
        "ordered 1 pack of 12 Oat cookies at Corner Shop for 3.49 EUR."
    )


async def test_an_order_that_temporal_had_lost_tells_nothing_when_it_comes_back(household: Household) -> None:
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    for state in (OrderState.PLACED, OrderState.PLACED, OrderState.ACCEPTED, OrderState.ACCEPTED):
        await moved(household, state)
    assert [notice["kind"] for notice in (await household.user.get("/notices")).json()["data"]] == ["order.placed"]


async def test_a_rule_that_tells_and_a_guard_that_stops_are_told_in_the_words_of_the_decision(
    household: Household,
) -> None:
    """1.M: you are told; a guard that stops an order is not silence."""
    assert (await household.user.call("PATCH", "/auth/me", json={"moneyPerDay": "3.00"})).status_code == 200
    item = await household.item(level=12)
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", "packs": 1}
    telling = await household.made("/rules", item=item["uuid"], when="6 left", then={"notify": True})
    ordering = await household.made("/rules", item=item["uuid"], when="5 left", then={"order": order})
    for number, level in enumerate((6, 5, 4, 4)):
        fact = {"id": f"count-{number}", "kind": "counted", "quantity": level}
        assert (await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})).status_code == 201
    held, notified = (await household.user.get("/notices")).json()["data"]
    assert (notified["kind"], notified["sentence"]) == (
        "rule.notified",
        "6 cookies left is at or below 6; no order is asked for; you are told.",
    )
    assert held["kind"] == "order.held"
    assert "3.49 EUR is more than the 3.00 EUR a day in all." in held["sentence"]
    about = {"item": item["uuid"], "name": "Cookies"}
    assert notified["data"] == about | {
        "level": 6,
        "rules": [telling["uuid"]],
        "decision": notified["data"]["decision"],
    }
    assert held["data"] == about | {"level": 5, "rules": [ordering["uuid"]], "decision": held["data"]["decision"]}
    for notice in (held, notified):
        path = f"/items/{item['uuid']}/decisions/{notice['data']['decision']}"
        decision = (await household.user.get(path)).json()["data"]
        assert (decision["sentence"], decision["at"]) == (notice["sentence"], notice["at"])


async def test_an_order_that_does_not_come_is_told(household: Household) -> None:
    """1.N: the owner is told and may end the order."""
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    await moved(household, OrderState.PLACED)
    await overdue(household)
    newest = (await household.user.get("/notices")).json()["data"][0]
    assert (newest["kind"], newest["sentence"], newest["data"]["status"]) == (
        "order.overdue",
        "Not here yet: 1 pack of Oat cookies from Corner Shop for 3.49 EUR. Not delivered for 14 days: you may end it.",
        "placed",
    )


async def overdue(household: Household) -> None:
    """Fourteen days are over."""
    (order,) = (await household.user.get("/orders")).json()["data"]
    async with household.home.parts.db.writing() as session:
        row = await session.get_one(OrderRow, UUID(order["uuid"]))
        change = OrderUpdate(
            order=row.uuid,
            item=row.item,
            account=row.account,
            version=row.version + 1,
            progress=(await purchasing.recorded(session, row.uuid))[0],
            at=datetime.now(UTC),
            news=None,
            reason="not delivered for 14 days: you may end it",
            overdue=True,
        )
        for _ in range(2):
            told = await order_notices.add(session, change)
            await purchasing.record(session, change)
            assert told is not None


async def moved(household: Household, state: OrderState, reason: str | None = None) -> None:
    """The household's order takes that state, in a version of its own."""
    (order,) = (await household.user.get("/orders")).json()["data"]
    async with household.home.parts.db.reading() as session:
        progress = (await purchasing.recorded(session, UUID(order["uuid"])))[0]
    await household.home.desk.moves(UUID(order["uuid"]), progress.model_copy(update={"state": state}), reason)

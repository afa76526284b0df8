"""The tags on products, over HTTP (S106, 1.J.9, 1.J.15): linked, listed, unlinked; and fridges that have them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from domain.fridges import NotificationType
from storage.tables import FridgeErrand, FridgeNotification
from tests.api.direct import Household
from tests.api.fridges import SETTINGS, a_linked_fridge
from tests.api.server import Caller

BEST_BEFORE = "2032-09-11T17:20:10+02:00"
IN_UTC = "2032-09-11T15:20:10+00:00"


async def a_product(household: Household, name: str = "Yoghurt") -> str:
    return str((await household.made("/products", name=name))["uuid"])


async def link(household: Household, product: str, *codes: str, key: str | None = None, **more: Any) -> httpx.Response:
    body = {"epcs": [{"code": code} | more for code in codes]}
    return await household.user.post(f"/products/{product}/epcs", body, key)


async def scan(fridge: Caller, *epcs: str) -> None:
    said = {"type": "inventory", "id": uuid4().hex, "data": {"epcs": list(epcs), "removed": [], "added": []}}
    assert (await fridge.post("/fridge/notifications", said)).status_code == 200


async def door(fridge: Caller, *states: str) -> None:
    for state in states:
        said = {"type": "door-status", "id": uuid4().hex, "data": {"status": state}}
        assert (await fridge.post("/fridge/notifications", said)).status_code == 200


async def look_again(household: Household, fridge: Caller) -> None:
    """What the fridge's workflow does, once it was told that something is about to change."""
    uuid = UUID(fridge.shown["uuid"])
    assert uuid in household.home.desk.fridges.changed
    await household.home.desk.fridges.settle(UUID(household.user.shown["uuid"]), uuid, datetime.now(UTC))


async def level(household: Household, item: Any) -> Any:
    return (await household.user.get(f"/items/{item['uuid']}")).json()["data"]["level"]


async def test_tags_are_linked_listed_and_unlinked(household: Household) -> None:
    product = await a_product(household)
    answer = await link(household, product, "E78910DEF", "e123456abc", expirationDate=BEST_BEFORE)
    assert (answer.status_code, answer.json()["message"]) == (201, "EPCs linked.")
    linked = answer.json()["data"]
    assert [(tag["code"], tag["expirationDate"], tag["fridge"]) for tag in linked] == [
        ("e78910def", IN_UTC, None),
        ("e123456abc", IN_UTC, None),
    ]
    assert (await household.user.get(f"/products/{product}/epcs")).json()["data"] == linked[::-1]
    page = (await household.user.get(f"/products/{product}/epcs", limit=1)).json()
    following = (await household.user.get(f"/products/{product}/epcs", cursor=page["nextCursor"])).json()
    assert (page["data"], following["data"]) == ([linked[1]], [linked[0]])
    gone = await household.user.call("DELETE", f"/products/{product}/epcs/E123456abc")
    assert (gone.status_code, gone.json()) == (200, {"message": "EPC unlinked.", "data": None})
    again = await household.user.call("DELETE", f"/products/{product}/epcs/e123456abc")
    assert (again.status_code, again.json()["message"]) == (404, "This product has no such tag.")
    assert (await household.user.get(f"/products/{product}/epcs")).json()["data"] == linked[:1]


async def test_a_tag_on_another_product_is_refused_and_nothing_is_linked(household: Household) -> None:
    yoghurt, milk = await a_product(household), await a_product(household, "Milk")
    await link(household, yoghurt, "a")
    answer = await link(household, milk, "b", "A")
    assert (answer.status_code, answer.json()["message"]) == (409, "On another product: a.")
    assert (await household.user.get(f"/products/{milk}/epcs")).json()["data"] == []
    assert (await household.user.call("DELETE", f"/products/{yoghurt}")).is_success
    assert (await link(household, milk, "b", "a")).status_code == 201


@pytest.mark.parametrize(
    ("epcs", "place"),
    [
        ([], "epcs"),
        ([{"code": ""}], "epcs.0.code"),
        ([{"code": "e" * 65}], "epcs.0.code"),
        ([{"code": "a b"}], "epcs.0.code"),
        ([{"code": "ä"}], "epcs.0.code"),
        ([{"code": "a"}, {"code": "A"}], "epcs"),
        ([{"code": "a", "expirationDate": "tomorrow"}], "epcs.0.expirationDate"),
        ([{"code": "a", "expires": None}], "epcs.0.expires"),
        ([{"code": str(number)} for number in range(1_001)], "epcs"),
    ],
    ids=["none", "empty", "long", "blank", "letter", "twice", "date", "field", "many"],
)
async def test_what_is_no_list_of_tags_is_refused(household: Household, epcs: Any, place: str) -> None:
    answer = await household.user.post(f"/products/{await a_product(household)}/epcs", {"epcs": epcs})
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


async def test_a_tag_in_a_fridge_becomes_stock_when_it_is_linked_and_leaves_it_again(
    household: Household,
) -> None:
    """S102, S106: the scan alone is an event, the link makes it stock."""
    product, fridge = await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product, level=0)
    await scan(fridge, "a", "b")
    assert await level(household, item) == 0
    linked = (await link(household, product, "a", "b", expirationDate=BEST_BEFORE)).json()["data"]
    assert [tag["fridge"] for tag in linked] == [fridge.shown["uuid"]] * 2
    await look_again(household, fridge)
    assert await level(household, item) == 2
    assert (await household.seen(item))["expiresAt"] == IN_UTC
    newest = (await household.user.get(f"/items/{item['uuid']}/history")).json()["data"][0]
    assert [newest[name] for name in ("kind", "fridge", "expiresAt")] == ["added", fridge.shown["uuid"], IN_UTC]
    await household.user.call("DELETE", f"/products/{product}/epcs/a")
    await look_again(household, fridge)
    assert await level(household, item) == 1


@pytest.mark.parametrize("late", [True, False])
async def test_the_repeat_of_a_call_links_once_and_tells_once(household: Household, late: bool) -> None:
    """S106: whatever becomes of the first call, tags, errands and notifications are there once."""
    product, fridge = await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product, level=0)
    await scan(fridge, "a")
    async with household.home.temporal_away(late=late):
        assert (await link(household, product, "a", key="the-yoghurt")).status_code == 503
    assert (await household.user.get(f"/products/{product}/epcs")).json()["data"] == []
    answers = [await link(household, product, "a", key="the-yoghurt") for _ in range(2)]
    assert [answer.json() for answer in answers] == [answers[0].json()] * 2
    assert (await link(household, product, "a")).status_code == 201
    async with household.home.parts.db.reading() as session:
        left = select(FridgeErrand).where(FridgeErrand.fridge == UUID(fridge.shown["uuid"]))
        assert len((await session.scalars(left)).all()) == 1
    await look_again(household, fridge)
    assert await level(household, item) == 1


async def test_a_link_is_told_once_to_each_webhook_url(household: Household) -> None:
    """S106, 1.J.15: two fridges with one webhookUrl are one receiver."""
    first, second = await a_linked_fridge(household), await a_linked_fridge(household)
    third = await a_linked_fridge(household, webhookUrl="https://example.com/other")
    product = await a_product(household, "Banana")
    await link(household, product, "e123456abc", expirationDate=BEST_BEFORE)
    await link(household, product, "e78910def")
    async with household.home.parts.db.reading() as session:
        query = select(FridgeNotification).where(
            FridgeNotification.type == NotificationType.PRODUCT_LINKED,
            FridgeNotification.fridge.in_([UUID(fridge.shown["uuid"]) for fridge in (first, second, third)]),
        )
        rows = list(await session.scalars(query.order_by(FridgeNotification.sequence)))
    fridges = sorted(UUID(fridge.shown["uuid"]) for fridge in (first, second))
    assert {row.fridge for row in rows} == {fridges[0], UUID(third.shown["uuid"])}
    assert len(rows) == 4
    assert {row.fridge for row in rows} <= set(household.home.desk.webhooks_told)
    letter = json.loads(next(row.letter for row in rows if row.fridge == fridges[0]))
    assert list(letter) == ["type", "data", "product", "id", "timestamp", "sequence"]
    assert letter["data"] == [{"code": "e123456abc", "expirationDate": IN_UTC}]
    assert (letter["product"]["uuid"], letter["product"]["name"]) == (product, "Banana")
    assert SETTINGS["webhookUrl"] != third.shown["settings"]["webhookUrl"]


async def test_others_products_and_tags_are_not_found(household: Household) -> None:
    stranger = await household.home.a_household()
    product = await a_product(household)
    await link(household, product, "a")
    path = f"/products/{product}/epcs"
    answers = [
        await link(stranger, product, "a"),
        await stranger.user.get(path),
        await stranger.user.call("DELETE", f"{path}/a"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert (await link(stranger, await a_product(stranger), "a")).status_code == 201


async def test_the_last_tag_that_is_taken_counts_before_the_door_closes_twice(household: Household) -> None:
    """1.L: one scan that follows a door opening is enough."""
    product, fridge = await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product, level=0)
    await link(household, product, "a", "b")
    await scan(fridge, "a", "b")
    assert await level(household, item) == 2
    await scan(fridge, "a")
    assert await level(household, item) == 2
    await scan(fridge, "a", "b")
    await door(fridge, "opened", "closed")
    await scan(fridge, "a")
    assert await level(household, item) == 1


async def test_a_tag_that_names_its_product_itself_needs_no_link(household: Household) -> None:
    """1.J.9: an SGTIN whose GTIN is a product's; the sample is that of GS1's standard."""
    product = str((await household.made("/products", name="Yoghurt", gtin="80614141123458"))["uuid"])
    item, fridge = await household.item("Yoghurt", product=product, level=0), await a_linked_fridge(household)
    await scan(fridge, "3074257BF7194E4000001A85", "e28011700000020aa7bcfc24")
    assert await level(household, item) == 1
    (tag,) = (await household.user.get(f"/products/{product}/epcs")).json()["data"]
    assert (tag["code"], tag["expirationDate"]) == ("3074257bf7194e4000001a85", None)
    events = (await household.user.get(f"/fridges/{fridge.shown['uuid']}/events")).json()["data"]
    (unknown,) = [event["sentence"] for event in events if event["kind"] == "unknown-tags"]
    assert unknown.endswith(": e28011700000020aa7bcfc24")


async def test_what_was_in_a_deleted_fridge_is_still_stock_and_is_counted_once(household: Household) -> None:
    """1.L: another fridge finds it, as if it had moved; or it is taken off its product."""
    product, fridge = await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product, level=0)
    await link(household, product, "a", "b", "c")
    await scan(fridge, "a", "b", "c")
    assert (await household.user.call("DELETE", f"/fridges/{fridge.shown['uuid']}")).is_success
    assert await level(household, item) == 3
    shown = (await household.user.get(f"/products/{product}/epcs")).json()["data"]
    assert [(tag["fridge"], tag["removedAt"]) for tag in shown] == [(fridge.shown["uuid"], None)] * 3
    household.home.desk.fridges.changed.clear()
    await household.user.call("DELETE", f"/products/{product}/epcs/c")
    await look_again(household, fridge)
    assert await level(household, item) == 2
    other = await a_linked_fridge(household)
    await scan(other, "a", "b")
    assert await level(household, item) == 2
    await door(other, "opened", "closed")
    await scan(other, "b")
    await scan(other, "a", "b")
    assert await level(household, item) == 2
    kinds = [fact["kind"] for fact in (await household.user.get(f"/items/{item['uuid']}/history")).json()["data"]]
    assert kinds[:3] == ["returned", "removed", "unlinked"]


@pytest.mark.parametrize("returns", [True, False])
async def test_a_tag_that_went_more_than_a_week_before_that_was_known_is_off_the_shelf(
    household: Household, returns: bool
) -> None:
    """1.L, 1.N Time: the scan that makes sure of it came nine days after the last that saw it."""
    desk, product, fridge = household.home.desk, await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product, level=0)
    await link(household, product, "a", "b", "c")
    start, levels = datetime.now(UTC), []
    scans = [(0, "abc"), (1, "ab"), (9, "ab"), (10, "abc" if returns else "ab")]
    try:
        for days, epcs in scans:
            desk.moment = start + timedelta(days=days)
            await scan(fridge, *epcs)
            levels.append(await level(household, item))
    finally:
        desk.moment = None
    assert levels == [3, 3, 2, 3 if returns else 2]


async def test_what_a_fridge_has_kept_for_weeks_counts_when_it_comes(household: Household) -> None:
    """1.N Time: the number of all tags that nobody has counted, and each of them that came or went since."""
    desk, product, fridge = household.home.desk, await a_product(household), await a_linked_fridge(household)
    item = await household.item("Yoghurt", product=product)
    await link(household, product, *"abc")
    now = datetime.now(UTC)
    said = [
        {"type": kind, "id": f"{days}-{kind}", "at": (now - timedelta(days=days)).isoformat(), "data": data}
        for days, kind, data in (
            (20, "inventory", {"epcs": ["a", "b", "c"]}),
            (15, "door-status", {"status": "opened"}),
            (15, "inventory", {"epcs": ["a"]}),
            (12, "inventory", {"epcs": ["a", "b"]}),
        )
    ]
    desk.moment = now
    try:
        assert (await fridge.post("/fridge/notifications", said)).status_code == 200
    finally:
        desk.moment = None
    assert await level(household, item) == 2

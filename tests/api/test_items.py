"""Items and their past (1.K), read from storage only."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.direct import Household

LONG_AGO = "2026-03-01T12:00:00+00:00"


async def test_an_item_is_made_and_shown(household: Household) -> None:
    made = await household.item("Cookies", unit="g", level=12.5, capacity=50, location="Kitchen")
    assert UUID(made["uuid"]).version == 7
    decision, created, updated = (made.pop(name) for name in ("decision", "createdAt", "updatedAt"))
    assert datetime.fromisoformat(created) == datetime.fromisoformat(updated)
    assert list(decision) == ["sentence", "verdict", "at"]
    assert made == {
        "uuid": made["uuid"],
        "name": "Cookies",
        "unit": "g",
        "product": None,
        "capacity": 50,
        "location": "Kitchen",
        "substitutes": False,
        "isGroup": False,
        "level": 12.5,
        "onShelf": 12.5,
        "arriving": 0,
        "onOrder": 0,
        "percent": 25,
        "daysLeft": None,
        "daysLeftCautious": None,
        "daysLeftHopeful": None,
        "usePerDay": None,
        "discrepancy": 0,
        "unseen": 0,
        "outSince": None,
        "expiresAt": None,
        "low": None,
        "nextCheck": None,
    }
    assert (await household.seen(made))["level"] == 12.5


OUTLOOK = ("daysLeft", "daysLeftCautious", "daysLeftHopeful", "usePerDay")


async def test_an_item_needs_no_more_than_a_name(household: Household) -> None:
    made = await household.item("Cookies")
    assert (made["unit"], made["level"], made["capacity"], made["percent"]) == ("piece", None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " "},
        {"name": "x" * 201},
        {"name": 5},
        {"name": "a\x00b"},
        {"name": "x", "level": -1},
        {"name": "x", "level": "5"},
        {"name": "x", "level": 1e10},
        {"name": "x", "capacity": 0},
        {"name": "x", "unit": "x" * 33},
        {"name": "x", "unit": None},
        {"name": "x", "uuid": str(uuid4())},
        {"name": "x", "account": str(uuid4())},
        {"name": "x", "product": str(uuid4())},
    ],
)
async def test_what_an_item_may_not_be_is_named(paired: Household, body: dict[str, Any]) -> None:
    answer = await paired.user.post("/items", body)
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == [next(reversed(body), "name")]


async def test_a_repeated_post_makes_one_item(household: Household) -> None:
    first = await household.user.post("/items", {"name": "Cookies", "level": 3}, "the first item")
    repeat = await household.user.post("/items", {"name": "Cookies", "level": 3}, "the first item")
    assert first.json() == repeat.json()
    assert repeat.headers["idempotency-replayed"] == "true"
    assert (await household.user.post("/items", {"name": "Flour"}, "the first item")).status_code == 422
    assert len((await household.user.get("/items")).json()["data"]) == 1


@pytest.mark.parametrize("late", [True, False])
async def test_a_repeat_after_503_goes_on_with_the_same_item(household: Household, late: bool) -> None:
    async with household.home.temporal_away(late=late):
        away = await household.user.post("/items", {"name": "Cookies", "level": 3}, "the first item")
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    repeat = await household.user.post("/items", {"name": "Cookies", "level": 3}, "the first item")
    assert repeat.status_code == 201
    (item,) = (await household.user.get("/items")).json()["data"]
    assert item["uuid"] == repeat.json()["data"]["uuid"]
    assert item["level"] == 3


async def test_a_change_leaves_what_it_does_not_mention(household: Household) -> None:
    made = await household.item("Cookies", capacity=24, location="Kitchen", level=12)
    changed = (await household.user.call("PATCH", f"/items/{made['uuid']}", json={"name": "Biscuits"})).json()["data"]
    assert (changed["name"], changed["capacity"], changed["location"]) == ("Biscuits", 24, "Kitchen")
    changes = {"capacity": 48, "location": None}
    changed = (await household.user.call("PATCH", f"/items/{made['uuid']}", json=changes)).json()["data"]
    assert (changed["name"], changed["capacity"], changed["location"]) == ("Biscuits", 48, None)
    assert (changed["level"], changed["percent"]) == (12, 25)


@pytest.mark.parametrize(
    "body", [{"name": None}, {"unit": "g"}, {"level": 5}, {"capacity": -1}, {"uuid": str(uuid4())}]
)
async def test_what_may_not_be_changed_is_named(paired: Household, body: dict[str, Any]) -> None:
    uuid = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    answer = await paired.user.call("PATCH", f"/items/{uuid}", json=body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, list(body))


async def test_a_deleted_item_is_gone_with_its_instructions_and_rules(household: Household) -> None:
    item = await household.item()
    instruction = await household.tracking(item, order=household.an_order(), triggerLevel=5)
    rule = await household.made("/rules", item=item["uuid"], when="low", then={"notify": True})
    answer = await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert (answer.status_code, answer.json()) == (200, {"message": "Item deleted.", "data": None})
    for path in (
        f"/items/{item['uuid']}",
        f"/instructions/{instruction['uuid']}",
        f"/rules/{instruction['uuid']}",
        f"/rules/{rule['uuid']}",
    ):
        assert (await household.user.get(path)).status_code == 404, path
    assert (await household.user.call("DELETE", f"/items/{item['uuid']}")).status_code == 404
    for path in ("/items", "/instructions", "/rules"):
        assert (await household.user.get(path)).json()["data"] == []


async def test_items_are_walked_by_their_cursor(household: Household) -> None:
    made = [(await household.item(f"Item {number}"))["uuid"] for number in range(3)]
    first = (await household.user.get("/items", limit=2)).json()
    rest = (await household.user.get("/items", limit=2, cursor=first["nextCursor"])).json()
    assert [item["uuid"] for item in first["data"] + rest["data"]] == made[::-1]
    assert rest["nextCursor"] is None


async def test_the_history_has_every_fact_newest_first(household: Household) -> None:
    item = await household.item(level=9)
    await household.user.post(
        f"/items/{item['uuid']}/facts",
        {"facts": [{"kind": "removed", "tag": "e1", "quantity": 2}, {"kind": "used", "at": LONG_AGO}]},
    )
    first = (await household.user.get(f"/items/{item['uuid']}/history", limit=2)).json()
    late, removed = first["data"]
    assert (late["kind"], late["counted"], late["at"]) == ("used", False, LONG_AGO)
    assert late["flag"]
    assert (removed["kind"], removed["tag"], removed["quantity"], removed["source"]) == ("removed", "e1", 2, "person")
    assert removed["counted"] is True
    assert late["number"] > removed["number"]
    page = (await household.user.get(f"/items/{item['uuid']}/history", limit=2, cursor=first["nextCursor"])).json()
    assert [fact["kind"] for fact in page["data"]] == ["changed", "counted"]
    assert page["nextCursor"] is None
    shown = await household.seen(item)
    assert shown["outSince"] == removed["at"]


async def test_every_decision_says_why(household: Household) -> None:
    item = await household.item(level=6)
    await household.tracking(item, order=household.an_order(), triggerLevel=5)
    await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "counted", "quantity": 5}]})
    newest, *older = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    assert newest["verdict"] == "ordered"
    (rule,) = newest["rules"]
    assert (rule["sentence"], rule["version"], rule["holds"]) == ("5 left", 1, True)
    assert rule["conditions"] == [{"field": "level", "op": "<=", "wanted": 5, "actual": 5, "holds": True}]
    assert newest["level"] == 5
    assert older[-1]["verdict"] == "nothing"
    assert [decision["number"] for decision in older] == sorted((d["number"] for d in older), reverse=True)
    shown = await household.seen(item)
    assert shown["decision"] == {name: newest[name] for name in ("sentence", "verdict", "at")}
    assert shown["onOrder"] == 12
    order = (await household.user.get(f"/orders/{newest['order']}")).json()["data"]
    assert order["item"] == item["uuid"]


@pytest.mark.parametrize("value", [True, False])
async def test_a_condition_on_a_flag_shows_flags(household: Household, value: bool) -> None:
    item = await household.item()
    await household.made("/rules", item=item["uuid"], when="low", then={"notify": True})
    await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "low", "low": value}]})
    newest, *_ = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    assert newest["rules"][0]["conditions"] == [
        {"field": "low", "op": "==", "wanted": True, "actual": value, "holds": value}
    ]


async def test_an_item_shows_how_long_it_lasts_once_enough_is_known_of_its_use(household: Household) -> None:
    """Two a day for five days, told together: ten of twenty are left, for about five days."""
    item, now = await household.item(), datetime.now(UTC)
    unknown = await household.seen(item)
    assert [unknown[name] for name in OUTLOOK] == [None] * 4
    facts = [{"id": "first", "kind": "counted", "quantity": 20, "at": (now - timedelta(days=6)).isoformat()}]
    facts += [
        {"id": f"day-{day}", "kind": "used", "quantity": 2, "at": (now - timedelta(days=day)).isoformat()}
        for day in range(1, 6)
    ]
    told = {"facts": [fact | {"item": item["uuid"]} for fact in facts]}
    assert (await household.user.post("/facts", told)).status_code == 201
    known = await household.seen(item)
    left, cautious, hopeful, per_day = (known[name] for name in OUTLOOK)
    assert 1.5 < per_day < 2
    assert cautious < left < hopeful
    assert left == pytest.approx(known["level"] / per_day, abs=0.01)

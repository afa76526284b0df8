"""Rules before they are switched on (1.M): what they mean, what they would do, and what they would have done."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from sqlalchemy import func, select

from api import trying
from rules import world
from storage.tables import DecisionRow, OrderRow
from tests.api.direct import Household

LEVEL = {"field": "level", "op": "<=", "value": 5}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def checked(household: Household, **body: Any) -> Any:
    answer = await household.user.post("/rules/check", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def cookies(household: Household, **more: Any) -> dict[str, Any]:
    """An order of cookies, in the words of a rule."""
    return {"order": {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", **more}}


async def a_month(household: Household, item: Any) -> None:
    """Thirty cookies, one of which is eaten each day at noon from the 3rd of March on."""
    told = [{"id": f"day-{day}", "item": item["uuid"], "kind": "used", "quantity": 1} for day in range(1, 29)]
    counted = {"id": "day-0", "item": item["uuid"], "kind": "counted", "quantity": 30}
    for day, fact in enumerate([counted, *told]):
        household.home.desk.moment = NOON + timedelta(days=day)
        answer = await household.user.post("/facts", {"facts": [fact]})
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def jar(household: Household) -> Any:
    """An item that was used for a month, of which it is the evening now."""
    item = await household.item()
    try:
        await a_month(household, item)
        household.home.desk.moment = NOON + timedelta(days=28, hours=6)
        yield item
    finally:
        household.home.desk.moment = None


async def test_a_rule_is_answered_in_both_spellings_and_at_length(household: Household) -> None:
    answer = await checked(household, when="when five cookies left")
    assert answer == {
        "when": "5 left",
        "tree": LEVEL,
        "then": {"approval": "never", "notify": False},
        "meaning": "Whenever the level is 5 or less.",
        "now": None,
    }
    answer = await checked(household, when=LEVEL, then=cookies(household, packs=2) | {"notify": True})
    assert answer["when"] == "5 left"
    assert answer["meaning"] == (
        "Whenever the level is 5 or less: order 2 packs of cookies-12 at Corner Shop; "
        "not again before that has come and it has been otherwise; tell you."
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"when": "fife left"}, "when"),
        ({"when": {"field": "mood", "op": "<=", "value": 5}}, "when"),
        ({"when": None}, "when"),
        ({}, "when"),
        ({"when": "5 left", "then": {"approval": "perhaps"}}, "then.approval"),
        ({"when": "5 left", "then": None}, "then"),
        ({"when": "5 left", "item": str(uuid4())}, "item"),
        ({"when": "5 left", "item": "cookies"}, "item"),
        ({"when": "5 left", "mood": 1}, "mood"),
    ],
)
async def test_a_fault_is_told_by_its_place(household: Household, body: dict[str, Any], place: str) -> None:
    answer = await household.user.post("/rules/check", body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


async def test_the_faults_of_a_sentence_are_those_of_saving_it(household: Household) -> None:
    item = await household.item()
    for sentence in ("fife left", "5 left and", "5 left or or low", "", "out for 5 parsecs"):
        trial = await household.user.post("/rules/check", {"when": sentence})
        saving = await household.user.post("/rules", {"item": item["uuid"], "when": sentence, "then": {}})
        assert trial.json()["data"] == saving.json()["data"]


async def test_what_it_would_do_now_is_judged_and_nothing_is_done(household: Household) -> None:
    item = await household.item(level=4)
    body = {"when": "5 left", "item": item["uuid"], "then": cookies(household, upTo=36)}
    before = await rows(household, item)
    now = (await checked(household, **body))["now"]
    assert (now["holds"], now["level"], now["unit"], now["verdict"]) == (True, 4, "piece", "ordered")
    assert [(each["wanted"], each["actual"], each["holds"]) for each in now["conditions"]] == [(5, 4, True)]
    assert now["order"] == {
        "packs": 3,
        "packSize": 12,
        "retailer": household.shop.shown["uuid"],
        "retailerName": "Corner Shop",
        "sku": "cookies-12",
        "name": "Oat cookies",
        "total": "10.47",
        "currency": "EUR",
        "needsApproval": False,
    }
    assert "ordered 3 packs of 12" in now["sentence"]
    assert await rows(household, item) == before
    assert (await household.seen(item))["onOrder"] == 0


async def test_what_a_rule_is_to_be_on_is_known_while_it_is_written(household: Household) -> None:
    """A sentence that begins with the name of a product, and a unit that it has not, are judged as at saving."""
    product = await household.made("/products", name="7up", brand="7up", unit="piece")
    item = await household.item()
    group = await household.made("/groups", name="9 lives", items=[item["uuid"]])
    for scope, when in (
        ({"product": product["uuid"]}, "7up: 5 left"),
        ({"product": product["uuid"]}, "500 g left"),
        ({"group": group["uuid"]}, "9 lives: 5 left"),
        ({"group": group["uuid"]}, "500 g left"),
        ({"location": "Fridge"}, "500 g left"),
        ({"location": "Fridge"}, "7up: 5 left"),
        ({"product": str(uuid4())}, "5 left"),
        ({"group": item["uuid"]}, "5 left"),
        ({"item": item["uuid"], "product": product["uuid"]}, "5 left"),
    ):
        trial = await household.user.post("/rules/check", {"when": when, **scope})
        saving = await household.user.post("/rules", {"when": when, "then": {"notify": True}, **scope})
        assert trial.is_success is saving.is_success
        if not trial.is_success:
            assert trial.json()["data"] == saving.json()["data"]
    body = {"when": "5 left", "then": cookies(household), "location": "Fridge"}
    assert list((await household.user.post("/rules/check", body)).json()["data"]) == ["then.order"]


async def test_what_the_rule_is_on_is_known_by_the_rule(household: Household) -> None:
    product = await household.made("/products", name="7up", brand="7up", unit="piece")
    rule = await household.made("/rules", product=product["uuid"], when="7up: 5 left", then={"notify": True})
    assert (await checked(household, when="7up: 6 left", rule=rule["uuid"]))["when"] == "6 left"
    answer = await household.user.post("/rules/check", {"when": "500 g left", "rule": rule["uuid"]})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["when"])


async def test_with_a_group_it_says_what_would_happen_there_now(household: Household) -> None:
    items = [await household.item(level=3), await household.item(level=2)]
    group = await household.made("/groups", name="Milk in all", items=[item["uuid"] for item in items])
    now = (await checked(household, when="6 milks in all", group=group["uuid"], then=cookies(household)))["now"]
    assert (now["holds"], now["level"], now["order"]["packs"]) == (True, 5, 1)


@pytest.mark.parametrize("when", ["after 22:00 and before 06:00", LEVEL | {"op": "<", "value": 0}])
async def test_what_is_never_so_is_refused_in_both_spellings(household: Household, when: Any) -> None:
    item = await household.item()
    for path, more in (("/rules/check", {}), ("/rules", {"item": item["uuid"], "then": {}})):
        answer = await household.user.post(path, {"when": when, **more})
        assert answer.status_code == 400
        assert answer.json()["data"]["when"][0].startswith("This is never so: ")


async def test_it_says_why_nothing_would_be_ordered(household: Household) -> None:
    item = await household.item(level=7)
    body = {"item": item["uuid"], "then": cookies(household)}
    now = (await checked(household, when="5 left", **body))["now"]
    assert (now["holds"], now["verdict"], now["order"]) == (False, "nothing", None)
    now = (await checked(household, when="45% left", **body))["now"]
    assert (now["holds"], now["verdict"], now["order"]) == (None, "not-evaluable", None)
    await household.made("/rules", item=item["uuid"], when="8 left", then=cookies(household))
    now = (await checked(household, when="9 left", **body))["now"]
    assert (now["holds"], now["verdict"], now["order"]) == (True, "on-order", None)


async def test_days_and_times_are_shown_as_a_rule_names_them(household: Household, jar: Any) -> None:
    """It is the 30th of March, a Monday, at 18:00."""
    now = (await checked(household, when="5 left unless on sunday or before 08:00", item=jar["uuid"]))["now"]
    assert [(each["field"], each["wanted"], each["actual"]) for each in now["conditions"]] == [
        ("level", 5, 2),
        ("dayOfWeek", "sunday", "monday"),
        ("timeOfDay", "08:00", "18:00"),
    ]


async def test_the_next_version_of_a_rule_keeps_what_the_rule_remembers(household: Household) -> None:
    item = await household.item(level=4)
    rule = await household.made("/rules", item=item["uuid"], when="5 left", then=cookies(household))
    order = (await household.user.get("/orders")).json()["data"][0]["uuid"]
    await household.home.desk.waits(UUID(order))
    await household.user.post(f"/orders/{order}/cancel", {})
    assert (await household.seen(item))["onOrder"] == 0
    body = {"item": item["uuid"], "rule": rule["uuid"]}
    assert (await checked(household, when="5 left", **body))["now"]["verdict"] == "held"
    assert (await checked(household, when="6 left", **body))["now"]["verdict"] == "ordered"
    stranger = await household.user.post("/rules/check", {"when": "5 left", "item": item["uuid"], "rule": str(uuid4())})
    assert (stranger.status_code, stranger.json()["data"]) == (400, {"rule": ["There is no such rule."]})


async def test_the_vocabulary_is_there_for_editors(household: Household) -> None:
    answer = await household.user.get("/rules/vocabulary")
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert {"level", "outFor", "daysLeft"} <= {field["field"] for field in data["fields"]}
    for example in [
        *data["joints"],
        *data["windows"],
        *(each for row in data["fields"] for each in row["comparisons"]),
    ]:
        assert (await checked(household, when=example["sentence"]))["tree"] == example["jsonForm"]
    assert data["limits"]["characters"] == 4_000


async def test_old_and_new_are_tried_on_what_was_recorded(household: Household, jar: Any) -> None:
    body = {"item": jar["uuid"], "when": "5 left", "then": cookies(household), "from": "2026-03-01T00:00:00Z"}
    answer = await household.user.post("/rules/backtest", body | {"leadTime": "1 day"})
    assert answer.status_code == 200, answer.text
    tried = answer.json()["data"]
    old, new = tried["old"], tried["new"]
    assert (tried["facts"], tried["itemName"], tried["unit"]) == (29, "Cookies", "piece")
    assert (old["when"], old["orderCount"], old["spent"]) == (None, 0, [])
    assert (new["when"], new["orderCount"], new["spent"]) == ("5 left", 1, [{"amount": "3.49", "currency": "EUR"}])
    (order,) = new["orders"]
    assert order["at"] == "2026-03-27T12:00:00+00:00"
    assert order["deliveredAt"] == "2026-03-28T12:00:00+00:00"
    assert (order["packs"], order["units"], order["total"], order["byRule"]) == (1, 12, "3.49", True)
    assert order["sentence"].startswith("5 ")
    assert [point["level"] for point in new["curve"]][-4:] == [5, 16, 15, 14]
    assert (new["thresholds"], old["thresholds"]) == ([5], [])
    assert tried["leadTimes"][0]["days"] == 1
    assert tried["sentence"].startswith("Without the rule, nothing would have been ordered;")


async def test_a_rule_is_tried_against_its_next_version_and_by_itself(household: Household, jar: Any) -> None:
    rule = await household.made("/rules", item=jar["uuid"], when="1 left", then=cookies(household), enabled=False)
    body = {"item": jar["uuid"], "rule": rule["uuid"], "from": "2026-03-01T00:00:00Z"}
    tried = (await household.user.post("/rules/backtest", body | {"when": "10 left"})).json()["data"]
    assert [(each["when"], each["orderCount"]) for each in (tried["old"], tried["new"])] == [
        ("1 left", 0),
        ("10 left", 1),
    ]
    tried = (await household.user.post("/rules/backtest", body)).json()["data"]
    assert [each["when"] for each in (tried["old"], tried["new"])] == [None, "1 left"]


async def test_what_was_before_the_period_tells_how_things_stood(household: Household, jar: Any) -> None:
    body = {
        "item": jar["uuid"],
        "when": "5 left",
        "then": {},
        "from": "2026-03-20T00:00:00Z",
        "to": "2026-03-25T00:00:00Z",
    }
    tried = (await household.user.post("/rules/backtest", body)).json()["data"]
    assert (tried["facts"], tried["to"]) == (5, "2026-03-25T00:00:00+00:00")
    assert [point["level"] for point in tried["old"]["curve"]] == [13, 12, 11, 10, 9, 8]


async def test_it_is_streamed_with_progress_to_whoever_asks(household: Household, jar: Any) -> None:
    body = {"item": jar["uuid"], "when": "5 left", "then": cookies(household), "from": "2026-03-01T00:00:00Z"}
    answer = await household.user.call("POST", "/rules/backtest", json=body, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    first, *_, last = [json.loads(line) for line in answer.text.splitlines()]
    assert first == {"done": 0, "of": 29}
    whole = await household.user.post("/rules/backtest", body)
    assert last == whole.json()


async def test_it_is_drawn_for_whoever_asks(household: Household, jar: Any) -> None:
    body = {"item": jar["uuid"], "when": "5 left", "then": cookies(household), "from": "2026-03-01T00:00:00Z"}
    answer = await household.user.call("POST", "/rules/backtest", json=body, headers={"Accept": "image/svg+xml"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(answer.text)  # noqa: S314 - our own picture
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root[0].text == "Cookies, 1 Mar to 30 Mar"
    assert str(root[1].text).startswith("Without the rule")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"when": "fife left"}, "when"),
        ({}, "when"),
        ({"when": "5 left", "from": "2096-03-01T00:00:00Z"}, "from"),
        ({"when": "5 left", "from": "yesterday"}, "from"),
        ({"when": "5 left", "leadTime": "soon"}, "leadTime"),
        ({"when": "5 left", "leadTime": "10 weeks"}, "leadTime"),
        ({"when": "5 left", "item": str(uuid4())}, "item"),
        ({"when": "5 left", "facts": []}, "facts"),
    ],
)
async def test_what_cannot_be_tried_is_refused(household: Household, body: dict[str, Any], place: str) -> None:
    item = await household.item()
    answer = await household.user.post("/rules/backtest", {"item": item["uuid"]} | body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


async def test_too_much_of_the_past_is_refused(household: Household, jar: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_FACTS", 28)
    body = {"item": jar["uuid"], "when": "5 left", "from": "2026-03-01T00:00:00Z"}
    answer = await household.user.post("/rules/backtest", body)
    assert answer.json()["data"] == {
        "from": ["There are 29 facts since then, and at most 28 are tried: choose a later moment."]
    }


async def test_orders_without_end_are_a_fault_of_the_rule(
    household: Household, jar: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the answer has begun by then."""
    monkeypatch.setattr(world, "MOST_ORDERS", 40)
    period = {"from": "2026-03-01T00:00:00Z", "leadTime": "1 minute"}
    body = {"item": jar["uuid"], "when": "1000000 left", "then": cookies(household), **period}
    text = (
        "More than 40 orders would have been made by 2026-03-02 12:39 UTC: order more at a time, or when less is left."
    )
    answer = await household.user.post("/rules/backtest", body)
    assert (answer.status_code, answer.json()["message"], answer.json()["data"]) == (400, text, {"when": [text]})
    answer = await household.user.call("POST", "/rules/backtest", json=body, headers={"Accept": "application/x-ndjson"})
    assert json.loads(answer.text.splitlines()[-1]) == {"status": 400, "message": text}


async def test_another_household_can_try_nothing_here(household: Household, jar: Any) -> None:
    stranger = await household.home.a_household()
    rule = await household.made("/rules", item=jar["uuid"], when="5 left", then={})
    for path in ("/rules/check", "/rules/backtest"):
        answer = await stranger.user.post(path, {"item": jar["uuid"], "when": "5 left"})
        assert (answer.status_code, answer.json()["data"]) == (400, {"item": ["There is no such item."]})
        own = await stranger.item()
        answer = await stranger.user.post(path, {"item": own["uuid"], "when": "5 left", "rule": rule["uuid"]})
        assert (answer.status_code, answer.json()["data"]) == (400, {"rule": ["There is no such rule."]})


async def rows(household: Household, item: Any) -> tuple[int, int]:
    """How many decisions and orders there are of the item."""
    async with household.home.parts.db.reading() as session:
        decisions = await session.scalar(select(func.count()).where(DecisionRow.item == UUID(item["uuid"])))
        orders = await session.scalar(select(func.count()).where(OrderRow.item == UUID(item["uuid"])))
        return decisions or 0, orders or 0

"""Why, and why not: the list with its filters, one decision with all that led there, texts that outlive their rule."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.facts import Fact, FactKind, Source
from domain.orders import OrderState
from tests.api.direct import Home, Household

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock(home: Home) -> Any:
    """Moves the desk's clock to so many hours after noon."""

    def at(hours: float) -> None:
        home.desk.moment = START + timedelta(hours=hours)

    at(0)
    yield at
    home.desk.moment = None


async def amended(household: Household, item: Any, **fact: Any) -> None:
    """Something is told of the item by hand."""
    answer = await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})
    assert answer.status_code == 201, answer.text


async def decided(household: Household, item: Any, **query: Any) -> list[Any]:
    """The decisions, page by page."""
    found, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        answer = await household.user.get(f"/items/{item['uuid']}/decisions", **query, **more)
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        cursor = answer.json()["nextCursor"]
        if cursor is None:
            return found


async def why(household: Household, item: Any, number: int) -> Any:
    """One decision."""
    answer = await household.user.get(f"/items/{item['uuid']}/decisions/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_one_decision_tells_what_led_there_and_what_came_of_it(household: Household, clock: Any) -> None:
    item = await household.item(level=12)
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", "packs": 2}
    rule = await household.made("/rules", item=item["uuid"], name="Jar", when="5 cookies left", then={"order": order})
    clock(1)
    await amended(household, item, kind="counted", quantity=9)
    clock(2)
    await amended(household, item, kind="used", quantity=3)
    clock(3)
    await amended(household, item, kind="used", quantity=2)
    newest, *_ = await decided(household, item)
    assert newest["verdict"] == "ordered"
    await household.home.desk.is_placed(UUID(newest["order"]))
    clock(27)
    await household.shop.post(f"/retailers/{household.shop.shown['uuid']}/orders/{newest['order']}/delivered", {})

    told = await why(household, item, newest["number"])
    assert {name: told[name] for name in newest if name != "rules"} == {
        name: value for name, value in newest.items() if name != "rules"
    }
    assert told["sentence"] == (
        "4 cookies left is at or below 5; nothing on order; "
        "ordered 2 packs of 12 Oat cookies at Corner Shop for 6.98 EUR."
    )
    (judged,) = told["rules"]
    assert (judged["rule"], judged["version"], judged["holds"], judged["text"]["name"]) == (
        rule["uuid"],
        1,
        True,
        "Jar",
    )
    assert judged["text"]["when"] == "5 cookies left"
    assert (judged["text"]["tree"], judged["text"]["then"]["order"]) == (rule["tree"], order)
    (condition,) = judged["conditions"]
    assert (condition["wanted"], condition["actual"]) == (5, 4)
    assert condition["sentence"] == "4 cookies left is at or below 5"
    parts = [(fact["part"], fact["kind"], fact["quantity"]) for fact in told["facts"]]
    assert parts == [("trigger", "used", 2), ("count", "counted", 9), ("since", "used", 3)]
    assert told["facts"][0]["id"] == told["fact"]
    states = [step["state"] for step in told["orderNow"]["history"]]
    assert (states, told["orderNow"]["deliveredPacks"]) == (["needed", "placed", "delivered"], 2)


async def test_a_later_fact_is_not_among_those_that_led_there(household: Household, clock: Any) -> None:
    item = await household.item(level=12)
    await household.made("/rules", item=item["uuid"], when="5 left", then={"notify": True})
    for hour, level in ((1, 7), (2, 5), (3, 2)):
        clock(hour)
        await amended(household, item, kind="counted", quantity=level)
    notified = next(each for each in await decided(household, item) if each["verdict"] == "notified")
    told = await why(household, item, notified["number"])
    assert [(fact["part"], fact["quantity"]) for fact in told["facts"]] == [("trigger", 5)]
    assert told["orderNow"] is None


async def test_the_removal_whose_clock_ran_is_named(household: Household, clock: Any) -> None:
    item = await household.item("Butter", level=1)
    await household.made("/rules", item=item["uuid"], when="out for 5 hours", then={"notify": True})
    clock(1)
    await amended(household, item, kind="removed")
    clock(6)
    await amended(household, item, kind="counted", quantity=0)
    notified = next(each for each in await decided(household, item) if each["verdict"] == "notified")
    told = await why(household, item, notified["number"])
    assert told["trigger"] == "deadline"
    assert [(fact["part"], fact["kind"]) for fact in told["facts"]] == [("clock", "removed")]
    assert told["sentence"] == "Butter out for 5 hours, at least 5 hours; no order is asked for; you are told."


async def test_what_expires_first_and_what_a_sensor_said_is_named(household: Household, clock: Any) -> None:
    item = await household.item("Milk", level=0)
    await household.made("/rules", item=item["uuid"], when="expires within 2 days and not low", then={"notify": True})
    account, expires = UUID(household.user.shown["uuid"]), START + timedelta(days=1)
    clock(1)
    await amended(household, item, kind="low", low=False)
    clock(2)
    carton = Fact(id="the-carton", kind=FactKind.ADDED, tag="carton", expires_at=expires, source=Source.LARDER)
    await household.home.desk.report(account, UUID(item["uuid"]), "Milk", [carton])
    clock(3)
    await amended(household, item, kind="counted", quantity=1)
    told = await why(household, item, (await decided(household, item))[0]["number"])
    parts = {fact["part"]: fact for fact in told["facts"]}
    assert (parts["low"]["low"], parts["expiry"]["id"]) == (False, "the-carton")


async def test_decisions_are_filtered_and_walked(household: Household, clock: Any) -> None:
    item = await household.item(level=12)
    first = await household.made("/rules", item=item["uuid"], when="5 left", then={"notify": True})
    clock(1)
    await amended(household, item, kind="counted", quantity=5)
    clock(2)
    second = await household.made("/rules", item=item["uuid"], when="4 left", then={"notify": True})
    clock(3)
    await amended(household, item, kind="counted", quantity=4)
    every = await decided(household, item)
    assert [each["number"] for each in every] == list(range(len(every), 0, -1))
    assert await decided(household, item, limit=1) == every
    for verdict in ("notified", "nothing", "ordered"):
        assert await decided(household, item, verdict=verdict, limit=1) == [
            each for each in every if each["verdict"] == verdict
        ]
    for rule in (first, second):
        chosen = await decided(household, item, rule=rule["uuid"])
        assert chosen == [each for each in every if rule["uuid"] in {judged["rule"] for judged in each["rules"]}]
        assert 0 < len(chosen) < len(every)
    assert await decided(household, item, rule=str(uuid4())) == []
    since, until = (START + timedelta(hours=hour) for hour in (1, 3))
    chosen = await decided(household, item, **{"from": since.isoformat(), "to": until.isoformat()})
    assert chosen == [each for each in every if since <= datetime.fromisoformat(each["at"]) < until]
    assert 0 < len(chosen) < len(every)


@pytest.mark.parametrize(
    ("query", "place"),
    [({"verdict": "perhaps"}, "verdict"), ({"rule": "x"}, "rule"), ({"from": "noon"}, "from"), ({"to": "1"}, "to")],
)
async def test_a_wrong_filter_is_named(paired: Household, query: dict[str, str], place: str) -> None:
    item = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    answer = await paired.user.get(f"/items/{item}/decisions", **query)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


@pytest.mark.parametrize("number", ["0", "-1", "999", str(2**31), str(2**63), str(10**30), "one"])
async def test_a_decision_that_is_none_is_404(paired: Household, number: str) -> None:
    item = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    assert (await paired.user.get(f"/items/{item}/decisions/{number}")).status_code == 404


async def test_a_deleted_rule_leaves_its_words(household: Household) -> None:
    item = await household.item(level=12)
    rule = await household.made("/rules", item=item["uuid"], when="5 left", then={"notify": True}, whenSilent="pause")
    await amended(household, item, kind="counted", quantity=5)
    notified = (await decided(household, item))[0]
    path = f"/rules/{rule['uuid']}"
    assert (await household.user.call("PATCH", path, json={"when": "3 left", "enabled": False})).is_success
    assert (await household.user.call("DELETE", path)).is_success
    assert (await household.user.get(path)).status_code == 404
    (judged,) = (await why(household, item, notified["number"]))["rules"]
    text = judged["text"]
    assert (text["when"], text["whenSilent"], text["deleted"], judged["version"]) == ("5 left", "pause", True, 1)
    versions = (await household.user.get(f"{path}/versions")).json()
    assert [(each["version"], each["when"], each["enabled"]) for each in versions["data"]] == [
        (2, "3 left", False),
        (1, "5 left", True),
    ]
    assert versions["data"][1]["tree"] == rule["tree"]
    assert versions["data"][1]["then"] == rule["then"]
    first = (await household.user.get(f"{path}/versions", limit=1)).json()
    second = (await household.user.get(f"{path}/versions", limit=1, cursor=first["nextCursor"])).json()
    assert first["data"] + second["data"] == versions["data"]
    assert second["nextCursor"] is None


async def test_a_deleted_item_leaves_its_past(household: Household) -> None:
    item = await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order())
    before = await decided(household, item)
    ordered = next(each for each in before if each["verdict"] == "ordered")
    assert (await household.user.call("DELETE", f"/items/{item['uuid']}")).is_success
    assert (await household.user.get(f"/items/{item['uuid']}")).status_code == 404
    assert await decided(household, item) == before
    told = await why(household, item, ordered["number"])
    assert told["orderNow"]["uuid"] == ordered["order"]
    assert told["rules"][0]["text"]["when"] == "5 left"
    facts = (await household.user.get(f"/items/{item['uuid']}/history")).json()["data"]
    assert {fact["kind"] for fact in facts} >= {"counted", "ordered"}


async def test_another_households_past_is_not_told(household: Household) -> None:
    item = await household.item(level=5)
    rule = await household.made("/rules", item=item["uuid"], when="5 left", then={})
    other = await household.home.a_household()
    for path in (
        f"/items/{item['uuid']}/decisions",
        f"/items/{item['uuid']}/decisions/1",
        f"/items/{item['uuid']}/history",
        f"/rules/{rule['uuid']}/versions",
    ):
        assert (await household.user.get(path)).status_code == 200, path
        assert (await other.user.get(path)).status_code == 404, path
        for caller, status in ((household.device, 403), (household.shop, 403), (household.home.nobody, 401)):
            assert (await caller.get(path)).status_code == status, path


async def test_an_order_that_was_in_the_way_is_told_too(household: Household) -> None:
    item = await household.item(level=5)
    await household.tracking(item, triggerLevel=5, order=household.an_order())
    await amended(household, item, kind="counted", quantity=4)
    newest, *_ = await decided(household, item)
    assert newest["verdict"] == "on-order"
    assert newest["sentence"] == "4 cookies left is at or below 5; already on order (about to be placed)."
    told = await why(household, item, newest["number"])
    assert (told["orderNow"]["uuid"], told["orderNow"]["status"]) == (newest["order"], OrderState.NEEDED)

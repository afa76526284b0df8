"""Why, and why not, on a real Temporal: what is named comes true, and the same words are everywhere."""

from datetime import datetime, timedelta

from simulator.family import Family, eventually
from simulator.town import Town
from tests.journeys.parts import a_butter_dish, order_details


async def test_what_the_outlook_names_comes_true_and_the_decision_tells_why(family: Family, the_town: Town) -> None:
    home = await a_butter_dish(family)
    (rule,) = (await family.get(f"/items/{home.item}/outlook"))["rules"]
    assert [step["kind"] for step in rule["ways"][0]["steps"]] == ["removed", "wait"]
    await home.report("removed")
    await family.level_is(home.item, 0)
    await family.after(home.item, timedelta(hours=2))
    (rule,) = (await family.get(f"/items/{home.item}/outlook"))["rules"]
    (way,) = rule["ways"]
    assert way["sentence"].startswith("In 2 hours 59 minutes, at ")
    assert way["sentence"].endswith(", if it is not returned.")
    await family.after(home.item, timedelta(hours=3, seconds=1))
    order = await home.order_is("placed")
    assert order["neededAt"] == way["ordersAt"]

    listed = await family.get(f"/items/{home.item}/decisions?verdict=ordered")
    told = await family.get(f"/items/{home.item}/decisions/{listed[0]['number']}")
    assert told["sentence"] == (
        "Butter out for 5 hours, at least 5 hours; nothing on order; ordered 1 pack of Oat cookies "
        "at Corner Shop for 3.49 EUR."
    )
    assert [(fact["part"], fact["kind"]) for fact in told["facts"]] == [("clock", "removed")]
    assert datetime.fromisoformat(told["at"]) - datetime.fromisoformat(told["facts"][0]["at"]) == timedelta(hours=5)
    assert told["orderNow"]["uuid"] == order["uuid"]

    (entry,) = [each for each in await family.get("/history?kind=decision") if each["what"] == "ordered"]
    assert (entry["sentence"], entry["decision"]) == (told["sentence"], told["number"])
    (notice,) = [each for each in await family.get("/notices") if each["kind"] == "order.placed"]
    assert notice["data"]["why"] == told["sentence"]

    assert told["sentence"] in await eventually(lambda: order_details(family, order), lambda text: "placed" in text)

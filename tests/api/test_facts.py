"""Native reports: batches and amendments by hand (1.K, S22)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.facts import FactKind, Source
from tests.api.direct import Household
from tests.api.server import Caller

MISSING, UNEXPECTED = ["This field is missing."], ["This field was not expected."]


def faults(answer: httpx.Response) -> dict[str, list[str]]:
    """The fields at fault."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, list[str]] = answer.json()["data"]
    return found


async def test_a_batch_reaches_every_item_in_the_order_of_reporting(household: Household) -> None:
    flour, sugar = await household.item("Flour", level=50), await household.item("Sugar", level=50)
    facts = [
        {"id": f"f{number}", "item": item["uuid"], "kind": "used", "quantity": number}
        for number, item in enumerate((flour, sugar, flour, sugar))
    ]
    answer = await household.user.post("/facts", {"facts": facts})
    assert (answer.status_code, answer.json()) == (
        201,
        {"message": "Facts received.", "data": {"received": 4, "items": 2, "ids": ["f0", "f1", "f2", "f3"]}},
    )
    assert [fact.quantity for fact in household.told(flour)] == [0, 2]
    assert [fact.quantity for fact in household.told(sugar)] == [1, 3]
    assert [(await household.seen(item))["level"] for item in (flour, sugar)] == [48, 46]


async def test_a_batch_is_counted_once_however_often_it_is_sent(household: Household) -> None:
    item = await household.item(level=50)
    batch = {"facts": [{"id": f"f{number}", "item": item["uuid"], "kind": "used"} for number in range(10)]}
    async with household.home.temporal_away():
        assert (await household.user.post("/facts", batch)).status_code == 503
    async with household.home.temporal_away(late=True):
        assert (await household.user.post("/facts", batch)).status_code == 503
    assert (await household.user.post("/facts", batch)).status_code == 201
    assert (await household.seen(item))["level"] == 40


async def test_nothing_is_passed_on_when_anything_is_wrong(household: Household) -> None:
    item = await household.item(level=50)
    good = [{"id": f"f{number}", "item": item["uuid"], "kind": "used", "quantity": 1} for number in range(999)]
    for bad in ({"quantity": -1}, {"quantity": "1"}, {"kind": "ordered"}, {"item": str(uuid4())}, {"unit": "g"}):
        answer = await household.user.post("/facts", {"facts": [*good, good[0] | {"id": "bad"} | bad]})
        assert list(faults(answer)) == [f"facts.999.{next(iter(bad))}"]
    assert household.told(item) == []


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ({"kind": "counted"}, {"quantity": MISSING}),
        ({"kind": "percent"}, {"quantity": MISSING}),
        ({"kind": "percent", "quantity": 101}, {"quantity": ["This value should be less than or equal to 100."]}),
        ({"kind": "percent", "quantity": 1, "tag": "e1"}, {"tag": UNEXPECTED}),
        ({"kind": "low"}, {"low": MISSING}),
        ({"kind": "low", "low": True, "quantity": 1}, {"quantity": UNEXPECTED}),
        ({"kind": "used", "low": True}, {"low": UNEXPECTED}),
        ({"kind": "pressed", "quantity": 1, "tag": "x"}, {"quantity": UNEXPECTED, "tag": UNEXPECTED}),
        ({"kind": "used", "unit": "g"}, {"unit": ["This item is measured in piece."]}),
        ({"kind": "removed", "tag": ""}, {"tag": ["This value should not be blank."]}),
        ({"kind": "removed", "tag": "x" * 65}, {"tag": ["This value should have at most 64 characters."]}),
        ({"kind": "removed", "tag": "\u200b"}, {"tag": ["This value should have printable characters only."]}),
        ({"kind": "used", "quantity": 1e-7}, {"quantity": ["This value should have at most 6 decimal places."]}),
        ({"kind": "used", "foo": 1}, {"foo": UNEXPECTED}),
        ({"kind": "used", "expiresAt": "2026-12-24T00:00:00Z"}, {"expiresAt": UNEXPECTED}),
        (
            {"kind": "counted", "quantity": 40, "unit": "%", "expiresAt": "2026-12-24T00:00:00Z"},
            {"expiresAt": ["How much expires then is not known: this item has no capacity."]},
        ),
        (
            {"kind": "added", "expiresAt": "2026-12-24"},
            {"expiresAt": ["This value is not a date and time with an offset, such as 2022-09-11T21:23:02+02:00."]},
        ),
        ({}, {"kind": MISSING}),
    ],
)
async def test_each_kind_needs_and_takes_its_own_fields(
    paired: Household, fact: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    item = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    batch = {"facts": [{"id": "f", "item": item} | fact]}
    assert faults(await paired.user.post("/facts", batch)) == {
        f"facts.0.{name}": said for name, said in expected.items()
    }
    by_hand = await paired.user.post(f"/items/{item}/facts", {"facts": [fact]})
    assert faults(by_hand) == {f"facts.0.{name}": said for name, said in expected.items()}


async def test_every_kind_is_taken_as_what_it_is(household: Household) -> None:
    item = await household.item(level=9)
    kinds = ["counted", "percent", "used", "added", "removed", "returned", "pressed", "low"]
    more: dict[str, dict[str, Any]] = {
        "counted": {"quantity": 3.5},
        "percent": {"quantity": 45},
        "removed": {"tag": "E28011"},
        "low": {"low": False},
    }
    facts = [{"id": kind, "item": item["uuid"], "kind": kind} | more.get(kind, {}) for kind in kinds]
    assert (await household.user.post("/facts", {"facts": facts})).status_code == 201
    told = household.told(item)
    assert [fact.kind for fact in told] == [FactKind(kind) for kind in kinds]
    assert {fact.source for fact in told} == {Source.PERSON}
    assert told[0].quantity is not None
    assert f"{told[0].quantity}" == "3.5"
    assert told[4].tag == "e28011"  # upper and lower case are the same (1.J.9)
    assert told[7].is_low is False


async def test_a_fact_is_about_an_item_or_about_what_an_instruction_is_paired_to(household: Household) -> None:
    item = await household.item()
    tracking, button = await household.tracking(item), await household.button()
    facts = [
        {"id": "level", "instruction": tracking["uuid"], "kind": "counted", "quantity": 5},
        {"id": "press", "instruction": button["uuid"], "kind": "pressed"},
        {"id": "item", "item": item["uuid"], "kind": "used"},
    ]
    assert (await household.device.post("/facts", {"facts": facts})).status_code == 201
    assert [fact.source for fact in household.told(item)] == [Source.DEVICE, Source.DEVICE]
    (press,) = household.told({"uuid": button["item"]})
    assert str(press.instruction) == button["uuid"]


async def test_an_instruction_takes_only_what_it_is_for(household: Household) -> None:
    tracking, button = await household.tracking(await household.item()), await household.button()
    facts = [
        {"id": "a", "instruction": tracking["uuid"], "kind": "pressed"},
        {"id": "b", "instruction": button["uuid"], "kind": "used"},
        {"id": "c", "kind": "used"},
        {"id": "d", "kind": "used", "item": tracking["item"], "instruction": tracking["uuid"]},
    ]
    assert faults(await household.user.post("/facts", {"facts": facts})) == {
        "facts.0.instruction": ["An instruction to track does not take pressed."],
        "facts.1.instruction": ["An instruction to reorder does not take used."],
        "facts.2.item": ["Either item or instruction is needed."],
        "facts.3.item": ["Either item or instruction is needed."],
    }


async def test_a_device_reports_only_about_what_it_is_paired_to(household: Household) -> None:
    own, other = await household.item("Own"), await household.item("Other")
    await household.tracking(own)
    apps = await household.made("/instructions", action="track", item=other["uuid"])
    assert faults(
        await household.device.post(
            "/facts",
            {
                "facts": [
                    {"id": "a", "item": own["uuid"], "kind": "used"},
                    {"id": "b", "item": other["uuid"], "kind": "used"},
                    {"id": "c", "instruction": apps["uuid"], "kind": "used"},
                ]
            },
        )
    ) == {"facts.1.item": ["There is no such item."], "facts.2.instruction": ["There is no such instruction."]}


async def test_foreign_and_deleted_things_are_as_unknown_as_any(household: Household) -> None:
    other = await household.home.a_household()
    foreign, gone = await other.item(), await household.item()
    instruction, ended = await other.tracking(foreign), await household.tracking(gone)
    await household.user.call("DELETE", f"/items/{gone['uuid']}")
    about = [{"item": foreign["uuid"]}, {"item": gone["uuid"]}, {"item": str(uuid4())}]
    about += [{"instruction": uuid} for uuid in (instruction["uuid"], ended["uuid"], str(uuid4()))]
    facts = [{"id": f"{number}", "kind": "used", **where} for number, where in enumerate(about)]
    found = faults(await household.user.post("/facts", {"facts": facts}))
    assert found == {f"facts.{n}.item": ["There is no such item."] for n in range(3)} | {
        f"facts.{n}.instruction": ["There is no such instruction."] for n in range(3, 6)
    }
    assert (await household.user.post(f"/items/{foreign['uuid']}/facts", {"facts": facts[:1]})).status_code == 400
    amendment = {"facts": [{"kind": "used"}]}
    for uuid in (foreign["uuid"], gone["uuid"]):
        assert (await household.user.post(f"/items/{uuid}/facts", amendment)).status_code == 404


async def test_one_to_a_thousand_facts_and_a_mebibyte_are_taken(paired: Household) -> None:
    item = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    fact = {"item": item, "kind": "added", "at": "2026-03-01T12:00:00.000000+00:00"}
    for count, status in ((0, 400), (1, 201), (1000, 201), (1001, 400)):
        batch = {"facts": [fact | {"id": f"{uuid4()}{uuid4()}"} for _ in range(count)]}
        assert (await paired.user.post("/facts", batch)).status_code == status, count
    padded = {"facts": [fact | {"id": "x", "tag": "x" * (1 << 20)}]}
    assert (await paired.user.post("/facts", padded)).status_code == 413


async def test_when_it_happened_is_corrected_by_the_senders_clock(household: Household) -> None:
    item, now = await household.item(), datetime.now(UTC)
    slow = timedelta(hours=3)
    fact = {"id": "f", "item": item["uuid"], "kind": "used", "at": (now - slow - timedelta(minutes=5)).isoformat()}
    await household.user.post("/facts", {"facts": [fact], "sentAt": (now - slow).isoformat()})
    (told,) = household.told(item)
    assert told.observed_at is not None
    assert abs(told.observed_at - (now - timedelta(minutes=5))) < timedelta(seconds=10)


async def test_an_amendment_by_hand_is_the_word_of_a_person(household: Household) -> None:
    item = await household.item(level=9)
    answer = await household.user.post(
        f"/items/{item['uuid']}/facts", {"facts": [{"id": "recount", "kind": "counted", "quantity": 7}]}
    )
    assert (answer.status_code, answer.json()["data"]) == (201, {"received": 1, "items": 1, "ids": ["recount"]})
    (fact,) = household.told(item)
    assert (fact.source, fact.keyed) == (Source.PERSON, True)
    assert (await household.seen(item))["level"] == 7
    refused = await household.device.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "used"}]})
    assert refused.status_code == 403


@pytest.mark.parametrize("keyed", [True, False])
async def test_an_amendment_with_a_key_counts_once(household: Household, keyed: bool) -> None:
    item = await household.item(level=9)
    body = {"facts": [{"kind": "used"}, {"kind": "used", "quantity": 2}]}
    for _ in range(2):
        answer = await household.user.post(f"/items/{item['uuid']}/facts", body, "k" if keyed else None)
        assert len(set(answer.json()["data"]["ids"])) == 2
    assert (await household.seen(item))["level"] == (6 if keyed else 3)


async def test_a_retailer_or_a_stranger_reports_nothing(paired: Household) -> None:
    batch = {"facts": [{"id": "f", "item": str(uuid4()), "kind": "used"}]}
    assert (await paired.shop.post("/facts", batch)).status_code == 403
    assert (await Caller(paired.home.http).post("/facts", batch)).status_code == 401


async def test_what_is_added_and_counted_says_when_it_expires(household: Household) -> None:
    """The earliest batch is shown, is used first, and is what an expiry rule looks at."""
    item, soon = await household.item("Milk", level=2), datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    await household.made("/rules", item=item["uuid"], when="expires within 2 days", then={"notify": True})
    assert (await household.seen(item))["decision"]["verdict"] == "not-evaluable"
    later = soon + timedelta(days=30)
    for path, fact in (
        ("/facts", {"id": "1", "item": item["uuid"], "kind": "added", "quantity": 3, "expiresAt": later.isoformat()}),
        (f"/items/{item['uuid']}/facts", {"kind": "added", "expiresAt": soon.isoformat()}),
    ):
        assert (await household.user.post(path, {"facts": [fact]})).status_code == 201
    shown = await household.seen(item)
    assert (shown["level"], datetime.fromisoformat(shown["expiresAt"]), shown["decision"]["verdict"]) == (
        6,
        soon,
        "notified",
    )
    await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "low", "low": False}]})
    decisions = (await household.user.get(f"/items/{item['uuid']}/decisions")).json()["data"]
    told = (await household.user.get(f"/items/{item['uuid']}/decisions/{decisions[0]['number']}")).json()["data"]
    assert [datetime.fromisoformat(fact["expiresAt"]) for fact in told["facts"] if fact["part"] == "expiry"] == [soon]
    await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [{"kind": "used"}]})
    shown = await household.seen(item)
    assert (datetime.fromisoformat(shown["expiresAt"]), shown["decision"]["verdict"]) == (later, "nothing")
    counted = {"kind": "counted", "quantity": 4, "expiresAt": soon.isoformat()}
    await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [counted]})
    assert datetime.fromisoformat((await household.seen(item))["expiresAt"]) == soon
    history = (await household.user.get(f"/items/{item['uuid']}/history")).json()["data"]
    assert datetime.fromisoformat(history[0]["expiresAt"]) == soon


async def test_one_id_is_one_fact_with_one_date(household: Household) -> None:
    item = await household.item("Milk", level=2)
    facts = [{"id": "1", "kind": "added", "expiresAt": f"2027-01-0{day}T00:00:00Z"} for day in (1, 1, 2)]
    for fact in facts:
        assert (await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})).status_code == 201
    shown = await household.seen(item)
    assert (shown["level"], shown["expiresAt"]) == (3, "2027-01-01T00:00:00+00:00")

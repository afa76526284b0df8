"""Rules (1.M): both spellings, the place of a fault, versions, and those that belong to an instruction."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from api import pairing
from storage.tables import RuleVersion
from tests.api.direct import Household

BUTTER = {
    "all": [
        {"field": "outFor", "op": ">=", "value": 18000},
        {"not": {"field": "level", "op": ">", "value": 0.5}},
    ]
}


async def test_a_sentence_is_shown_as_it_was_written_and_as_its_tree(household: Household) -> None:
    item = await household.item()
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", "upTo": 24, "atMost": 3}
    then = {"order": order, "approval": {"above": "25.00"}, "notify": True}
    made = await household.made("/rules", item=item["uuid"], when=" 5 cookies left ", then=then)
    assert (made["when"], made["tree"]) == ("5 cookies left", {"field": "level", "op": "<=", "value": 5})
    assert (made["then"], made["name"], made["enabled"], made["version"]) == (then, "5 cookies left", True, 1)
    assert made["instruction"] is None
    assert (await household.user.get(f"/rules/{made['uuid']}")).json()["data"] == made


async def test_a_tree_gets_the_sentence_that_it_means(household: Household) -> None:
    item = await household.item("Butter")
    made = await household.made("/rules", item=item["uuid"], name="Butter", when=BUTTER, then={})
    assert (made["when"], made["tree"], made["name"]) == (
        "out for 5 hours and not more than 0.5 left",
        BUTTER,
        "Butter",
    )
    assert made["then"] == {"approval": "never", "notify": False}


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("fife left", "At column 1: expected a number, found 'fife'. Did you mean 'five'?"),
        ("5 left and fife left", "At column 12: expected a number, found 'fife'. Did you mean 'five'?"),
        ("", "At column 1: expected a condition such as '5 left', found the end."),
        ("5 left\x00", "At column 7: the character U+0000 is not allowed."),
        ({"field": "mood", "op": "<=", "value": 5}, None),
        ({"field": "level", "op": "<=", "value": 1e-7}, None),
        ({"field": "level", "op": "<=", "value": 10**400}, None),
        ([], None),
        (5, None),
        (True, None),
        ({}, None),
        (None, "This value should not be null."),
    ],
)
async def test_a_rule_that_cannot_be_understood_says_where(paired: Household, when: Any, text: str | None) -> None:
    item = (await paired.user.get("/items")).json()["data"][0]["uuid"]
    answer = await paired.user.post("/rules", {"item": item, "when": when, "then": {}})
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["when"]
    if text is not None:
        assert answer.json()["data"]["when"] == [text]


async def test_what_follows_must_be_possible(household: Household) -> None:
    item, shop = (await household.item())["uuid"], household.shop.shown["uuid"]
    order = {"retailer": shop, "sku": "cookies-12"}
    cases: list[tuple[Any, str]] = [
        ({"order": order | {"sku": "x"}}, "then.order.sku"),
        ({"order": order | {"retailer": str(uuid4())}}, "then.order.sku"),
        ({"order": order | {"packs": 0}}, "then.order.packs"),
        ({"order": order | {"packs": 1, "upTo": 5}}, "then.order"),
        ({"approval": "perhaps"}, "then.approval"),
        ({"approval": {"above": 25}}, "then.approval"),
        ({"notify": "yes"}, "then.notify"),
        ({"call": "mum"}, "then.call"),
        ("order", "then"),
        (None, "then"),
    ]
    for then, place in cases:
        answer = await household.user.post("/rules", {"item": item, "when": "low", "then": then})
        assert (answer.status_code, list(answer.json()["data"])) == (400, [place]), then
    assert (await household.user.post("/rules", {"item": item, "when": "low"})).json()["data"] == {
        "then": ["This field is missing."]
    }
    unknown = {"when": "low", "then": {}, "item": str(uuid4())}
    assert (await household.user.post("/rules", unknown)).json()["data"] == {"item": ["There is no such item."]}


async def test_saving_a_rule_judges_it(household: Household) -> None:
    item = await household.item(level=5)
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", "packs": 2}
    await household.made("/rules", item=item["uuid"], when="5 left", then={"order": order})
    assert (await household.seen(item))["onOrder"] == 24


async def test_a_rule_is_replaced_whole(household: Household) -> None:
    item = await household.item()
    body = {"item": item["uuid"], "name": "Cookies", "when": "5 left", "then": {"notify": True}, "enabled": False}
    made = await household.made("/rules", **body)
    path = f"/rules/{made['uuid']}"
    replaced = (await household.user.call("PUT", path, json={"when": "10 left", "then": {}})).json()["data"]
    assert (replaced["when"], replaced["name"], replaced["enabled"], replaced["version"]) == (
        "10 left",
        "10 left",
        True,
        2,
    )
    assert replaced["then"] == {"approval": "never", "notify": False}
    assert (await household.user.call("PUT", path, json={"item": item["uuid"], "when": "low", "then": {}})).is_success
    other = await household.item()
    moved = await household.user.call("PUT", path, json={"item": other["uuid"], "when": "low", "then": {}})
    assert (moved.status_code, moved.json()["data"]) == (
        400,
        {"item": ["A rule stays where it is: make another one instead."]},
    )
    async with household.home.parts.db.reading() as session:
        kept = [await session.get(RuleVersion, (UUID(made["uuid"]), version)) for version in (1, 2, 3, 4)]
    assert [row.sentence if row is not None else None for row in kept] == ["5 left", "10 left", "low", None]


async def test_a_part_of_a_rule_is_changed(household: Household) -> None:
    item = await household.item()
    made = await household.made("/rules", item=item["uuid"], when="5 left", then={"notify": True})
    path = f"/rules/{made['uuid']}"
    for changes, expected in (
        ({"when": "10 left"}, {"when": "10 left", "name": "10 left", "then": made["then"]}),
        ({"name": "Cookies"}, {"when": "10 left", "name": "Cookies"}),
        ({"when": "low", "enabled": False}, {"when": "low", "name": "Cookies", "enabled": False}),
        ({"then": {"approval": "always"}}, {"then": {"approval": "always", "notify": False}, "enabled": False}),
    ):
        shown = (await household.user.call("PATCH", path, json=changes)).json()["data"]
        assert {name: shown[name] for name in expected} == expected
    for name, value in (("when", None), ("then", None), ("name", None), ("enabled", None), ("item", item["uuid"])):
        answer = await household.user.call("PATCH", path, json={name: value})
        assert (answer.status_code, list(answer.json()["data"])) == (400, [name])
    order = {"retailer": household.shop.shown["uuid"], "sku": "x"}
    answer = await household.user.call("PATCH", path, json={"then": {"order": order}})
    assert list(answer.json()["data"]) == ["then.order.sku"]


async def test_a_deleted_rule_is_gone(household: Household) -> None:
    item = await household.item()
    made = await household.made("/rules", item=item["uuid"], when="low", then={})
    path = f"/rules/{made['uuid']}"
    answer = await household.user.call("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"message": "Rule deleted.", "data": None})
    assert (await household.user.get(path)).status_code == 404
    assert (await household.user.call("DELETE", path)).status_code == 404
    assert (await household.user.call("PUT", path, json={"when": "low", "then": {}})).status_code == 404


async def test_the_rule_of_an_instruction_is_changed_there(household: Household) -> None:
    made = await household.tracking(await household.item(), triggerLevel=5, order=household.an_order())
    path = f"/rules/{made['uuid']}"
    for method, body in (("PUT", {"when": "low", "then": {}}), ("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = await household.user.call(method, path, json=body)
        assert answer.status_code == 409
        assert answer.json()["message"].endswith("change it through /instructions.")


@pytest.mark.parametrize("late", [True, False])
async def test_a_repeat_after_503_goes_on_with_the_same_rule(household: Household, late: bool) -> None:
    body = {"item": (await household.item())["uuid"], "when": "low", "then": {}}
    async with household.home.temporal_away(late=late):
        assert (await household.user.post("/rules", body, "the rule")).status_code == 503
    made = await household.user.post("/rules", body, "the rule")
    assert made.status_code == 201
    assert (await household.user.get("/rules")).json()["data"] == [made.json()["data"]]


async def test_an_item_has_only_so_many_rules(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_RULES", 3)
    item, other = await household.item(), await household.item()
    body = {"item": item["uuid"], "when": "low", "then": {}}
    for _ in range(3):
        assert (await household.user.post("/rules", body)).status_code == 201
    answer = await household.user.post("/rules", body)
    assert (answer.status_code, answer.json()["message"]) == (409, "An item has at most 3 rules.")
    tracking = {"action": "track", "item": item["uuid"], "order": household.an_order()}
    assert (await household.user.post("/instructions", tracking)).status_code == 409
    await household.made("/rules", **body | {"item": other["uuid"]})
    of_other = (await household.user.get("/rules", item=other["uuid"])).json()["data"]
    assert [rule["item"] for rule in of_other] == [other["uuid"]]


async def test_a_rule_says_what_a_silent_fridge_means_for_it(household: Household) -> None:
    """1.J.12: `continue` unless it says otherwise; kept with each version."""
    item = await household.item()
    made = await household.made("/rules", item=item["uuid"], when="out for 5 hours", then={}, whenSilent="pause")
    other = await household.made("/rules", item=item["uuid"], when="expires within 2 days", then={})
    assert (made["whenSilent"], other["whenSilent"]) == ("pause", "continue")
    assert other["tree"] == {"field": "expiresIn", "op": "<=", "value": 172800}
    path = f"/rules/{made['uuid']}"
    changed = (await household.user.call("PATCH", path, json={"whenSilent": "void"})).json()["data"]
    assert (changed["whenSilent"], changed["when"], changed["version"]) == ("void", "out for 5 hours", 2)
    renamed = (await household.user.call("PATCH", path, json={"name": "Butter"})).json()["data"]
    assert (renamed["whenSilent"], renamed["version"]) == ("void", 3)
    replaced = (await household.user.call("PUT", path, json={"when": "out for 5 hours", "then": {}})).json()["data"]
    assert replaced["whenSilent"] == "continue"
    async with household.home.parts.db.reading() as session:
        kept = [await session.get_one(RuleVersion, (UUID(made["uuid"]), version)) for version in (1, 2, 3, 4)]
    assert [row.when_silent for row in kept] == ["pause", "void", "void", "continue"]
    for value in ("stop", None, 1):
        answer = await household.user.call("PATCH", path, json={"whenSilent": value})
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["whenSilent"])


async def test_a_rule_speaks_of_the_item_by_its_name_and_in_any_unit_of_its_kind(household: Household) -> None:
    item = await household.item("No Name flour", unit="g")
    made = await household.made("/rules", item=item["uuid"], when="No Name flour: 0.5 kg left", then={})
    assert made["when"] == "No Name flour: 0.5 kg left"
    assert made["tree"] == {"field": "level", "op": "<=", "value": 0.5, "unit": "kg"}
    for body in (
        {"item": item["uuid"], "when": "5 pieces left", "then": {}},
        {"item": item["uuid"], "when": "5 l left", "then": {}},
    ):
        refused = await household.user.post("/rules", body)
        assert refused.status_code == 400
        assert refused.json()["data"]["when"][0].endswith("says nothing about this item. This item is measured in g.")


async def test_a_rule_says_which_file_it_is_kept_in(household: Household) -> None:
    item = await household.item()
    made = await household.made("/rules", item=item["uuid"], when="low", then={}, origin="kitchen")
    assert made["origin"] == "kitchen"
    path = f"/rules/{made['uuid']}"
    for changes, origin in (({"name": "Low"}, "kitchen"), ({"origin": "pantry"}, "pantry"), ({"origin": None}, None)):
        assert (await household.user.call("PATCH", path, json=changes)).json()["data"]["origin"] == origin


@pytest.mark.parametrize("path", ["/rules", "/rules/check"])
async def test_a_rule_on_an_item_does_not_speak_of_another_one(household: Household, path: str) -> None:
    """1.M: nouns are decoration, but where they name another item a person thinks of that one."""
    eggs = await household.item("Eggs")
    body = {"item": eggs["uuid"], "then": {}}
    for sentence in ("5 cookies left", "butter out for 5 hours"):
        assert (await household.user.post(path, body | {"when": sentence})).is_success
    butter = await household.item("Butter")
    refused = await household.user.post(path, body | {"when": "6 eggs left or butter out for 5 hours"})
    assert (refused.status_code, refused.json()["data"]) == (
        400,
        {"when": ["This rule is on Eggs; 'butter' is another item: make a rule there."]},
    )
    assert (await household.user.post(path, {"item": butter["uuid"], "when": "butter low", "then": {}})).is_success
    group = {"name": "Dairy", "unit": "piece", "items": [butter["uuid"]]}
    made = await household.made("/groups", **group)
    of_group = {"group": made["uuid"], "when": "6 butters in all", "then": {}}
    assert (await household.user.post(path, of_group)).is_success


async def test_a_bag_is_no_gram(household: Household) -> None:
    flour = await household.item("Flour", unit="g")
    body = {"item": flour["uuid"], "then": {}}
    refused = await household.user.post("/rules/check", body | {"when": "2 bags of flour left"})
    said = "'bags' is no unit of this item. Say it in g or kg, or leave it out: '2 g left'."
    assert (refused.status_code, refused.json()["data"]) == (400, {"when": [said]})
    checked = await household.user.post("/rules/check", body | {"when": "2 left"})
    assert checked.json()["data"]["meaning"].startswith("Whenever the level is 2 g or less")

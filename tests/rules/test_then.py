"""The `then` of a rule: its JSON form, both ways (contract 1.M)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from rules.active import ActiveRule
from rules.sentence import parse
from rules.then import Above, OrderThen, Then

RETAILER = "0190d3f0-0000-7000-8000-000000000001"


def an_order(**more: object) -> dict[str, Any]:
    return {"retailer": RETAILER, "sku": "cookies-12", **more}


def test_one_pack_is_ordered_when_nothing_is_said() -> None:
    then = Then.model_validate({"order": an_order()})
    assert then == Then(order=OrderThen(retailer=UUID(RETAILER), sku="cookies-12", packs=1), approval="never")


def test_an_order_fills_up_to_a_level() -> None:
    then = Then.model_validate({"order": an_order(upTo=24, atMost=3), "approval": "always", "notify": True})
    assert then.order == OrderThen(retailer=UUID(RETAILER), sku="cookies-12", up_to=Decimal(24), at_most=3)
    assert then.order is not None
    assert then.order.packs is None


@pytest.mark.parametrize(
    "document",
    [
        {"order": an_order(packs=2)},
        {"order": an_order(upTo=24, atMost=3), "approval": "always", "notify": True},
        {"order": an_order(upTo=Decimal("0.1"))},
        {"order": an_order(elsewhere=[an_order(sku="other")], prefer="soonest", coolDown="36 hours")},
        {"order": an_order(whileOnOrder="add", coolDown=90)},
        {"approval": {"above": "25.00"}, "notify": True},
        {},
    ],
)
def test_what_is_stored_is_read_back(document: dict[str, Any]) -> None:
    then = Then.model_validate(document)
    assert Then.model_validate_json(then.model_dump_json()) == then
    assert Then.model_validate(then.model_dump(mode="json")) == then


def test_the_stored_form_is_that_of_the_contract() -> None:
    then = Then.model_validate({"order": an_order(upTo=24.5, atMost=3), "approval": {"above": "25"}})
    assert then.approval == Above(above=Decimal(25))
    assert then.model_dump(mode="json") == {
        "order": {"retailer": RETAILER, "sku": "cookies-12", "packs": None, "upTo": 24.5, "atMost": 3},
        "approval": {"above": "25.00"},
        "notify": False,
    }


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"orders": an_order()}, ("orders",)),
        ({"order": an_order(quantity=1)}, ("order", "quantity")),
        ({"order": {"sku": "cookies-12"}}, ("order", "retailer")),
        ({"order": {"retailer": RETAILER}}, ("order", "sku")),
        ({"order": an_order(packs=1, upTo=24)}, ("order",)),
        ({"order": an_order(packs=0)}, ("order", "packs")),
        ({"order": an_order(packs=True)}, ("order", "packs")),
        ({"order": an_order(packs="1")}, ("order", "packs")),
        ({"order": an_order(packs={"upTo": 24})}, ("order", "packs")),
        ({"order": an_order(packs=10_001)}, ("order", "packs")),
        ({"order": an_order(upTo=0)}, ("order", "upTo")),
        ({"order": an_order(upTo="24")}, ("order", "upTo")),
        ({"order": an_order(upTo=True)}, ("order", "upTo")),
        ({"order": an_order(upTo=float("nan"))}, ("order", "upTo")),
        ({"order": an_order(upTo=1e300)}, ("order", "upTo")),
        ({"order": an_order(upTo=0.0000001)}, ("order", "upTo")),
        ({"order": an_order(atMost=-1)}, ("order", "atMost")),
        ({"order": an_order(sku="")}, ("order", "sku")),
        ({"order": an_order(sku="\x00")}, ("order", "sku")),
        ({"order": an_order(sku="\ud800")}, ("order", "sku")),
        ({"order": an_order(sku="x" * 121)}, ("order", "sku")),
        ({"order": an_order(retailer="me")}, ("order", "retailer")),
        ({"order": [an_order()]}, ("order",)),
        ({"order": an_order(elsewhere=[an_order()])}, ("order",)),
        ({"order": an_order(elsewhere=an_order(sku="x"))}, ("order", "elsewhere")),
        ({"order": an_order(elsewhere=[an_order(sku=f"x{n}") for n in range(6)])}, ("order", "elsewhere")),
        ({"order": an_order(elsewhere=[an_order(sku="x", packs=2)])}, ("order", "elsewhere", 0, "packs")),
        ({"order": an_order(prefer="dearest")}, ("order", "prefer")),
        ({"order": an_order(whileOnOrder=True)}, ("order", "whileOnOrder")),
        ({"order": an_order(coolDown="a while")}, ("order", "coolDown")),
        ({"order": an_order(coolDown=0)}, ("order", "coolDown")),
        ({"order": an_order(coolDown="367 days")}, ("order", "coolDown")),
        ({"order": an_order(coolDown=True)}, ("order", "coolDown")),
        ({"approval": "sometimes"}, ("approval",)),
        ({"approval": None}, ("approval",)),
        ({"approval": {"above": 25}}, ("approval",)),
        ({"approval": {"above": "-1.00"}}, ("approval",)),
        ({"approval": {"above": "25.001"}}, ("approval",)),
        ({"approval": {"above": "25.00", "currency": "EUR"}}, ("approval",)),
        ({"notify": "yes"}, ("notify",)),
        ({"notify": 1}, ("notify",)),
    ],
)
def test_a_fault_is_named_once_by_its_place(document: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refusal:
        Then.model_validate(document)
    assert [error["loc"] for error in refusal.value.errors()] == [place]


def test_the_stored_form_of_what_is_said_of_retailers_and_time() -> None:
    other = {"retailer": RETAILER, "sku": "cookies-24"}
    order = an_order(elsewhere=[other], prefer="cheapest", whileOnOrder="add", coolDown=259_200)
    then = Then.model_validate({"order": order})
    assert then.model_dump(mode="json")["order"] == {
        "retailer": RETAILER,
        "sku": "cookies-12",
        "packs": 1,
        "upTo": None,
        "atMost": None,
        "elsewhere": [other],
        "prefer": "cheapest",
        "whileOnOrder": "add",
        "coolDown": "3 days",
    }
    assert then.order is not None
    assert then.order.skus() == [(UUID(RETAILER), "cookies-12"), (UUID(RETAILER), "cookies-24")]


def test_rules_of_old_are_still_the_same_rules() -> None:
    """Their digests are stored: another one would be the owner's word, or arm what has ordered already."""
    then = Then(order=OrderThen(retailer=UUID(int=7), sku="cookies-12", packs=1))
    rule = ActiveRule(UUID(int=1), 1, "", parse("5 left and not out for 5 hours or low"), then, None)
    assert (rule.when_digest, rule.then_digest) == ("b912f396fe3f9b26", "768f17364af13c0f")
    order = OrderThen(retailer=UUID(int=7), sku="cookies-12", up_to=Decimal(24), at_most=3)
    then = Then(order=order, approval=Above(above=Decimal(25)), notify=True)
    rule = ActiveRule(UUID(int=1), 1, "", parse("5 left"), then, None)
    assert (rule.when_digest, rule.then_digest) == ("e8d2e61e32f93775", "309a3237befa53f4")

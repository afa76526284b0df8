"""The `then` of a rule: its JSON form, both ways (contract 1.M)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

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

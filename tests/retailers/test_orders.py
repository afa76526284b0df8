"""What an order says on the wire (1.K)."""

import json
from decimal import Decimal

import pytest

from retailers.orders import OrderPaper
from tests.retailers.parts import a_paper


def test_an_order_says_exactly_what_the_contract_lists() -> None:
    assert json.loads(a_paper().letter().text) == {
        "uuid": "5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a01",
        "status": "placing",
        "placedAt": "2026-03-01T08:30:00+00:00",
        "lines": [{"sku": "cookies-12", "name": "Oat cookies", "packs": 2, "packSize": 12, "unitPrice": "3.49"}],
        "total": "6.98",
        "currency": "EUR",
        "customer": {"name": "Ada", "address": None},
        "reference": None,
    }


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("12", "12"),
        ("12.0", "12"),
        ("1E+2", "100"),
        ("0.75", "0.75"),
        ("0.000001", "1e-6"),
        ("1000000000", "1000000000"),
    ],
)
def test_quantities_are_json_numbers_without_loss(size: str, text: str) -> None:
    (line,) = a_paper().lines
    written = line.model_copy(update={"pack_size": Decimal(size)}).model_dump_json()
    assert f'"packSize":{text},' in written
    assert json.loads(written, parse_float=Decimal)["packSize"] == Decimal(size)


@pytest.mark.parametrize(
    ("price", "text"), [("3.49", "3.49"), ("3.490", "3.490"), ("1E+2", "100"), ("1E-7", "0.0000001")]
)
def test_money_is_a_string_in_plain_notation(price: str, text: str) -> None:
    assert json.loads(a_paper().model_copy(update={"total": Decimal(price)}).letter().text)["total"] == text


def test_an_order_survives_the_wire() -> None:
    assert OrderPaper.model_validate_json(a_paper().letter().text) == a_paper()

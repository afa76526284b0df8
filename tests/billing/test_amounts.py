"""Amounts as Stripe takes them: whole numbers of a unit that differs by currency."""

from decimal import Decimal

import pytest

from billing.amounts import minor_units, payable
from domain.asking import Price
from domain.cards import holds_card_number


@pytest.mark.parametrize(
    ("amount", "currency", "paid", "units"),
    [
        ("3.49", "EUR", "3.49", 349),
        ("10.47", "EUR", "10.47", 1047),
        ("0.005", "EUR", "0.01", 1),
        ("3.4949", "EUR", "3.49", 349),
        ("500", "JPY", "500", 500),
        ("499.5", "JPY", "500", 500),
        ("1.234", "KWD", "1.23", 1230),
        ("1.235", "KWD", "1.24", 1240),
        ("12.5", "ISK", "13", 1300),
        ("0", "EUR", "0.00", 0),
        ("999999999.9999", "USD", "1000000000.00", 100000000000),
    ],
)
def test_an_amount_is_rounded_to_what_can_be_paid(amount: str, currency: str, paid: str, units: int) -> None:
    assert payable(Decimal(amount), currency) == Decimal(paid)
    assert minor_units(Decimal(amount), currency) == units


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("3.5", "EUR", "3.50 EUR"),
        ("100", "EUR", "100.00 EUR"),
        ("3.490000", "EUR", "3.49 EUR"),
        ("3.8997", "EUR", "3.8997 EUR"),
        ("500.0000", "JPY", "500 JPY"),
        ("0.5", "KWD", "0.500 KWD"),
        ("0", "EUR", "0.00 EUR"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency_and_what_was_stored_beyond_them(
    amount: str, currency: str, text: str
) -> None:
    assert str(Price(amount=Decimal(amount), currency=currency)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "my card 4000000000000002!"),
        *("378282246310005", "6304000000000000", "30569309025904", "4222222222222"),
    ],
)
def test_a_card_number_is_seen(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    ["4242424242424241", "pm_1Q0PsIJvEtkwdCNYMSaVuRz6", "Visa 4242", "+49 30 1234567", "424242424242", "", "9" * 40],
)
def test_other_text_is_none(text: str) -> None:
    assert not holds_card_number(text)

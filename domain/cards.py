"""Telling a card number from other text, so that none is ever stored (1.K, payment methods)."""

import re

_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)", re.ASCII)


def holds_card_number(text: str) -> bool:
    """Whether there is something in it that looks like one: 13 to 19 digits that pass Luhn's check."""
    return any(_passes_luhn(re.sub(r"\D", "", found)) for found in _DIGITS.findall(text))


def _passes_luhn(digits: str) -> bool:
    """Every second digit from the right is doubled, and the digits of all add up to a multiple of ten."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0

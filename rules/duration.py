"""Durations as people write them: `5 hours`, `1.5 days`, `90 minutes`."""

import re
from decimal import Decimal

_SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
# Ten digits and six decimals times a week still fit the 28 digits that Decimal computes with.
_FORM = re.compile(rf" *([0-9]{{1,10}}(?:\.[0-9]{{1,6}})?) *({'|'.join(_SECONDS)})s? *", re.IGNORECASE | re.ASCII)


def seconds_from(text: str) -> Decimal | None:
    """The seconds that a text such as `5 hours` means; None if it is no duration."""
    if (form := _FORM.fullmatch(text)) is None:
        return None
    return Decimal(form[1]) * _SECONDS[form[2].lower()]


def in_words(seconds: Decimal) -> str:
    """A text that `seconds_from` reads as exactly these seconds, in the largest unit that needs no decimals."""
    unit = next((unit for unit, length in _SECONDS.items() if seconds and seconds % length == 0), "second")
    number = plain(seconds / _SECONDS[unit])
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def plain(number: Decimal) -> str:
    """A number without exponent and trailing zeros."""
    return f"{number.normalize():f}"

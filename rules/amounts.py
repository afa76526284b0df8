"""Numbers and units of time as people write them: `two hundred`, `half a dozen`, `hrs`."""

import math
from collections.abc import Mapping
from decimal import Decimal

_UP_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_MULTIPLES = ("dozen", "hundred", "thousand")
COUNTS: Mapping[str, Decimal] = (
    {word: Decimal(number) for number, word in enumerate(_UP_TO_NINETEEN.split())}
    | {word: Decimal(10 * number) for number, word in enumerate(_TENS.split(), start=2)}
    | {"a": Decimal(1), "an": Decimal(1), "dozen": Decimal(12), "hundred": Decimal(100), "thousand": Decimal(1_000)}
)
_FACTORS = {**COUNTS, "half": Decimal("0.5")}

_SHORT_TIMES = {"sec": "second", "min": "minute", "h": "hour", "hr": "hour", "wk": "week"}


def counted(written: str) -> Decimal:
    """The number that digits, or words such as `twenty-five` or `two hundred`, mean."""
    if written[-1].isdigit():
        return Decimal(written)
    words = written.lower().replace("-", " ").split()
    numbers = [_FACTORS[word] for word in words]
    return math.prod(numbers, start=Decimal(1)) if words[-1] in _MULTIPLES else sum(numbers, start=Decimal(0))


def unit_of_time(written: str) -> str:
    """The whole word for a unit of time such as `hrs`."""
    word = written.lower()
    return _SHORT_TIMES.get(word.removesuffix("s"), word)

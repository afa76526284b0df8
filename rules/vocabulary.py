"""The vocabulary of the language as data, for editors and for its page (GET /rules/vocabulary)."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from domain.message import Message
from domain.units import SPELLINGS, UNITS
from rules.amounts import COUNTS
from rules.fields import MOST_REPEATS, WRITABLE, Field, Kind
from rules.saying import say
from rules.sentence import MAX_LENGTH, parse
from rules.tree import (
    LEAST_REPEATS,
    MAX_ALTERNATIVES,
    MAX_CONDITIONS_TOGETHER,
    MAX_DEPTH,
    MAX_PARTS,
    Condition,
    tree_to_json,
)
from rules.wall_clock import DAYS

_MEANS: Mapping[str, str] = {
    "level": "how much of the item is left, on the shelf and arriving",
    "percent": "how much is left of the item's capacity",
    "outFor": "how long something has been removed and not returned",
    "unusedFor": "how long nothing has been used",
    "daysLeft": "how long the stock will last, from the use of it",
    "runsOut": "whether the stock may not last until the retailer has delivered more",
    "expiresIn": "when the first thing inside expires",
    "spoils": "whether something inside will expire before it is used",
    "dayOfWeek": "which day it is in the household's time zone",
    "timeOfDay": "what time it is in the household's time zone",
    "pressed": "whether a button of the item was pressed just now",
    "low": "whether a sensor of the item says that it is low",
}
_EXAMPLES: Mapping[Kind, Decimal | bool] = {
    Kind.NUMBER: Decimal(5),
    Kind.DURATION: Decimal(5 * 3_600),
    Kind.FLAG: True,
    Kind.DAY: Decimal(6),
    Kind.TIME: Decimal(8 * 3_600),
}
_JOINTS = (
    ("and", "both", "5 left and not low"),
    ("but", "both", "5 left but not on sunday"),
    ("or", "at least one", "5 left or low"),
    ("not", "the opposite of what follows", "not out for 5 hours"),
    ("unless", "the first and not the second; it binds last", "5 left or low unless on sunday"),
    ("( )", "what belongs together", "(5 left or low) and on weekdays"),
    ("times in a row", "true at so many reports one after another", "5 left 3 times in a row"),
)
_WINDOWS = (
    "on saturday",
    "on saturday and sunday",
    "on weekdays",
    "on weekends",
    "on tuesday to friday",
    "between 08:00 and 20:00",
    "between 22:00 and 07:00",
    "after 8 pm",
)


class Phrase(Message):
    """Words of the language, what they mean, and their JSON form where they have one by themselves."""

    sentence: str
    means: str | None = None
    json_form: dict[str, Any] | None = None


class Comparison(Message):
    """One operator of a field, in a sentence and in JSON."""

    op: str
    sentence: str
    json_form: dict[str, Any]


class FieldEntry(Message):
    """What a rule can ask about; `value` says what it compares with."""

    field: str
    kind: str
    means: str
    value: str
    unit: str | None
    comparisons: tuple[Comparison, ...]


class Limits(Message):
    """How large a rule may be."""

    characters: int = MAX_LENGTH
    parts: int = MAX_PARTS
    depth: int = MAX_DEPTH
    alternatives: int = MAX_ALTERNATIVES
    conditions_together: int = MAX_CONDITIONS_TOGETHER
    times_in_a_row: tuple[int, int] = (LEAST_REPEATS, MOST_REPEATS)


class Vocabulary(Message):
    """Everything that may be said in a rule."""

    fields: tuple[FieldEntry, ...]
    joints: tuple[Phrase, ...]
    windows: tuple[Phrase, ...]
    units: dict[str, tuple[str, ...]]
    days: tuple[str, ...]
    numbers: dict[str, int]
    limits: Limits


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary; each example in it is a sentence that is read."""
    return Vocabulary(
        fields=tuple(map(_entry, WRITABLE.values())),
        joints=tuple(_phrase(example, f"{word}: {means}") for word, means, example in _JOINTS),
        windows=tuple(_phrase(window, None) for window in _WINDOWS),
        units={unit: tuple(word for word, means in SPELLINGS.items() if means == unit) for unit in UNITS},
        days=DAYS,
        numbers={word: int(number) for word, number in COUNTS.items()},
        limits=Limits(),
    )


def _phrase(sentence: str, means: str | None) -> Phrase:
    return Phrase(sentence=sentence, means=means, json_form=tree_to_json(parse(sentence)))


def _entry(field: Field) -> FieldEntry:
    examples = [Condition(field=field.name, op=op, value=_EXAMPLES[field.kind]) for op in field.said]
    return FieldEntry(
        field=field.name,
        kind=field.kind.name.lower(),
        means=_MEANS[field.name],
        value=field.expectation,
        unit=field.unit or None,
        comparisons=tuple(
            Comparison(op=example.op.value, sentence=say(example), json_form=tree_to_json(example))
            for example in examples
        ),
    )

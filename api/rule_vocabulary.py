"""The vocabulary of the rule language, as editors are shown it."""

from functools import cache
from typing import Any

from api.envelope import Shown
from rules.vocabulary import vocabulary


class Phrase(Shown):
    """Words of the language, what they mean, and their JSON form where they have one by themselves."""

    sentence: str
    means: str | None
    json_form: dict[str, Any] | None


class Comparison(Shown):
    """One operator of a field, in a sentence and in JSON."""

    op: str
    sentence: str
    json_form: dict[str, Any]


class FieldShown(Shown):
    """What a rule can ask about; `value` says what it compares with."""

    field: str
    kind: str
    means: str
    value: str
    unit: str | None
    comparisons: list[Comparison]


class RuleLimits(Shown):
    """How large a rule may be."""

    characters: int
    parts: int
    depth: int
    alternatives: int
    conditions_together: int
    times_in_a_row: tuple[int, int]


class VocabularyShown(Shown):
    """Everything that may be said in a rule; each example is a sentence that is understood."""

    fields: list[FieldShown]
    joints: list[Phrase]
    windows: list[Phrase]
    units: dict[str, list[str]]
    days: list[str]
    numbers: dict[str, int]
    limits: RuleLimits


@cache
def shown() -> VocabularyShown:
    """All of it; it is the same in every answer."""
    return VocabularyShown.model_validate(vocabulary(), from_attributes=True)

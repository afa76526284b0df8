"""The independent reading of a rule: it walks the tree itself and knows neither the engine nor the normal form.

Truth is three-valued (Kleene): None is unknown.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from rules.fields import FIELDS, Operator
from rules.situation import Millionths
from rules.tree import All, AnyOf, Condition, Not, Repeated, Tree

Reading = Callable[[Millionths, Sequence[int]], bool | None]
"""Whether something is true of what is read, given what it compares with."""

_Form = tuple[Any, ...]


def reading(tree: Tree) -> Reading:
    """Whether the tree is true, given the values of its conditions in the order of writing.

    Trees that differ only in those share one function: what is asked at each verdict stays small.
    """
    return _of_form(_form(tree))


def least(truths: Iterable[bool | None]) -> bool | None:
    """True when all are true, false when one is false, else unknown."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def greatest(truths: Iterable[bool | None]) -> bool | None:
    """True when one is true, false when all are false, else unknown."""
    unknown = False
    for truth in truths:
        if truth:
            return True
        unknown = unknown or truth is None
    return None if unknown else False


def _form(tree: Tree) -> _Form:
    match tree:
        case Condition(field=field, op=op):
            return "condition", field, op
        case Repeated():
            return _form(tree.condition)
        case Not(of=part):
            return "not", _form(part)
        case All(of=parts) | AnyOf(of=parts):
            return tree.kind, *map(_form, parts)


@lru_cache(maxsize=1_024)
def _of_form(form: _Form) -> Reading:
    return _read(form, itertools.count())


def _read(form: _Form, places: Iterator[int]) -> Reading:
    kind, *of = form
    if kind == "condition":
        return _condition(of[0], of[1], next(places))
    parts = [_read(part, places) for part in of]
    if kind == "not":
        return _opposite(parts[0])
    if kind == "all":
        return lambda millionths, wanted: least([part(millionths, wanted) for part in parts])
    return lambda millionths, wanted: greatest([part(millionths, wanted) for part in parts])


def _condition(field: str, op: Operator, place: int) -> Reading:
    compare, of_none = op.compare, False if FIELDS[field].none_is_false else None

    def holds(millionths: Millionths, wanted: Sequence[int]) -> bool | None:
        actual = millionths[field]
        return of_none if actual is None else compare(actual, wanted[place])

    return holds


def _opposite(inner: Reading) -> Reading:
    def holds(millionths: Millionths, wanted: Sequence[int]) -> bool | None:
        truth = inner(millionths, wanted)
        return None if truth is None else not truth

    return holds

"""The meaning of a rule: a tree of conditions, and its JSON form (contract 1.M).

{"all": [...]} · {"any": [...]} · {"not": ...} · {"field": "level", "op": "<=", "value": 5}
"""

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field as Constraint
from pydantic import StrictBool

from domain.errors import RuleError
from domain.message import Message
from rules.duration import seconds_from
from rules.fields import FIELDS, Field, Kind, Operator, Value

_MAX_SHOWN = 40
_HUGE = 10**20

MAX_PARTS = 64
MAX_DEPTH = 8
# durable_rules turns slow, then wrong, then crashes well above these; its nearest cliff is 64 pending conditions.
MAX_ALTERNATIVES = 32
MAX_CONDITIONS_TOGETHER = 16


class Condition(Message):
    """One comparison; `outFor` and `expiresIn` are in seconds."""

    kind: Literal["condition"] = "condition"
    field: str
    op: Operator
    value: Decimal | StrictBool


class All(Message):
    """True when each part is."""

    kind: Literal["all"] = "all"
    of: Annotated[tuple["Tree", ...], Constraint(min_length=2)]


class AnyOf(Message):
    """True when at least one part is."""

    kind: Literal["any"] = "any"
    of: Annotated[tuple["Tree", ...], Constraint(min_length=2)]


class Not(Message):
    """True when its part is false."""

    kind: Literal["not"] = "not"
    of: "Tree"


Tree = Annotated[Condition | All | AnyOf | Not, Constraint(discriminator="kind")]

for _model in (All, AnyOf, Not):
    _model.model_rebuild()


def tree_from_json(document: object) -> Tree:
    """The tree that a decoded JSON document means; RuleError names the place and what was expected there.

    A list of one is read as its only element.
    """
    tree = _read(document, "", 1)
    check(tree)
    return tree


def tree_to_json(tree: Tree) -> dict[str, Any]:
    """The JSON form that `tree_from_json` reads as an equal tree."""
    match tree:
        case Condition(field=field, op=op, value=bool(value)):
            return {"field": field, "op": op.value, "value": value}
        case Condition(field=field, op=op, value=number):
            # Sixteen digits at most, so a double keeps each of them.
            return {"field": field, "op": op.value, "value": int(number) if number % 1 == 0 else float(number)}
        case Not(of=part):
            return {"not": tree_to_json(part)}
        case All(of=parts) | AnyOf(of=parts):
            return {tree.kind: [tree_to_json(part) for part in parts]}


def conditions(tree: Tree) -> Iterator[Condition]:
    """Every condition in the tree, in the order of writing."""
    match tree:
        case Condition():
            yield tree
        case Not(of=part):
            yield from conditions(part)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from conditions(part)


def reads(tree: Tree) -> frozenset[str]:
    """The names of the fields that the tree asks about."""
    return frozenset(condition.field for condition in conditions(tree))


def check(tree: Tree) -> None:
    """Raise RuleError unless the tree keeps to the fields, operators, values and bounds of the language."""
    parts = _count(tree, 1)
    if parts > MAX_PARTS:
        raise RuleError(f"The rule has more than {MAX_PARTS} parts.")
    for condition in conditions(tree):
        _check_condition(condition)
    alternatives, together = _expanded(tree, negated=False)
    if alternatives > MAX_ALTERNATIVES:
        raise RuleError(f"The rule has more than {MAX_ALTERNATIVES} alternatives when it is multiplied out.")
    if together > MAX_CONDITIONS_TOGETHER:
        raise RuleError(f"The rule has an alternative of more than {MAX_CONDITIONS_TOGETHER} conditions.")


def _count(tree: Tree, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise RuleError(f"The rule is nested more than {MAX_DEPTH} levels deep.")
    match tree:
        case Condition():
            return 1
        case Not(of=part):
            return 1 + _count(part, depth + 1)
        case All(of=parts) | AnyOf(of=parts):
            return 1 + sum(_count(part, depth + 1) for part in parts)


def _check_condition(condition: Condition) -> None:
    row = FIELDS.get(condition.field)
    if row is None or condition.op not in row.said or not row.admits(condition.value):
        raise RuleError(f"No such condition: {condition.field} {condition.op} {condition.value}."[:200])


def _expanded(tree: Tree, *, negated: bool) -> tuple[int, int]:
    """How many alternatives the disjunctive normal form has, and the most conditions in one of them."""
    match tree:
        case Condition():
            return 1, 1
        case Not(of=part):
            return _expanded(part, negated=not negated)
        case All(of=parts) | AnyOf(of=parts):
            numbers, lengths = zip(*(_expanded(part, negated=negated) for part in parts), strict=True)
            if isinstance(tree, AnyOf) != negated:
                return sum(numbers), max(lengths)
            return math.prod(numbers), sum(lengths)


def _read(document: object, place: str, depth: int) -> Tree:
    if depth > MAX_DEPTH:
        raise RuleError(f"The rule is nested more than {MAX_DEPTH} levels deep.")
    match document:
        case dict() if "field" in document:
            return _read_condition(document, place)
        case {"not": part, **others} if not others:
            return Not(of=_read(part, f"{place}.not", depth + 1))
        case {"all": [_, *_] as parts, **others} if not others:
            return _read_parts(All, parts, f"{place}.all", depth)
        case {"any": [_, *_] as parts, **others} if not others:
            return _read_parts(AnyOf, parts, f"{place}.any", depth)
    raise _expected('{"all": [...]}, {"any": [...]}, {"not": ...} or {"field", "op", "value"}', document, place)


def _read_parts(kind: type[All] | type[AnyOf], documents: list[object], place: str, depth: int) -> Tree:
    if len(documents) > MAX_PARTS:
        raise RuleError(f"The rule has more than {MAX_PARTS} parts.")
    if len(documents) == 1:
        return _read(documents[0], f"{place}[0]", depth + 1)
    return kind(of=tuple(_read(part, f"{place}[{number}]", depth + 1) for number, part in enumerate(documents)))


def _read_condition(document: dict[object, object], place: str) -> Condition:
    for needed in ("op", "value"):
        if needed not in document:
            raise _expected(f"the key '{needed}' beside 'field'", document, place)
    for key in document:
        if key not in ("field", "op", "value"):
            raise _expected("no key but 'field', 'op' and 'value'", key, place)
    name, sign = document["field"], document["op"]
    row = FIELDS.get(name) if isinstance(name, str) else None
    if row is None:
        raise _expected(f"one of {', '.join(FIELDS)}", name, f"{place}.field")
    op = next((op for op in row.said if op == sign), None)
    if op is None:
        raise _expected(f"one of {' '.join(row.said)} for {row.name}", sign, f"{place}.op")
    return Condition(field=row.name, op=op, value=_read_value(row, document["value"], f"{place}.value"))


def _read_value(row: Field, document: object, place: str) -> Value:
    value = document
    match document:
        case str() if row.kind is Kind.DURATION:
            value = seconds_from(document)
        case bool():
            pass
        case int() if abs(document) < _HUGE:
            value = Decimal(document)
        case float() if math.isfinite(document):
            # The shortest text that means this double is what was written.
            value = Decimal(repr(document))
    if not row.admits(value):
        raise _expected(row.expectation, document, place)
    return value


def _expected(what: str, found: object, place: str) -> RuleError:
    return RuleError(f"At {place.removeprefix('.') or 'the top'}: expected {what}, found {_shown(found)}.")


def _shown(found: object) -> str:
    match found:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str() | bool() | None:
            return json.dumps(found if not isinstance(found, str) or len(found) <= _MAX_SHOWN else found[:_MAX_SHOWN])
        case int() if abs(found) >= _HUGE:
            return "a huge number"
        case int() | float() | Decimal():
            return f"{found}"[:_MAX_SHOWN]
    return "something else"

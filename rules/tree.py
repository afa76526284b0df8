"""The meaning of a rule: a tree of conditions, and its JSON form (contract 1.M).

{"all": [...]} · {"any": [...]} · {"not": ...} · {"field": "level", "op": "<=", "value": 5} · {"repeats": 3, "of": ...}
"""

import json
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field as Constraint
from pydantic import StrictBool

from domain.errors import RuleError
from domain.message import Message
from domain.units import UNITS, UnitError, converted
from rules.duration import plain, seconds_from
from rules.fields import FIELDS, MOST_REPEATS, OTHER_UNIT, WRITABLE, Field, Kind, Operator, Value
from rules.wall_clock import DAYS, time_from, time_text

_MAX_SHOWN = 40
_FORMS = '{"all": [...]}, {"any": [...]}, {"not": ...}, {"repeats", "of"} or {"field", "op", "value"}'
_HUGE = 10**20

LEAST_REPEATS = 2
MAX_PARTS = 64
MAX_DEPTH = 8
# durable_rules turns slow, then wrong, then crashes well above these; its nearest cliff is 64 pending conditions.
MAX_ALTERNATIVES = 32
MAX_CONDITIONS_TOGETHER = 16


class Condition(Message):
    """One comparison; durations and times of day are in seconds, days are numbered from monday.

    `unit` is that of a level which is not said in the item's own.
    """

    kind: Literal["condition"] = "condition"
    field: str
    op: Operator
    value: Decimal | StrictBool
    # left out where nothing is said, so that rules of old keep their digests
    unit: str | None = Constraint(default=None, exclude_if=lambda unit: unit is None)


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


class Repeated(Message):
    """True when its part was true at so many reports one after another; to the rest of the rule one condition."""

    kind: Literal["repeated"] = "repeated"
    times: int
    of: "Tree"

    @property
    def condition(self) -> Condition:
        """What it asks of the count of reports."""
        return Condition(field="repeats", op=Operator.AT_LEAST, value=Decimal(self.times))


Tree = Annotated[Condition | All | AnyOf | Not | Repeated, Constraint(discriminator="kind")]

for _model in (All, AnyOf, Not, Repeated):
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
        case Condition(field=field, op=op, value=value, unit=unit):
            said = {"field": field, "op": op.value, "value": value_to_json(FIELDS[field], value)}
            return said if unit is None else said | {"unit": unit}
        case Not(of=part):
            return {"not": tree_to_json(part)}
        case Repeated(times=times, of=part):
            return {"repeats": times, "of": tree_to_json(part)}
        case All(of=parts) | AnyOf(of=parts):
            return {tree.kind: [tree_to_json(part) for part in parts]}


def value_to_json(field: Field, value: Value) -> bool | int | float | str:
    """What a condition on the field compares with, as JSON has it."""
    match value:
        case bool():
            return value
        case number if field.kind is Kind.DAY:
            return DAYS[int(number) - 1]
        case number if field.kind is Kind.TIME:
            return time_text(int(number))
        case number:
            # Sixteen digits at most, so a double keeps each of them.
            return int(number) if number % 1 == 0 else float(number)


def conditions(tree: Tree) -> Iterator[Condition]:
    """Every condition in the tree, in the order of writing; what is to be repeated counts as one, on `repeats`."""
    match tree:
        case Condition():
            yield tree
        case Repeated():
            yield tree.condition
        case Not(of=part):
            yield from conditions(part)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from conditions(part)


def repeated(tree: Tree) -> Repeated | None:
    """What the tree wants to be repeated, if anything."""
    match tree:
        case Repeated():
            return tree
        case Not(of=part):
            return repeated(part)
        case All(of=parts) | AnyOf(of=parts):
            return next(filter(None, map(repeated, parts)), None)
    return None


def reads(tree: Tree) -> frozenset[str]:
    """The names of the fields that the tree asks about, also within what is to be repeated."""
    again = repeated(tree)
    fields = frozenset(condition.field for condition in conditions(tree))
    return fields if again is None else fields | reads(again.of)


def in_unit(tree: Tree, unit: str, *, strict: bool = True) -> Tree:
    """The tree with every level in the unit of an item; RuleError where the one cannot be said in the other.

    Unless `strict`, such a level is one that nobody ever knows: a rule may cover items in all sorts of units.
    """
    match tree:
        case Condition(unit=str(said), value=Decimal() as value):
            try:
                return tree.model_copy(update={"value": converted(value, said, unit), "unit": None})
            except UnitError as wrong:
                if not strict:
                    return tree.model_copy(update={"field": OTHER_UNIT})
                raise RuleError(f"'{plain(value)} {said}' says nothing about this item. {wrong}") from wrong
        case Not(of=part) | Repeated(of=part):
            changed = in_unit(part, unit, strict=strict)
            return tree if changed is part else tree.model_copy(update={"of": changed})
        case All(of=parts) | AnyOf(of=parts):
            all_changed = tuple(in_unit(part, unit, strict=strict) for part in parts)
            same = all(new is old for new, old in zip(all_changed, parts, strict=True))
            return tree if same else tree.model_copy(update={"of": all_changed})
    return tree


def check(tree: Tree) -> None:
    """Raise RuleError unless the tree keeps to the fields, operators, values and bounds of the language."""
    parts = _count(tree, 1)
    if parts > MAX_PARTS:
        raise RuleError(f"The rule has more than {MAX_PARTS} parts.")
    again = list(_all_repeated(tree))
    if len(again) > 1:
        raise RuleError("A rule says only once how often something is to be reported in a row.")
    _check_alternatives(tree)
    for each in again:
        if type(each.times) is not int or not LEAST_REPEATS <= each.times <= MOST_REPEATS:
            raise RuleError(f"What is repeated is reported {LEAST_REPEATS} to {MOST_REPEATS} times in a row.")
        _check_alternatives(each.of)


def _all_repeated(tree: Tree) -> Iterator[Repeated]:
    match tree:
        case Repeated(of=part):
            yield tree
            yield from _all_repeated(part)
        case Not(of=part):
            yield from _all_repeated(part)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from _all_repeated(part)


def _written(tree: Tree) -> Iterator[Condition]:
    """The conditions that stand in the tree, but for those within what is repeated."""
    match tree:
        case Condition():
            yield tree
        case Not(of=part):
            yield from _written(part)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from _written(part)


def _check_alternatives(tree: Tree) -> None:
    for condition in _written(tree):
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
        case Not(of=part) | Repeated(of=part):
            return 1 + _count(part, depth + 1)
        case All(of=parts) | AnyOf(of=parts):
            return 1 + sum(_count(part, depth + 1) for part in parts)


def _check_condition(condition: Condition) -> None:
    level = condition.field in ("level", OTHER_UNIT)
    row = FIELDS["level"] if level else WRITABLE.get(condition.field)
    known = row is not None and condition.op in row.said and row.admits(condition.value)
    if not known or not (condition.unit is None or (level and condition.unit in UNITS)):
        raise RuleError(f"No such condition: {condition.field} {condition.op} {condition.value}."[:200])


def _expanded(tree: Tree, *, negated: bool) -> tuple[int, int]:
    """How many alternatives the disjunctive normal form has, and the most conditions in one of them."""
    match tree:
        case Condition() | Repeated():
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
        case {"repeats": times, "of": part, **others} if not others:
            if type(times) is not int or not LEAST_REPEATS <= times <= MOST_REPEATS:
                raise _expected(f"a whole number from {LEAST_REPEATS} to {MOST_REPEATS}", times, f"{place}.repeats")
            return Repeated(times=times, of=_read(part, f"{place}.of", depth + 1))
    raise _expected(_FORMS, document, place)


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
    name, sign = document["field"], document["op"]
    keys = ("field", "op", "value", "unit") if name == "level" else ("field", "op", "value")
    for key in document:
        if key not in keys:
            raise _expected("no key but 'field', 'op' and 'value'" + ", or 'unit'" * (name == "level"), key, place)
    row = WRITABLE.get(name) if isinstance(name, str) else None
    if row is None:
        raise _expected(f"one of {', '.join(WRITABLE)}", name, f"{place}.field", among=WRITABLE)
    op = next((op for op in row.said if op == sign), None)
    if op is None:
        raise _expected(f"one of {' '.join(row.said)} for {row.name}", sign, f"{place}.op")
    unit = document.get("unit")
    if "unit" in document and unit not in UNITS:
        raise _expected(f"one of {', '.join(UNITS)}", unit, f"{place}.unit", among=UNITS)
    return Condition(field=row.name, op=op, value=_read_value(row, document["value"], f"{place}.value"), unit=unit)


def _read_value(row: Field, document: object, place: str) -> Value:
    value = document
    match document:
        case str() if row.kind is Kind.DURATION:
            value = seconds_from(document)
        case str() if row.kind is Kind.DAY and document in DAYS:
            value = Decimal(DAYS.index(document) + 1)
        case str() if row.kind is Kind.TIME:
            value = time_from(document)
        case _ if row.kind in (Kind.DAY, Kind.TIME):
            value = None
        case bool():
            pass
        case int() if abs(document) < _HUGE:
            value = Decimal(document)
        case float() if math.isfinite(document):
            # The shortest text that means this double is what was written.
            value = Decimal(repr(document))
    if not row.admits(value):
        raise _expected(row.expectation, document, place, among=DAYS if row.kind is Kind.DAY else ())
    return value


def _expected(what: str, found: object, place: str, *, among: Iterable[str] = ()) -> RuleError:
    near = get_close_matches(found[:_MAX_SHOWN], list(among), n=1) if isinstance(found, str) else []
    meant = f" Did you mean '{near[0]}'?" if near else ""
    return RuleError(f"At {place.removeprefix('.') or 'the top'}: expected {what}, found {_shown(found)}.{meant}")


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

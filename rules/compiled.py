"""A rule in the engine's form: alternatives of conditions, split into a shape and its thresholds.

Rules that differ only in their thresholds share one shape, and the engine compiles one ruleset per shape: thresholds
travel beside the values, so that nothing a person wrote ever reaches the engine's compiler.
"""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from domain.errors import RuleError
from rules.fields import FIELDS, OTHER_UNIT, Clock, Field, Operator, micro
from rules.mirror import Reading, least, reading
from rules.situation import Millionths
from rules.tree import All, AnyOf, Condition, Not, Repeated, Tree, check
from rules.tree import conditions as written_in
from rules.wall_clock import Windows

# Property names in the engine's facts; a test keeps their 32-bit hashes apart.
FACT_ID = "f"
PRIME = "prime"
BELOW_ANY_THRESHOLD = -1

_PRIMER = "-1"  # a rule's name is the number of its clause

_DAILY = frozenset({"daysLeft", "runsOut", "spoils"})
_Literals = tuple[Condition, ...]

_NEGATION: Mapping[Operator, Operator] = MappingProxyType(
    {
        Operator.AT_MOST: Operator.ABOVE,
        Operator.BELOW: Operator.AT_LEAST,
        Operator.AT_LEAST: Operator.BELOW,
        Operator.ABOVE: Operator.AT_MOST,
        Operator.IS: Operator.IS_NOT,
    }
)
_IN_ENGINE: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.AT_MOST: "$lte",
        Operator.BELOW: "$lt",
        Operator.AT_LEAST: "$gte",
        Operator.ABOVE: "$gt",
        Operator.IS_NOT: "$neq",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What rules have in common that differ only in thresholds.

    `ruleset` is durable_rules' JSON. `readings` is the part of the engine's fact that holds, for each of `fields`, its
    value and whether it is known, as a printf template of integers in that order;
    `literals` says whether each distinct
    condition holds, and `clauses` whether each clause does.
    """

    digest: str
    ruleset: str
    fields: tuple[str, ...]
    readings: str
    literals: tuple[Reading, ...]
    clauses: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to be evaluated.

    `literals` has the conditions of each clause of the disjunctive normal form, negations carried out; `conditions` has
    each of them once, `limits` what it compares with, and `thresholds` says the same to the engine. `truth` reads the
    tree by itself, with the values that are `written` there. `turns` are the readings at which time turns a condition,
    each with its field; `windows` what is asked of the wall clock, if anything; `daily` says that something is asked
    which is worked out anew each day.
    """

    tree: Tree
    literals: tuple[tuple[Condition, ...], ...]
    conditions: tuple[Condition, ...]
    limits: tuple[int, ...]
    turns: tuple[tuple[str, int], ...]
    windows: Windows | None
    daily: bool
    timed: bool
    shape: Shape
    thresholds: str
    truth: Reading
    written: tuple[int, ...]


@lru_cache(maxsize=8_192)
def compiled(tree: Tree) -> Compiled:
    """The engine's form of a tree; RuleError if the tree is outside the bounds of the language."""
    check(tree)
    if any(condition.unit is not None and condition.field != OTHER_UNIT for condition in written_in(tree)):
        raise RuleError("A level in a unit is converted to the item's own before it is judged.")
    literals = tuple(dict.fromkeys(_clauses(tree, negated=False)))
    conditions = tuple(dict.fromkeys(itertools.chain(*literals)))
    position = {condition: number for number, condition in enumerate(conditions)}
    positions = tuple(tuple(position[literal] for literal in clause) for clause in literals)
    limits = tuple(micro(condition.value) for condition in conditions)
    turns = tuple(_turn(condition) for condition in conditions if FIELDS[condition.field].clock is not None)
    windows, daily = _windows(conditions), any(condition.field in _DAILY for condition in conditions)
    return Compiled(
        tree=tree,
        literals=literals,
        conditions=conditions,
        limits=limits,
        turns=turns,
        windows=windows,
        daily=daily,
        timed=bool(turns) or windows is not None or daily,
        shape=_shape(tuple((condition.field, condition.op) for condition in conditions), positions),
        thresholds=",".join(f'"{threshold(position)}":{limit}' for position, limit in enumerate(limits)),
        truth=reading(tree),
        written=tuple(micro(condition.value) for condition in written_in(tree)),
    )


def threshold(position: int) -> str:
    """The property that holds what the condition at this position compares with."""
    return f"p{position}"


def known(field: Field) -> str:
    """The property that says whether the field's value is known."""
    return f"{field.name}Known"


def _clauses(tree: Tree, *, negated: bool) -> list[_Literals]:
    match tree:
        case Condition():
            return [(_negation(tree) if negated else tree,)]
        case Repeated():
            return _clauses(tree.condition, negated=negated)
        case Not(of=part):
            return _clauses(part, negated=not negated)
        case All(of=parts) | AnyOf(of=parts):
            each = [_clauses(part, negated=negated) for part in parts]
            if isinstance(tree, AnyOf) != negated:
                return list(itertools.chain(*each))
            return [tuple(dict.fromkeys(itertools.chain(*choice))) for choice in itertools.product(*each)]


def _negation(condition: Condition) -> Condition:
    if isinstance(condition.value, bool):
        return Condition(field=condition.field, op=condition.op, value=not condition.value)
    return Condition(field=condition.field, op=_NEGATION[condition.op], value=condition.value)


@lru_cache(maxsize=1_024)
def _shape(conditions: tuple[tuple[str, Operator], ...], clauses: tuple[tuple[int, ...], ...]) -> Shape:
    rules: dict[str, object] = {_PRIMER: _rule([{PRIME: 1}])}
    for number, clause in enumerate(clauses):
        asked = dict.fromkeys(FIELDS[conditions[position][0]] for position in clause)
        knowledge: list[object] = [{known(field): 1} for field in asked if not field.none_is_false]
        rules[str(number)] = _rule(knowledge + [_comparison(*conditions[position], position) for position in clause])
    ruleset = json.dumps(rules)
    fields = tuple(dict.fromkeys(name for name, _ in conditions))
    literals = tuple(_literal(name, op, position) for position, (name, op) in enumerate(conditions))
    return Shape(
        digest=hashlib.sha256(ruleset.encode()).hexdigest()[:16],
        ruleset=ruleset,
        fields=fields,
        readings=",".join(f'"{name}":%d,"{known(FIELDS[name])}":%d' for name in fields),
        literals=literals,
        clauses=tuple(_together([literals[position] for position in clause]) for clause in clauses),
    )


def _turn(condition: Condition) -> tuple[str, int]:
    """The first reading, as time goes on, at which the condition is otherwise."""
    limit, clock = micro(condition.value), FIELDS[condition.field].clock
    at_limit = (Operator.BELOW, Operator.AT_LEAST) if clock is Clock.RISES else (Operator.ABOVE, Operator.AT_MOST)
    if condition.op in at_limit:
        return condition.field, limit
    return condition.field, limit + 1 if clock is Clock.RISES else limit - 1


def _windows(conditions: Sequence[Condition]) -> Windows | None:
    weekday = any(condition.field == "dayOfWeek" for condition in conditions)
    times = sorted({int(condition.value) for condition in conditions if condition.field == "timeOfDay"})
    return (weekday, tuple(times)) if weekday or times else None


def _literal(name: str, op: Operator, position: int) -> Reading:
    compare = op.compare
    of_none: bool | None = None
    if FIELDS[name].none_is_false:
        # What cannot be said of the field is the negation of what can.
        of_none = op not in FIELDS[name].said

    def holds(millionths: Millionths, limits: Sequence[int]) -> bool | None:
        actual = millionths[name]
        return of_none if actual is None else compare(actual, limits[position])

    return holds


def _together(literals: Sequence[Reading]) -> Reading:
    if len(literals) == 1:
        return literals[0]
    return lambda millionths, limits: least([holds(millionths, limits) for holds in literals])


def _rule(conditions: Sequence[object]) -> object:
    return {"all": [{"m": {"$and": conditions}}]}


def _comparison(name: str, op: Operator, position: int) -> object:
    right = {"$m": threshold(position)}
    return {name: right} if op is Operator.IS else {_IN_ENGINE[op]: {name: right}}

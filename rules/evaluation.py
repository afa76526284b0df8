"""A rule judged on a situation: the verdict, its reasons, and when to ask again."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from rules.clock import next_check_in
from rules.compiled import Compiled
from rules.engine import Engine, EngineDisagrees
from rules.fields import FIELDS, Operator, Value, read
from rules.mirror import greatest, least, truth
from rules.situation import Situation
from rules.tree import Condition


class Truth(StrEnum):
    """Kleene's three values; unknown means that the rule is not evaluable now."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class ConditionSeen(NamedTuple):
    """One condition as it was judged; durations in seconds, `actual` None when nobody knows or nothing is going on."""

    field: str
    op: Operator
    wanted: Value
    actual: Value | None
    holds: bool | None


class Evaluation(NamedTuple):
    """What the rules say.

    `clauses` are the numbers of the alternatives that hold; `conditions` are the rule's distinct conditions with the
    negations carried out; `next_check_in` is when the clock alone changes the truth, None for never.
    """

    truth: Truth
    clauses: tuple[int, ...]
    conditions: tuple[ConditionSeen, ...]
    next_check_in: timedelta | None


_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


def evaluate(engine: Engine, rule: Compiled, situation: Situation) -> Evaluation:
    """Judge by the engine and check its word twice; EngineFailed, EngineDisagrees.

    The engine's clauses must be those whose conditions hold one by one, and they must make the tree itself as true.
    """
    readings = read(rule.shape.fields, situation)
    held = engine.clauses_true_of(rule, readings)
    seen = tuple([_seen(condition, readings[condition.field]) for condition in rule.conditions])
    by_clause = [least([seen[position].holds for position in clause]) for clause in rule.positions]
    verdict = truth(rule.tree, readings)
    if held != [number for number, holds in enumerate(by_clause) if holds] or greatest(by_clause) is not verdict:
        engine.forget(rule)
        raise EngineDisagrees(f"The engine finds clauses {held}, the tree is {verdict}: {rule.tree!r}, {situation!r}.")
    return Evaluation(
        truth=_TRUTHS[verdict],
        clauses=tuple(held),
        conditions=seen,
        next_check_in=next_check_in(rule, readings, verdict),
    )


def _seen(condition: Condition, actual: Value | None) -> ConditionSeen:
    holds: bool | None = None
    if actual is not None:
        holds = condition.op.compare(actual, condition.value)
    elif FIELDS[condition.field].none_is_false:
        # A rule can only ask for at least so long; what asks for less is the negation of that.
        holds = condition.op in (Operator.BELOW, Operator.AT_MOST)
    return ConditionSeen(condition.field, condition.op, condition.value, actual, holds)

"""A rule judged on a situation: the verdict, its reasons, and when to ask again."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from rules.clock import next_check_in
from rules.compiled import Compiled
from rules.engine import Engine, EngineDisagrees
from rules.fields import FIELDS, Operator, Value
from rules.mirror import Reading
from rules.situation import Millionths, Situation
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

    `clauses` are the numbers of the alternatives that hold; `next_check_in` is when the clock alone changes the truth,
    None for never.
    """

    truth: Truth
    clauses: list[int]
    next_check_in: timedelta | None
    rule: Compiled
    millionths: Millionths

    @property
    def conditions(self) -> tuple[ConditionSeen, ...]:
        """The reasons: the rule's distinct conditions, with the negations carried out."""
        return tuple(
            _seen(condition, self.millionths[condition.field], holds(self.millionths, self.rule.limits))
            for condition, holds in zip(self.rule.conditions, self.rule.shape.literals, strict=True)
        )


_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


def evaluate(engine: Engine, rule: Compiled, situation: Situation) -> Evaluation:
    """Judge by the engine and check its word twice; EngineFailed, EngineDisagrees.

    The engine's clauses must be those whose conditions hold one by one, and they must make the tree itself as true.
    """
    millionths = situation.millionths
    found = engine.clauses_that_hold(rule, situation)
    clauses, truth = _read(rule.shape.clauses, millionths, rule.limits)
    verdict = rule.truth(millionths, rule.written)
    if found != clauses or truth is not verdict:
        engine.forget(rule)
        raise EngineDisagrees(f"The engine finds clauses {found}, the tree is {verdict}: {rule.tree!r}, {situation!r}.")
    wait = next_check_in(rule, situation, verdict) if rule.timed else None
    return Evaluation(_TRUTHS[verdict], found, wait, rule, millionths)


def _read(clauses: Sequence[Reading], millionths: Millionths, limits: Sequence[int]) -> tuple[list[int], bool | None]:
    """The numbers of the clauses that hold, and how true they make the rule: one is enough."""
    held: list[int] = []
    doubt = False
    for number, clause in enumerate(clauses):
        holds = clause(millionths, limits)
        if holds:
            held.append(number)
        elif holds is None:
            doubt = True
    return held, True if held else None if doubt else False


def _seen(condition: Condition, millionths: int | None, holds: bool | None) -> ConditionSeen:
    actual = FIELDS[condition.field].value(millionths)
    return ConditionSeen(condition.field, condition.op, condition.value, actual, holds)

"""When the clock alone changes a verdict."""

from datetime import timedelta
from decimal import Decimal

from rules.compiled import Compiled, micro
from rules.fields import FIELDS, Operator, Readings
from rules.mirror import truth
from rules.tree import Condition


def next_check_in(rule: Compiled, readings: Readings, now: bool | None) -> timedelta | None:
    """The exact time until the rule's truth changes if nothing is reported before; None if it never does."""
    turns = {turn for condition in rule.clock_driven if (turn := _turn(condition, readings)) > 0}
    if not turns:
        return None
    return next(
        (timedelta(microseconds=turn) for turn in sorted(turns) if truth(rule.tree, _later(readings, turn)) is not now),
        None,
    )


def _turn(condition: Condition, readings: Readings) -> int:
    """The microseconds until the condition's truth turns; nothing above 0 if it never does."""
    elapsed = readings[condition.field]
    if elapsed is None:
        return 0
    turn = micro(condition.value) - micro(elapsed)
    return turn + 1 if condition.op in (Operator.ABOVE, Operator.AT_MOST) else turn


def _later(readings: Readings, microseconds: int) -> Readings:
    passed = Decimal(microseconds).scaleb(-6)
    return {
        name: value if value is None or not FIELDS[name].clock_driven else value + passed
        for name, value in readings.items()
    }

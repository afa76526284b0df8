"""When the clock alone changes a verdict."""

from datetime import timedelta

from rules.compiled import Compiled
from rules.fields import FIELDS
from rules.situation import Millionths

_CLOCKS = tuple(field.name for field in FIELDS.values() if field.clock_driven)


def next_check_in(rule: Compiled, millionths: Millionths, now: bool | None) -> timedelta | None:
    """The exact time until the rule's truth changes if nothing is reported before; None if it never does."""
    waits = []
    for field, turn in rule.turns:
        elapsed = millionths[field]
        if elapsed is not None and elapsed < turn:
            waits.append(turn - elapsed)
    for microseconds in sorted(waits):
        if rule.truth(_later(millionths, microseconds), rule.written) is not now:
            return timedelta(microseconds=microseconds)
    return None


def _later(millionths: Millionths, microseconds: int) -> Millionths:
    running = {name: elapsed + microseconds for name in _CLOCKS if (elapsed := millionths[name]) is not None}
    return {**millionths, **running}

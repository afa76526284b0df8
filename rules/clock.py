"""When the clock alone changes a verdict."""

from datetime import timedelta

from rules.compiled import Compiled
from rules.fields import FIELDS, Clock
from rules.situation import Millionths, Situation

_CLOCKS = {field.name: field.clock for field in FIELDS.values() if field.clock is not None}


def next_check_in(rule: Compiled, situation: Situation, now: bool | None) -> timedelta | None:
    """The exact time until the rule's truth changes if nothing is reported before; None if it never does."""
    millionths, running = situation.millionths, situation.running
    waits = []
    for field, turn in rule.turns:
        value, moving = millionths[field], running[field]
        if value is None or moving is None:
            continue
        pace = _CLOCKS[field].value
        if (turn - value) * pace > 0:
            waits.append((turn - moving) * pace)
    for microseconds in sorted(waits):
        if rule.truth(_later(millionths, running, microseconds), rule.written) is not now:
            return timedelta(microseconds=microseconds)
    return None


def _later(millionths: Millionths, running: Millionths, microseconds: int) -> Millionths:
    """What is read then: a clock that stands still keeps its reading until a running one has passed it."""
    later = dict(millionths)
    for name, clock in _CLOCKS.items():
        value, moving = millionths[name], running[name]
        if value is not None and moving is not None:
            further = max if clock is Clock.RISES else min
            later[name] = further(value, moving + clock.value * microseconds)
    return later

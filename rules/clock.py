"""When the clock alone changes a verdict."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from rules import wall_clock
from rules.compiled import Compiled
from rules.fields import FIELDS
from rules.situation import Readings, Situation

DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_END = datetime(9_000, 1, 1, tzinfo=UTC)  # no wall clock is asked what it shows then
_PACES: dict[str, int] = {field.name: field.clock.value for field in FIELDS.values() if field.clock is not None}


def next_check_in(rule: Compiled, situation: Situation, now: bool | None) -> timedelta | None:
    """The exact time until the rule's truth changes if nothing is reported before; None if it never does.

    A rule that asks what is worked out anew each day is looked at again within a day.
    """
    waits = _waits(rule, situation)
    if rule.windows is None or situation.at is None or situation.zone is None:
        found = _on_the_clocks(rule, situation, waits, now)
    else:
        found = _on_the_wall(rule, situation, waits, now)
    if not rule.daily:
        return found
    return DAY if found is None else min(found, DAY)


def _waits(rule: Compiled, situation: Situation) -> list[int]:
    """The microseconds until each of the rule's running clocks reads what turns a condition, ascending."""
    millionths, running = situation.millionths, situation.running
    waits = []
    for field, turn in rule.turns:
        value = millionths[field]
        # what has no reading of its own while it runs never stands still
        moving = running.get(field, value)
        if value is None or moving is None:
            continue
        pace = _PACES[field]
        if (turn - value) * pace > 0:
            waits.append((turn - moving) * pace)
    if len(waits) > 1:
        waits.sort()
    return waits


def _on_the_clocks(rule: Compiled, situation: Situation, waits: list[int], now: bool | None) -> timedelta | None:
    for microseconds in waits:
        if rule.truth(_later(rule, situation, microseconds), rule.written) is not now:
            return timedelta(microseconds=microseconds)
    return None


def _on_the_wall(rule: Compiled, situation: Situation, waits: list[int], now: bool | None) -> timedelta | None:
    at, zone = situation.at, situation.zone
    if at is None or zone is None or rule.windows is None:
        return None
    # Where nothing but the wall moves, and the truth is the same whatever it shows, there is nothing to look for.
    if not waits:
        unseen = situation.millionths.copy()
        unseen["dayOfWeek"] = unseen["timeOfDay"] = None
        if rule.truth(unseen, rule.written) is not None:
            return None
    moments = [at + timedelta(microseconds=wait) for wait in waits if wait < (_END - at) // _MICROSECOND]
    for moment in _moments(at, moments, zone, rule.windows):
        later = _later(rule, situation, (moment - at) // _MICROSECOND)
        later["dayOfWeek"], later["timeOfDay"] = wall_clock.reading(moment, zone)
        if rule.truth(later, rule.written) is not now:
            return moment - at
    return None


def _moments(
    at: datetime, moments: Sequence[datetime], zone: ZoneInfo, windows: wall_clock.Windows
) -> Iterator[datetime]:
    """Every moment at which the rule may be otherwise: between two turns of its clocks the windows come round."""
    for start, end in pairwise([at, *moments, None]):
        if start is None:
            return
        for moment in wall_clock.turns(start, zone, windows):
            if end is not None and moment >= end:
                break
            yield moment
        if end is not None:
            yield end


def _later(rule: Compiled, situation: Situation, microseconds: int) -> Readings:
    """What is read then: a clock that stands still keeps its reading until a running one has passed it."""
    millionths = situation.millionths
    later = millionths.copy()
    for name, _ in rule.turns:
        value = millionths[name]
        moving = situation.running.get(name, value)
        if value is not None and moving is not None:
            pace = _PACES[name]
            further = max if pace > 0 else min
            later[name] = further(value, moving + pace * microseconds)
    return later

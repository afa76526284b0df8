"""Tells facts that can change no verdict from those that might: most need no judgement.

Between two thresholds of the rules, with nothing that waits to be ordered, a level makes no difference. When in doubt,
it might.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.decisions import Decision, RuleReport
from domain.facts import FactKind
from domain.item import ItemState
from domain.stock import Stock
from rules.active import ActiveRule, InForce
from rules.clock import DAY, next_check_in
from rules.compiled import Compiled, compiled
from rules.situation import MILLION, Millionths
from rules.tree import repeated
from rules.view import AT_A_GLANCE, View

Bounds = tuple[Decimal | None, Decimal | None]

_BESIDE = Decimal(1) / MILLION  # readings are rounded to millionths before they are compared
_OF_THE_LEVEL = frozenset({FactKind.COUNTED, FactKind.PERCENT, FactKind.USED, FactKind.ADDED})
_OF_CLOCKS = frozenset({FactKind.REMOVED, FactKind.RETURNED})
_CLOCKS = frozenset({"outFor", "expiresIn"})
_TOLD_BY_THE_CLOCK = _CLOCKS | {"dayOfWeek", "timeOfDay"}  # the next check knows when these turn
_TURNS_AT_A_THRESHOLD = frozenset({"level", "percent", "pressed", "low", "otherUnit", "repeats"}) | _TOLD_BY_THE_CLOCK


class Quick:
    """What is remembered of the newest judgement of an item, to be compared with what happens next.

    `is_simple` where no rule asks what use or time change from fact to fact, such as how long the stock will last.
    """

    def __init__(self, in_force: InForce) -> None:
        self._rules = {rule.uuid: rule for rule in in_force.rules}
        rows = [compiled(rule.tree) for rule in in_force.rules]
        insides = [compiled(rule.repeated) for rule in in_force.rules if rule.repeated is not None]
        conditions = [condition for row in rows + insides for condition in row.conditions]
        fields = {condition.field for condition in conditions}
        self.is_simple = fields <= _TURNS_AT_A_THRESHOLD
        self._levels = sorted({Decimal(c.value) for c in conditions if c.field == "level"})
        self._percents = sorted({Decimal(c.value) for c in conditions if c.field == "percent"})
        self._asks_expiry = "expiresIn" in fields
        self._kinds = _OF_THE_LEVEL if fields & _CLOCKS else _OF_THE_LEVEL | _OF_CLOCKS
        self._asked = [
            (rule, row, rule.fields <= AT_A_GLANCE.keys()) for rule, row in zip(in_force.rules, rows, strict=True)
        ]
        self._in_a_row = [
            (rule, compiled(found.of), found.times)
            for rule in in_force.rules
            if (found := repeated(rule.tree)) is not None
        ]
        # what is wanted several times in a row is asked at each report, and nothing says when the clock turns that
        timed = any(inside.timed for inside in insides)
        self._never = bool(self._in_a_row) and (timed or not self.is_simple)
        self._waits = True
        self._level: Bounds | None = None
        self._percent: Bounds | None = None
        self._expiry: tuple[datetime | None, bool] | None = None
        self._seen: list[list[bool | None]] = []

    def judged(self, state: ItemState, decisions: Iterable[Decision], view: View, *, pressed: bool) -> None:
        """Remember between which thresholds the item was judged, and whether anything would be ordered if it could."""
        stock = view.stock
        reports = next((decision.rules for decision in reversed(tuple(decisions)) if decision.rules), None)
        if not self._rules:
            self._waits = False
        elif pressed:
            self._waits = True  # what is pressed is not any more when the next fact comes
        elif reports is not None:
            self._waits = any(self._would_follow(state, report) for report in reports if report.truth is True)
            self._waits |= any(self._still_counts(view, state, *each) for each in self._in_a_row)
        self._level = _between(self._levels, stock.level)
        self._percent = _between(self._percents, stock.percent)
        self._expiry = stock.expires_first, stock.knows_expiry
        if self._asks_expiry or not self.is_simple:
            self._seen = [_literals(row, view.of(rule).millionths) for rule, row, _ in self._asked]

    def may_matter(self, kind: FactKind, stock: Stock) -> bool:
        """Whether a fact of this kind must be judged, whatever it does to the level."""
        uncounted = stock.on_shelf is None and kind is not FactKind.PERCENT
        return self._never or self._waits or kind not in self._kinds or uncounted or stock.unseen != 0

    def is_between(self, stock: Stock, level: Decimal | None) -> bool:
        """Whether the level is between the same thresholds as when the item was judged last."""
        return _within(self._level, level if self._levels else None) and _within(
            self._percent, stock.percent if self._percents else None
        )

    def expires_as_before(self, stock: Stock) -> bool:
        """Whether what expires first is what it was, where a rule asks for it."""
        return not self._asks_expiry or self._expiry == (stock.expires_first, stock.knows_expiry)

    def same(self, view: View) -> tuple[bool, datetime | None]:
        """Whether each condition is what it was, and when the clock alone changes a rule."""
        first: timedelta | None = None
        for (rule, row, is_seen_at_a_glance), seen in zip(self._asked, self._seen, strict=True):
            if is_seen_at_a_glance:
                if _literals(row, view.at_a_glance(rule.fields)) != seen:
                    return False, None
                wait = DAY if row.daily else None
            else:
                situation = view.of(rule)
                if _literals(row, situation.millionths) != seen:
                    return False, None
                now = row.truth(situation.millionths, row.written)
                wait = next_check_in(row, situation, now) if row.timed else None
            if wait is not None and (first is None or wait < first):
                first = wait
        if self._asks_expiry:
            self._expiry = view.stock.expires_first, view.stock.knows_expiry
        return True, None if first is None else view.at + first

    def _still_counts(self, view: View, state: ItemState, rule: ActiveRule, inside: Compiled, times: int) -> bool:
        """Whether one more report like the last one makes a difference to what was seen in a row."""
        streak, truth = state.memory[str(rule.uuid)].streak, inside.truth(view.of(rule).millionths, inside.written)
        return streak < times if truth else truth is False and streak > 0

    def _would_follow(self, state: ItemState, report: RuleReport) -> bool:
        rule, memory = self._rules[report.rule], state.memory[str(report.rule)]
        orders = rule.order is not None and memory.armed and (state.open is None or rule.adds)
        return orders or (rule.then.notify and memory.notify_armed)


def _literals(row: Compiled, millionths: Millionths) -> list[bool | None]:
    return [holds(millionths, row.limits) for holds in row.shape.literals]


def _between(thresholds: Sequence[Decimal], value: Decimal | None) -> Bounds | None:
    """The thresholds around a value; None where it is on one, or not known though somebody asks."""
    if not thresholds:
        return None, None
    if value is None or any(abs(value - threshold) <= _BESIDE for threshold in thresholds):
        return None
    below = max((threshold for threshold in thresholds if threshold < value), default=None)
    above = min((threshold for threshold in thresholds if threshold > value), default=None)
    return below, above


def _within(bounds: Bounds | None, value: Decimal | None) -> bool:
    if bounds is None:
        return False
    below, above = bounds
    if value is None:
        return below is None and above is None
    return (below is None or value > below + _BESIDE) and (above is None or value < above - _BESIDE)

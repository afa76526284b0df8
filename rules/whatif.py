"""What would have to change for it to order now? For each rule that orders, the smallest changes that would do.

Nothing is guessed: each way was tried on a copy of the item by the real judgement, and has ordered.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from domain.decisions import ConditionReport
from domain.item import ItemState
from rules import reasons
from rules.active import ActiveRule, InForce
from rules.attempt import Attempt, Patience, TriedEnough, up_to_date
from rules.compiled import compiled
from rules.judge import Judge
from rules.nouns import Words
from rules.path import Path, unmet
from rules.steps import Step, StepKind, Way
from rules.tree import Condition

MOST_WAYS = 5
MOST_CLAUSES = 8
MOST_TRIED = 1_500  # judgements for one outlook: what takes more are rules that nobody reads
_IF = {"outFor": ", if it is not returned", "unusedFor": ", if none is used"}


@dataclass(frozen=True)
class Outlook:
    """One rule, the ways in which it would order, the nearest first, and what it says now."""

    rule: ActiveRule
    is_armed: bool
    ways: tuple[Way, ...]
    now: str


def outlook(judge: Judge, in_force: InForce, state: ItemState, at: datetime) -> Iterator[Outlook]:
    """What each rule that orders is waiting for, as of `at`; the offers must have been read."""
    patience = Patience(MOST_TRIED)
    for rule in in_force.rules:
        if rule.order is not None:
            alone = replace(in_force, rules=(rule,), buttons=None)
            yield _Search(Attempt(judge, alone, state, at, patience), in_force.words).found()


class _Search:
    """The ways of one rule."""

    def __init__(self, now: Attempt, words: Words) -> None:
        self._now, self._words = now, words

    def found(self) -> Outlook:
        """What there is to say, as far as anybody has the patience for it."""
        found: list[Way] = []
        armed, said = self._now.is_armed, ""
        with suppress(TriedEnough):
            self._now = up_to_date(self._now)
            looked = self._now.looked()
            armed, said = looked.is_armed, looked.decision.sentence if looked.decision else ""
            self._search(looked, found)
        ways = {_key(way): way for way in sorted(found, key=lambda way: (len(way.steps), way.orders_at))}
        return Outlook(self._now.rule, armed, tuple(ways.values())[:MOST_WAYS], said)

    def _search(self, looked: Attempt, found: list[Way]) -> None:
        now = self._now
        if now.need is not None or looked.need is not None:
            found.append(Way((), now.at))
            return
        waiting = now.next_order()
        if waiting is not None:
            found.append(Way((self._wait(now, waiting),), waiting.at))
        for clause in self._nearest_clauses():
            way = self._shortest(clause)
            found += [way] if way is not None else []

    def _shortest(self, clause: Sequence[Condition]) -> Way | None:
        """The way to one alternative, without what turns out not to be needed."""
        best, without = self._way(clause, frozenset()), frozenset[StepKind]()
        if best is None:
            return None
        for kind in dict.fromkeys(step.kind for step in best.steps):
            fewer = self._way(clause, without | {kind}) if len(best.steps) > 1 else None
            if fewer is not None and len(fewer.steps) < len(best.steps) and fewer.orders_at <= best.orders_at:
                best, without = fewer, without | {kind}
        return best

    def _way(self, clause: Sequence[Condition], without: frozenset[StepKind]) -> Way | None:
        path = Path(self._now, self._words, self._wait, without)
        return Way(tuple(path.steps), path.end.at) if path.leads_to(clause) else None

    def _nearest_clauses(self) -> Sequence[tuple[Condition, ...]]:
        """The alternatives of which most is so already."""
        clauses = compiled(self._now.rule.tree).literals
        return sorted(clauses, key=lambda clause: len(unmet(self._now, clause)))[:MOST_CLAUSES]

    def _wait(self, before: Attempt, after: Attempt) -> Step:
        then = {_same(c) for c in after.decision.rules[0].conditions if c.holds} if after.decision else set()
        report = before.report
        turned = [c for c in report.conditions if not c.holds and _same(c) in then] if report else []
        when = self._words.moment(after.at)
        if turned:
            span = reasons.lasting(after.at - before.at)
            clauses = dict.fromkeys(_IF.get(c.field) or self._as_found(c) for c in turned)
            text = f"in {span}, at {when}{''.join(clauses)}"
        else:
            looked = before.looked().decision
            why = looked.sentence.rstrip(".").rpartition("; ")[2] if looked else ""
            why = why[:1].lower() + why[1:]
            text = why if when in why else f"not before {when} ({why})" if why else f"not before {when}"
        return Step(StepKind.WAIT, text, until=after.at)

    def _as_found(self, condition: ConditionReport) -> str:
        return f" ({reasons.condition(condition, self._words)})"


def _same(condition: ConditionReport) -> tuple[str, str, object]:
    return condition.field, condition.op, condition.wanted


def _key(way: Way) -> tuple[object, ...]:
    return tuple((step.kind, step.until, step.to, step.order) for step in way.steps)

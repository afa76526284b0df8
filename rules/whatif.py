"""What would have to change for it to order now? For each rule that orders, the smallest changes that would do.

Nothing is guessed: each way was tried on a copy of the item by the real judgement, and has ordered.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.decisions import ConditionReport
from domain.facts import FactKind
from domain.item import ItemState
from rules import reasons
from rules.active import ActiveRule, InForce
from rules.attempt import Attempt, attempt
from rules.compiled import compiled
from rules.judge import Judge
from rules.nouns import Words
from rules.steps import Step, StepKind, Way
from rules.tree import All, Condition, Tree, repeated
from rules.wants import (
    OF_THE_FORECAST,
    Change,
    changes,
    level_span,
    needs_a_count,
    otherwise,
    to_forecast,
    to_level,
)

MOST_WAYS = 5
MOST_CLAUSES = 8
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
    for rule in in_force.rules:
        if rule.order is not None:
            yield _Search(attempt(judge, in_force, rule, state, at), in_force.words).found()


class _Search:
    """The ways of one rule."""

    def __init__(self, now: Attempt, words: Words) -> None:
        self._now, self._words = now, words

    def found(self) -> Outlook:
        looked = self._now.looked()
        said = looked.decision.sentence if looked.decision else ""
        return Outlook(self._now.rule, looked.is_armed, tuple(self._ways()), said)

    def _ways(self) -> list[Way]:
        now = self._now
        if now.need is not None or now.looked().need is not None:
            return [Way((), now.at)]
        found: list[Way] = []
        waiting = now.next_order()
        if waiting is not None:
            found.append(Way((self._wait(now, waiting),), waiting.at))
        for clause in self._nearest_clauses():
            path = _Path(now, self._words, self._wait)
            if path.leads_to(clause):
                found.append(Way(tuple(path.steps), path.end.at))
        ways = {_key(way): way for way in sorted(found, key=lambda way: (len(way.steps), way.orders_at))}
        return list(ways.values())[:MOST_WAYS]

    def _nearest_clauses(self) -> Sequence[tuple[Condition, ...]]:
        """The alternatives of which most is so already."""
        rule = compiled(self._now.rule.tree)
        truths = _truths(self._now)
        return sorted(rule.literals, key=lambda clause: sum(not truths.get(c) for c in clause))[:MOST_CLAUSES]

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


class _Path:
    """Step after step towards one alternative of a rule's condition; `end` is where the steps have led."""

    def __init__(self, now: Attempt, words: Words, wait: Callable[[Attempt, Attempt], Step]) -> None:
        self.end, self.steps = now, list[Step]()
        self._words, self._wait = words, wait

    def leads_to(self, clause: Sequence[Condition]) -> bool:
        """Whether it has ordered; whatever can be done at once is done before anybody waits."""
        return (
            self._orders_ended()
            or self._caught_up()
            or self._armed()
            or self._changed(clause)
            or self._repeated(clause)
            or self._waited()
            or self._pressed(clause)
            or self._unblocked()
        )

    def _orders_ended(self) -> bool:
        while (open_need := self.end.state.open) is not None and not self.end.rule.adds:
            need = open_need.need
            later = self.end.delivered(open_need)
            level = later.stock.level
            then = "" if level is None else f" (then {self._words.left(level)})"
            words = f"order {need.order} ({reasons.stands(open_need.state)}) must be delivered or end first{then}"
            self._go(Step(StepKind.ORDER_ENDS, words, order=need.order, units=need.units), later)
            if self.end.need is not None:
                return True
        return False

    def _caught_up(self) -> bool:
        catch_up = self.end.state.catch_up
        if catch_up is None:
            return False
        words = f"everything is judged together at {self._words.moment(catch_up.until)}"
        return self._go(Step(StepKind.WAIT, words, until=catch_up.until), self.end.waited(catch_up.until))

    def _armed(self) -> bool:
        self.end = self.end.looked()
        if self.end.is_armed or self.end.need is not None:
            return self.end.need is not None
        later = self.end.when(lambda then: then.is_armed or then.need is not None)
        if later is not None:
            words = f"already ordered for this: it is otherwise at {self._words.moment(later.at)}"
            return self._go(Step(StepKind.WAIT, words, until=later.at), later)
        for change in otherwise(self.end, self._so(), self._words):
            later = self.end.told(*change.facts)
            if later.is_armed:
                return self._go(_first(change.step), later)
        for change in otherwise(self.end, self._so(), self._words):
            if self._go(_first(change.step), self.end.told(*change.facts)) or self.end.is_armed:
                break
        return self.end.need is not None

    def _so(self) -> list[Condition]:
        """What holds now, also of what is to be repeated."""
        inner = _within(self.end)
        of_inner = [] if inner is None else [c for c, truth in _truths(inner).items() if truth]
        return of_inner + [c for c, truth in _truths(self.end).items() if truth]

    def _changed(self, clause: Sequence[Condition]) -> bool:
        if not self.end.is_armed:
            return False
        for change in changes(self.end, _unmet(self.end, clause)):
            if self._does(change):
                return True
        span = level_span(self.end, clause)
        level = self.end.stock.level
        is_off = needs_a_count(self.end, clause) or (level is not None and not span.holds(level))
        if is_off and self._does(to_level(self.end, span, self._words)):
            return True
        for condition in _unmet(self.end, clause):
            if _is_forecast(condition) and self._does(to_forecast(self.end, condition, span, self._words)):
                return True
        return False

    def _repeated(self, clause: Sequence[Condition]) -> bool:
        """What is to be repeated is made so, and reported again and again."""
        inner = _within(self.end)
        wanted = next((condition for condition in _unmet(self.end, clause) if condition.field == "repeats"), None)
        if wanted is None or inner is None:
            return False
        nearest = min(compiled(inner.rule.tree).literals, key=lambda part: len(_unmet(inner, part)))
        made = list(changes(inner, _unmet(inner, nearest)))
        span = level_span(inner, [*nearest, *clause])
        level = self.end.stock.level
        if level is None or not span.holds(level):
            made += [change for change in [to_level(inner, span, self._words)] if change is not None]
        if not made and level is not None:
            counted = self.end.fact(FactKind.COUNTED, quantity=level)
            words = f"it is reported once more: {self._words.left(level)}"
            made = [Change(Step(StepKind.LEVEL, words, to=level), (counted,))]
        for number, change in enumerate(made, start=1):
            if number < len(made):
                self._go(change.step, self.end.told(*change.facts))
                continue
            for times in range(1, int(wanted.value) + 1):
                self.end = _again(self.end, change)
                if self.end.need is not None:
                    words = change.step.words + (f", {times} times in a row" if times > 1 else "")
                    self.steps.append(replace(change.step, words=words, times=times))
                    return True
        return False

    def _waited(self) -> bool:
        later = self.end.next_order()
        return later is not None and self._go(self._wait(self.end, later), later)

    def _pressed(self, clause: Sequence[Condition]) -> bool:
        press = [condition for condition in _unmet(self.end, clause) if condition.field == "pressed"]
        if not press:
            return False

        rest = [condition for condition in clause if condition.field != "pressed"]
        if _unmet(self.end, rest):
            pending = _only(self.end, rest)
            later = pending.looked().when(lambda then: not _unmet(then, rest))
            if later is None:
                return False
            self._go(self._wait(pending, later), self.end.waited(later.at))
        return self._go(Step(StepKind.PRESSED, "it is pressed"), self.end.told(self.end.fact(FactKind.PRESSED)))

    def _unblocked(self) -> bool:
        """The rule holds and may order, and still nothing comes: what has not been seen, said or offered."""
        return self._seen() or self._offered() or self._permitted()

    def _seen(self) -> bool:
        stock = self.end.stock
        if not stock.unseen or stock.level is None:
            return False
        words = f"it is counted: {self._words.amount(stock.unseen)} delivered, not seen yet"
        counted = self.end.fact(FactKind.COUNTED, quantity=stock.level)
        return self._go(Step(StepKind.LEVEL, words, to=stock.level), self.end.told(counted))

    def _offered(self) -> bool:
        rule = self.end.rule
        if rule.order is None or any(order.offer is not None and order.offer.available for order in rule.orders):
            return False
        offer = rule.order.offer
        if offer is None:
            return False
        words = f"{offer.retailer_name} has {offer.name} again"
        there = replace(rule.order, offer=offer.model_copy(update={"available": True}))
        in_force = replace(self.end.in_force, rules=(replace(rule, order=there),))
        return self._go(Step(StepKind.OFFERED, words), replace(self.end, in_force=in_force).looked())

    def _permitted(self) -> bool:
        state = self.end.state
        if not any(hold.until is None for hold in state.holds.values()):
            return False
        decision = self.end.looked().decision
        why = decision.sentence.rstrip(".").rpartition("; ")[2] if decision else ""
        words = f"you order by hand or change what follows ({why})"
        lifted = state.model_copy(update={"holds": {}})
        return self._go(Step(StepKind.OWNERS_WORD, words), replace(self.end, state=lifted).looked())

    def _does(self, change: Change | None) -> bool:
        return change is not None and self._go(change.step, self.end.told(*change.facts))

    def _go(self, step: Step, to: Attempt) -> bool:
        self.steps.append(step)
        self.end = to
        return to.need is not None


def _truths(attempt: Attempt) -> dict[Condition, bool | None]:
    """The rule's conditions, and whether each holds now."""
    report = attempt.report
    if report is None:
        return {}
    conditions = compiled(attempt.rule.tree).conditions
    return {condition: seen.holds for condition, seen in zip(conditions, report.conditions, strict=True)}


def _unmet(attempt: Attempt, clause: Iterable[Condition]) -> list[Condition]:
    truths = _truths(attempt)
    return [condition for condition in clause if not truths.get(condition)]


def _within(attempt: Attempt) -> Attempt | None:
    """The same with a rule that says only what is to be repeated."""
    again = repeated(attempt.rule.tree)
    return None if again is None else _asking(attempt, again.of)


def _only(attempt: Attempt, clause: Sequence[Condition]) -> Attempt:
    """The same with a rule that says no more than these conditions, and orders nothing."""
    tree = clause[0] if len(clause) == 1 else All(of=tuple(clause))
    return _asking(attempt, tree, order=None)


def _asking(attempt: Attempt, tree: Tree, **more: object) -> Attempt:
    rule = replace(attempt.rule, tree=tree, **more)  # type: ignore[arg-type] # fields of a rule
    return replace(attempt, in_force=replace(attempt.in_force, rules=(rule,)))


def _again(attempt: Attempt, change: Change) -> Attempt:
    """The same after the change was reported once more."""
    facts = [fact.model_copy(update={"id": f"{fact.id}:{attempt.state.arrivals}"}) for fact in change.facts]
    return attempt.told(*facts)


def _first(step: Step) -> Step:
    return replace(step, words=f"already ordered for this, so it must be otherwise first: {step.words}")


def _is_forecast(condition: Condition) -> bool:
    return condition.field in OF_THE_FORECAST


def _same(condition: ConditionReport) -> tuple[str, str, object]:
    return condition.field, condition.op, condition.wanted


def _key(way: Way) -> tuple[object, ...]:
    return tuple((step.kind, step.until, step.to, step.order) for step in way.steps)

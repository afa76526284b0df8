"""Step after step towards an order: what would have to happen first, at once, and then only be waited for."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace

from domain.facts import FactKind
from rules import reasons
from rules.attempt import Attempt
from rules.compiled import compiled
from rules.fields import FIELDS, OTHER_UNIT
from rules.nouns import Words
from rules.steps import Step, StepKind
from rules.tree import All, Condition, Not, Tree, repeated
from rules.wants import (
    OF_THE_FORECAST,
    Change,
    changes,
    level_span,
    needs_a_count,
    negated,
    otherwise,
    to_forecast,
    to_level,
)


class Path:
    """Step after step towards one alternative of a rule's condition; `end` is where the steps have led.

    It goes `without` steps of these kinds.
    """

    def __init__(
        self,
        now: Attempt,
        words: Words,
        wait: Callable[[Attempt, Attempt], Step],
        without: Set[StepKind] = frozenset(),
    ) -> None:
        self.end, self.steps = now, list[Step]()
        self._words, self._wait, self._without = words, wait, without

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
        possible = [change for change in otherwise(self.end, self._so(), self._words) if self._may(change)]
        for change in possible:
            later = self.end.told(*change.facts)
            if later.is_armed:
                return self._go(_first(change.step), later)
        for change in possible:
            if self._go(_first(change.step), self.end.told(*change.facts)) or self.end.is_armed:
                break
        return self.end.need is not None

    def _so(self) -> list[Condition]:
        """What holds now, also of what is to be repeated."""
        inner = _within(self.end)
        of_inner = [] if inner is None else [c for c, truth in truths(inner).items() if truth]
        return of_inner + [c for c, truth in truths(self.end).items() if truth]

    def _changed(self, clause: Sequence[Condition]) -> bool:
        for condition in clause:
            # one step may do for several conditions
            for change in changes(self.end, unmet(self.end, [condition]), clause):
                if self._does(change):
                    return True
        span = level_span(self.end, clause)
        level = self.end.stock.level
        is_off = needs_a_count(self.end, clause) or (level is not None and not span.holds(level))
        if is_off and self._does(to_level(self.end, span, self._words)):
            return True
        for condition in unmet(self.end, clause):
            if _is_forecast(condition) and self._does(to_forecast(self.end, condition, span, self._words)):
                return True
        return False

    def _repeated(self, clause: Sequence[Condition]) -> bool:
        """What is to be repeated is made so, and reported again and again."""
        inner = _within(self.end)
        wanted = next((condition for condition in unmet(self.end, clause) if condition.field == "repeats"), None)
        if wanted is None or inner is None:
            return False
        nearest = min(compiled(inner.rule.tree).literals, key=lambda part: len(unmet(inner, part)))
        made = list(changes(inner, unmet(inner, nearest), nearest))
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
                if self.end.need is not None or not unmet(self.end, [wanted]):
                    words = change.step.words + (f", {times} times in a row" if times > 1 else "")
                    return self._go(replace(change.step, words=words, times=times), self.end)
        return False

    def _waited(self) -> bool:
        later = self.end.next_order()
        return later is not None and self._go(self._wait(self.end, later), later)

    def _pressed(self, clause: Sequence[Condition]) -> bool:
        press = [condition for condition in unmet(self.end, clause) if condition.field == "pressed"]
        if not press:
            return False
        step, fact = Step(StepKind.PRESSED, "it is pressed"), self.end.fact(FactKind.PRESSED)
        if (pressed := self.end.told(fact)).need is not None:  # maybe by another alternative
            return self._go(step, pressed)
        rest = [condition for condition in clause if condition.field not in ("pressed", "repeats")]
        if any(condition.field == "repeats" for condition in unmet(self.end, clause)):
            return False
        if unmet(self.end, rest):
            pending = _only(self.end, rest)
            later = pending.looked().when(lambda then: not unmet(then, rest))
            if later is None:
                return False
            self._go(self._wait(pending, later), self.end.waited(later.at))
        return self._go(step, self.end.told(self.end.fact(FactKind.PRESSED)))

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
        # whoever had none of it has often rejected an order, too
        return self._go(Step(StepKind.OFFERED, words), replace(self.end, in_force=in_force).looked()) or self._waited()

    def _permitted(self) -> bool:
        state, in_force = self.end.state, self.end.in_force
        if any(hold.until is None for hold in state.holds.values()):
            what = "change what follows"
            lifted = replace(self.end, state=state.model_copy(update={"holds": {}}))
        elif in_force.guards.counts_money:
            what = "allow more"
            guards = in_force.guards.model_copy(update={"money_per_day": None, "money_per_month": None})
            lifted = replace(self.end, in_force=replace(in_force, guards=guards))
        else:
            return False
        decision = self.end.looked().decision
        why = decision.sentence.rstrip(".").rpartition("; ")[2] if decision else ""
        return self._go(Step(StepKind.OWNERS_WORD, f"you order by hand or {what} ({why})"), lifted.looked())

    def _does(self, change: Change | None) -> bool:
        return change is not None and self._may(change) and self._go(change.step, self.end.told(*change.facts))

    def _may(self, change: Change) -> bool:
        return change.step.kind not in self._without

    def _go(self, step: Step, to: Attempt) -> bool:
        self.steps.append(step)
        self.end = to
        return to.need is not None


def truths(attempt: Attempt) -> dict[Condition, bool | None]:
    """The rule's conditions, and whether each holds now."""
    report = attempt.report
    if report is None:
        return {}
    conditions = compiled(attempt.rule.tree).conditions
    return {condition: seen.holds for condition, seen in zip(conditions, report.conditions, strict=True)}


def unmet(attempt: Attempt, clause: Iterable[Condition]) -> list[Condition]:
    """Those of the conditions that do not hold now."""
    found = truths(attempt)
    return [condition for condition in clause if not found.get(condition)]


def _within(attempt: Attempt) -> Attempt | None:
    """The same with a rule that says only what is to be repeated."""
    again = repeated(attempt.rule.tree)
    return None if again is None else _asking(attempt, again.of)


def _only(attempt: Attempt, clause: Sequence[Condition]) -> Attempt:
    """The same with a rule that says no more than these conditions, and orders nothing."""
    written = tuple(_written(condition) for condition in clause)
    return _asking(attempt, written[0] if len(written) == 1 else All(of=written), order=None)


def _written(condition: Condition) -> Tree:
    """A condition of an alternative as a rule would say it: what has no words of its own is the `not` of what has."""
    if condition.op in FIELDS[condition.field].said or condition.field == OTHER_UNIT:
        return condition
    return Not(of=negated(condition))


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

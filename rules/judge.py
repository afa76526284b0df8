"""One judgement of one item at one moment: which rules hold, which flags that sets, who bids for an order (1.N)."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.facts import REPORTED, FactKind
from domain.item import Hold, ItemState, RuleMemory
from domain.stock import Stock
from rules.active import ActiveRule, InForce, OffersWanted
from rules.choosing import Bid
from rules.compiled import compiled
from rules.conclusion import Conclusion
from rules.engine import Engine
from rules.evaluation import Evaluation, Truth, evaluate
from rules.fields import Operator
from rules.tree import Condition
from rules.verdicts import Judgement, Occasion, Verdicts
from rules.view import View
from rules.windows import by_press, outside

__all__ = ["Judge", "Judgement", "Occasion", "Verdicts"]

_FORGOTTEN = frozenset({"level", "percent", "daysLeft", "runsOut"})
"""What may be unknown again: a group does not know its level while one of its items was never counted."""


class Judge:
    """Judges items by the rules in force; holds no state but the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def verdicts(
        self, stock: Stock, in_force: InForce, at: datetime, memory: Mapping[str, RuleMemory], *, pressed: bool = False
    ) -> Verdicts:
        """What every rule says of this stock at this moment; `memory` are its flags."""
        view = View(stock, at, in_force, memory, pressed=pressed)
        return Verdicts(view, tuple((rule, self._evaluate(rule, view)) for rule in in_force.rules))

    def flags_kept(self, state: ItemState, in_force: InForce, at: datetime) -> ItemState:
        """The state with a flag for every rule in force: new ones and changed conditions are armed (1.N, Arming).

        So is a rule that comes back into force, for nobody has seen what was so meanwhile; but the order that it has
        open is still for the same want, and its cool-down goes on. A changed consequence is the owner's word: the
        retailer may be asked again.
        """
        memory, holds = _of_rules_out_of_force(state, in_force, at), dict(state.holds)
        for rule in in_force.rules:
            known = state.memory.get(str(rule.uuid))
            if known is None:
                known = RuleMemory(when=rule.when_digest, then=rule.then_digest)
            if known.when != rule.when_digest:
                known = known.out_of_force().model_copy(update={"when": rule.when_digest})
            if known.then != rule.then_digest:
                known = known.model_copy(update={"then": rule.then_digest, "held_by": None})
                for order in rule.orders:
                    holds = _lifted(holds, str(order.retailer), at)
            cool_down = None if rule.then.order is None else rule.then.order.cool_down
            if known.cool_down != cool_down:
                known = known.model_copy(update={"cool_down": cool_down})
            memory[str(rule.uuid)] = known
        return state.model_copy(update={"memory": memory, "holds": holds})

    def disarmed(self, state: ItemState, in_force: InForce, at: datetime, *, delivered: bool) -> ItemState:
        """The state in which every rule that holds now waits until it has been false (1.N, Delivered and Cancelled).

        After a delivery, what still holds because of the level is armed, and orders again, and what is wanted several
        times in a row is counted anew; but a rule that has more on its way waits for that as it did before.
        """
        view = View(state.stock.advanced(at), at, in_force, state.memory)
        waiting = {rule for each in state.opens for rule in each.need.rules} if delivered else set[UUID]()
        if delivered:
            state = self._counted_anew(state, view, [rule for rule in in_force.rules if rule.uuid not in waiting])
        flags = {}
        for rule, evaluation, clauses in self.verdicts(view.stock, in_force, at, state.memory).holding():
            on_the_level = delivered and self._because_of_the_level(rule, evaluation, clauses, view)
            if not on_the_level or rule.uuid not in waiting:
                flags[rule.uuid] = on_the_level
        return state.with_flags(flags)

    def judge(self, state: ItemState, in_force: InForce, occasion: Occasion) -> Judgement:
        """Judge the item as of `occasion.at`; every path ends in a decision that says why, or in OffersWanted."""
        at, fact = occasion.at, occasion.fact
        stock = state.stock.advanced(at)
        press = fact is not None and fact.kind is FactKind.PRESSED
        if occasion.presses_only:
            rules = tuple(rule for rule in in_force.rules if "pressed" in rule.fields)
            in_force = dataclasses.replace(in_force, rules=rules)
        if press:
            # a press is over as soon as it was judged, so the next one is another occasion
            state = _rearmed(state, self.verdicts(stock, in_force, at, state.memory))
        if occasion.reported or (fact is not None and fact.kind in REPORTED):
            state = self._counted_in_a_row(state, View(stock, at, in_force, state.memory, pressed=press), in_force)
        verdicts = self.verdicts(stock, in_force, at, state.memory, pressed=press)
        state = _rearmed(state, verdicts)
        asked = in_force.asked_by(fact)
        bids = [Bid((asked,), None, is_by_hand=not press)] if asked and state.open is None else []
        for rule, evaluation in verdicts.true():
            is_pressed = press and self._by_press(rule, evaluation, verdicts.view)
            may = state.memory[str(rule.uuid)].armed or (is_pressed and state.open is None)
            if rule.order and may and (state.open is None or rule.adds):
                bids.append(Bid(rule.orders, rule, is_pressed=is_pressed))
        if bids and not in_force.offers_read:
            raise OffersWanted("The offers have not been read.")
        if not occasion.presses_only and stock.unseen == 0 and state.asked_unseen:
            state = state.model_copy(update={"asked_unseen": False})
        return Conclusion(
            self._holds, state, in_force, verdicts, bids=bids, occasion=occasion, is_asked=asked is not None
        ).drawn()

    def _holds(self, rule: ActiveRule, view: View) -> bool:
        """Whether it would hold on what is looked at; what would not be so there was never reported in a row either."""
        inside = self._inside(rule, view)
        if inside is not None and inside.truth is Truth.FALSE:
            view = view.without_reports()
        return self._evaluate(rule, view).truth is Truth.TRUE

    def _evaluate(self, rule: ActiveRule, view: View) -> Evaluation:
        return evaluate(self._engine, compiled(rule.tree), view.of(rule))

    def _inside(self, rule: ActiveRule, view: View) -> Evaluation | None:
        """What is so of what it wants several times in a row."""
        inside = rule.repeated
        return None if inside is None else evaluate(self._engine, compiled(inside), view.of(rule))

    def _because_of_the_level(
        self, rule: ActiveRule, evaluation: Evaluation, clauses: Sequence[int], view: View
    ) -> bool:
        """Whether an alternative that holds asks what a delivery can end, also several times in a row."""
        if _is_low(evaluation, clauses, view.stock):
            return True
        inside = self._inside(rule, view)
        return inside is not None and _in_a_row(evaluation, clauses) and _goods_end(inside, view.stock)

    def _by_press(self, rule: ActiveRule, evaluation: Evaluation, view: View) -> bool:
        """Whether it is this press by which a rule holds, also the last of several in a row."""
        if by_press(evaluation):
            return True
        inside = self._inside(rule, view)
        return inside is not None and _in_a_row(evaluation, evaluation.clauses) and by_press(inside)

    def _counted_anew(self, state: ItemState, view: View, rules: Sequence[ActiveRule]) -> ItemState:
        """The state with no report counted any more by these rules, but for what no delivery can end."""
        memory = dict(state.memory)
        for rule in rules:
            if (inside := self._inside(rule, view)) is not None and _goods_end(inside, view.stock):
                memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update={"streak": 0})
        return state.model_copy(update={"memory": memory})

    def _counted_in_a_row(self, state: ItemState, view: View, in_force: InForce) -> ItemState:
        """The state with one more report counted by each rule that wants something several times in a row."""
        memory = dict(state.memory)
        for rule in in_force.rules:
            if (inside := self._inside(rule, view)) is not None and inside.truth is not Truth.UNKNOWN:
                known = memory[str(rule.uuid)]
                streak = known.streak + 1 if inside.truth is Truth.TRUE else 0
                memory[str(rule.uuid)] = known.model_copy(update={"streak": streak})
        return state.model_copy(update={"memory": memory})


def _rearmed(state: ItemState, verdicts: Verdicts) -> ItemState:
    """Whatever is false is armed; but not what is only outside its window: that is still so (1.N, A guard)."""
    holding = {rule.uuid for rule, _, _ in verdicts.holding()}
    memory, anew = dict(state.memory), {"armed": True, "notify_armed": True, "held_by": None}
    for rule, evaluation in verdicts.said:
        if rule.uuid not in holding and (evaluation.truth is Truth.FALSE or _was_never_so(evaluation)):
            memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update=anew)
    return state.model_copy(update={"memory": memory})


def _was_never_so(evaluation: Evaluation) -> bool:
    """Whether all that is in doubt has always been so: then whatever held before is false now.

    `5 left or low` would wait for ever for a `low: false` where the only device is a scale.
    """
    if evaluation.truth is not Truth.UNKNOWN:
        return False
    holds = {(seen.field, seen.op, seen.wanted): seen.holds for seen in evaluation.conditions}
    for clause in evaluation.rule.literals:
        known = [(literal.field, holds[literal.field, literal.op, literal.value]) for literal in clause]
        in_doubt = {field for field, truth in known if truth is None}
        if False not in (truth for _, truth in known) and in_doubt <= _FORGOTTEN:
            return False
    return True


def _of_rules_out_of_force(state: ItemState, in_force: InForce, at: datetime) -> dict[str, RuleMemory]:
    """All that is kept of rules that do not judge the item: what they have on order, and what they cool down from."""
    judging = {str(rule.uuid) for rule in in_force.rules}
    on_order = {str(rule) for each in state.opens for rule in each.need.rules}
    kept = {}
    for rule, known in state.memory.items():
        if rule in judging:
            continue
        cools_until = known.cools_until()
        if rule in on_order:
            kept[rule] = known
        elif cools_until is not None and at < cools_until:
            kept[rule] = known.out_of_force()
    return kept


def _is_low(evaluation: Evaluation, clauses: Sequence[int], stock: Stock) -> bool:
    """Whether one of these alternatives asks for little: only such a condition can a delivery end."""
    literals = (literal for clause in clauses for literal in evaluation.rule.literals[clause])
    return any(_asks_for_little(literal, stock) for literal in literals)


def _goods_end(inside: Evaluation, stock: Stock) -> bool:
    """Whether what was reported in a row is no longer so after a delivery, or so only because there is still little."""
    clauses = inside.clauses or outside(inside)
    return _is_low(inside, clauses, stock) if clauses else inside.truth is Truth.FALSE


def _asks_for_little(literal: Condition, stock: Stock) -> bool:
    match literal.field:
        case "level" | "daysLeft":
            return literal.op in (Operator.AT_MOST, Operator.BELOW)
        case "percent":
            return literal.op in (Operator.AT_MOST, Operator.BELOW) and stock.capacity is not None
        case "runsOut":
            return literal.value is True
    return False


def _in_a_row(evaluation: Evaluation, clauses: Sequence[int]) -> bool:
    """Whether one of these alternatives wants something several times in a row."""
    literals = (literal for clause in clauses for literal in evaluation.rule.literals[clause])
    return any(literal.field == "repeats" and literal.op is Operator.AT_LEAST for literal in literals)


def _lifted(holds: dict[str, Hold], retailer: str, at: datetime) -> dict[str, Hold]:
    """The hold ends now, but the count of rejections goes on."""
    hold = holds.get(retailer)
    return holds if hold is None else holds | {retailer: hold.model_copy(update={"until": at})}

"""From what the rules said to one decision, a step per clause of 1.N; every way ends in a sentence that says why."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from domain.asking import Price
from domain.decisions import ConditionReport, Decision, RuleReport, Verdict
from domain.guards import Guard, Stop
from domain.identity import order_uuid
from domain.item import ItemState, Need, OpenNeed
from domain.notices import NoticeKind
from domain.orders import Approval
from domain.settlement import News
from rules import reasons
from rules.active import ActiveRule, InForce
from rules.choosing import Bid, Choice, Choosing
from rules.evaluation import Evaluation, Truth
from rules.nouns import Words
from rules.verdicts import Judgement, Occasion, Verdicts
from rules.view import View

MOST_CLOCKS = 10  # so many are named in a decision
TRUTH = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}
Holds = Callable[[ActiveRule, View], bool]


class Conclusion:
    """One judgement on its way to a decision; `is_asked` where somebody wants an order, whatever the rules say."""

    def __init__(
        self,
        holds: Holds,
        state: ItemState,
        in_force: InForce,
        verdicts: Verdicts,
        *,
        bids: Sequence[Bid],
        occasion: Occasion,
        is_asked: bool,
    ) -> None:
        self._holds, self._state, self._in_force = holds, state, in_force
        self._verdicts, self._bids, self._occasion, self._is_asked = verdicts, bids, occasion, is_asked
        self._stock, self._at, self._words = verdicts.stock, occasion.at, in_force.words
        self._again: list[datetime] = []
        self._reasons: list[str] = []
        self._held: dict[UUID, Guard] = {}
        self._news: dict[NoticeKind, tuple[UUID, ...]] = {}
        if is_asked and occasion.fact is not None:
            self._reasons.append(reasons.asked(occasion.fact.kind))
        self._say(verdicts.true(), holds=True)

    def drawn(self) -> Judgement:
        """The decision, the need if there is one, and the state that remembers both."""
        verdict, need = self._verdict()
        if self._notified() and verdict is not Verdict.ORDERED:
            verdict = Verdict.NOTIFIED
        next_check = self._next_check()
        self._state = self._state.model_copy(update={"next_check": next_check})
        sentence = reasons.sentence(self._reasons)
        asked = {field for rule, _ in self._verdicts.said for field in rule.fields}
        stock = self._stock
        decision = Decision(
            id=self._occasion.id,
            at=self._at,
            trigger=self._occasion.trigger,
            fact=self._occasion.fact.id if self._occasion.fact else None,
            verdict=verdict,
            sentence=f"{sentence} {self._occasion.note}" if self._occasion.note else sentence,
            level=stock.level,
            rules=tuple(self._report(rule, evaluation) for rule, evaluation in self._verdicts.said),
            next_check=next_check,
            need=need.number if need else None,
            order=need.order if need else (self._state.open.need.order if self._state.open else None),
            clocks=tuple(out.fact for out in stock.outs[:MOST_CLOCKS]) if "outFor" in asked else (),
            expires_first=stock.expires_first if "expiresIn" in asked else None,
        )
        news = tuple(News(kind, decision, rules) for kind, rules in self._news.items())
        return Judgement(self._state, decision, need, news)

    def _verdict(self) -> tuple[Verdict, Need | None]:
        true = self._verdicts.true()
        if self._bids:
            return self._best_bid()
        if self._state.opens and (self._is_asked or true):
            self._reasons.append(self._on_order())
            return Verdict.ON_ORDER, None
        if true:
            orders = any(rule.order for rule, _ in true)
            self._reasons.append(
                "already ordered for this: waits until it has been otherwise" if orders else "no order is asked for"
            )
            return Verdict.HELD, None
        waiting, pressed = self._verdicts.waiting(), self._verdicts.pressed_in_vain()
        if waiting or pressed:
            self._outside(waiting, reasons.not_now)
            self._outside(pressed, reasons.press_again)
            return Verdict.HELD, None
        self._say(self._verdicts.said, holds=False)
        if any(evaluation.truth is Truth.UNKNOWN for _, evaluation in self._verdicts.said):
            return Verdict.NOT_EVALUABLE, None
        return Verdict.NOTHING, None

    def _say(self, said: Sequence[tuple[ActiveRule, Evaluation]], *, holds: bool) -> None:
        """What was found: the conditions that hold, or those that do not."""
        self._reasons += [
            reasons.condition(seen, self._words)
            for _, evaluation in said
            for seen in _conditions(evaluation)
            if bool(seen.holds) is holds
        ]

    def _best_bid(self) -> tuple[Verdict, Need | None]:
        asking: list[UUID] = []
        for bid in self._bids:
            if bid.rule is not None and self._only_without_the_unseen(bid.rule):
                asking.append(bid.rule.uuid)
                continue
            if not bid.is_the_owners_word and (stop := self._stop(bid)) is not None:
                self._stopped(bid, stop)
                continue
            choosing = Choosing(self._stock, self._at, self._state.holds, self._in_force)
            choice = choosing.choose(bid)
            self._reasons += choosing.reasons
            dear = None if choice is None or bid.is_by_hand else self._too_dear(choice)
            if choice is not None and (dear is None or dear.until is None or bid.is_the_owners_word):
                return Verdict.ORDERED, self._need(bid, choice, dear)
            self._again += choosing.again  # another retailer may be had by then, or be cheaper
            if dear is not None:
                self._stopped(bid, dear)
        self._tell_of_guards()
        if not asking:
            self._reasons += [self._on_order()] if self._state.opens else []
            return Verdict.HELD, None
        self._reasons.append(f"{self._words.amount(self._stock.unseen)} delivered, not seen: order again?")
        if self._state.asked_unseen:
            return Verdict.HELD, None
        self._state = self._state.model_copy(update={"asked_unseen": True})
        self._news[NoticeKind.ORDER_UNSEEN] = tuple(asking)
        return Verdict.ASKED, None

    def _outside(
        self, found: Sequence[tuple[ActiveRule, Evaluation]], saying: Callable[[datetime, Words], str]
    ) -> None:
        """All that is missing is the time: not now, and when it comes."""
        self._say(found, holds=True)
        for _, evaluation in found:
            opens = evaluation.next_check_in
            self._reasons.append("not at this time" if opens is None else saying(self._at + opens, self._words))

    def _on_order(self) -> str:
        return reasons.on_order([each.state for each in self._state.opens])

    def _only_without_the_unseen(self, rule: ActiveRule) -> bool:
        stock = self._stock
        if stock.unseen == 0 or stock.on_shelf is None:
            return False
        seen = stock.model_copy(update={"on_shelf": stock.on_shelf + stock.unseen})
        return not self._holds(rule, self._verdicts.view.with_stock(seen))

    def _stop(self, bid: Bid) -> Stop | None:
        """The guard that keeps a rule from ordering now, whatever the retailers offer (1.N, A guard)."""
        guards, at = self._in_force.guards, self._at
        return (
            guards.pause(at)
            or self._cooling_down(bid)
            or guards.too_often(at, self._in_force.zone, self._in_force.tally)
        )

    def _cooling_down(self, bid: Bid) -> Stop | None:
        then = None if bid.rule is None else bid.rule.then.order
        if bid.rule is None or then is None or then.cool_down is None:
            return None
        ordered = self._state.memory[str(bid.rule.uuid)].ordered_at
        if ordered is None or ordered + then.cool_down <= self._at:
            return None
        return Stop(f"ordered {reasons.lasting(self._at - ordered)} ago", ordered + then.cool_down)

    def _asks(self, choice: Choice, rules: Sequence[ActiveRule]) -> str | None:
        """Why the household is asked about the amount or the price: by its settings, then by one of the rules."""
        asks_first, total = self._in_force.asks_first, choice.total
        unit = Price(amount=choice.offer.unit_price, currency=choice.offer.currency)
        found = [asks_first.reason(unit, choice.packs, choice.order.agreed)]
        found += [asks_first.reason_above(total, rule.asks_above) for rule in rules if rule.asks_above is not None]
        return next(filter(None, found), None)

    def _too_dear(self, choice: Choice) -> Stop | None:
        return self._in_force.guards.too_dear(choice.total, self._at, self._in_force.zone, self._in_force.tally)

    def _stopped(self, bid: Bid, stop: Stop) -> None:
        """A guard leaves the rule armed, and is looked at again when it ends."""
        if bid.rule is not None and stop.guard is not None:
            self._held[bid.rule.uuid] = stop.guard
        if stop.until is None:
            self._reasons.append(stop.reason)
            return
        self._again.append(stop.until)
        self._reasons.append(reasons.not_before(stop.reason, stop.until, self._words) if stop.ends else stop.reason)

    def _tell_of_guards(self) -> None:
        """Told once for each need, however often it is judged, unless another guard keeps it back by now."""
        memory = dict(self._state.memory)
        anew = [rule for rule, guard in self._held.items() if memory[str(rule)].held_by is not guard]
        for rule in anew:
            memory[str(rule)] = memory[str(rule)].model_copy(update={"held_by": self._held[rule]})
        if anew:
            self._state = self._state.model_copy(update={"memory": memory})
            self._news[NoticeKind.ORDER_HELD] = tuple(anew)

    def _need(self, bid: Bid, choice: Choice, dear: Stop | None) -> Need:
        offer = choice.offer
        rules = [other.rule for other in self._bids if other.rule is not None]
        number = self._state.needs + 1
        asking = rules if bid.rule is not None else []
        asks = None if bid.is_by_hand else self._asks(choice, asking) or (None if dear is None else dear.reason)
        needed = asks is not None or any(rule.then.approval == "always" for rule in asking)
        need = Need(
            number=number,
            order=order_uuid(self._state.item, number),
            at=self._at,
            offer=offer,
            packs=choice.packs,
            approval=Approval.NEEDED if needed else Approval.NOT_NEEDED,
            rules=tuple(rule.uuid for rule in rules),
            removals=self._removals(rules),
            pressed=bid.rule is None,
            asks=asks,
        )
        opens = (*self._state.opens, OpenNeed(need=need, since=self._at))
        disarmed = dict.fromkeys((rule.uuid for rule in rules), False)
        state = self._state.with_flags(disarmed, ordered_at=self._at, held_by=None)
        self._state = state.with_opens(opens).model_copy(update={"needs": number})
        self._reasons += [*([reasons.NOTHING_ON_ORDER] if len(opens) == 1 else []), reasons.ordered(need, self._words)]
        if needed:
            self._reasons.append("waits for your yes" + (f": {asks}" if asks else ""))
        return need

    def _removals(self, rules: list[ActiveRule]) -> tuple[str, ...]:
        """The removals whose own clock makes one of the rules hold: an order for them ends those clocks (1.N)."""
        clocks = [rule for rule in rules if "outFor" in rule.fields]
        if not clocks:
            return ()
        alone = {
            out.fact: self._verdicts.view.with_stock(self._stock.model_copy(update={"outs": (out,)}))
            for out in self._stock.outs
        }
        return tuple(fact for fact, view in alone.items() if any(self._holds(rule, view) for rule in clocks))

    def _notified(self) -> bool:
        telling = [
            rule
            for rule, _ in self._verdicts.true()
            if rule.then.notify and self._state.memory[str(rule.uuid)].notify_armed
        ]
        if telling:
            self._reasons.append("you are told")
            self._news[NoticeKind.RULE_NOTIFIED] = tuple(rule.uuid for rule in telling)
            memory = dict(self._state.memory)
            for rule in telling:
                memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update={"notify_armed": False})
            self._state = self._state.model_copy(update={"memory": memory})
        return bool(telling)

    def _next_check(self) -> datetime | None:
        if self._occasion.presses_only and self._state.catch_up is not None:
            return self._state.catch_up.until
        moments = [self._at + ev.next_check_in for _, ev in self._verdicts.said if ev.next_check_in is not None]
        change = self._stock.next_change()
        return min([*moments, *self._again, *([change] if change else [])], default=None)

    def _report(self, rule: ActiveRule, evaluation: Evaluation) -> RuleReport:
        return RuleReport(
            rule=rule.uuid,
            version=rule.version,
            sentence=rule.sentence,
            truth=TRUTH[evaluation.truth],
            armed=self._state.memory[str(rule.uuid)].armed,
            conditions=_conditions(evaluation),
        )


def _conditions(evaluation: Evaluation) -> tuple[ConditionReport, ...]:
    return tuple(ConditionReport.model_validate(seen, from_attributes=True) for seen in evaluation.conditions)

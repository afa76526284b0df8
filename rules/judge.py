"""One judgement of one item at one moment: which rules hold, whether that is a need, and when to look again (1.N)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.asking import NEVER, AskFirst, Price
from domain.clocks import WhenSilent
from domain.decisions import ConditionReport, Decision, RuleReport, Trigger, Verdict
from domain.facts import Fact, FactKind
from domain.identity import order_uuid
from domain.item import Hold, ItemState, Need, OpenNeed, RuleMemory
from domain.orders import Approval
from domain.stock import Stock
from rules import reasons
from rules.active import ActiveRule, InForce, OffersWanted, Order
from rules.compiled import Compiled, compiled
from rules.engine import Engine
from rules.evaluation import ConditionSeen, Evaluation, Truth, evaluate
from rules.fields import Operator
from rules.nouns import PLAIN, Words
from rules.quantity import packs_for
from rules.situation import Situation

MOST_CLOCKS = 10  # so many are named in a decision
CATALOGUE_AGAIN = timedelta(hours=1)  # nobody tells an item that its SKU is back
TRUTH = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}


@dataclass(frozen=True)
class Occasion:
    """Why and when we judge; `presses_only` while catching up, when nothing else may make a need."""

    id: str
    at: datetime
    trigger: Trigger
    fact: Fact | None = None
    presses_only: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What came of it; `state` already remembers the need."""

    state: ItemState
    decision: Decision
    need: Need | None


@dataclass(frozen=True)
class Verdicts:
    """Every rule with what the engine said of it."""

    stock: Stock
    at: datetime
    said: tuple[tuple[ActiveRule, Evaluation], ...]
    words: Words = PLAIN

    def true(self) -> list[tuple[ActiveRule, Evaluation]]:
        """Those that hold, oldest first."""
        return [(rule, evaluation) for rule, evaluation in self.said if evaluation.truth is Truth.TRUE]


@dataclass(frozen=True)
class Bid:
    """A rule, a button or a person that wants an order now; only a rule's is not the owner's word."""

    order: Order
    rule: ActiveRule | None
    asks_first: AskFirst


class Judge:
    """Judges items by the rules in force; holds no state but the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def verdicts(self, stock: Stock, in_force: InForce, at: datetime, *, pressed: bool = False) -> Verdicts:
        """What every rule says of this stock at this moment."""
        seen = {way: _situation(stock, at, way, pressed=pressed) for way in {r.when_silent for r in in_force.rules}}
        said = tuple((rule, self._evaluate(rule, seen[rule.when_silent])) for rule in in_force.rules)
        return Verdicts(stock, at, said, in_force.words)

    def flags_kept(self, state: ItemState, in_force: InForce, at: datetime) -> ItemState:
        """The state with a flag for every rule in force: new ones and changed conditions are armed (1.N, Arming).

        A changed consequence is the owner's word: the retailer may be asked again.
        """
        memory, holds = dict(state.memory), dict(state.holds)
        for rule in in_force.rules:
            known = state.memory.get(str(rule.uuid))
            if known is None or known.when != rule.when_digest:
                known = RuleMemory(when=rule.when_digest, then=known.then if known else rule.then_digest)
            if known.then != rule.then_digest:
                known = known.model_copy(update={"then": rule.then_digest})
                if rule.order is not None:
                    holds = _lifted(holds, str(rule.order.retailer), at)
            memory[str(rule.uuid)] = known
        return state.model_copy(update={"memory": memory, "holds": holds})

    def disarmed(self, state: ItemState, verdicts: Verdicts, *, but_level_rules: bool) -> ItemState:
        """The state in which every rule that holds now waits until it has been false (1.N, Delivered and Cancelled).

        After a delivery `but_level_rules`: what still holds because of the level is armed, and orders again.
        """
        flags = {}
        for rule, evaluation in verdicts.true():
            flags[rule] = but_level_rules and _because_of_the_level(rule, evaluation, verdicts.stock)
        return _armed(state, flags)

    def judge(self, state: ItemState, in_force: InForce, occasion: Occasion) -> Judgement:
        """Judge the item as of `occasion.at`; every path ends in a decision that says why, or in OffersWanted."""
        at, fact = occasion.at, occasion.fact
        stock = state.stock.advanced(at)
        press = fact is not None and fact.kind is FactKind.PRESSED
        if occasion.presses_only:
            rules = tuple(rule for rule in in_force.rules if "pressed" in rule.fields)
            in_force = dataclasses.replace(in_force, rules=rules)
        verdicts = self.verdicts(stock, in_force, at, pressed=press)
        state = _rearmed(state, verdicts)
        asked = in_force.asked_by(fact)
        # whoever orders by hand has just seen what it costs; a button shows no price
        bids = [Bid(asked, None, in_force.asks_first if press else NEVER)] if asked else []
        bids += [
            Bid(rule.order, rule, in_force.asks_first)
            for rule, _ in verdicts.true()
            if rule.order and state.memory[str(rule.uuid)].armed
        ]
        if bids and state.open is None and not in_force.offers_read:
            raise OffersWanted("The offers have not been read.")
        if not occasion.presses_only and stock.unseen == 0 and state.asked_unseen:
            state = state.model_copy(update={"asked_unseen": False})
        return _Conclusion(self, state, verdicts, bids, occasion).drawn()

    def holds_with(self, rule: ActiveRule, stock: Stock, at: datetime) -> bool:
        """Whether one rule would hold for another stock."""
        return self._evaluate(rule, _situation(stock, at, rule.when_silent, pressed=False)).truth is Truth.TRUE

    def _evaluate(self, rule: ActiveRule, situation: Situation) -> Evaluation:
        return evaluate(self._engine, _compiled(rule), situation)


class _Conclusion:
    """From what the rules said to one decision; a step per clause of 1.N."""

    def __init__(self, judge: Judge, state: ItemState, verdicts: Verdicts, bids: list[Bid], occasion: Occasion) -> None:
        self.judge, self.state, self.stock = judge, state, verdicts.stock
        self.verdicts, self.bids, self.occasion = verdicts, bids, occasion
        self.at, self.words = occasion.at, verdicts.words
        self.retry_at: list[datetime] = []
        self.reasons = [
            self._found(seen) for _, evaluation in verdicts.true() for seen in evaluation.conditions if seen.holds
        ]

    def drawn(self) -> Judgement:
        verdict, need = self._verdict()
        notified = self._notified()
        if notified and verdict is not Verdict.ORDERED:
            verdict = Verdict.NOTIFIED
        next_check = self._next_check()
        self.state = self.state.model_copy(update={"next_check": next_check})
        sentence = reasons.sentence(self.reasons)
        asked = {field for rule, _ in self.verdicts.said for field in rule.fields}
        decision = Decision(
            id=self.occasion.id,
            at=self.at,
            trigger=self.occasion.trigger,
            fact=self.occasion.fact.id if self.occasion.fact else None,
            verdict=verdict,
            sentence=f"{sentence} {self.occasion.note}" if self.occasion.note else sentence,
            level=self.stock.level,
            rules=tuple(self._report(rule, evaluation) for rule, evaluation in self.verdicts.said),
            next_check=next_check,
            need=need.number if need else None,
            order=need.order if need else (self.state.open.need.order if self.state.open else None),
            clocks=tuple(out.fact for out in self.stock.outs[:MOST_CLOCKS]) if "outFor" in asked else (),
            expires_first=self.stock.inside[0].expires_at if "expiresIn" in asked and self.stock.inside else None,
        )
        return Judgement(self.state, decision, need)

    def _found(self, seen: ConditionSeen) -> str:
        return reasons.condition(ConditionReport.model_validate(seen, from_attributes=True), self.words)

    def _verdict(self) -> tuple[Verdict, Need | None]:
        if self.state.open is not None and (self.bids or self.verdicts.true()):
            self.reasons.append(reasons.on_order(self.state.open.state))
            return Verdict.ON_ORDER, None
        if self.bids:
            return self._best_bid()
        if self.verdicts.true():
            waiting = any(rule.order for rule, _ in self.verdicts.true())
            self.reasons.append(
                "already ordered for this: waits until it has been otherwise" if waiting else "no order is asked for"
            )
            return Verdict.HELD, None
        self.reasons += [
            self._found(seen)
            for _, evaluation in self.verdicts.said
            for seen in evaluation.conditions
            if not seen.holds
        ]
        if any(evaluation.truth is Truth.UNKNOWN for _, evaluation in self.verdicts.said):
            return Verdict.NOT_EVALUABLE, None
        return Verdict.NOTHING, None

    def _best_bid(self) -> tuple[Verdict, Need | None]:
        asked = False
        for bid in self.bids:
            if bid.rule is not None and self._only_without_the_unseen(bid.rule):
                asked = True
                continue
            packs = self._packs(bid)
            if isinstance(packs, int) and bid.order.offer is not None:
                return Verdict.ORDERED, self._need(bid, packs)
            self.reasons.append(str(packs))
        if not asked:
            return Verdict.HELD, None
        self.reasons.append(f"{self.words.amount(self.stock.unseen)} delivered, not seen: order again?")
        verdict = Verdict.HELD if self.state.asked_unseen else Verdict.ASKED
        self.state = self.state.model_copy(update={"asked_unseen": True})
        return verdict, None

    def _only_without_the_unseen(self, rule: ActiveRule) -> bool:
        stock = self.stock
        if stock.unseen == 0 or stock.on_shelf is None:
            return False
        seen = stock.model_copy(update={"on_shelf": stock.on_shelf + stock.unseen})
        return not self.judge.holds_with(rule, seen, self.at) and "pressed" not in rule.fields

    def _packs(self, bid: Bid) -> int | str:
        """The packs this bid may order now, or why it may not; a guard that ends sets the next check (1.N)."""
        offer, hold = bid.order.offer, self.state.holds.get(str(bid.order.retailer))
        owners_word = bid.rule is None or "pressed" in bid.rule.fields
        if not owners_word and hold is not None and hold.holds(self.at):
            if hold.until is None:
                return "rejected four times there: waits for your word"
            self.retry_at.append(hold.until)
            return f"rejected there: not asked again before {self.words.moment(hold.until)}"
        if offer is None or not offer.available:
            self.retry_at.append(self.at + CATALOGUE_AGAIN)
        if offer is None:
            return f"the retailer's catalogue has no {bid.order.sku}"
        if not offer.available:
            return f"{offer.name} is not available at {offer.retailer_name}"
        return packs_for(bid.order.wanted, self.stock, offer.pack_size)

    def _need(self, bid: Bid, packs: int) -> Need:
        offer = bid.order.offer
        if offer is None:
            msg = "a need without an offer"
            raise AssertionError(msg)
        rules = [other.rule for other in self.bids if other.rule is not None]
        number = self.state.needs + 1
        total = packs * offer.unit_price
        unit = Price(amount=offer.unit_price, currency=offer.currency)
        asks = bid.asks_first.reason(unit, packs, bid.order.agreed)
        approvals = {rule.approval(total) for rule in rules} if bid.rule is not None else {Approval.NOT_NEEDED}
        approvals |= {Approval.NEEDED} if asks is not None else set()
        need = Need(
            number=number,
            order=order_uuid(self.state.item, number),
            at=self.at,
            offer=offer,
            packs=packs,
            approval=Approval.NEEDED if Approval.NEEDED in approvals else Approval.NOT_NEEDED,
            rules=tuple(rule.uuid for rule in rules),
            removals=self._removals(rules),
            pressed=bid.rule is None,
            asks=asks,
        )
        self.state = _armed(self.state, dict.fromkeys(rules, False)).model_copy(
            update={"needs": number, "open": OpenNeed(need=need, since=self.at)}
        )
        self.reasons += [reasons.NOTHING_ON_ORDER, reasons.ordered(need, self.words)]
        if asks is not None:
            self.reasons.append(f"waits for your yes: {asks}")
        return need

    def _removals(self, rules: list[ActiveRule]) -> tuple[str, ...]:
        """The removals whose own clock makes one of the rules hold: an order for them ends those clocks (1.N)."""
        clocks = [rule for rule in rules if "outFor" in rule.fields]
        return tuple(
            out.fact
            for out in self.stock.outs
            if any(
                self.judge.holds_with(rule, self.stock.model_copy(update={"outs": (out,)}), self.at) for rule in clocks
            )
        )

    def _notified(self) -> bool:
        telling = [
            rule
            for rule, _ in self.verdicts.true()
            if rule.then.notify and self.state.memory[str(rule.uuid)].notify_armed
        ]
        if telling:
            self.reasons.append("you are told")
            memory = dict(self.state.memory)
            for rule in telling:
                memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update={"notify_armed": False})
            self.state = self.state.model_copy(update={"memory": memory})
        return bool(telling)

    def _next_check(self) -> datetime | None:
        if self.occasion.presses_only and self.state.catch_up is not None:
            return self.state.catch_up.until
        moments = [self.at + ev.next_check_in for _, ev in self.verdicts.said if ev.next_check_in is not None]
        change = self.stock.next_change()
        return min([*moments, *self.retry_at, *([change] if change else [])], default=None)

    def _report(self, rule: ActiveRule, evaluation: Evaluation) -> RuleReport:
        return RuleReport(
            rule=rule.uuid,
            version=rule.version,
            sentence=rule.sentence,
            truth=TRUTH[evaluation.truth],
            armed=self.state.memory[str(rule.uuid)].armed,
            conditions=tuple(
                ConditionReport.model_validate(seen, from_attributes=True) for seen in evaluation.conditions
            ),
        )


def _situation(stock: Stock, at: datetime, when_silent: WhenSilent, *, pressed: bool) -> Situation:
    out = stock.out(at, when_silent)
    return Situation(
        level=stock.level,
        percent=stock.percent,
        out_for=out.running,
        out_standing=out.standing,
        expires_in=stock.expires_in(at),
        pressed=pressed,
        low=stock.low,
    )


def _compiled(rule: ActiveRule) -> Compiled:
    return compiled(rule.tree)


def _rearmed(state: ItemState, verdicts: Verdicts) -> ItemState:
    memory = dict(state.memory)
    for rule, evaluation in verdicts.said:
        if evaluation.truth is Truth.FALSE:
            memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update={"armed": True, "notify_armed": True})
    return state.model_copy(update={"memory": memory})


def _armed(state: ItemState, flags: dict[ActiveRule, bool]) -> ItemState:
    memory = dict(state.memory)
    for rule, armed in flags.items():
        memory[str(rule.uuid)] = memory[str(rule.uuid)].model_copy(update={"armed": armed})
    return state.model_copy(update={"memory": memory})


def _because_of_the_level(rule: ActiveRule, evaluation: Evaluation, stock: Stock) -> bool:
    fields = {"level", "percent"} if stock.capacity is not None else {"level"}
    clauses = _compiled(rule).literals
    return any(
        str(literal.field) in fields and literal.op in (Operator.AT_MOST, Operator.BELOW)
        for clause in evaluation.clauses
        for literal in clauses[clause]
    )


def _lifted(holds: dict[str, Hold], retailer: str, at: datetime) -> dict[str, Hold]:
    """The hold ends now, but the count of rejections goes on."""
    hold = holds.get(retailer)
    return holds if hold is None else holds | {retailer: hold.model_copy(update={"until": at})}

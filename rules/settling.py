"""Facts taken one after another, deadlines in between: what a batch of arrivals makes of an item (1.N, Judging).

Any split of a sequence of arrivals into batches gives the same decisions and needs.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.decisions import Decision, Trigger, Verdict
from domain.facts import (
    LATE,
    ONE_PRESS,
    OWNERS_WORDS,
    REPORTED,
    STALE_PRESS,
    TOO_OLD,
    Arrival,
    Fact,
    FactKind,
    OrderNews,
    Source,
)
from domain.fold import after
from domain.item import Cancelling, CatchUp, Hold, ItemState, Need
from domain.orders import ENDED, ENDED_WITHOUT_DELIVERY, OWNERS_NO, OrderState
from domain.settlement import Past, Settlement, Taken
from domain.stock import Stock
from rules import reasons
from rules.active import InForce
from rules.judge import Judge
from rules.verdicts import Occasion

CHECKPOINT_EVERY = 64


class Settling:
    """One batch on one item. `past` is needed when an arrival was observed before the newest one known."""

    def __init__(self, judge: Judge, in_force: InForce, state: ItemState, past: Past | None) -> None:
        self._judge, self._in_force = judge, in_force
        self._state = state
        self._past = past or Past(state.stock)
        self._since: list[Taken] = list(self._past.taken)
        self._behind = False
        self._result = Settlement(state)

    def settle(self, arrivals: Sequence[Arrival], as_of: datetime) -> Settlement:
        """Take the arrivals in order, then every deadline due at `as_of`."""
        for arrival in arrivals:
            self._deadlines(until=arrival.at)
            self._take(arrival)
        self._deadlines(until=as_of)
        self._refold()
        self._result.state = self._state
        return self._result

    def _deadlines(self, until: datetime) -> None:
        """Judge each deadline at its own moment; one found late means that we were away (1.N, Catch-up)."""
        while (due := self._state.next_check) is not None and due <= until:
            self._flags_kept(due)
            if until - due > LATE and (catch_up := CatchUp.after_being_away(self._state.catch_up, until)):
                self._update(catch_up=catch_up, next_check=catch_up.until)
                return
            caught_up = self._state.catch_up
            name = "caught-up" if caught_up is not None else "deadline"
            reported = caught_up is not None and caught_up.reported
            self._update(catch_up=None, next_check=None)
            self._judged(Occasion(f"{name}:{due.isoformat()}", due, Trigger.DEADLINE, reported=reported))

    def _take(self, arrival: Arrival) -> None:
        arrival = self._completed(arrival)
        fact, at = arrival.fact, arrival.at
        self._flags_kept(at)
        age = at - arrival.observed_at
        if reason := self._uncounted(arrival):
            self._record(arrival, folded=False, flag=reason[0])
            self._decided(fact, at, Verdict.IGNORED, reason[1])
            return
        if fact.kind is FactKind.PRESSED and fact.instruction is not None:
            self._pressed(str(fact.instruction), arrival.observed_at)
        says_nothing = fact.kind is FactKind.USED and not self._asks_about_use() and not self._counted()
        self._record(arrival, folded=True)
        if age > LATE:
            self._catch_up(at)
        if fact.order is not None and fact.kind is FactKind.ORDER:
            self._heard(fact.order, at)
        note = self._undone(arrival) if fact.kind in (FactKind.RETURNED, FactKind.ADDED) else None
        if self._state.catch_up is not None and fact.kind not in OWNERS_WORDS:
            if fact.kind in REPORTED:
                self._update(catch_up=self._state.catch_up.model_copy(update={"reported": True}))
            until = self._in_force.words.moment(self._state.catch_up.until)
            sentence = f"Recorded; everything is judged together at {until}."
            self._decided(fact, at, Verdict.CATCHING_UP, f"{sentence} {note}" if note else sentence)
        elif says_nothing:
            self._decided(fact, at, Verdict.RECORDED, "Recorded, not judged: nothing was counted before it.")
        else:
            presses_only = self._state.catch_up is not None
            self._judged(Occasion(fact.id, at, Trigger.FACT, fact, presses_only=presses_only, note=note))

    def _asks_about_use(self) -> bool:
        """Whether a rule wants to know when some was used, whatever the level is."""
        return any("unusedFor" in rule.fields for rule in self._in_force.rules)

    def _uncounted(self, arrival: Arrival) -> tuple[str, str] | None:
        """Why a fact changes nothing: a flag for the ledger and a sentence for people; None when it counts."""
        fact, observed = arrival.fact, arrival.observed_at
        age = arrival.at - observed
        if age > TOO_OLD and fact.kind in REPORTED:
            return "too-old", f"Recorded, changes nothing: it is {reasons.lasting(age)} old."
        if fact.kind not in OWNERS_WORDS:
            return None
        if age > STALE_PRESS:
            what = "press" if fact.kind is FactKind.PRESSED else "order"
            return "stale-press", f"Not ordered: the {what} reached us {reasons.lasting(age)} late."
        last = self._state.presses.get(str(fact.instruction))
        if not fact.keyed and last is not None and abs(observed - last) <= ONE_PRESS:
            return "same-press", "Taken as one press with the one just before it."
        return None

    def _completed(self, arrival: Arrival) -> Arrival:
        """The arrival with what only the item knows: its capacity, and that no news of an order precedes it."""
        fact = arrival.fact
        if fact.kind is FactKind.PERCENT:
            fact = fact.model_copy(update={"capacity": self._state.stock.capacity})
        elif fact.kind is FactKind.ORDER and fact.order is not None:
            open_need = self._state.open_for(fact.order.order)
            if open_need is not None and arrival.observed_at < open_need.since:
                arrival = arrival.model_copy(update={"at": max(arrival.at, open_need.since)})
                fact = fact.model_copy(update={"observed_at": open_need.since})
        return arrival.model_copy(update={"fact": fact})

    def _counted(self) -> bool:
        """Whether anything was ever counted, without folding for it."""
        facts = (taken.arrival.fact for taken in self._since)
        return self._state.stock.on_shelf is not None or any(
            fact.kind is FactKind.COUNTED or (fact.kind is FactKind.PERCENT and fact.capacity is not None)
            for fact in facts
        )

    def _heard(self, news: OrderNews, at: datetime) -> None:
        """What the order's state means for the flags (1.N, Arming)."""
        open_need = self._state.open_for(news.order)
        if open_need is None:
            return
        if news.state not in ENDED:
            self._state = self._state.with_open(open_need.model_copy(update={"state": news.state}))
            return
        self._state = self._state.with_opens(each for each in self._state.opens if each.need.order != news.order)
        retailer = str(open_need.need.offer.retailer)
        if news.state is OrderState.DELIVERED:
            self._update(holds={other: hold for other, hold in self._state.holds.items() if other != retailer})
        taken_back = news.state is OrderState.CANCELLED and open_need.cancelling is not Cancelling.NO
        if news.state is OrderState.DELIVERED or (news.state in OWNERS_NO and not taken_back):
            self._refold()
            delivered = news.state is OrderState.DELIVERED
            self._state = self._judge.disarmed(self._state, self._in_force, at, delivered=delivered)
        if news.state in ENDED_WITHOUT_DELIVERY:
            hold = Hold.after(self._state.holds.get(retailer), at, news.state)
            self._update(holds=self._state.holds | {retailer: hold})
        if news.state in ENDED_WITHOUT_DELIVERY or taken_back:
            # nothing came of it, so that nothing has to cool down
            self._state = self._state.with_flags(dict.fromkeys(open_need.need.rules, True), ordered_at=None)
        self._flags_kept(at)

    def _undone(self, arrival: Arrival) -> str | None:
        """Returns from before a deadline that arrive after its order: it is taken back if it still can be.

        Answers with the sentence for the decision, or None when there is nothing to take back.
        """
        suspects = [
            each
            for each in self._state.opens
            if each.need.removals
            and not each.need.pressed
            and each.cancelling is Cancelling.NO
            and arrival.observed_at < each.need.at
        ]
        if not suspects:
            return None
        stock = self._stock().advanced(arrival.at)
        outs = {out.fact for out in stock.outs}
        verdicts = self._judge.verdicts(stock, self._in_force, arrival.at, self._state.memory)
        holding = {rule.uuid for rule, _, _ in verdicts.holding()}
        undone = [
            each for each in suspects if not outs & set(each.need.removals) and not holding & set(each.need.rules)
        ]
        for each in undone:
            self._state = self._state.with_open(each.model_copy(update={"cancelling": Cancelling.WANTED}))
        if not undone:
            return None
        return "Returned before it was ordered, but this came later: cancelled if it still can be, else both stand."

    def _pressed(self, instruction: str, observed: datetime) -> None:
        recent = {key: last for key, last in self._state.presses.items() if observed - last < STALE_PRESS}
        self._update(presses=recent | {instruction: max(observed, recent.get(instruction, observed))})

    def _catch_up(self, at: datetime) -> None:
        catch_up = CatchUp.extended(self._state.catch_up, at)
        self._update(catch_up=catch_up, next_check=catch_up.until)

    def _judged(self, occasion: Occasion) -> None:
        self._refold()
        judgement = self._judge.judge(self._state, self._in_force, occasion)
        self._state = judgement.state
        self._result.decisions.append(judgement.decision)
        self._result.news += judgement.news
        if judgement.need is not None:
            self._needed(judgement.need)

    def _needed(self, need: Need) -> None:
        news = OrderNews(
            order=need.order,
            state=OrderState.NEEDED,
            units=need.units,
            pack_size=need.offer.pack_size,
            removals=need.removals,
        )
        moment = need.at if self._state.head is None else max(need.at, self._state.head)
        if (open_need := self._state.open_for(need.order)) is not None:
            self._state = self._state.with_open(open_need.model_copy(update={"since": moment}))
        self._in_force = self._in_force.and_ordered(need)
        fact = Fact(
            id=f"ordered:{need.order}",
            kind=FactKind.ORDERED,
            observed_at=moment,
            received_at=moment,
            source=Source.LARDER,
            order=news,
        )
        self._record(Arrival(fact=fact, at=moment), folded=True)
        self._result.needs.append(need)

    def _decided(self, fact: Fact, at: datetime, verdict: Verdict, sentence: str) -> None:
        open_need = self._state.open
        decision = Decision(
            id=fact.id,
            at=at,
            trigger=Trigger.FACT,
            fact=fact.id,
            verdict=verdict,
            sentence=sentence,
            next_check=self._state.next_check,
            order=open_need.need.order if open_need else None,
        )
        self._result.decisions.append(decision)

    def _record(self, arrival: Arrival, *, folded: bool, flag: str | None = None) -> None:
        number = self._state.arrivals + 1
        self._update(arrivals=number)
        taken = Taken(arrival, number, folded, flag)
        self._result.taken.append(taken)
        if not folded:
            return
        observed, head = arrival.observed_at, self._state.head
        self._since.append(taken)
        if head is not None and observed < head:
            earliest = self._result.refolded_from
            self._result.refolded_from = observed if earliest is None else min(earliest, observed)
            self._behind = True
            return
        self._update(head=observed)
        if not self._behind:
            self._update(stock=after(self._state.stock, arrival))
            if number % CHECKPOINT_EVERY == 0:
                self._result.checkpoints.append((taken, self._state.stock))

    def _stock(self) -> Stock:
        self._refold()
        return self._state.stock

    def _refold(self) -> None:
        """Bring the stock up to date after late facts: once for many of them, only when somebody looks."""
        if not self._behind:
            return
        self._since.sort(key=lambda taken: (taken.arrival.observed_at, taken.number))
        stock, refolded_from, points = self._past.stock, self._result.refolded_from, []
        for place, taken in enumerate(self._since, start=1):
            stock = after(stock, taken.arrival)
            if place % CHECKPOINT_EVERY == 0:
                points.append((taken, stock))
        self._update(stock=stock)
        self._behind = False
        if refolded_from is not None:
            kept = [point for point in self._result.checkpoints if point[0].arrival.observed_at < refolded_from]
            anew = [point for point in points if point[0].arrival.observed_at >= refolded_from]
            self._result.checkpoints = kept + anew

    def _flags_kept(self, at: datetime) -> None:
        self._state = self._judge.flags_kept(self._state, self._in_force, at)

    def _update(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)

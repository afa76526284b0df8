"""Settling an item: its new facts recorded and judged, all in one transaction that may safely run again."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from temporalio import activity

from activities.wishes import Wishes, market_for
from domain.decisions import Decision, Trigger, Verdict
from domain.facts import Arrival, Fact, FactKind, Source
from domain.identity import order_uuid
from domain.item import Cancelling, ItemState, Need, OpenNeed
from domain.process import OrderBrief, Settle, Settled
from domain.settlement import Past, Settlement
from failpoints import Failpoints
from rules.active import InForce, OffersWanted
from rules.judge import Judge
from rules.nouns import Words
from rules.settling import Settling
from storage import groups, item_notices
from storage.asking import Purse
from storage.database import Database
from storage.ledger import Ledger, Opened


@dataclass(frozen=True)
class StockKeeping:
    """Keeps the ledger of items; the only writer of facts, decisions and needs."""

    db: Database
    judge: Judge
    failpoints: Failpoints

    @activity.defn
    async def settle(self, batch: Settle) -> Settled:
        """Record and judge a batch of arrivals.

        The answer never depends on which facts were new: running again, alone or with a larger batch, gives
        the item as it stands and every need not yet marked started.
        """
        async with self.db.writing() as session:
            ledger = Ledger(session, batch.item)
            opened = await ledger.opened()
            if opened is None:
                return Settled(deleted=True, line="deleted", needs=await _left(ledger, batch))
            state = _reported(opened, batch)
            for skipped in [each for each in state.opens if each.need.number in batch.skipped]:
                state = await _renumbered(ledger, state, skipped, opened.account)
            arrivals, differing = await _new(ledger, batch)
            pressed = {
                arrival.fact.instruction
                for arrival in arrivals
                if arrival.fact.kind is FactKind.PRESSED and arrival.fact.instruction is not None
            }
            by_hand = [arrival.fact.wish for arrival in arrivals if arrival.fact.wish is not None]
            wishes = Wishes(opened, await ledger.buttons(sorted(pressed)), by_hand)
            if any(arrival.fact.kind is FactKind.POOLED for arrival in arrivals):
                arrivals = _pooled(arrivals, await groups.level(session, batch.item, opened.unit))
            head = state.head
            late = [arrival.observed_at for arrival in arrivals if head is not None and arrival.observed_at < head]
            past = await ledger.past(min(late)) if late else None
            purse = Purse(session, opened.account)
            times = await purse.lead_times(wishes.reckoned_with)
            try:
                in_force = wishes.in_force(None, times)
                if batch.recall and opened.memory is not None:
                    arrivals += _never_asked(state, in_force, batch.as_of)
                settlement = await self._settlement(in_force, state, past, arrivals, batch.as_of)
            except OffersWanted:
                since = min([batch.as_of, *([state.next_check] if state.next_check else []), *(a.at for a in arrivals)])
                in_force = wishes.in_force(await market_for(purse, ledger, wishes, batch.item, since), times)
                settlement = await self._settlement(in_force, state, past, arrivals, batch.as_of)
            for need in settlement.needs:
                await ledger.need(need, opened.account)
            await item_notices.add(session, batch.item, opened, settlement, already=len(differing))
            await ledger.keep(settlement, [*differing, *settlement.decisions], batch.as_of)
            level = settlement.state.stock.advanced(batch.as_of).level
            untold = opened.is_member and await groups.says(session, batch.item, level)
            needs = await _unstarted(ledger, batch, opened.name, settlement.state.opens)
        self.failpoints.reach("settle_committed")
        settled = _settled(batch, opened, settlement.state, settlement.decisions, needs)
        return settled.model_copy(update={"untold": untold})

    async def _settlement(
        self, in_force: InForce, state: ItemState, past: Past | None, arrivals: Sequence[Arrival], as_of: datetime
    ) -> Settlement:
        settling = Settling(self.judge, in_force, state, past)
        if past is None:
            return settling.settle(arrivals, as_of)
        # folding in late facts may take a while, and this process has more to do
        return await asyncio.to_thread(settling.settle, arrivals, as_of)


def _reported(opened: Opened, batch: Settle) -> ItemState:
    """The stored state, with what the workflow has done since about its open needs."""
    state = opened.memory or ItemState(item=batch.item)
    stock = state.stock.model_copy(update={"capacity": opened.stock.capacity})
    unannounced = tuple(notice for notice in state.notices if notice not in batch.announced)
    state = state.model_copy(update={"stock": stock, "notices": unannounced})
    for open_need in state.opens:
        if open_need.need.number in batch.started:
            state = state.with_open(open_need := open_need.model_copy(update={"started": True}))
        if open_need.need.order in batch.told:
            state = state.with_open(open_need.model_copy(update={"cancelling": Cancelling.TOLD}))
    return state


def _never_asked(state: ItemState, in_force: InForce, as_of: datetime) -> list[Arrival]:
    """A reason to judge where a rule was never asked as it stands: whoever tells may be gone with Temporal."""
    known = state.memory
    new = [
        f"{rule.uuid}:{rule.version}"
        for rule in in_force.rules
        if (seen := known.get(str(rule.uuid))) is None or (seen.when, seen.then) != (rule.when_digest, rule.then_digest)
    ]
    if not new:
        return []
    name = hashlib.sha256(" ".join(new).encode()).hexdigest()[:32]
    return [Arrival(fact=Fact(id=f"recalled:{name}", kind=FactKind.CHANGED, source=Source.LARDER), at=as_of)]


def _pooled(arrivals: Sequence[Arrival], held: Decimal | None) -> list[Arrival]:
    """The arrivals, of which those that say that a group holds another amount get what that is now."""
    return [
        arrival.model_copy(update={"fact": arrival.fact.model_copy(update={"quantity": held})})
        if arrival.fact.kind is FactKind.POOLED
        else arrival
        for arrival in arrivals
    ]


async def _renumbered(ledger: Ledger, state: ItemState, open_need: OpenNeed, account: UUID) -> ItemState:
    number = state.needs + 1
    old = open_need.need
    new = old.model_copy(update={"number": number, "order": order_uuid(state.item, number)})
    await ledger.renumber(old, new, account)
    anew = OpenNeed(need=new, since=open_need.since)
    orders = [
        each.model_copy(update={"order": new.order}) if each.order == old.order else each for each in state.stock.orders
    ]
    state = state.with_opens(anew if each.need.order == old.order else each for each in state.opens)
    return state.model_copy(update={"needs": number, "stock": state.stock.with_orders(orders)})


async def _new(ledger: Ledger, batch: Settle) -> tuple[list[Arrival], list[Decision]]:
    """The arrivals that the ledger has not seen, once each; and a decision for each repeat that says otherwise."""
    digests = await ledger.known([arrival.fact.id for arrival in batch.arrivals])
    arrivals, differing = [], {}
    for arrival in batch.arrivals:
        fact, digest = arrival.fact, arrival.fact.digest()
        if fact.id not in digests:
            digests[fact.id] = digest
            arrivals.append(arrival)
        elif digests[fact.id] != digest:
            differs = Decision(
                id=f"differs:{fact.id}:{digest}",
                at=arrival.at,
                trigger=Trigger.FACT,
                fact=fact.id,
                verdict=Verdict.DIFFERS,
                sentence="Changes nothing: a fact with this id was already recorded, and it said something else.",
            )
            differing[differs.id] = differs
    return arrivals, list(differing.values())


async def _left(ledger: Ledger, batch: Settle) -> tuple[OrderBrief, ...]:
    """The orders of a deleted item, which run out: a run that knows nothing yet looks whether they do."""
    closed = await ledger.closed(batch.started, batch.as_of)
    needs = closed.needs if batch.recall else ()
    return tuple([await _brief(ledger, batch, closed.name, need, may_be_begun=True) for need in needs])


async def _unstarted(ledger: Ledger, batch: Settle, name: str, opens: Sequence[OpenNeed]) -> tuple[OrderBrief, ...]:
    """The open needs whose orders may not run: not yet marked started, or this run of the item knows nothing yet."""
    briefs = []
    for open_need in opens:
        if batch.recall or not open_need.started:
            may_be_begun = batch.recall or open_need.started
            briefs.append(await _brief(ledger, batch, name, open_need.need, may_be_begun=may_be_begun))
    return tuple(briefs)


def _settled(
    batch: Settle, opened: Opened, state: ItemState, decisions: list[Decision], needs: tuple[OrderBrief, ...]
) -> Settled:
    stock = state.stock.advanced(batch.as_of)
    newest = decisions[-1] if decisions else None
    words = Words(opened.name, opened.unit, opened.zone)
    level = "not counted" if stock.level is None else words.left(stock.level)
    if stock.level is None and stock.percent is not None:
        level = words.percent_left(stock.percent)
    orders = "".join(f" · order {each.need.order} is {each.state}" for each in state.opens)
    reason = f" · {newest.sentence}" if newest else ""
    return Settled(
        line=f"**{opened.name}** · {level}{orders}{reason}",
        verdict=newest.verdict if newest else None,
        next_check=state.next_check,
        needs=needs,
        notices=state.notices,
        take_back=tuple(each.need.order for each in state.opens if each.cancelling is Cancelling.WANTED),
    )


async def _brief(ledger: Ledger, batch: Settle, name: str, need: Need, *, may_be_begun: bool) -> OrderBrief:
    packs = f"{need.packs} pack{'' if need.packs == 1 else 's'}"
    brief = OrderBrief(
        order=need.order,
        item=batch.item,
        account=batch.account,
        need=need.number,
        needed_at=need.at,
        retailer=need.offer.retailer,
        sku=need.offer.sku,
        packs=need.packs,
        pack_size=need.offer.pack_size,
        approval=need.approval,
        asks=need.asks,
        summary=f"{packs} of {need.offer.name} at {need.offer.retailer_name} for {name}",
        why=await ledger.why(need),
    )
    return await ledger.resumed(brief) if may_be_begun else brief

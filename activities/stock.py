"""Settling an item: its new facts recorded and judged, all in one transaction that may safely run again."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from temporalio import activity

from domain.asking import NEVER, AskFirst, Price
from domain.clocks import WhenSilent
from domain.decisions import Decision, Trigger, Verdict
from domain.facts import Arrival, FactKind, Wish
from domain.identity import order_uuid
from domain.item import Cancelling, ItemState, Need, Offer, OpenNeed
from domain.orders import Progress
from domain.process import OrderBrief, Settle, Settled
from domain.settlement import Past, Settlement
from failpoints import Failpoints
from rules.active import ActiveRule, InForce, OffersWanted, Order
from rules.judge import Judge
from rules.nouns import Words
from rules.quantity import Wanted
from rules.settling import Settling
from rules.then import OrderThen, Then
from rules.tree import Tree, in_unit, tree_from_json
from storage import asking
from storage.database import Database
from storage.ledger import Ledger, Opened, RuleText
from storage.tables import Instruction


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
                await ledger.give_up_unstarted(batch.started, batch.as_of)
                return Settled(deleted=True, line="deleted")
            state = _reported(opened, batch)
            if state.open is not None and state.open.need.number in batch.skipped:
                state = await _renumbered(ledger, state, state.open, opened.account)
            arrivals, differing = await _new(ledger, batch)
            pressed = {
                arrival.fact.instruction
                for arrival in arrivals
                if arrival.fact.kind is FactKind.PRESSED and arrival.fact.instruction is not None
            }
            by_hand = [arrival.fact.wish for arrival in arrivals if arrival.fact.wish is not None]
            wishes = Wishes(opened, await ledger.buttons(sorted(pressed)), by_hand)
            head = state.head
            late = [arrival.observed_at for arrival in arrivals if head is not None and arrival.observed_at < head]
            past = await ledger.past(min(late)) if late else None
            try:
                settlement = await self._settlement(wishes.in_force(None), state, past, arrivals, batch.as_of)
            except OffersWanted:
                market = Market(
                    offers=await ledger.offers(wishes.wanted),
                    paid=await asking.paid(session, opened.account, wishes.wanted),
                    asks_first=await asking.asks_first(session, opened.account),
                )
                in_force = wishes.in_force(market)
                settlement = await self._settlement(in_force, state, past, arrivals, batch.as_of)
            for need in settlement.needs:
                await ledger.need(need, opened.account)
            await ledger.keep(settlement, [*differing, *settlement.decisions], batch.as_of)
            needs = await _unstarted(ledger, batch, opened.name, settlement.state.open)
        self.failpoints.reach("settle_committed")
        return _settled(batch, opened, settlement.state, settlement.decisions, needs)

    async def _settlement(
        self, in_force: InForce, state: ItemState, past: Past | None, arrivals: Sequence[Arrival], as_of: datetime
    ) -> Settlement:
        settling = Settling(self.judge, in_force, state, past)
        if past is None:
            return settling.settle(arrivals, as_of)
        # folding in late facts may take a while, and this process has more to do
        return await asyncio.to_thread(settling.settle, arrivals, as_of)


@dataclass(frozen=True)
class Market:
    """What the retailers offer, what the household last paid, and when it wants to be asked."""

    offers: Mapping[tuple[UUID, str], Offer]
    paid: Mapping[tuple[UUID, str], Price]
    asks_first: AskFirst

    def order(self, retailer: UUID, sku: str, wanted: Wanted, agreed: Price | None) -> Order:
        """So much of a SKU, as it is offered now; what was last paid counts more than what was agreed once."""
        key = retailer, sku
        return Order(retailer, sku, wanted, self.offers.get(key), self.paid.get(key, agreed))


NO_MARKET = Market({}, {}, NEVER)


class Wishes:
    """What rules, buttons and people would order, before it is known what the retailers offer."""

    def __init__(self, opened: Opened, buttons: Sequence[Instruction], by_hand: Sequence[Wish]) -> None:
        self._opened = opened
        self._rules = [(rule, _condition(rule.tree, opened.unit), _consequence(rule.then)) for rule in opened.rules]
        self._buttons = buttons
        self._by_hand = by_hand

    @property
    def wanted(self) -> list[tuple[UUID, str]]:
        """Every SKU that they name."""
        of_rules = [(then.order.retailer, then.order.sku) for _, _, then in self._rules if then.order is not None]
        of_buttons = [(each.retailer, each.sku) for each in self._buttons if each.retailer and each.sku]
        return of_rules + of_buttons + [(each.retailer, each.sku) for each in self._by_hand]

    def in_force(self, market: Market | None) -> InForce:
        """All of it on this market; without one, a judgement that needs an offer says so."""
        known = market or NO_MARKET
        return InForce(
            tuple(_active(rule, tree, then, known) for rule, tree, then in self._rules),
            {button.uuid: _button(button, known) for button in self._buttons},
            offers_read=market is not None,
            offers=known.offers,
            asks_first=known.asks_first,
            name=self._opened.name,
            unit=self._opened.unit,
            zone=self._opened.zone,
        )


def _reported(opened: Opened, batch: Settle) -> ItemState:
    """The stored state, with what the workflow has done since about the open need."""
    state = opened.memory or ItemState(item=batch.item)
    changes: dict[str, object] = {"stock": state.stock.model_copy(update={"capacity": opened.stock.capacity})}
    if state.open is not None:
        open_need = state.open
        if open_need.need.number in batch.started:
            open_need = open_need.model_copy(update={"started": True})
        if open_need.need.order in batch.told:
            open_need = open_need.model_copy(update={"cancelling": Cancelling.TOLD})
        changes["open"] = open_need
    return state.model_copy(update=changes)


async def _renumbered(ledger: Ledger, state: ItemState, open_need: OpenNeed, account: UUID) -> ItemState:
    number = state.needs + 1
    old = open_need.need
    new = old.model_copy(update={"number": number, "order": order_uuid(state.item, number)})
    await ledger.renumber(old, new, account)
    stock = state.stock
    if stock.on_order is not None:
        stock = stock.model_copy(update={"on_order": stock.on_order.model_copy(update={"order": new.order})})
    return state.model_copy(update={"needs": number, "open": OpenNeed(need=new, since=open_need.since), "stock": stock})


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


@lru_cache(maxsize=10_000)
def _condition(document: str, unit: str) -> Tree:
    # a rule that asks in a unit which this item has not is not evaluable here, and decisions say so
    return in_unit(tree_from_json(json.loads(document)), unit, strict=False)


@lru_cache(maxsize=10_000)
def _consequence(document: str) -> Then:
    return Then.model_validate_json(document)


def _active(rule: RuleText, tree: Tree, then: Then, market: Market) -> ActiveRule:
    agreed = _price(rule.agreed_price, rule.agreed_currency)
    return ActiveRule(
        uuid=rule.uuid,
        version=rule.version,
        sentence=rule.sentence,
        tree=tree,
        then=then,
        order=_order(then.order, market, agreed) if then.order is not None else None,
        when_silent=WhenSilent(rule.when_silent),
    )


def _order(order: OrderThen, market: Market, agreed: Price | None) -> Order:
    wanted = Wanted(packs=order.packs, up_to=order.up_to, at_most=order.at_most)
    return market.order(order.retailer, order.sku, wanted, agreed)


def _price(amount: Decimal | None, currency: str | None) -> Price | None:
    return None if amount is None or currency is None else Price(amount=amount, currency=currency)


def _button(button: Instruction, market: Market) -> Order:
    if button.retailer is None or button.sku is None:
        msg = f"instruction {button.uuid} orders nothing"
        raise AssertionError(msg)
    agreed = _price(button.agreed_price, button.agreed_currency)
    return market.order(button.retailer, button.sku, Wanted(packs=button.packs or 1), agreed)


async def _unstarted(ledger: Ledger, batch: Settle, name: str, open_need: OpenNeed | None) -> tuple[OrderBrief, ...]:
    """The open need, if its order may not run: not yet marked started, or this run of the item knows nothing yet."""
    if open_need is None or (open_need.started and not batch.recall):
        return ()
    progress, version = await ledger.order_as_written(open_need.need.order)
    return (_brief(batch, name, open_need.need, progress, version),)


def _settled(
    batch: Settle, opened: Opened, state: ItemState, decisions: list[Decision], needs: tuple[OrderBrief, ...]
) -> Settled:
    stock = state.stock.advanced(batch.as_of)
    newest = decisions[-1] if decisions else None
    words = Words(opened.name, opened.unit, opened.zone)
    level = "not counted" if stock.level is None else words.left(stock.level)
    if stock.level is None and stock.percent is not None:
        level = words.percent_left(stock.percent)
    open_need = state.open
    order = f" · order {open_need.need.order} is {open_need.state}" if open_need else ""
    reason = f" · {newest.sentence}" if newest else ""
    return Settled(
        line=f"**{opened.name}** · {level}{order}{reason}",
        verdict=newest.verdict if newest else None,
        next_check=state.next_check,
        needs=needs,
        take_back=(open_need.need.order,) if open_need and open_need.cancelling is Cancelling.WANTED else (),
    )


def _brief(batch: Settle, name: str, need: Need, progress: Progress, version: int) -> OrderBrief:
    packs = f"{need.packs} pack{'' if need.packs == 1 else 's'}"
    return OrderBrief(
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
        progress=progress if version else None,
        version=version,
    )

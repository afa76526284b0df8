"""What rules, buttons and people want to order of an item, and the market on which they do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.asking import NEVER, AskFirst, Price
from domain.clocks import WhenSilent
from domain.facts import Wish
from domain.guards import NO_GUARDS, NOTHING_ORDERED, Guards, Tally, day_of, month_of
from domain.item import Offer
from domain.lead_time import LeadTime
from rules.active import ActiveRule, InForce, Order
from rules.quantity import Wanted
from rules.then import Prefer, Then
from rules.tree import Tree, in_unit, reads, tree_from_json
from storage.asking import Purse
from storage.ledger import Ledger, Opened, RuleText
from storage.tables import Instruction


@dataclass(frozen=True)
class Market:
    """What the retailers offer and how fast, what the household last paid, when it wants to be asked, its guards."""

    offers: Mapping[tuple[UUID, str], Offer] = field(default_factory=dict)
    paid: Mapping[tuple[UUID, str], Price] = field(default_factory=dict)
    asks_first: AskFirst = NEVER
    guards: Guards = NO_GUARDS
    tally: Tally = NOTHING_ORDERED
    lead_times: Mapping[UUID, LeadTime] = field(default_factory=dict)

    def order(self, retailer: UUID, sku: str, wanted: Wanted, agreed: Price | None) -> Order:
        """So much of a SKU, as it is offered now; what was last paid counts more than what was agreed once."""
        key = retailer, sku
        return Order(retailer, sku, wanted, self.offers.get(key), self.paid.get(key, agreed))


NO_MARKET = Market()


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
        of_rules = [sku for _, _, then in self._rules if then.order is not None for sku in then.order.skus()]
        of_buttons = [(each.retailer, each.sku) for each in self._buttons if each.retailer and each.sku]
        return of_rules + of_buttons + [(each.retailer, each.sku) for each in self._by_hand]

    @property
    def zone(self) -> ZoneInfo:
        """By whose clock a day begins."""
        return self._opened.zone

    @property
    def reckoned_with(self) -> list[UUID]:
        """The retailers whose lead times some rule's condition asks about."""
        orders = [then.order for _, tree, then in self._rules if "runsOut" in reads(tree)]
        return [order.retailer for order in orders if order is not None]

    @property
    def raced(self) -> list[UUID]:
        """The retailers of which the soonest is wanted."""
        orders = [then.order for _, _, then in self._rules if then.order is not None]
        return [retailer for order in orders if order.prefer is Prefer.SOONEST for retailer, _ in order.skus()]

    def in_force(self, market: Market | None, times: Mapping[UUID, LeadTime]) -> InForce:
        """All of it on this market; without one, a judgement that needs an offer says so."""
        known = market or NO_MARKET
        return InForce(
            tuple(_active(rule, tree, then, known) for rule, tree, then in self._rules),
            {button.uuid: _button(button, known) for button in self._buttons},
            offers_read=market is not None,
            offers=known.offers,
            asks_first=known.asks_first,
            guards=known.guards,
            tally=known.tally,
            lead_times={**times, **known.lead_times},
            name=self._opened.name,
            unit=self._opened.unit,
            zone=self._opened.zone,
        )


async def market_for(purse: Purse, ledger: Ledger, wishes: Wishes, item: UUID, since: datetime) -> Market:
    """Read only where something wants to order; `since` is the earliest moment that is judged."""
    asks_first, guards = await purse.settings()
    tally = NOTHING_ORDERED
    if guards.need_the_tally:
        span = month_of(since, wishes.zone) if guards.counts_money else day_of(since, wishes.zone)
        tally = await purse.ordered(item, span.start)
    return Market(
        offers=await ledger.offers(wishes.wanted),
        paid=await purse.paid(wishes.wanted),
        asks_first=asks_first,
        guards=guards,
        tally=tally,
        lead_times=await purse.lead_times(wishes.raced),
    )


@lru_cache(maxsize=10_000)
def _condition(document: str, unit: str) -> Tree:
    # a rule that asks in a unit which this item has not is not evaluable here, and decisions say so
    return in_unit(tree_from_json(json.loads(document)), unit, strict=False)


@lru_cache(maxsize=10_000)
def _consequence(document: str) -> Then:
    return Then.model_validate_json(document)


def _active(rule: RuleText, tree: Tree, then: Then, market: Market) -> ActiveRule:
    agreed, orders = _price(rule.agreed_price, rule.agreed_currency), list[Order]()
    if then.order is not None:
        wanted = Wanted(packs=then.order.packs, up_to=then.order.up_to, at_most=then.order.at_most)
        first, *others = then.order.skus()
        # what was agreed on is the price of the first
        orders = [market.order(*first, wanted, agreed), *(market.order(*other, wanted, None) for other in others)]
    return ActiveRule(
        uuid=rule.uuid,
        version=rule.version,
        sentence=rule.sentence,
        tree=tree,
        then=then,
        order=orders[0] if orders else None,
        when_silent=WhenSilent(rule.when_silent),
        elsewhere=tuple(orders[1:]),
    )


def _price(amount: Decimal | None, currency: str | None) -> Price | None:
    return None if amount is None or currency is None else Price(amount=amount, currency=currency)


def _button(button: Instruction, market: Market) -> Order:
    if button.retailer is None or button.sku is None:
        msg = f"instruction {button.uuid} orders nothing"
        raise AssertionError(msg)
    agreed = _price(button.agreed_price, button.agreed_currency)
    return market.order(button.retailer, button.sku, Wanted(packs=button.packs or 1), agreed)

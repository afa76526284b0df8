"""Which retailer gets an order, and how many packs: the first that can, as the rule prefers (contract 1.M, 1.N)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.asking import Price
from domain.item import Hold, Offer
from domain.lead_time import USUAL
from domain.stock import Stock
from domain.units import sold_otherwise
from rules import reasons
from rules.active import ActiveRule, InForce, Order
from rules.quantity import packs_for
from rules.then import Prefer

CATALOGUE_AGAIN = timedelta(hours=1)  # nobody tells an item that its SKU is back


@dataclass(frozen=True)
class Bid:
    """A rule, a button or a person that wants an order now, at one of the retailers.

    Whoever orders by hand has just seen what it costs; a button shows no price. `is_pressed` where a rule that asks for
    a press has just got one.
    """

    orders: tuple[Order, ...]
    rule: ActiveRule | None
    is_by_hand: bool = False
    is_pressed: bool = False

    @property
    def prefer(self) -> Prefer:
        """Which of them comes first."""
        then = None if self.rule is None else self.rule.then.order
        return Prefer.LISTED if then is None else then.prefer

    @property
    def is_the_owners_word(self) -> bool:
        """Whether somebody asked for it just now: what holds a rule back does not hold that back."""
        return self.rule is None or self.is_pressed


@dataclass(frozen=True)
class Choice:
    """What would be ordered."""

    order: Order
    offer: Offer
    packs: int

    @property
    def total(self) -> Price:
        """What it costs."""
        return Price(amount=self.packs * self.offer.unit_price, currency=self.offer.currency)


class Choosing:
    """One look at the retailers of a bid; `reasons` say why not there, and `again` when that may be otherwise."""

    def __init__(self, stock: Stock, at: datetime, holds: Mapping[str, Hold], in_force: InForce) -> None:
        self._stock, self._at, self._holds, self._in_force = stock, at, holds, in_force
        self.reasons: list[str] = []
        self.again: list[datetime] = []

    def choose(self, bid: Bid) -> Choice | None:
        """The first retailer that can deliver; None with the reasons where none can."""
        prefer, candidates = bid.prefer, self._candidates(bid)
        if prefer is not Prefer.LISTED:
            candidates = iter(self._sorted(list(candidates), prefer))
        for order, offer in candidates:
            packs = packs_for(order.wanted, self._stock, offer.pack_size)
            if isinstance(packs, int):
                if prefer is not Prefer.LISTED and len(bid.orders) > 1:
                    self.reasons.append(f"{offer.retailer_name} is the {prefer}")
                return Choice(order, offer, packs)
            self.reasons.append(_named(order, packs) if len(bid.orders) > 1 else packs)
        return None

    def _candidates(self, bid: Bid) -> Iterator[tuple[Order, Offer]]:
        """Those that can be asked, as they are listed, one after another: whoever is found first ends the search."""
        for order in bid.orders:
            hold = None if bid.is_the_owners_word else self._hold(order)
            reason = self._refusal(order) if hold is None else self._held(hold)
            if reason is not None:
                self.reasons.append(_named(order, reason) if len(bid.orders) > 1 else reason)
            elif order.offer is not None:
                yield order, order.offer
            if hold is not None and hold.is_the_owners:
                return  # nobody else would be paid either, nor asked with more success

    def _hold(self, order: Order) -> Hold | None:
        hold = self._holds.get(str(order.retailer))
        return hold if hold is not None and hold.holds(self._at) else None

    def _held(self, hold: Hold) -> str:
        if hold.until is None:
            return "rejected four times there: waits for your word"
        self.again.append(hold.until)
        return f"{reasons.ended(hold.because)} there: not asked again before {self._in_force.words.moment(hold.until)}"

    def _refusal(self, order: Order) -> str | None:
        measured, sold = self._in_force.unit, None if order.offer is None else order.offer.unit
        if order.offer is not None and sold is not None and sold_otherwise(sold, measured):
            # a rule on a product covers items in all its units, and catalogues change
            return f"{order.offer.name} is sold by the {sold}, and this is measured in {measured}"
        if order.offer is not None and order.offer.available:
            return None
        self.again.append(self._at + CATALOGUE_AGAIN)
        if order.offer is None:
            return f"the retailer's catalogue has no {order.sku}"
        return f"{order.offer.name} is not available at {order.offer.retailer_name}"

    def _sorted(self, usable: list[tuple[Order, Offer]], prefer: Prefer) -> list[tuple[Order, Offer]]:
        """By what is preferred; alike ones stay as they are listed."""
        if prefer is Prefer.SOONEST:
            return sorted(usable, key=lambda each: self._in_force.lead_times.get(each[0].retailer, USUAL).mean_days)
        # money of another currency cannot be compared: it comes after that of the first
        return sorted(usable, key=lambda each: _price_of_a_unit(each[1], usable[0][1].currency))


def _price_of_a_unit(offer: Offer, currency: str) -> tuple[bool, Decimal]:
    if offer.currency != currency:
        return True, Decimal(0)
    return False, offer.unit_price / offer.pack_size


def _named(order: Order, reason: str) -> str:
    where = order.sku if order.offer is None else order.offer.retailer_name
    return f"{where}: {reason}"

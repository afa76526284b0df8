"""What is in force on an item when it is judged: its rules, its buttons and what the retailers offer for them."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.asking import NEVER, AskFirst, Price
from domain.clocks import WhenSilent
from domain.errors import LarderError
from domain.facts import Fact, FactKind, Wish
from domain.guards import NO_GUARDS, NOTHING_ORDERED, Guards, Tally
from domain.item import Need, Offer
from domain.lead_time import LeadTime
from rules.nouns import Words
from rules.quantity import Wanted
from rules.then import Then, WhileOnOrder
from rules.tree import Tree, reads, repeated

GREENWICH = ZoneInfo("UTC")


class OffersWanted(LarderError):
    """Something wants to order, and nobody has read what the retailers offer: settle again with that."""


@dataclass(frozen=True)
class Order:
    """What is ordered; `offer` is None when the catalogue no longer has the SKU, `agreed` a price that was fine."""

    retailer: UUID
    sku: str
    wanted: Wanted
    offer: Offer | None
    agreed: Price | None = None


@dataclass(frozen=True)
class ActiveRule:
    """One enabled rule in its newest version."""

    uuid: UUID
    version: int
    sentence: str
    tree: Tree
    then: Then
    order: Order | None
    when_silent: WhenSilent = WhenSilent.CONTINUE
    elsewhere: tuple[Order, ...] = ()

    @property
    def orders(self) -> tuple[Order, ...]:
        """What it may order, as they are listed."""
        return () if self.order is None else (self.order, *self.elsewhere)

    @property
    def adds(self) -> bool:
        """Whether it orders while an order is open."""
        return self.then.order is not None and self.then.order.while_on_order is WhileOnOrder.ADD

    @cached_property
    def when_digest(self) -> str:
        """Changes when the condition changes: then the rule is armed anew (1.N)."""
        # the default says nothing, as the rules of old did
        way = "" if self.when_silent is WhenSilent.CONTINUE else self.when_silent
        return _digest(self.tree.model_dump_json() + way)

    @cached_property
    def then_digest(self) -> str:
        """Changes when the consequence changes: that is the owner's word (1.N)."""
        return _digest(self.then.model_dump_json())

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields its condition reads."""
        return frozenset(str(field) for field in reads(self.tree))

    @cached_property
    def repeated(self) -> Tree | None:
        """What it wants several times in a row."""
        found = repeated(self.tree)
        return None if found is None else found.of

    @property
    def asks_above(self) -> Decimal | None:
        """The amount, in the household's currency, above which its owner wants to be asked; None for no amount."""
        approval = self.then.approval
        return None if isinstance(approval, str) else approval.above


@dataclass(frozen=True)
class InForce:
    """Everything that judges one item: its rules, oldest first, what each instruction's button orders, the offers,

    when the household is asked first, where it lives, and its guards with what it has ordered lately; `name` and
    `unit` are the item's.

    Without `offers_read` a judgement that needs an offer raises OffersWanted: most need none.
    """

    rules: tuple[ActiveRule, ...] = ()
    buttons: dict[UUID, Order] | None = None
    offers_read: bool = True
    offers: Mapping[tuple[UUID, str], Offer] | None = None
    asks_first: AskFirst = NEVER
    name: str = ""
    unit: str = "piece"
    zone: ZoneInfo = GREENWICH
    guards: Guards = NO_GUARDS
    tally: Tally = NOTHING_ORDERED
    lead_times: Mapping[UUID, LeadTime] = field(default_factory=dict)

    def and_ordered(self, need: Need) -> "InForce":
        """The same after one more order, for whatever is judged in the same breath."""
        cost = Price(amount=need.total, currency=need.offer.currency)
        return dataclasses.replace(self, tally=self.tally.and_ordered(need.at, cost))

    @cached_property
    def words(self) -> Words:
        """How decisions speak of the item."""
        return Words(self.name, self.unit, self.zone)

    def asked_by(self, fact: Fact | None) -> Order | None:
        """What a fact asks for by itself: the press of a button, or an order by hand (S23)."""
        match fact:
            case Fact(kind=FactKind.PRESSED, instruction=UUID() as instruction):
                return (self.buttons or {}).get(instruction)
            case Fact(kind=FactKind.WANTED, wish=Wish(retailer=retailer, sku=sku, packs=packs)):
                return Order(retailer, sku, Wanted(packs=packs), (self.offers or {}).get((retailer, sku)))
            case _:
                return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""What is in force on an item when it is judged: its rules, its buttons and what the retailers offer for them."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from domain.errors import LarderError
from domain.item import Offer
from domain.orders import Approval
from rules.quantity import Wanted
from rules.then import Then
from rules.tree import Tree, reads


class OffersWanted(LarderError):
    """Something wants to order, and nobody has read what the retailers offer: settle again with that."""


@dataclass(frozen=True)
class Order:
    """What a rule or a button orders; `offer` is None when the catalogue no longer has the SKU."""

    retailer: UUID
    sku: str
    wanted: Wanted
    offer: Offer | None


@dataclass(frozen=True)
class ActiveRule:
    """One enabled rule in its newest version."""

    uuid: UUID
    version: int
    sentence: str
    tree: Tree
    then: Then
    order: Order | None

    @cached_property
    def when_digest(self) -> str:
        """Changes when the condition changes: then the rule is armed anew (1.N)."""
        return _digest(self.tree.model_dump_json())

    @cached_property
    def then_digest(self) -> str:
        """Changes when the consequence changes: that is the owner's word (1.N)."""
        return _digest(self.then.model_dump_json())

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields its condition reads."""
        return frozenset(str(field) for field in reads(self.tree))

    def approval(self, total: Decimal) -> Approval:
        """Whether its owner wants to be asked before an order of this total."""
        approval = self.then.approval
        needed = approval == "always" or (not isinstance(approval, str) and total > approval.above)
        return Approval.NEEDED if needed else Approval.NOT_NEEDED


@dataclass(frozen=True)
class InForce:
    """Everything that judges one item: its rules, oldest first, and what each instruction's button orders.

    Without `offers_read` a judgement that needs an offer raises OffersWanted: most need none.
    """

    rules: tuple[ActiveRule, ...] = ()
    buttons: dict[UUID, Order] | None = None
    offers_read: bool = True

    def button(self, instruction: UUID | None) -> Order | None:
        """What a press of this instruction orders."""
        return None if instruction is None else (self.buttons or {}).get(instruction)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

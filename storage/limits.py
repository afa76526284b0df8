"""What a key that is limited to one brand or one retailer sees of its household (S20, S21), said in this one place.

Brand: the household's devices and products of that brand, the items of such a product, those that are instructed to
order what a catalogue gives that brand, and the entries of catalogues that do.
Retailer: that retailer with its catalogue, no products, and every device and item but those that another retailer has
to do with.
Neither sees groups, nor rules on many items but those on a product of the brand.
What is about an item goes with it: instructions (and with their device), rules, facts, decisions, orders.
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, select, true, union
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from storage.tables import CatalogueEntry, Device, Instruction, Item, OrderRow, Product, Retailer, Rule, Table

# Tables and not entities: criteria would be put into their own subqueries again.
_catalogue, _devices, _instructions, _items, _orders, _products, _rules = (
    entity.__table__ for entity in (CatalogueEntry, Device, Instruction, Item, OrderRow, Product, Rule)
)


@dataclass(frozen=True)
class Limits:
    """The limits of one key, within the account that it belongs to; either may be missing."""

    account: UUID
    brand: str | None = None
    retailer: UUID | None = None

    @property
    def names(self) -> frozenset[str]:
        """Which limits there are."""
        given = {"brand": self.brand, "retailer": self.retailer}
        return frozenset(name for name, value in given.items() if value is not None)

    @property
    def criteria(self) -> list[ExecutableOption]:
        """For `Database.limited`: put into every SELECT, UPDATE and DELETE, wherever an entity appears in it."""
        return [with_loader_criteria(entity, clause, include_aliases=True) for entity, clause in self._clauses()]

    def _clauses(self) -> list[tuple[type[Table], ColumnElement[bool]]]:
        item, device = self._item(_items.c), self._device(_devices.c)
        items = select(_items.c.uuid).where(_items.c.account == self.account, item)
        devices = select(_devices.c.uuid).where(_devices.c.account == self.account, device)
        at_retailer = true() if self.retailer is None else OrderRow.retailer == self.retailer
        of_brand = true() if self.brand is None else OrderRow.item.in_(items)
        return [
            (Device, self._device(Device)),
            (Product, false() if self.retailer is not None else Product.brand == self.brand),
            (Item, self._item(Item)),
            (
                Instruction,
                Instruction.item.in_(items) & (Instruction.device.is_(None) | Instruction.device.in_(devices)),
            ),
            (Rule, Rule.item.in_(items) | self._wide(Rule)),
            (OrderRow, at_retailer & of_brand),
            (Retailer, true() if self.retailer is None else Retailer.uuid == self.retailer),
            (CatalogueEntry, self._entry(CatalogueEntry)),
        ]

    def _device(self, device: Any) -> ColumnElement[bool]:
        within: ColumnElement[bool] = true()
        if self.brand is not None:
            within &= device.brand == self.brand
        if self.retailer is not None:
            others = select(_instructions.c.device).where(
                *self._living(_instructions),
                _instructions.c.device.is_not(None),
                _instructions.c.item.in_(self._others()),
            )
            within &= device.uuid.not_in(others)
        return within

    def _item(self, item: Any) -> ColumnElement[bool]:
        # a group's level tells what others have to do with
        within: ColumnElement[bool] = item.is_group.is_(False)
        if self.brand is not None:
            branded = _products.c.account == self.account, _products.c.brand == self.brand
            products = select(_products.c.uuid).where(*branded)
            entry = (_catalogue.c.retailer == _instructions.c.retailer) & (_catalogue.c.sku == _instructions.c.sku)
            ordered = select(_instructions.c.item).join(_catalogue, entry).where(*self._living(_instructions))
            ordered = ordered.where(_catalogue.c.brand == self.brand)
            within &= item.product.in_(products) | item.uuid.in_(ordered)
        if self.retailer is not None:
            within &= item.uuid.not_in(self._others())
        return within

    def _wide(self, rule: Any) -> ColumnElement[bool]:
        """Rules on many items: only those on a product of the brand concern nothing else."""
        if self.retailer is not None:
            return false()
        branded = _products.c.account == self.account, _products.c.brand == self.brand
        return cast("ColumnElement[bool]", rule.product.in_(select(_products.c.uuid).where(*branded)))

    def _entry(self, entry: Any) -> ColumnElement[bool]:
        within: ColumnElement[bool] = true()
        if self.brand is not None:
            within &= entry.brand == self.brand
        if self.retailer is not None:
            within &= entry.retailer == self.retailer
        return within

    def _others(self) -> Select[UUID]:
        """The items that another retailer is instructed for, would get orders for, or ever got one for."""
        # what a rule would order is stored as JSON text, in the words of `rules.then`
        without_ours = func.replace(_rules.c.then, f'"retailer":"{self.retailer}"', "")
        theirs = (*self._living(_rules), without_ours.contains('"retailer":'))
        linked = union(
            select(_instructions.c.item).where(*self._living(_instructions), _instructions.c.retailer != self.retailer),
            select(_rules.c.item).where(*theirs, _rules.c.item.is_not(None)),
            select(_items.c.uuid).join(_rules, _rules.c.product == _items.c.product).where(*theirs),
            select(_orders.c.item).where(_orders.c.account == self.account, _orders.c.retailer != self.retailer),
        ).subquery()
        return select(linked.c.item)

    def _living(self, table: Any) -> tuple[ColumnElement[bool], ...]:
        return table.c.account == self.account, table.c.deleted_at.is_(None)

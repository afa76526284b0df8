"""What a recorded fact says about demand, told in a world in which other orders came.

Use is use in any world. A count is what is there: in another world there is as much less or more of it as was taken
or bought since, and what Larder's own orders brought is left out, because each world has orders of its own.
"""

from dataclasses import dataclass
from decimal import Decimal

from domain.facts import Arrival, Fact, FactKind, Source
from domain.stock import ZERO, Stock

OF_ORDERS = frozenset({FactKind.ORDERED, FactKind.ORDER})
"""What the recorded world's orders say; each world has its own."""
_SET_LEVEL = frozenset({FactKind.COUNTED, FactKind.PERCENT})


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as it was, with the stock just before and just after it."""

    arrival: Arrival
    before: Stock
    after: Stock

    def told_to(self, other: Stock) -> Arrival:
        """The fact as it would have been where the stock is another one."""
        fact = self.arrival.fact
        if fact.kind in _SET_LEVEL:
            return self.arrival if self._nothing_to_shift(other) else self._found(other)
        if fact.kind is FactKind.ADDED and not self._nothing_to_shift(other):
            return self._bought()
        return self.arrival

    def _nothing_to_shift(self, other: Stock) -> bool:
        before = self.before
        if before.on_shelf is None or other.on_shelf is None or self.after.on_shelf is None:
            return True
        return alike(before, other)

    def _found(self, other: Stock) -> Arrival:
        """A count in the other world; there somebody looks at all that is there, so that no goods are looked for."""
        level = max(ZERO, (other.level or ZERO) + self._change())
        return self._retold({"kind": FactKind.COUNTED, "quantity": level, "source": Source.PERSON, "capacity": None})

    def _bought(self) -> Arrival:
        """Goods that no order brought; an addition of goods that one brought is none."""
        return self._retold({"quantity": max(ZERO, self._change()), "from_elsewhere": True})

    def _change(self) -> Decimal:
        """By how much the level changed, but for what an order brought."""
        before, after = self.before, self.after
        change = (after.level or ZERO) - (before.level or ZERO)
        if change <= 0:
            return change
        found = max(ZERO, before.unseen - after.unseen)
        return max(ZERO, change - found - (_early(after) - _early(before)))

    def _retold(self, changes: dict[str, object]) -> Arrival:
        fact: Fact = self.arrival.fact.model_copy(update=changes)
        return self.arrival.model_copy(update={"fact": fact})


def alike(one: Stock, other: Stock) -> bool:
    """Whether the next report means the same to both."""
    return (
        one.on_shelf == other.on_shelf
        and one.unseen == other.unseen
        and one.arriving == other.arriving
        and one.ordered_units == other.ordered_units
        and one.pack_size == other.pack_size
        and _early(one) == _early(other)
    )


def _early(stock: Stock) -> Decimal:
    return sum((order.early for order in stock.orders), ZERO)

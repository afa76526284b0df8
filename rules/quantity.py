"""How many packs one need calls for (contract 1.N, Quantity)."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from domain.stock import Stock

MOST_PACKS = 10_000


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for: a number of packs, or as many as bring the level up to `up_to`, `at_most` packs."""

    packs: int | None = None
    up_to: Decimal | None = None
    at_most: int | None = None


def packs_for(wanted: Wanted, stock: Stock, pack_size: Decimal) -> int | str:
    """The packs to order now, at least 1; or, in words, why none."""
    if wanted.packs is not None:
        packs = wanted.packs
    elif wanted.up_to is not None and stock.level is not None:
        missing = wanted.up_to - stock.level - stock.ordered_units
        packs = int((missing / pack_size).to_integral_value(ROUND_CEILING))
        if packs < 1:
            return f"the level is already up to {wanted.up_to:f}"
    else:
        return "how many are missing is not known before the first count"
    packs = min(packs, MOST_PACKS if wanted.at_most is None else wanted.at_most)
    if stock.capacity is not None and stock.level is not None:
        room = stock.capacity - stock.level - stock.ordered_units
        packs = min(packs, int((room / pack_size).to_integral_value(ROUND_FLOOR)))
        if packs < 1:
            return f"not even one pack of {pack_size:f} fits into the capacity of {stock.capacity:f}"
    return packs

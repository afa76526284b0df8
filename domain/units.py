"""Units of measure: which amounts can be said in which other unit, and how; exactly or not at all."""

from collections.abc import Mapping
from decimal import Decimal

from domain.facts import MAX_QUANTITY

PERCENT = frozenset({"percent", "%"})
_WHOLE = 100
_DECIMAL_PLACES = 6

# each unit by its dimension and its power of ten in that dimension; any other unit is a dimension of its own
_UNITS = {
    "piece": ("number", 0),
    "mg": ("mass", -3),
    "g": ("mass", 0),
    "kg": ("mass", 3),
    "ml": ("volume", -3),
    "cl": ("volume", -2),
    "l": ("volume", 0),
}
UNITS = tuple(_UNITS)

_WORDS_FOR_UNITS = {
    "mg": "milligram milligrams",
    "g": "gr gram grams",
    "kg": "kgs kilogram kilograms kilo kilos",
    "ml": "mls milliliter milliliters millilitre millilitres",
    "cl": "cls centiliter centiliters centilitre centilitres",
    "l": "ltr ltrs liter liters litre litres",
    "piece": "pc pcs pieces",
}
SPELLINGS: Mapping[str, str] = {
    word: unit for unit, words in _WORDS_FOR_UNITS.items() for word in ([unit, *words.split()])
}
"""Every word for our units, in small letters."""


class UnitError(ValueError):
    """An amount that cannot be said in the unit wanted; the text is for whoever sent it."""


def spelled(unit: str) -> str:
    """A unit by its one name, whatever it is called: `Litres` is `l`; a word that is none of ours stays."""
    return SPELLINGS.get(unit.lower(), unit)


def same_dimension(one: str, other: str) -> bool:
    """Whether amounts in one unit can be said in the other."""
    one, other = spelled(one), spelled(other)
    return one == other or (one in _UNITS and other in _UNITS and _UNITS[one][0] == _UNITS[other][0])


def sold_otherwise(sold: str, measured: str) -> bool:
    """Whether a pack in one unit says nothing of an amount in the other: neither 1 kg nor 1 piece is 1 g.

    A word that is none of our units may mean the same as any other: a jar is a piece.
    """
    return sold != measured and sold in _UNITS and measured in _UNITS


def converted_roughly(quantity: Decimal, unit: str, to: str) -> Decimal:
    """The same amount in another unit of its dimension, rounded to the decimal places that are kept."""
    if unit == to:
        return quantity
    return round(quantity.scaleb(_UNITS[unit][1] - _UNITS[to][1]), _DECIMAL_PLACES)


def converted(quantity: Decimal, unit: str, to: str, capacity: Decimal | None = None) -> Decimal:
    """The same amount in another unit; a percentage is one of `capacity`, which is in the unit wanted.

    Raises UnitError for another dimension, and where the result would have to be rounded or is too large.
    """
    if spelled(unit) == spelled(to):
        return quantity
    unit, to = spelled(unit), spelled(to)
    if unit in PERCENT:
        if capacity is None:
            raise UnitError("A percentage needs a capacity, which this item does not have.")
        if quantity > _WHOLE:
            raise UnitError(f"A percentage is at most {_WHOLE}.")
        amount = (quantity * capacity).scaleb(-2)
    elif same_dimension(unit, to):
        amount = quantity.scaleb(_UNITS[unit][1] - _UNITS[to][1])
    else:
        raise UnitError(f"This item is measured in {to}.")
    amount = amount.normalize()
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _DECIMAL_PLACES:
        raise UnitError(f"In {to} this has more than {_DECIMAL_PLACES} decimal places.")
    if amount > MAX_QUANTITY:
        raise UnitError(f"In {to} this is more than {MAX_QUANTITY}.")
    return Decimal(f"{amount:f}")

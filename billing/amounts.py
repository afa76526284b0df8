"""Amounts in the smallest unit of their currency, as Stripe takes them."""

from decimal import ROUND_HALF_UP, Decimal

from domain.prices import decimals

# have no decimals, but are written with two for the sake of old programs
_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})


def payable(amount: Decimal, currency: str) -> Decimal:
    """The nearest amount that can be charged; a half goes up. The third decimal must be 0 where there are three."""
    return amount.quantize(Decimal(1).scaleb(-min(decimals(currency), 2)), rounding=ROUND_HALF_UP)


def minor_units(amount: Decimal, currency: str) -> int:
    """A payable amount as a whole number of the smallest unit."""
    places = 2 if currency in _WRITTEN_WITH_TWO else decimals(currency)
    return int(payable(amount, currency).scaleb(places))

"""Amounts in the smallest unit of their currency, as Stripe takes them."""

from decimal import ROUND_HALF_UP, Decimal

_NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# have no decimals, but are written with two for the sake of old programs
_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})


def exponent(currency: str) -> int:
    """How many decimal places the smallest unit has."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def payable(amount: Decimal, currency: str) -> Decimal:
    """The nearest amount that can be charged; a half goes up. The third decimal must be 0 where there are three."""
    places = 0 if currency in _WRITTEN_WITH_TWO else min(exponent(currency), 2)
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def minor_units(amount: Decimal, currency: str) -> int:
    """A payable amount as a whole number of the smallest unit."""
    return int(payable(amount, currency).scaleb(exponent(currency)))

"""Prices: how many decimals they have, how they are written, and when a new one is more likely a mistake, or poison."""

from decimal import Decimal

MOST_TIMES = 10
FEWEST_TO_LOSE = 10

_NONE = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_DECIMALS = dict.fromkeys(_NONE, 0) | dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3)


def decimals(currency: str) -> int:
    """How many decimals an amount of that currency has."""
    return _DECIMALS.get(currency, 2)


def written(amount: Decimal, currency: str) -> str:
    """An amount in figures: as many decimals as its currency has, and more only where they are not 0."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:.{max(decimals(currency), -exponent if isinstance(exponent, int) else 0)}f}"


def is_suspicious(old: Decimal, new: Decimal) -> bool:
    """Whether a price rises or falls more than tenfold."""
    return new > old * MOST_TIMES or new * MOST_TIMES < old


def is_suspicious_loss(before: int, after: int) -> bool:
    """Whether a catalogue loses all its rows, or nine in ten of no fewer than ten."""
    return after == 0 < before or (before >= FEWEST_TO_LOSE and after * MOST_TIMES <= before)

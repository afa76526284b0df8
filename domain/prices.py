"""When a retailer's new price is more likely a mistake, or poison, than a price."""

from decimal import Decimal

MOST_TIMES = 10


def is_suspicious(old: Decimal, new: Decimal) -> bool:
    """Whether a price rises or falls more than tenfold."""
    return new > old * MOST_TIMES or new * MOST_TIMES < old

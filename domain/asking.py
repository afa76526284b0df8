"""When a household is asked before an order is placed: its amount, or a price that has risen."""

from decimal import Decimal

from domain.message import Message
from domain.prices import written


class Price(Message):
    """An amount of money."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{written(self.amount, self.currency)} {self.currency}"


class AskFirst(Message):
    """What a household has set: the amount of one order, and the percentage of a rise; None is never.

    `currency` is the household's own, in which its rules name amounts.
    """

    above: Price | None = None
    tolerance: Decimal | None = None
    currency: str = "EUR"

    def reason(self, unit: Price, packs: int, agreed: Price | None) -> str | None:
        """Why the owner is asked about so many packs at that price, None where they are not.

        `agreed` is the price of a pack when it was last ordered, or when somebody said that it should be.
        """
        total = Price(amount=unit.amount * packs, currency=unit.currency)
        if self.above is not None and (too_much := _too_much(total, self.above)) is not None:
            return too_much
        if self.tolerance is None or agreed is None:
            return None
        if unit.currency != agreed.currency:
            return f"a pack was {agreed} and is {unit} now"
        if unit.amount * 100 > agreed.amount * (100 + self.tolerance):
            return f"a pack was {agreed} and is {unit} now, a rise of more than {self.tolerance.normalize():f}%"
        return None

    def reason_above(self, total: Price, above: Decimal) -> str | None:
        """Why the owner is asked by a rule that wants a yes above an amount, None where they are not."""
        return _too_much(total, Price(amount=above, currency=self.currency))


def _too_much(total: Price, above: Price) -> str | None:
    if total.currency != above.currency:
        return f"{total} cannot be compared with the {above} above which you are asked"
    if total.amount > above.amount:
        return f"{total} is more than the {above} above which you are asked"
    return None


NEVER = AskFirst()

"""Larder only keeps the book: the retailer invoices its customer, or, in a sandbox, nobody pays."""

from decimal import Decimal

from billing.port import Bill, Charged, Declined


class OnAccount:
    """The way of everybody without a payment method, and of sandboxes: nobody is asked, so nobody declines."""

    elsewhere = False

    def payable(self, amount: Decimal, currency: str) -> Decimal:
        """As it is."""
        return amount

    async def customer(self, bill: Bill) -> str | Declined | None:
        """Nobody is asked."""
        return None

    async def charge(self, bill: Bill) -> Charged | Declined:
        """Always."""
        return Charged()

    async def abandon(self, bill: Bill) -> Charged | None:
        """What was not written down was not charged."""
        return None

    async def refund(self, bill: Bill, reference: str | None, amount: Decimal) -> None:
        """The retailer leaves it out of the invoice."""

    async def aclose(self) -> None:
        """Nothing is open."""

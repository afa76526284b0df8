"""What Larder asks of whoever takes the money, and what may come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.errors import LarderError


@dataclass(frozen=True)
class Bill:
    """What is to be paid for an order: its uuid is the key, `token` the provider's own name for how it is paid.

    `customer` is whose that is, as the provider names them. `again` when an earlier attempt may have gone through
    although nobody heard of it.
    """

    key: UUID
    amount: Decimal
    currency: str
    token: str | None = field(default=None, repr=False)
    customer: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Charged:
    """The customer has paid; `reference` is the provider's number of it."""

    reference: str | None = None


@dataclass(frozen=True)
class Declined:
    """The customer has not paid and will not by itself; the reason in words."""

    reason: str


@dataclass(frozen=True)
class ChargeEvent:
    """What a provider tells of a charge afterwards.

    The charge is found by its `reference`, or by the order while that is not known yet.
    """

    id: str
    kind: str
    at: datetime
    reference: str
    order: UUID | None
    sentence: str


EventReader = Callable[[bytes, str | None], ChargeEvent | None]
"""From the very bytes that were sent and their signature to the event, None for one that concerns no charge."""


class TryLater(LarderError):
    """The provider could not be asked, or does not know yet; `after` is the wait that it asked for."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Provider(Protocol):
    """One way of being paid; every call may be repeated, and does once what it does."""

    elsewhere: bool
    """Whether the books are kept by somebody else, so that a charge must be noted before it is asked for."""

    def payable(self, amount: Decimal, currency: str) -> Decimal:
        """The amount as it can be paid in that currency."""

    async def customer(self, bill: Bill) -> str | Declined | None:
        """Whom a charge is made to, before it is: by that it is found again, whatever becomes of the token.

        None where nothing has to be found; raises TryLater.
        """

    async def charge(self, bill: Bill) -> Charged | Declined:
        """Take the money; raises TryLater, also where nobody knows whether it was taken before."""

    async def abandon(self, bill: Bill) -> Charged | None:
        """Never take the money any more; answers Charged if it was taken already, raises TryLater."""

    async def refund(self, bill: Bill, reference: str | None, amount: Decimal) -> None:
        """Give so much of a charge back, once; raises TryLater."""

    async def aclose(self) -> None:
        """Close the connections."""

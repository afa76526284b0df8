"""The port to the retailers: what an order says to them, and what became of handing it over."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from domain.message import Message
from domain.orders import OrderState


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _plain(amount: Decimal) -> str:
    return format(amount, "f")


Quantity = Annotated[Decimal, PlainSerializer(_number, return_type=int | float)]
"""A JSON number; a float is exact for what Larder counts (up to 10^9 with six decimals)."""

Money = Annotated[Decimal, PlainSerializer(_plain, return_type=str)]
"""A JSON string in plain notation, for instance "3.49"."""


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


Moment = Annotated[AwareDatetime, PlainSerializer(_moment, return_type=str)]
"""RFC 3339 to the second with a numeric offset, as everywhere in the API (S72)."""


class _Paper(Message):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class OrderLine(_Paper):
    """One product of an order; sku, pack size and price as in the catalogue when the need arose."""

    sku: str
    name: str
    packs: int
    pack_size: Quantity
    unit_price: Money
    substitute: "SubstituteLine | None" = Field(default=None, exclude_if=lambda value: value is None)


class SubstituteLine(_Paper):
    """What comes instead of it, in packs of the same size."""

    sku: str
    name: str
    unit_price: Money


class Customer(_Paper):
    """Whom the retailer delivers to."""

    name: str
    address: str | None


class OrderPaper(_Paper):
    """An order as a retailer sees it, the same whether pushed or pulled (1.K, S26)."""

    uuid: UUID
    status: OrderState
    placed_at: Moment
    lines: tuple[OrderLine, ...]
    total: Money
    currency: str
    customer: Customer
    reference: str | None = None

    def letter(self) -> "Letter":
        """What is pushed: these words as they are now."""
        return Letter(order=self.uuid, text=self.model_dump_json())


@dataclass(frozen=True)
class Letter:
    """An order as it was pushed the first time; kept, because under one key nothing else may ever be sent (I6)."""

    order: UUID
    text: str


class OrderOnFile(Protocol):
    """What an order must tell for its paper; the rows of storage do."""

    uuid: Any
    state: Any
    needed_at: Any
    sku: Any
    name: Any
    packs: Any
    pack_size: Any
    unit_price: Any
    currency: Any
    reference: Any

    @property
    def substitute(self) -> Any:
        """What comes instead, with `sku`, `name` and `unit_price`; None where nothing does."""

    @property
    def pays(self) -> Any:
        """What a pack costs in the end."""


def paper_of(order: OrderOnFile, customer_name: str, address: str | None) -> OrderPaper:
    """The one mapping from an order to what its retailer sees of it now."""
    line = OrderLine(
        sku=order.sku,
        name=order.name,
        packs=order.packs,
        pack_size=order.pack_size,
        unit_price=order.unit_price,
        substitute=order.substitute and SubstituteLine.model_validate(order.substitute, from_attributes=True),
    )
    return OrderPaper(
        uuid=order.uuid,
        status=OrderState(order.state),
        placed_at=order.needed_at,
        lines=(line,),
        total=order.packs * order.pays,
        currency=order.currency,
        customer=Customer(name=customer_name, address=address),
        reference=order.reference,
    )


def address_in(letter: str) -> str | None:
    """Where the goods are to go by that letter."""
    return OrderPaper.model_validate_json(letter).customer.address


class Booked(Message):
    """The retailer has the order; `reference` is its own number for it."""

    reference: str | None = None


class Refused(Message):
    """The retailer does not take the order as it is, and would not take the same again."""

    status: int
    reason: str


class TryLater(Message):
    """Not settled; `outcome_unknown` means that the retailer may have booked the order all the same (1.N).

    `after` is how long the retailer asks to be left alone, None if it did not say. `in_full` is for those who run
    Larder alone, as it may name the address; None where the reason says it all.
    """

    reason: str
    in_full: str | None = None
    after: timedelta | None = None
    outcome_unknown: bool


Outcome = Booked | Refused | TryLater

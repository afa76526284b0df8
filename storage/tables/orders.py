"""Orders, every attempt to place them, and their money."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.orders import Substitute
from storage.tables.base import Code, Key, Name, Table, Word


class OrderRow(Table):
    """One order: made with its need in one transaction, then kept up to date by its workflow."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("item", "need"), Index("ix_orders_retailer_placed_at", "retailer", "placed_at"))
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"))
    need: Mapped[int]
    retailer: Mapped[UUID] = mapped_column(ForeignKey("retailers.uuid"))
    sku: Mapped[str] = mapped_column(String(120))
    name: Mapped[Name]
    packs: Mapped[int]
    pack_size: Mapped[Decimal]
    unit_price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    substitute_sku: Mapped[str | None] = mapped_column(String(120))
    substitute_name: Mapped[str | None] = mapped_column(String(200))
    substitute_price: Mapped[Decimal | None]
    state: Mapped[Word]
    steps: Mapped[str]
    dispatched_packs: Mapped[int]
    delivered_packs: Mapped[int]
    reason: Mapped[str | None]
    reference: Mapped[str | None] = mapped_column(String(200))
    letter: Mapped[str | None]
    version: Mapped[int]
    needed_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    @property
    def comes_as(self) -> str:
        """The SKU that is delivered: the substitute's where there is one."""
        return self.substitute_sku or self.sku

    @property
    def pays(self) -> Decimal:
        """What a pack costs in the end."""
        return self.unit_price if self.substitute_price is None else self.substitute_price

    @property
    def substitute(self) -> Substitute | None:
        """What comes instead of what was ordered."""
        if self.substitute_sku is None or self.substitute_name is None or self.substitute_price is None:
            return None
        return Substitute(sku=self.substitute_sku, name=self.substitute_name, unit_price=self.substitute_price)


class OrderEvent(Table):
    """Every state an order went through, and when."""

    __tablename__ = "order_events"
    order: Mapped[UUID] = mapped_column(ForeignKey("orders.uuid"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[Word]
    delivered_packs: Mapped[int]
    reason: Mapped[str | None]
    at: Mapped[datetime]


class PlacingAttempt(Table):
    """One attempt to hand an order to its retailer; without an outcome, the process died in the middle of it."""

    __tablename__ = "placing_attempts"
    order: Mapped[UUID] = mapped_column(ForeignKey("orders.uuid"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str | None]


class Charge(Table):
    """What a customer is billed for an order, once (S51); the key is the order's uuid.

    `token` is what the provider was asked with, sealed, so that a repeat asks word for word, whatever the account's
    default is by then, and `customer` whose that is, as the provider names them; both are gone once it is settled.
    `charged_at` is when the charge was begun, then when it was made; `refunded` is how much of it goes back, or has
    gone back at `refunded_at`.
    """

    __tablename__ = "charges"
    order: Mapped[UUID] = mapped_column(ForeignKey("orders.uuid"), primary_key=True)
    provider: Mapped[Word]
    token: Mapped[str | None]
    customer: Mapped[str | None] = mapped_column(String(255))
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(32), server_default="charged")
    reference: Mapped[str | None] = mapped_column(String(255), index=True)
    reason: Mapped[str | None]
    charged_at: Mapped[datetime]
    refunded: Mapped[Decimal | None]
    refunded_at: Mapped[datetime | None]


class ChargeNote(Table):
    """What a provider told of a charge afterwards, once for each of its events: a dispute, a refund by hand."""

    __tablename__ = "charge_notes"
    event: Mapped[str] = mapped_column(String(255), primary_key=True)
    order: Mapped[UUID] = mapped_column(ForeignKey("charges.order"), index=True)
    kind: Mapped[Code]
    sentence: Mapped[str]
    at: Mapped[datetime]

"""Retailers, what they sell, and what they signed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Key, Name, Table, Word


class Retailer(Table):
    """A shop that receives orders (S25-S28); without `orders_url` it pulls them."""

    __tablename__ = "retailers"
    uuid: Mapped[Key]
    name: Mapped[Name]
    orders_url: Mapped[str | None]
    contact_email: Mapped[str] = mapped_column(String(254))
    signing_secret: Mapped[str]
    old_signing_secret: Mapped[str | None]
    old_signing_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Sold:
    """What a pack holds and costs (S25, S61); `words` is all that it is searched by, folded."""

    name: Mapped[Name]
    brand: Mapped[str | None] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    pack_size: Mapped[Decimal]
    unit: Mapped[Word]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    available: Mapped[bool]
    words: Mapped[str | None]


class CatalogueEntry(Sold, Table):
    """One SKU of a retailer, as users find it."""

    __tablename__ = "catalogue"
    retailer: Mapped[UUID] = mapped_column(ForeignKey("retailers.uuid"), primary_key=True)
    sku: Mapped[str] = mapped_column(String(120), primary_key=True)


class StagedEntry(Sold, Table):
    """One row of a catalogue that is being uploaded; nobody sees it before all of them are there (0019)."""

    __tablename__ = "staged_catalogue"
    __table_args__ = (Index("ix_staged_catalogue_upload_sku", "upload", "sku"),)
    upload: Mapped[Key]
    row: Mapped[int] = mapped_column(primary_key=True)
    staged_at: Mapped[datetime]
    sku: Mapped[str] = mapped_column(String(120))


class SignedCallback(Table):
    """A `webhook-id` that a retailer has signed, and the path that it is good for; a digest of it (0019)."""

    __tablename__ = "signed_callbacks"
    retailer: Mapped[UUID] = mapped_column(ForeignKey("retailers.uuid"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(index=True)

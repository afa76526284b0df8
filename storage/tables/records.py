"""What happened to items, and how it was judged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Hash, Table, Word


class FactRow(Table):
    """The ledger: every fact once, numbered by arrival, for good."""

    __tablename__ = "facts"
    __table_args__ = (
        UniqueConstraint("item", "arrival"),
        Index("ix_facts_item_observed_at_arrival", "item", "observed_at", "arrival"),
        Index("ix_facts_device_arrived_at", "device", "arrived_at"),
    )
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True)
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    arrival: Mapped[int]
    kind: Mapped[Word]
    device: Mapped[UUID | None]
    observed_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    folded: Mapped[bool]
    flag: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[Hash]
    fact: Mapped[str]


class Checkpoint(Table):
    """The stock just after one fact, so that a late one is folded in from here and not from the beginning."""

    __tablename__ = "checkpoints"
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True)
    arrival: Mapped[int] = mapped_column(primary_key=True)
    observed_at: Mapped[datetime]
    stock: Mapped[str]


class DecisionRow(Table):
    """Every judgement: verdict, reasons, rule versions, next check; also when nothing fired."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("item", "number"), Index("ix_decisions_item_at_number", "item", "at", "number"))
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int]
    at: Mapped[datetime]
    verdict: Mapped[Word]
    decision: Mapped[str]

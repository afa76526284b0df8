"""What a household has: devices, products, items, instructions and rules."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Hash, Key, Name, Table, Word


class Device(Table):
    """Something that reports: a button, a jar, a doser (S35). Its MAC address identifies, it proves nothing."""

    __tablename__ = "devices"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    device_id: Mapped[str] = mapped_column(String(12), unique=True)
    mac_address: Mapped[str] = mapped_column(String(17))
    name: Mapped[Name]
    kind: Mapped[str | None] = mapped_column(String(60))
    brand: Mapped[str | None] = mapped_column(String(200))
    secret_hash: Mapped[str]
    silent_after: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Product(Table):
    """Something that can be bought under one name and barcode, whatever retailer sells it (S9)."""

    __tablename__ = "products"
    __table_args__ = (
        Index(
            "ix_products_account_gtin",
            "account",
            "gtin",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    name: Mapped[Name]
    brand: Mapped[str | None] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    unit: Mapped[Word]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Item(Table):
    """A thing that is tracked, or an untracked one that a button orders; or a group, the sum of its members."""

    __tablename__ = "items"
    __table_args__ = (
        # in the order of the pages in which they are told of a rule on all of them
        Index("ix_items_product", "product", "uuid"),
        Index("ix_items_account_location", "account", "location", "uuid"),
    )
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    product: Mapped[UUID | None] = mapped_column(ForeignKey("products.uuid"))
    name: Mapped[Name]
    unit: Mapped[Word]
    capacity: Mapped[Decimal | None]
    location: Mapped[str | None] = mapped_column(String(200))
    substitutes: Mapped[bool] = mapped_column(server_default=false())
    is_group: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ItemMember(Table):
    """One item of a group: its level in its own unit, and which of its changes the group has been told.

    `since` is the version of the group that took it in. Each change of the level has a `number`; up to `told`, the
    group knows them.
    """

    __tablename__ = "item_members"
    pool: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True)
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True, index=True)
    since: Mapped[int]
    level: Mapped[Decimal | None]
    number: Mapped[int]
    told: Mapped[int]


class ItemMemory(Table):
    """The state document of an item (`domain.item.ItemState`) and what lists show of it."""

    __tablename__ = "item_memories"
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), primary_key=True)
    state: Mapped[str]
    sentence: Mapped[str]
    verdict: Mapped[Word]
    updated_at: Mapped[datetime]


class Instruction(Table):
    """What a device or an app is paired to do (S32, S61); `ref` is the nine digits it calls with (S46)."""

    __tablename__ = "instructions"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    ref: Mapped[int] = mapped_column(unique=True)
    device: Mapped[UUID | None] = mapped_column(ForeignKey("devices.uuid"), index=True)
    action: Mapped[Word]
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), index=True)
    trigger_level: Mapped[Decimal | None]
    retailer: Mapped[UUID | None] = mapped_column(ForeignKey("retailers.uuid"))
    sku: Mapped[str | None] = mapped_column(String(120))
    packs: Mapped[int | None]
    agreed_price: Mapped[Decimal | None]
    agreed_currency: Mapped[str | None] = mapped_column(String(3))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Rule(Table):
    """The newest version of a rule (1.M), on one item, on all of a product or on all at a location of the account.

    `instruction` where a trigger level made it, `origin` where a rule file did.
    """

    __tablename__ = "rules"
    __table_args__ = (
        CheckConstraint(
            "(item IS NULL OR product IS NULL) AND (item IS NULL) = ((product IS NULL) != (location IS NULL))",
            name="ck_rules_one_scope",
        ),
        Index("ix_rules_account_location", "account", "location"),
    )
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    item: Mapped[UUID | None] = mapped_column(ForeignKey("items.uuid"), index=True)
    product: Mapped[UUID | None] = mapped_column(ForeignKey("products.uuid"), index=True)
    location: Mapped[str | None] = mapped_column(String(200))
    instruction: Mapped[UUID | None] = mapped_column(ForeignKey("instructions.uuid"))
    origin: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[Name]
    sentence: Mapped[str]
    tree: Mapped[str]
    then: Mapped[str]
    agreed_price: Mapped[Decimal | None]
    agreed_currency: Mapped[str | None] = mapped_column(String(3))
    enabled: Mapped[bool]
    when_silent: Mapped[Word] = mapped_column(server_default="continue")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class RuleVersion(Table):
    """Every text a rule ever had, so that an old decision can be read with the words of its time."""

    __tablename__ = "rule_versions"
    rule: Mapped[UUID] = mapped_column(ForeignKey("rules.uuid"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sentence: Mapped[str]
    tree: Mapped[str]
    then: Mapped[str]
    enabled: Mapped[bool]
    when_silent: Mapped[Word] = mapped_column(server_default="continue")
    created_at: Mapped[datetime]


class Change(Table):
    """A change that was stored by its workflow: which version of what, and a digest of what was asked for."""

    __tablename__ = "changes"
    subject: Mapped[Key]
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    digest: Mapped[Hash]
    created_at: Mapped[datetime]

"""Every table. Identity and catalogue rows are written by the API, what an item's workflow judges by its activities."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.types import Exact, UtcDateTime

Name = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(120))]
Word = Annotated[str, mapped_column(String(32))]
Hash = Annotated[str, mapped_column(String(64))]
Key = Annotated[UUID, mapped_column(primary_key=True)]


class Table(DeclarativeBase):
    """The base of all tables: UTC moments, exact decimals, named constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, Decimal: Exact, UUID: Uuid, str: Text}


class User(Table):
    """Somebody with a household; the account that owns items, devices and orders (S7, S65)."""

    __tablename__ = "users"
    uuid: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[Name]
    password_hash: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    time_zone: Mapped[Code]
    currency: Mapped[str] = mapped_column(String(3))
    ask_above: Mapped[Decimal | None]
    price_tolerance: Mapped[Decimal | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Token(Table):
    """A bearer secret of a user, a device or a retailer, as a keyed hash; looked up by its public part."""

    __tablename__ = "tokens"
    public: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[Word]
    subject: Mapped[UUID] = mapped_column(index=True)
    secret_hash: Mapped[Hash]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKey(Table):
    """A developer's or an app's key (S12): its scopes, and the one brand or retailer that it is limited to (S20, S21).

    Its token has the kind `key` and this row as its subject.
    """

    __tablename__ = "api_keys"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    name: Mapped[Name]
    scopes: Mapped[str]
    brand: Mapped[str | None] = mapped_column(String(200))
    retailer: Mapped[UUID | None] = mapped_column(ForeignKey("retailers.uuid"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Address(Table):
    """Where an account wants its orders delivered (S7); one of them is the default."""

    __tablename__ = "addresses"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    name: Mapped[Name]
    street: Mapped[str] = mapped_column(String(400))
    postal_code: Mapped[str] = mapped_column(String(20))
    city: Mapped[Name]
    country: Mapped[str] = mapped_column(String(2))
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def written(self) -> str:
        """As it stands on a parcel."""
        return "\n".join((self.name, self.street, f"{self.postal_code} {self.city}", self.country))


class PaymentMethod(Table):
    """How an account pays (S7): a provider's token, sealed, never a card number; one of them is the default."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        Index(
            "ix_payment_methods_account_default",
            "account",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    provider: Mapped[Word]
    name: Mapped[Name]
    token: Mapped[str | None]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Answer(Table):
    """What a POST with an Idempotency-Key made and answered; sealed, since an answer may hold a secret shown once."""

    __tablename__ = "answers"
    principal: Mapped[str] = mapped_column(String(60), primary_key=True)
    route: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_hash: Mapped[Hash]
    made: Mapped[UUID]
    status: Mapped[int | None]
    body: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


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


class CatalogueEntry(Table):
    """One SKU of a retailer: what a pack holds and costs (S25, S61); `words` is all that it is searched by, folded."""

    __tablename__ = "catalogue"
    retailer: Mapped[UUID] = mapped_column(ForeignKey("retailers.uuid"), primary_key=True)
    sku: Mapped[str] = mapped_column(String(120), primary_key=True)
    name: Mapped[Name]
    brand: Mapped[str | None] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    pack_size: Mapped[Decimal]
    unit: Mapped[Word]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    available: Mapped[bool]
    words: Mapped[str | None]


class StagedEntry(Table):
    """One row of a catalogue that is being uploaded; nobody sees it before all of them are there (0019)."""

    __tablename__ = "staged_catalogue"
    __table_args__ = (Index("ix_staged_catalogue_upload_sku", "upload", "sku"),)
    upload: Mapped[Key]
    row: Mapped[int] = mapped_column(primary_key=True)
    staged_at: Mapped[datetime]
    sku: Mapped[str] = mapped_column(String(120))
    name: Mapped[Name]
    brand: Mapped[str | None] = mapped_column(String(200))
    gtin: Mapped[str | None] = mapped_column(String(14))
    pack_size: Mapped[Decimal]
    unit: Mapped[Word]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    available: Mapped[bool]
    words: Mapped[str | None]


class SignedCallback(Table):
    """A `webhook-id` that a retailer has signed, and the path that it is good for; a digest of it (0019)."""

    __tablename__ = "signed_callbacks"
    retailer: Mapped[UUID] = mapped_column(ForeignKey("retailers.uuid"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(index=True)


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
    """A thing that is tracked, or an untracked one that a button orders."""

    __tablename__ = "items"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    product: Mapped[UUID | None] = mapped_column(ForeignKey("products.uuid"))
    name: Mapped[Name]
    unit: Mapped[Word]
    capacity: Mapped[Decimal | None]
    location: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


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
    """The newest version of a rule on an item (1.M); `instruction` where a trigger level made it."""

    __tablename__ = "rules"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    item: Mapped[UUID] = mapped_column(ForeignKey("items.uuid"), index=True)
    instruction: Mapped[UUID | None] = mapped_column(ForeignKey("instructions.uuid"))
    name: Mapped[Name]
    sentence: Mapped[str]
    tree: Mapped[str]
    then: Mapped[str]
    agreed_price: Mapped[Decimal | None]
    agreed_currency: Mapped[str | None] = mapped_column(String(3))
    enabled: Mapped[bool]
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
    created_at: Mapped[datetime]


class Change(Table):
    """A change that was stored by its workflow: which version of what, and a digest of what was asked for."""

    __tablename__ = "changes"
    subject: Mapped[Key]
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    digest: Mapped[Hash]
    created_at: Mapped[datetime]


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
    default is by then. `charged_at` is when the charge was begun, then when it was made; `refunded` is how much of it
    goes back, or has gone back at `refunded_at`.
    """

    __tablename__ = "charges"
    order: Mapped[UUID] = mapped_column(ForeignKey("orders.uuid"), primary_key=True)
    provider: Mapped[Word]
    token: Mapped[str | None]
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


class NoticeRow(Table):
    """What an account was told (domain.notices), once, in the words of its time."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_account_at", "account", "at"),)
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"))
    kind: Mapped[Word]
    at: Mapped[datetime]
    sentence: Mapped[str]
    data: Mapped[str]


class Webhook(Table):
    """An account's own receiver of notices; the secret is sealed, and an old one still signs until its time is over."""

    __tablename__ = "webhooks"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    url: Mapped[str]
    kinds: Mapped[str]
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    enabled: Mapped[bool]
    disabled_because: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookAttempt(Table):
    """One attempt to tell a receiver one notice."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_webhook_at", "webhook", "at"),)
    uuid: Mapped[Key]
    webhook: Mapped[UUID] = mapped_column(ForeignKey("webhooks.uuid"))
    notice: Mapped[UUID] = mapped_column(ForeignKey("notices.uuid"))
    replay: Mapped[UUID | None]
    number: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]
    reason: Mapped[str | None]
    next_at: Mapped[datetime | None]


class Letter(Table):
    """A mail to somebody, as it was written; sealed, since it may hold a secret."""

    __tablename__ = "letters"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    kind: Mapped[Word]
    recipient: Mapped[str] = mapped_column(String(254))
    sealed: Mapped[str]
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class WrongGuesses(Table):
    """When somebody guessed wrong lately, newest last, in ms; `key` is a keyed hash of who or where (0011)."""

    __tablename__ = "wrong_guesses"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    moments: Mapped[str]
    until: Mapped[datetime] = mapped_column(index=True)


class KnownPlace(Table):
    """An account and an address that its owner has logged in from, as a keyed hash (0011)."""

    __tablename__ = "known_places"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)

"""Who somebody is: accounts, their credentials, and what guards these."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.identity import Environment
from storage.tables.base import Code, Hash, Key, Name, Table, Word


class User(Table):
    """Somebody with a household; the account that owns items, devices and orders (S7, S65).

    A sandbox is an account of its own, so whatever keeps accounts apart keeps it apart too; `live` is the account that
    it belongs to, which alone has a password.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "ix_users_email",
            "email",
            unique=True,
            sqlite_where=text("live IS NULL"),
            postgresql_where=text("live IS NULL"),
        ),
    )
    uuid: Mapped[Key]
    live: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid"), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[Name]
    password_hash: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    time_zone: Mapped[Code]
    currency: Mapped[str] = mapped_column(String(3))
    ask_above: Mapped[Decimal | None]
    price_tolerance: Mapped[Decimal | None]
    money_per_day: Mapped[Decimal | None]
    money_per_month: Mapped[Decimal | None]
    orders_per_item_and_day: Mapped[int | None]
    paused_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def environment(self) -> Environment:
        """Whether what it orders is real."""
        return "live" if self.live is None else "test"


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

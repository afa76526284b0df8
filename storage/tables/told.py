"""What accounts are told, by webhook and by mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Key, Table, Word


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

"""Fleets of fridges, what they report, what they are told, and the tags inside them (S64-S121)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Hash, Key, Name, Table, Word


class Fleet(Table):
    """A group of fridges (S70)."""

    __tablename__ = "fleets"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    name: Mapped[Name]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Connection(Table):
    """Somebody else's fridge cloud (1.L): its API's key and what signs its webhooks are sealed.

    `secret_hash` is of the secret in the address of its webhooks. Once it has signed one (`signed_at`), it must.
    """

    __tablename__ = "connections"
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    kind: Mapped[Word]
    name: Mapped[Name]
    base_url: Mapped[str]
    api_key: Mapped[str]
    secret: Mapped[str]
    secret_hash: Mapped[Hash]
    signed_at: Mapped[datetime | None]
    fleet: Mapped[UUID] = mapped_column(ForeignKey("fleets.uuid"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Fridge(Table):
    """A fridge (S73-S83), or one in another cloud, which knows it by `remote_uuid`.

    `sequence` is the number of its newest notification; `opening` is the `open` command that is under way. Door,
    temperature and tags are as of `door_at`, `temperature_at` and `scanned_at`: an older word changes nothing.
    `door_was_opened` since the last scan; `is_unscanned` since it was heard again after a silence.
    """

    __tablename__ = "fridges"
    __table_args__ = (UniqueConstraint("connection", "remote_uuid"),)
    uuid: Mapped[Key]
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), index=True)
    fleet: Mapped[UUID] = mapped_column(ForeignKey("fleets.uuid"), index=True)
    connection: Mapped[UUID | None] = mapped_column(ForeignKey("connections.uuid"))
    remote_uuid: Mapped[str | None] = mapped_column(String(64))
    door_status: Mapped[Word]
    temperature: Mapped[Decimal | None]
    screen_status: Mapped[str | None] = mapped_column(String(32))
    last_activity: Mapped[datetime]
    firmware_version: Mapped[str | None] = mapped_column(String(200))
    temperature_min_alert: Mapped[Decimal | None]
    temperature_max_alert: Mapped[Decimal | None]
    webhook_url: Mapped[str | None]
    kiosk_url: Mapped[str | None]
    heartbeat_interval: Mapped[int]
    webhook_secret: Mapped[str]
    old_webhook_secret: Mapped[str | None]
    old_webhook_secret_until: Mapped[datetime | None]
    webhook_failing_since: Mapped[datetime | None]
    webhook_off_because: Mapped[str | None]
    init_key: Mapped[str | None]
    init_key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    init_key_until: Mapped[datetime | None]
    linked_at: Mapped[datetime | None]
    door_at: Mapped[datetime | None]
    temperature_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime | None]
    door_was_opened: Mapped[bool] = mapped_column(default=False)
    is_unscanned: Mapped[bool] = mapped_column(default=False)
    is_offline: Mapped[bool]
    is_out_of_band: Mapped[bool]
    opening: Mapped[UUID | None]
    sequence: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class FridgeCommand(Table):
    """Something that a fridge was told to do, by whom, and how far it has come (S84-S96).

    One for another cloud is not known there before `posted_at`; then, or once it has told, by its `remote_uuid`.
    """

    __tablename__ = "fridge_commands"
    __table_args__ = (
        Index("ix_fridge_commands_fridge_created_at", "fridge", "created_at"),
        Index("ix_fridge_commands_fridge_status", "fridge", "status"),
        UniqueConstraint("fridge", "remote_uuid"),
    )
    uuid: Mapped[Key]
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"))
    remote_uuid: Mapped[str | None] = mapped_column(String(64))
    posted_at: Mapped[datetime | None]
    author: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"))
    slug: Mapped[Word]
    status: Mapped[str | None] = mapped_column(String(32))
    message: Mapped[str | None]
    video: Mapped[str | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FridgeReportRow(Table):
    """Every notification that came from a fridge, once, for good; what is secret in it is not kept.

    `id` is what it is known by: the link by which it came, where that is told, and the id that it was given.
    """

    __tablename__ = "fridge_reports"
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"), primary_key=True)
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    type: Mapped[Word]
    observed_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    digest: Mapped[Hash]


class FridgeNotification(Table):
    """One notification that goes out, numbered for each fridge: `letter` is its body, the same bytes at every attempt.

    The letter of a badge is sealed until it has been told, and emptied then (1.J.15). `attempts` are those of its turn,
    not those of a replay; the next one is not made before `next_at`.
    """

    __tablename__ = "fridge_notifications"
    __table_args__ = (
        Index("ix_fridge_notifications_fridge_delivery", "fridge", "delivery", "sequence"),
        Index("ix_fridge_notifications_fridge_type", "fridge", "type", "at"),
        UniqueConstraint("uuid"),
    )
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    type: Mapped[Word]
    at: Mapped[datetime]
    command: Mapped[UUID | None]
    letter: Mapped[str]
    is_sealed: Mapped[bool]
    delivery: Mapped[Word]
    attempts: Mapped[int]
    next_at: Mapped[datetime | None]


class FridgeAttempt(Table):
    """One attempt to tell a fridge's webhookUrl one notification."""

    __tablename__ = "fridge_attempts"
    __table_args__ = (
        Index("ix_fridge_attempts_fridge_at", "fridge", "at"),
        Index("ix_fridge_attempts_fridge_sequence", "fridge", "sequence"),
    )
    uuid: Mapped[Key]
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"))
    sequence: Mapped[int]
    replay: Mapped[UUID | None]
    number: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]
    reason: Mapped[str | None]
    next_at: Mapped[datetime | None]


class FridgeErrand(Table):
    """What a settled fridge has still to tell somebody: written with its cause, removed once it was told."""

    __tablename__ = "fridge_errands"
    __table_args__ = (Index("ix_fridge_errands_fridge_number", "fridge", "number"),)
    uuid: Mapped[Key]
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"))
    number: Mapped[int]
    kind: Mapped[Word]
    errand: Mapped[str]


class FridgeSession(Table):
    """One opening, from `open` to the inventory that follows (S110-S115); `outcome` is in words."""

    __tablename__ = "fridge_sessions"
    __table_args__ = (Index("ix_fridge_sessions_fridge_began_at", "fridge", "began_at"),)
    command: Mapped[UUID] = mapped_column(ForeignKey("fridge_commands.uuid"), primary_key=True)
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"))
    status: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None]
    removed: Mapped[str]
    added: Mapped[str]
    video: Mapped[str | None]
    began_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class FridgeEvent(Table):
    """Something about a fridge that somebody may want to know: an unknown tag, a disagreement, a conflict."""

    __tablename__ = "fridge_events"
    __table_args__ = (Index("ix_fridge_events_fridge_at", "fridge", "at"),)
    uuid: Mapped[Key]
    fridge: Mapped[UUID] = mapped_column(ForeignKey("fridges.uuid"))
    kind: Mapped[Word]
    sentence: Mapped[str]
    at: Mapped[datetime]


class Tag(Table):
    """A tag of a household, by its EPC in lower case: what it is on, and in which fridge it was seen last.

    `missed` counts the scans that did not see it since; `removed_at` is when it was first missed, once it counts as
    removed.
    """

    __tablename__ = "tags"
    __table_args__ = (
        Index("ix_tags_fridge_epc", "fridge", "epc"),
        Index("ix_tags_account_product", "account", "product"),
    )
    account: Mapped[UUID] = mapped_column(ForeignKey("users.uuid"), primary_key=True)
    epc: Mapped[str] = mapped_column(String(64), primary_key=True)
    product: Mapped[UUID | None] = mapped_column(ForeignKey("products.uuid"))
    expires_at: Mapped[datetime | None]
    linked_at: Mapped[datetime | None]
    fridge: Mapped[UUID | None] = mapped_column(ForeignKey("fridges.uuid"))
    since: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    missed: Mapped[int]
    missed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

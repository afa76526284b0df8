"""Fridges: what they report, what they are told to do, and how a command and an opening go on (S84-S121)."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from domain.message import Message

MOST_EPCS = 5_000
LONGEST_REPORT_ID = 120
SILENT_AFTER_BEATS = 2.5
"""A fridge that has not been heard of for so many of its heartbeat intervals is offline (1.J.10)."""
ACKNOWLEDGED_WITHIN = timedelta(seconds=60)
NO_ACKNOWLEDGEMENT = "No acknowledgement from the fridge."


class NotificationType(StrEnum):
    """What a fridge reports (S97-S108), and the last three, which Larder adds (1.J.10)."""

    HEARTBEAT = "heartbeat"
    DOOR_STATUS = "door-status"
    SCREEN_STATUS = "screen-status"
    SHUTDOWN = "shutdown"
    BOOT = "boot"
    INVENTORY = "inventory"
    VIDEO = "video"
    TEMPERATURE = "temperature"
    PRODUCT_LINKED = "product-linked"
    BADGE_PRESENTED = "badge-presented"
    ACK = "ack"
    TEMPERATURE_ALERT = "temperature-alert"
    OFFLINE = "offline"
    ONLINE = "online"


class DoorStatus(StrEnum):
    """Where a fridge's door stands (S98)."""

    UNLOCKED = "unlocked"
    OPENED = "opened"
    CLOSED = "closed"


class CommandSlug(StrEnum):
    """What a fridge can be told to do (S85-S90)."""

    REBOOT = "reboot"
    OPEN = "open"
    INVENTORY = "inventory"
    TEMPERATURE = "temperature"
    DOOR_STATUS = "door-status"
    RESTART_APP = "restart-app"


class CommandStatus(StrEnum):
    """How far a command has come; None before its acknowledgement (S92, S93)."""

    ACK = "ack"
    SUCCESS = "success"
    FAILED = "failed"
    UNLOCKED = "unlocked"
    OPENED = "opened"
    CLOSED = "closed"
    INVENTORY = "inventory"


class CommandWord(Message):
    """What a notification says of the command that it answers; `video` where the fridge has filmed it (S96)."""

    uuid: UUID
    status: CommandStatus | None = None
    message: str | None = None
    video: str | None = None


class Notification(Message):
    """One report of a fridge; `id` is unique for its `link`, so that a repeat counts once.

    `sealed` holds what must not be read by anybody on its way: a badge's token (1.J.15). `said_at` is when another
    cloud heard it, by its own clock.
    """

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_REPORT_ID)]
    type: NotificationType
    data: JsonValue = None
    sealed: str | None = None
    command: CommandWord | None = None
    observed_at: AwareDatetime
    received_at: AwareDatetime
    link: str | None = None
    said_at: AwareDatetime | None = None

    @property
    def known_by(self) -> str:
        """What tells a repeat: the next device that becomes this fridge may begin its ids anew."""
        if self.link is None:
            return self.id
        known_by = f"{self.link}:{self.id}"
        if len(known_by) <= LONGEST_REPORT_ID:
            return known_by
        return f"{self.link}:{hashlib.sha256(self.id.encode()).hexdigest()}"

    @property
    def as_of(self) -> datetime:
        """What tells the newer of two that say the same of a fridge."""
        return self.said_at or self.observed_at


class Overdue(Message):
    """An opening has waited in one status for as long as it may; `is_last` when it is to be given up for that."""

    command: UUID
    status: CommandStatus | None
    is_last: bool


class KeepFridge(Message):
    """What a fridge's workflow is started with; the lists are what an earlier run had not finished."""

    fridge: UUID
    account: UUID
    inbox: tuple[Notification, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    listening_since: AwareDatetime | None = None


class FridgeReport(Message):
    """Notifications of one fridge, in the order in which they were received."""

    notifications: tuple[Notification, ...]


class NewCommand(Message):
    """A command that somebody gives a fridge (S84); the author is a user."""

    uuid: UUID
    fridge: UUID
    slug: CommandSlug
    author: UUID
    at: AwareDatetime


class RecordCommand(Message):
    """Write a command down, by the fridge's own clock."""

    command: NewCommand
    as_of: AwareDatetime


class SettleFridge(Message):
    """These notifications, then what its opening waits for too long, and every deadline due at `as_of`.

    `recall` in a run's first settle: Temporal may know less than storage, so an opening under way is begun again. No
    silence began before `listening_since`: nobody could have heard the fridge.
    """

    fridge: UUID
    notifications: tuple[Notification, ...]
    overdue: tuple[Overdue, ...] = ()
    as_of: AwareDatetime
    recall: bool = False
    listening_since: AwareDatetime | None = None


class FridgeSettled(Message):
    """The fridge as it stands in storage, whatever was new: is anything left to tell, and when to look again."""

    deleted: bool = False
    line: str = ""
    next_check: AwareDatetime | None = None
    errands: bool = False


class SessionBrief(Message):
    """What the workflow of one opening is started with: the `open` that began it."""

    command: UUID
    fridge: UUID
    account: UUID


class SessionWord(Message):
    """How far the opening has come; `outcome` in words once it has ended (S110-S115)."""

    status: CommandStatus
    outcome: str | None = None


class TellOverdue(Message):
    """An opening tells its fridge that it has waited for too long."""

    fridge: UUID
    account: UUID
    overdue: Overdue


def silent_from(last_activity: datetime, heartbeat_interval: int) -> datetime:
    """When a fridge that was heard then counts as offline, if nothing more is heard (1.J.10)."""
    return last_activity + timedelta(seconds=heartbeat_interval) * SILENT_AFTER_BEATS

"""What an account is told: an order has moved, a rule tells, a device has fallen silent, a fridge was linked."""

from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import AwareDatetime, JsonValue

from domain.message import Message

_NOTICES = UUID("6f0d3c0e-5f0f-5c43-9c3d-1b1a5f0f6c11")


class NoticeKind(StrEnum):
    """The type that a webhook carries."""

    ORDER_PLACED = "order.placed"
    ORDER_AWAITING_APPROVAL = "order.awaiting-approval"
    ORDER_CHARGE_FAILED = "order.charge-failed"
    ORDER_SUBSTITUTED = "order.substituted"
    ORDER_DISPATCHED = "order.dispatched"
    ORDER_DELIVERED = "order.delivered"
    ORDER_STOPPED = "order.stopped"
    ORDER_OVERDUE = "order.overdue"
    ORDER_HELD = "order.held"
    ORDER_UNSEEN = "order.unseen"
    RULE_NOTIFIED = "rule.notified"
    DEVICE_SILENT = "device.silent"
    FRIDGE_TEMPERATURE = "fridge.temperature"
    FRIDGE_OFFLINE = "fridge.offline"
    FRIDGE_DOOR_OPEN = "fridge.door-open"
    FRIDGE_LINKED = "fridge.linked"
    WEBHOOK_DISABLED = "webhook.disabled"


MAILED = frozenset(NoticeKind) - {NoticeKind.ORDER_PLACED}
"""What people want to know even if no program of theirs listens (S27, S28, S52)."""


class Notice(Message):
    """One thing to tell, once: `uuid` follows from what happened, `sentence` is for people, `data` for programs."""

    uuid: UUID
    account: UUID
    kind: NoticeKind
    at: AwareDatetime
    sentence: str
    data: dict[str, JsonValue]


def notice_uuid(kind: NoticeKind, *what: object) -> UUID:
    """The same for the same occasion, such as an order and the version of its state."""
    return uuid5(_NOTICES, "\n".join([kind, *map(str, what)]))


def letter_uuid(notice: UUID) -> UUID:
    """The one letter that tells a notice by mail."""
    return uuid5(_NOTICES, f"letter\n{notice}")

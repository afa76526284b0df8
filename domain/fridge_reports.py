"""What the data of a fridge's notification says, whoever has sent it; what cannot be read says nothing."""

import hashlib
import json
from contextlib import suppress

from pydantic import JsonValue

from domain.fridges import DoorStatus, Notification, NotificationType


def field(data: JsonValue, name: str) -> JsonValue:
    """One field of it, None where it has none."""
    return data.get(name) if isinstance(data, dict) else None


def epcs(data: JsonValue, name: str) -> tuple[str, ...]:
    """Tags in the order of the scan, each once; their capitals mean nothing (1.J.9)."""
    listed = field(data, name)
    codes = listed if isinstance(listed, list) else []
    return tuple(dict.fromkeys(code.lower() for code in codes if isinstance(code, str)))


def door(report: Notification) -> DoorStatus | None:
    """Where the door stands, if it is about the door (S98)."""
    with suppress(ValueError):
        return DoorStatus(str(field(report.data, "status"))) if report.type is NotificationType.DOOR_STATUS else None
    return None


def digest(report: Notification) -> str:
    """What makes two notifications with one id the same one; a seal is never the same twice."""
    said = report.model_dump(mode="json", include={"type", "data", "command"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

"""What a fridge may say, type by type (S97-S108), and the notification that it comes to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.bodies import Body, Id, Moment, Number, Text, Written, short
from api.calls import moment_of
from api.decoding import FAULTS_SHOWN, checked
from api.endpoints import WebAddress
from domain.errors import Invalid
from domain.fridge_papers import number
from domain.fridges import (
    LONGEST_REPORT_ID,
    MOST_EPCS,
    CommandStatus,
    CommandWord,
    DoorStatus,
    Notification,
    NotificationType,
)
from storage.secrets import Secrets

MOST_NOTIFICATIONS = 100
COLDEST, HOTTEST = -100, 100
_PLACES = 6


def _https(url: str) -> str:
    if not url.lower().startswith("https://"):
        raise PydanticCustomError("refused", "This value should begin with https://.")
    return url


VideoUrl = Annotated[WebAddress, AfterValidator(_https), Written("pattern", "^[hH][tT][tT][pP][sS]://")]
"""Where a video is to be found for a day (S104); nobody here fetches it."""

_LONGEST_EPC, _PRINTABLE = 64, r"[\x21-\x7e]+"
Epc = Annotated[str, Field(min_length=1, max_length=_LONGEST_EPC, pattern=f"^{_PRINTABLE}$"), AfterValidator(str.lower)]
"""The code of a tag, whose capitals mean nothing (S103, 1.J.9)."""

Epcs = Annotated[list[Epc], Field(max_length=MOST_EPCS)]
ReportId = Annotated[
    str, Field(min_length=1, max_length=LONGEST_REPORT_ID, pattern=r"^[\x21-\x7e]+$", examples=["17-42"])
]


# a strict enumeration would take no text, hence `strict=False` where there is one


class Firmware(Body):
    """What a fridge that lives or has started runs."""

    firmware_version: Annotated[Text | None, Field(max_length=200)] = None


class Door(Body):
    """Where the door stands."""

    status: Annotated[DoorStatus, Field(strict=False)]


class Screen(Body):
    """Whether the screen is lit (1.J.15)."""

    status: Literal["on", "off"]


class Scan(Body):
    """All tags that are there; what the fridge itself takes for the difference is only compared (1.J.8)."""

    epcs: Epcs
    removed: Annotated[Epcs, Field(default_factory=list)]
    added: Annotated[Epcs, Field(default_factory=list)]


class Video(Body):
    """A video that can be fetched for a day."""

    url: VideoUrl


class Measured(Body):
    """How cold it is, in degrees Celsius."""

    temperature: Annotated[Number, Field(ge=COLDEST, le=HOTTEST, decimal_places=_PLACES), AfterValidator(short)]


class Badge(Body):
    """What was read from a badge, which is nobody's business but its reader's."""

    badge_token: Annotated[Text, Field(alias="badge_token", min_length=1, max_length=200)]


_DATA: Mapping[NotificationType, type[Body] | None] = {
    NotificationType.HEARTBEAT: Firmware,
    NotificationType.BOOT: Firmware,
    NotificationType.SHUTDOWN: None,
    NotificationType.ACK: None,
    NotificationType.DOOR_STATUS: Door,
    NotificationType.SCREEN_STATUS: Screen,
    NotificationType.INVENTORY: Scan,
    NotificationType.VIDEO: Video,
    NotificationType.TEMPERATURE: Measured,
    NotificationType.BADGE_PRESENTED: Badge,
}
_EPCS: dict[str, JsonValue] = {
    "type": "array",
    "maxItems": MOST_EPCS,
    "items": {"type": "string", "minLength": 1, "maxLength": _LONGEST_EPC},
}
_ANY_DATA: dict[str, Any] = {
    "description": "What belongs to the type; nothing, for `ack` and `shutdown`.",
    "anyOf": [
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "status": {"enum": [*DoorStatus, "on", "off"]},
                "epcs": _EPCS,
                "removed": _EPCS,
                "added": _EPCS,
                "url": {"type": "string", "format": "web-address"},
                "temperature": {"type": "number", "minimum": COLDEST, "maximum": HOTTEST},
                "badge_token": {"type": "string", "minLength": 1, "maxLength": 200},
                "firmwareVersion": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]},
            },
        },
        {"type": "null"},
    ],
}


class SaidOfCommand(Body):
    """How far a command has come, by its fridge."""

    uuid: Id
    status: Annotated[CommandStatus, Field(strict=False)] | None = None
    message: Annotated[Text | None, Field(max_length=1000)] = None
    video: VideoUrl | None = None


_EXAMPLES: list[JsonValue] = [
    {"id": "17-41", "type": "heartbeat", "data": {"firmwareVersion": "2.4.1"}},
    {"id": "17-42", "type": "door-status", "data": {"status": "opened"}, "at": "2022-09-11T21:23:02+02:00"},
]


class SaidByFridge(Body, json_schema_extra={"examples": _EXAMPLES}):
    """One notification, or a list of up to 100 of them; `sentAt` is the fridge's clock when it sends (1.N, Time)."""

    type: Annotated[NotificationType, Field(strict=False)]
    data: Annotated[Any, WithJsonSchema(_ANY_DATA)] = None
    command: SaidOfCommand | None = None
    id: ReportId | None = None
    at: Moment | None = None
    sent_at: Moment | None = None

    def checked_data(self) -> Body | None:
        """What goes with the type; raises Invalid."""
        if self.type not in _DATA:
            raise Invalid({"type": [f"A fridge does not say {self.type}."]})
        if self.type is NotificationType.ACK and self.command is None:
            raise Invalid({"command": ["This field is missing."]})
        model = _DATA[self.type]
        if model is None and self.data is not None:
            raise Invalid({"data": ["This value should be null."]})
        if model is None or (model is Firmware and self.data is None):
            return None
        try:
            return checked(model, {} if self.data is None else self.data)
        except Invalid as invalid:
            raise Invalid({_within("data", place): texts for place, texts in invalid.fields.items()}) from None


def is_epc(text: str) -> bool:
    """Whether a tag can have that code."""
    return len(text) <= _LONGEST_EPC and re.fullmatch(_PRINTABLE, text) is not None


@dataclass(frozen=True)
class Heard:
    """One notification, right in itself."""

    said: SaidByFridge
    data: Body | None

    @property
    def firmware(self) -> str | None:
        """What the fridge says that it runs."""
        return self.data.firmware_version if isinstance(self.data, Firmware) else None

    def notification(
        self, secrets: Secrets, received_at: datetime, key: str | None = None, link: str | None = None
    ) -> Notification:
        """As it goes to the fridge's workflow: what a badge says is sealed before it leaves this process (1.J.15)."""
        said, command = self.said, self.said.command
        return Notification(
            id=said.id or key or uuid4().hex,
            type=said.type,
            data=_as_json(self.data),
            sealed=secrets.seal(self.data.badge_token) if isinstance(self.data, Badge) else None,
            command=None if command is None else CommandWord.model_validate(command.model_dump()),
            observed_at=moment_of(said.at, said.sent_at, received_at),
            received_at=received_at,
            link=link,
        )


def heard(sent: object) -> list[Heard]:
    """What was sent, one or many; raises Invalid that names the fault as `data.epcs`, or `3.data.epcs` in a list."""
    if not isinstance(sent, list):
        return [_heard(sent)]
    if not 0 < len(sent) <= MOST_NOTIFICATIONS:
        raise Invalid({"body": [f"A list should have 1 to {MOST_NOTIFICATIONS} notifications."]})
    found: list[Heard] = []
    faults: dict[str, list[str]] = {}
    for place, each in enumerate(sent):
        try:
            found.append(_heard(each))
        except Invalid as invalid:
            faults |= {_within(str(place), field): texts for field, texts in invalid.fields.items()}
    if faults:
        raise Invalid(dict(list(faults.items())[:FAULTS_SHOWN]))
    return found


def _heard(sent: object) -> Heard:
    said = checked(SaidByFridge, sent)
    return Heard(said, said.checked_data())


def _within(place: str, field: str) -> str:
    return place if field == "body" else f"{place}.{field}"


def _as_json(data: Body | None) -> JsonValue:
    match data:
        case None | Badge():
            return None
        case Measured(temperature=temperature):
            return {"temperature": number(temperature)}
    # a scan without a difference says nothing of it
    return data.model_dump(mode="json", by_alias=True, exclude_unset=True)

"""What another cloud notifies, as EatMachine's document prints it (S97-S109), in the words of our own fridges.

What is not documented is not refused: unknown fields are passed over, an unknown type is an event (1.L).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from api.bodies import EARLIEST_YEAR, LATEST_YEAR, plain
from api.fridge_said import Epc, Heard, heard
from api.fridges import LONGEST_INTERVAL, SHORTEST_INTERVAL
from domain.clouds import LONGEST_REMOTE_UUID
from domain.errors import Invalid
from domain.fridges import MOST_EPCS, CommandStatus, NotificationType

_LONGEST_MESSAGE, _LONGEST_NAME, _LONGEST_TYPE = 1000, 200, 64
_LONGEST_ON_ITS_WAY = timedelta(days=3)
"""For so long, webhooks are commonly tried; what is older is rather a wrong clock."""
_ID = re.compile(r"[\x21-\x7e]{1,120}")
_KEPT: Mapping[NotificationType, tuple[str, ...]] = {
    NotificationType.DOOR_STATUS: ("status",),
    NotificationType.SCREEN_STATUS: ("status",),
    NotificationType.INVENTORY: ("epcs", "removed", "added"),
    NotificationType.VIDEO: ("url",),
    NotificationType.TEMPERATURE: ("temperature",),
    NotificationType.BADGE_PRESENTED: ("badge_token",),
}
"""The fields that are documented for the data of each type; those that are not here have none."""
_OF_THAT_CLOUD = {NotificationType.TEMPERATURE_ALERT, NotificationType.OFFLINE, NotificationType.ONLINE}
"""What that cloud thinks of its fridges, each by its own settings: here it is an event, and we think for ourselves."""


def _text_or_none(value: object) -> object:
    return value if isinstance(value, str) and value.isprintable() else None


def _moment_or_none(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    known = moment.utcoffset() is not None and EARLIEST_YEAR <= moment.year <= LATEST_YEAR
    return moment if known else None


RemoteId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REMOTE_UUID), AfterValidator(plain)]
Text = Annotated[str | None, BeforeValidator(_text_or_none)]
Moment = Annotated[datetime | None, BeforeValidator(_moment_or_none)]


class Said(BaseModel):
    """The base of what is read tolerantly."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, allow_inf_nan=False, hide_input_in_errors=True
    )


class FridgeThere(Said):
    """As much of a fridge as is used here."""

    uuid: RemoteId
    last_activity: Any = None
    settings: Any = None

    def setting(self, name: str) -> Any:
        """One of its settings, None where it is not told."""
        return self.settings.get(name) if isinstance(self.settings, dict) else None

    @property
    def heartbeat_interval(self) -> int | None:
        """How often it is heard of, where that is told and can be."""
        seconds = self.setting("heartbeatInterval")
        good = isinstance(seconds, int) and SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL
        return seconds if good else None


class CommandThere(Said):
    """As much of a command as is used here (S109)."""

    uuid: RemoteId
    status: Any = None
    message: Text = None
    video: Text = None
    type: Any = None

    @property
    def slug(self) -> str | None:
        """What the fridge was told to do."""
        slug = self.type.get("slug") if isinstance(self.type, dict) else None
        return slug if isinstance(slug, str) else None

    def as_ours(self, uuid: UUID) -> dict[str, Any]:
        """What is said of our command of that uuid."""
        said: dict[str, Any] = {"uuid": str(uuid)}
        if isinstance(self.status, str) and self.status in set(CommandStatus):
            said["status"] = self.status
        if self.message is not None:
            said["message"] = self.message[:_LONGEST_MESSAGE]
        if self.video is not None and self.video.startswith("https://"):
            said["video"] = self.video
        return said


class ProductThere(Said):
    """As much of a product as is used here (S106)."""

    uuid: RemoteId
    name: Text = None

    @property
    def known_uuid(self) -> UUID | None:
        """Its uuid, if it is one."""
        try:
            return UUID(self.uuid)
        except ValueError:
            return None


class TagThere(Said):
    """A tag that was put on a product (S106)."""

    code: Epc
    expiration_date: Moment = None


class TagsThere(Said):
    """The tags of one `product-linked`, by the name under which a fault is told."""

    data: Annotated[list[TagThere], Field(max_length=MOST_EPCS)]


class SaidByCloud(Said):
    """One notification (S97-S109); `timestamp` and `id` are there if it comes from another Larder."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_TYPE), AfterValidator(plain)]
    data: Any = None
    fridge: FridgeThere | None = None
    command: CommandThere | None = None
    product: ProductThere | None = None
    id: Any = None
    timestamp: Moment = None

    @property
    def kind(self) -> NotificationType | None:
        """Its type, None for one that we do not know or only keep as an event."""
        known = self.type in set(NotificationType) and NotificationType(self.type) not in _OF_THAT_CLOUD
        return NotificationType(self.type) if known else None

    @property
    def firmware(self) -> str | None:
        """What the fridge runs, where that is told."""
        version = None if self.fridge is None else self.fridge.setting("firmwareVersion")
        return version if isinstance(version, str) and version.isprintable() and len(version) <= _LONGEST_NAME else None

    def said_at(self, now: datetime) -> datetime | None:
        """When that cloud heard its fridge say so, where it tells and its clock can be right; a `timestamp` is better.

        It tells the newer of two and no more: it may be as old as the last heartbeat.
        """
        heard_at = None if self.fridge is None else _moment_or_none(self.fridge.last_activity)
        if self.timestamp is not None or heard_at is None or now - heard_at > _LONGEST_ON_ITS_WAY:
            return None
        return min(heard_at.astimezone(UTC), now)

    def known_by(self, webhook_id: str | None, body: bytes, now: datetime) -> str:
        """What tells a repeat: the id that its sender gave it, else its text.

        A text without any moment may well be true again an hour later.
        """
        for given in (webhook_id, self.id):
            if isinstance(given, str) and _ID.fullmatch(given):
                return given
        when = self.timestamp or (self.fridge.last_activity if self.fridge is not None else None)
        hour = b"" if when is not None else now.strftime("%Y-%m-%dT%H").encode()
        return hashlib.sha256(body + hour).hexdigest()

    def heard(self, key: str, command: UUID | None) -> Heard:
        """The same as one of our own fridges would say it; `command` is our uuid of what it answers. Raises Invalid."""
        said: dict[str, Any] = {"type": self.type, "id": key}
        fields = _KEPT.get(NotificationType(self.type), ())
        if fields and not isinstance(self.data, dict):
            raise Invalid({"data": ["This value should be an object."]})
        if fields:
            said["data"] = {name: self.data[name] for name in fields if name in self.data}
        if self.timestamp is not None:
            said["at"] = self.timestamp.isoformat()
        if self.command is not None and command is not None:
            said["command"] = self.command.as_ours(command)
        (found,) = heard(said)
        return found

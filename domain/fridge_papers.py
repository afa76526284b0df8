"""How fleets, fridges, commands and notifications look on paper: names, order and nulls as documented (S71-S121).

A paper is made `of` a row of storage, or of anything else with the same attributes.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from domain.fridges import CommandSlug, CommandStatus, DoorStatus, NotificationType

_NAMES = {
    CommandSlug.REBOOT: "Reboot",
    CommandSlug.OPEN: "Open",
    CommandSlug.INVENTORY: "Inventory",
    CommandSlug.TEMPERATURE: "Temperature",
    CommandSlug.DOOR_STATUS: "Door status",
    CommandSlug.RESTART_APP: "Restart app",
}


def moment(at: datetime) -> str:
    """To the second, with a numeric offset (S72)."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def number(exact: Decimal) -> int | float:
    """As a JSON number, which a float holds exactly: temperatures and levels have few digits."""
    return int(exact) if exact == exact.to_integral_value() else float(exact)


When = Annotated[
    datetime,
    PlainSerializer(moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2022-09-11T21:23:02+00:00"]}),
]
Degrees = Annotated[
    Decimal, PlainSerializer(number, return_type=int | float), WithJsonSchema({"type": "number", "examples": [5.2]})
]


class Paper(BaseModel):
    """The base of all papers; camelCase, made by keyword arguments in snake_case or from attributes."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=False
    )

    def written(self) -> dict[str, Any]:
        """As JSON values, in the documented order."""
        return self.model_dump(mode="json", by_alias=True)


class FridgeOnFile(Protocol):
    """What a fridge must tell for its paper, settings apart; the rows of storage do."""

    uuid: Any
    door_status: Any
    temperature: Any
    last_activity: Any
    created_at: Any
    updated_at: Any


class CommandOnFile(Protocol):
    """What a command must tell for its paper."""

    uuid: Any
    slug: Any
    status: Any
    message: Any
    video: Any
    created_at: Any
    updated_at: Any


class AuthorOnFile(Protocol):
    """What the user who gave a command must tell."""

    email: Any
    created_at: Any
    updated_at: Any


class FleetPaper(Paper):
    """A fleet, alone or within its fridge (S71, S77)."""

    uuid: UUID
    name: str
    created_at: When
    updated_at: When

    @classmethod
    def of(cls, fleet: object) -> "FleetPaper":
        """From a row of `fleets`."""
        return cls.model_validate(fleet)


class FridgeSettingsPaper(Paper):
    """What a fridge is set to (S76), and which firmware it says it has."""

    firmware_version: str | None
    temperature_min_alert: Degrees | None
    temperature_max_alert: Degrees | None
    webhook_url: str | None
    kiosk_url: str | None
    heartbeat_interval: int


class FridgePaper(Paper):
    """A fridge (S74-S77); `initKey` only while it can still be used, and never in a notification."""

    uuid: UUID
    door_status: DoorStatus
    temperature: Degrees | None
    last_activity: When
    settings: FridgeSettingsPaper
    fleet: FleetPaper
    init_key: str | None
    created_at: When
    updated_at: When

    @classmethod
    def of(cls, fridge: FridgeOnFile, fleet: object, init_key: str | None = None) -> "FridgePaper":
        """From a row of `fridges` and that of its fleet; `init_key` in clear, where it may be shown."""
        return cls(
            uuid=fridge.uuid,
            door_status=DoorStatus(fridge.door_status),
            temperature=fridge.temperature,
            last_activity=fridge.last_activity,
            settings=FridgeSettingsPaper.model_validate(fridge),
            fleet=FleetPaper.of(fleet),
            init_key=init_key,
            created_at=fridge.created_at,
            updated_at=fridge.updated_at,
        )


class AuthorPaper(Paper):
    """Who gave a command: the user's email address, and since when there is that user (S121)."""

    identifier: str
    created_at: When
    updated_at: When


class CommandTypePaper(Paper):
    """What a command is called (S94)."""

    name: str
    slug: CommandSlug

    @classmethod
    def of(cls, slug: CommandSlug) -> "CommandTypePaper":
        """By what it is in addresses."""
        return cls(name=_NAMES[slug], slug=slug)


class CommandPaper(Paper):
    """A command and how far it has come (S91, S109); `video` is there only where the fridge has filmed it (S96)."""

    uuid: UUID
    author: AuthorPaper
    type: CommandTypePaper
    status: CommandStatus | None
    message: str | None
    video: Annotated[str | None, Field(exclude_if=lambda video: video is None)]
    created_at: When
    updated_at: When

    @classmethod
    def of(cls, command: CommandOnFile, author: AuthorOnFile) -> "CommandPaper":
        """From a row of `fridge_commands` and the user who gave it."""
        return cls(
            uuid=command.uuid,
            author=AuthorPaper(identifier=author.email, created_at=author.created_at, updated_at=author.updated_at),
            type=CommandTypePaper.of(CommandSlug(command.slug)),
            status=None if command.status is None else CommandStatus(command.status),
            message=command.message,
            video=command.video,
            created_at=command.created_at,
            updated_at=command.updated_at,
        )


class ProductPaper(Paper):
    """A product, as `product-linked` tells of it (S106)."""

    uuid: UUID
    name: str
    brand: str | None
    gtin: str | None
    unit: str
    created_at: When
    updated_at: When

    @classmethod
    def of(cls, product: object) -> "ProductPaper":
        """From a row of `products`."""
        return cls.model_validate(product)


class TagPaper(Paper):
    """A tag that was put on a product (S106)."""

    code: str
    expiration_date: When | None


class Stamp(Paper):
    """What we add to the documented envelope (1.J.14): `id` is that of the notification, at every attempt."""

    id: UUID
    timestamp: When
    sequence: int


def letter(
    kind: NotificationType, data: JsonValue, fridge: FridgePaper, command: CommandPaper | None, stamp: Stamp
) -> str:
    """The body of a notification about a fridge (S97-S109): `command` is null where there is none.

    A heartbeat has no such key (S97). The key for linking is not told, whatever the paper says.
    """
    body: dict[str, Any] = {"type": str(kind), "data": data}
    body["fridge"] = fridge.model_copy(update={"init_key": None}).written()
    if kind is not NotificationType.HEARTBEAT:
        body["command"] = None if command is None else command.written()
    return _text(body | stamp.written())


def product_letter(tags: Sequence[TagPaper], product: ProductPaper, stamp: Stamp) -> str:
    """The body of `product-linked`, which tells of neither a fridge nor a command (S106)."""
    body = {"type": "product-linked", "data": [tag.written() for tag in tags], "product": product.written()}
    return _text(body | stamp.written())


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

"""What a device call says, as a form, as JSON or in headers: how much there is, when, and what a repeat is known by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.bodies import Amount, Body, Moment, Number, Unit, short
from api.decoding import FORM, ApiRequest, read_fields
from domain.errors import Invalid
from domain.facts import FactKind
from domain.units import UnitError, converted

_CODE = re.compile(r"[\x20-\x7e]{1,255}")
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_REF = re.compile(r"[0-9]{1,9}")
_LEVELS: Mapping[str, FactKind] = {
    "level": FactKind.COUNTED,
    "percent": FactKind.PERCENT,
    "used": FactKind.USED,
    "added": FactKind.ADDED,
    "low": FactKind.LOW,
}


def _code(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and _CODE.fullmatch(text):
        return text
    raise PydanticCustomError("refused", "This value should have 1 to 255 printable ASCII characters.")


def _ref(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and _REF.fullmatch(text):
        return int(text)
    raise PydanticCustomError("refused", "This value should be a number of nine digits.")


Code = Annotated[
    str,
    BeforeValidator(_code),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{_CODE.pattern}$"}, {"type": "integer"}]}),
]
"""What a device calls an event, or counts it by: text, or a whole number."""

Ref = Annotated[
    int,
    BeforeValidator(_ref),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 999_999_999},
                {"type": "string", "pattern": "^[0-9]{0,9}$"},  # a blank one is none
            ],
            "examples": [679866150],
        }
    ),
]
"""The nine digits that choose one of several instructions (S46)."""

Percent = Annotated[
    Number,
    Field(ge=0, le=100, decimal_places=6),
    AfterValidator(short),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100, "examples": [45]}),
]
"""How full something is."""


@dataclass(frozen=True)
class Observation:
    """What was observed, whoever says it and in whatever form."""

    kind: FactKind
    quantity: Decimal | None = None
    is_low: bool | None = None
    unit: str | None = None

    def measured_in(self, unit: str, capacity: Decimal | None) -> Decimal | None:
        """The quantity in the unit of the item; raises Invalid where it is of another dimension."""
        if self.quantity is None or self.unit is None:
            return self.quantity
        try:
            return converted(self.quantity, self.unit, unit, capacity)
        except UnitError as wrong:
            raise Invalid({"unit": [str(wrong)]}) from wrong


class Sent(Body, json_schema_extra={"examples": [{"event_id": "42"}]}):
    """What any device call may say: when it happened, and what a repeat is known by."""

    model_config = ConfigDict(alias_generator=None)

    at: Moment | None = None
    sent_at: Annotated[Moment | None, Field(validation_alias=AliasChoices("sent_at", "sentAt"))] = None
    event_id: Annotated[Code | None, Field(validation_alias=AliasChoices("event_id", "eventId"))] = None
    boot: Code | None = None
    seq: Code | None = None

    @property
    def key(self) -> str | None:
        """The device's own name for the event; raises Invalid for a boot without a sequence number or the reverse."""
        if self.event_id is not None:
            return self.event_id
        if (self.boot is None) != (self.seq is None):
            raise Invalid({"seq" if self.seq is None else "boot": ["boot and seq are needed together."]})
        return None if self.boot is None else f"{self.boot}\x1f{self.seq}"

    @property
    def observation(self) -> Observation:
        """A trigger is a press."""
        return Observation(FactKind.PRESSED)


class SentLevel(Sent, json_schema_extra={"examples": [{"level": 5}]}):
    """Use case 2 (S54): exactly one way to say how much there is; `unit` where it is not the item's own."""

    level: Amount | None = None
    percent: Percent | None = None
    used: Amount | None = None
    added: Amount | None = None
    low: bool | None = None
    unit: Unit | None = None

    @property
    def observation(self) -> Observation:
        """The one thing that it says; raises Invalid for none or several."""
        said = [name for name in _LEVELS if getattr(self, name) is not None]
        if len(said) != 1:
            place = said[1] if said else "level"
            raise Invalid({place: ["Exactly one of level, percent, used, added and low is needed."]})
        if self.unit is not None and said[0] in ("percent", "low"):
            raise Invalid({"unit": ["This field was not expected."]})
        value: Decimal | bool = getattr(self, said[0])
        if isinstance(value, bool):
            return Observation(_LEVELS[said[0]], is_low=value)
        return Observation(_LEVELS[said[0]], quantity=value, unit=self.unit)


def check_address(request: ApiRequest) -> None:
    """Raise Invalid for anything in the query: credentials would be logged on their way here (1.J.2)."""
    if request.scope["query_string"]:
        raise Invalid({"query": ["Nothing may be sent in the address; use the body or headers."]})


async def fields_of(request: ApiRequest) -> dict[str, object]:
    """The fields of a form or of a JSON object; what a form says of numbers and `low` is no longer text."""
    fields = await read_fields(request)
    if request.content_type[0].lower() != FORM:
        return dict(fields)
    return {name: _from_text(name, value) for name, value in fields.items()}


def _from_text(name: str, value: object) -> object:
    match _LEVELS.get(name), value:
        case FactKind.LOW, "true" | "false":
            return value == "true"
        case FactKind(), str(text) if _DECIMAL.fullmatch(text):
            return Decimal(text)
    return value


def header_of(request: ApiRequest, name: str) -> str | None:
    """A header by its documented name, or with dashes since proxies drop underscores (1.J.2); None if it is blank."""
    spellings = dict.fromkeys((name.lower(), name.lower().replace("_", "-")))
    values = {value for spelling in spellings for value in request.headers.getall(spelling, [])}
    if len(values) > 1:
        raise Invalid({name: ["This header is there twice."]})
    return next((_as_utf_8(value).strip() for value in values), "") or None


def _as_utf_8(value: str) -> str:
    """Headers arrive as latin-1, yet what people type is sent as UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


def key_of(request: ApiRequest) -> str | None:
    """The Idempotency-Key of a report, of any length: it only has to tell one caller's events apart."""
    key = header_of(request, "Idempotency-Key")
    if key is None:
        return None
    key = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not _CODE.fullmatch(key):
        raise Invalid({"Idempotency-Key": ["This value should have 1 to 255 printable ASCII characters."]})
    return key

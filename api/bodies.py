"""What request bodies are made of: strict, bounded, camelCase; every fault is named by its field (S117-S119)."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from biip import ParseError
from biip.gtin import Gtin as ParsedGtin
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.facts import MAX_QUANTITY
from domain.units import spelled

EARLIEST_YEAR, LATEST_YEAR = 1970, 9998  # so that no shift of the time zone leaves what Python can represent
_BREAKING = {"Cc", "Cs", "Zl", "Zp"}  # general categories of Unicode: controls, halves of pairs, separators
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # its bidirectional classes
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# what `plain` refuses, in words that a JSON schema has too
_BROKEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
PLAIN = re.compile(f"^[^{_BROKEN}]*$")
_NOT_BLANK_PATTERN = rf"^[^{_BROKEN}]*[^\s{_BROKEN}][^{_BROKEN}]*$"
_MONEY = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_EMAIL = re.compile(rf"[^@\s\"(),:;<>\[\\\]{_BROKEN}]{{1,64}}@[A-Za-z0-9-]{{1,63}}(\.[A-Za-z0-9-]{{1,63}})+")
_MAC_ADDRESS = re.compile(r"([0-9A-F]{2})[:-]?([0-9A-F]{2})[:-]?([0-9A-F]{2})[:-]?" * 2)


class Body(BaseModel):
    """The base of request bodies: unknown fields, wrong types and numbers without end are refused.

    A field that may be left out has a default. Where all may, an empty body counts as `{}`. For UUIDs, moments and
    decimals use `Id`, `Moment`, `Amount` and `Money` of this module: the strict types beside them take no text.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        allow_inf_nan=False,
        # A traceback must not show a password that failed to be one.
        hide_input_in_errors=True,
    )


def _fault(text: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{text}", {"text": text})


def plain(text: str) -> str:
    """The text, if nothing in it breaks what it is written into.

    PostgreSQL takes no NUL, a log line no line break, and text turned right to left looks like another text.
    """
    if text.isascii() and text.isprintable():  # almost all there is, and in catalogues a lot
        return text
    for character in text:
        if unicodedata.category(character) in _BREAKING or unicodedata.bidirectional(character) in _TURNING:
            raise _fault("This value contains a control character.")
    return text


def _uuid(value: object) -> UUID:
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise _fault("This is not a valid UUID.")


def _moment(value: object) -> datetime:
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        with suppress(ValueError):  # the 31st of February
            moment = datetime.fromisoformat(value.upper())
            if EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
                return moment
    raise _fault("This value is not a date and time with an offset, such as 2022-09-11T21:23:02+02:00.")


def _decimal(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise _fault("This value should be a number.")


def _whole(value: object) -> object:
    """For JSON, 60.0 is a whole number."""
    if isinstance(value, Decimal) and abs(value) <= MAX_QUANTITY and value == value.to_integral_value():
        return int(value)
    return value


def short(number: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent: what is stored has few digits."""
    return Decimal(f"{number.normalize():f}")


def _money(value: object) -> Decimal:
    if isinstance(value, str) and _MONEY.fullmatch(value):
        return Decimal(value)
    raise _fault('This value should be an amount of money as text, such as "3.49".')


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise _fault("This value is not a valid email address.")
    return value.lower()


def _mac_address(value: str) -> str:
    found = _MAC_ADDRESS.fullmatch(value.upper())
    if found is None:
        raise _fault("This is not a valid MAC address.")
    return ":".join(found.groups())


def _gtin(value: str) -> str:
    try:
        form = ParsedGtin.parse(value).format
    except ParseError as wrong:
        raise _fault("This value is not a GTIN: 8, 12, 13 or 14 digits, the last one a check digit.") from wrong
    return value.lstrip("0").zfill(int(form))


def _currency(value: str) -> str:
    if not re.fullmatch("[A-Z]{3}", value):
        raise _fault("This value should be a currency of three capital letters, such as EUR.")
    return value


@dataclass(frozen=True)
class Written:
    """A word of JSON schema for the document, about a check that is made by code."""

    word: str
    value: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {self.word: self.value}


_PLAIN = AfterValidator(plain)  # last, for pydantic strips and measures before it only what is still a bare string
_NOT_BLANK = Written("pattern", _NOT_BLANK_PATTERN)

Text = Annotated[str, _PLAIN, Written("pattern", PLAIN.pattern)]
"""Any text without control characters; give it a length."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _PLAIN, _NOT_BLANK]
"""What people call something: 1 to 200 characters that are not all blank."""

Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32), _PLAIN, _NOT_BLANK]
"""What an amount is counted in, such as `piece` or `g`."""

MeasuredIn = Annotated[Unit, AfterValidator(spelled)]
"""The unit of what is kept: known spellings, such as `litres` or `pcs`, become the unit that sentences know."""

Sku = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), _PLAIN, _NOT_BLANK]
"""A retailer's own code for a pack of something."""

Email = Annotated[Text, Field(max_length=254), AfterValidator(_email), Written("pattern", f"^{_EMAIL.pattern}$")]
"""An address, in lower case."""

MacAddress = Annotated[
    str,
    Field(max_length=17, examples=["D5:6E:FB:B7:B8:C5"]),
    AfterValidator(_mac_address),
    Written("pattern", f"^{_MAC_ADDRESS.pattern.replace('A-F', 'A-Fa-f')}$"),
]
"""Six bytes, with colons, dashes or nothing between them; kept in capitals with colons (S35)."""

Currency = Annotated[str, Field(examples=["EUR"]), AfterValidator(_currency), Written("pattern", "^[A-Z]{3}$")]
"""An ISO 4217 code."""

Gtin = Annotated[
    str,
    Field(pattern=r"^([0-9]{8}|[0-9]{12,14})$", max_length=14, examples=["4006381333931"]),
    AfterValidator(_gtin),
]
"""The number under a barcode, without the zeros that another form of the same number has before it."""

Id = Annotated[UUID, BeforeValidator(_uuid)]
"""A UUID in its usual form."""

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2022-09-11T21:23:02+02:00"]}),
]
"""A date and time with an offset (RFC 3339, S72)."""

Number = Annotated[Decimal, BeforeValidator(_decimal)]
"""A decimal number, exactly as it was written; give it bounds."""

Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; give it bounds."""

Amount = Annotated[
    Number,
    Field(ge=0, le=MAX_QUANTITY, decimal_places=6),
    AfterValidator(short),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": int(MAX_QUANTITY), "examples": [5]}),
]
"""A quantity in some unit: not negative, at most six decimal places."""

PositiveAmount = Annotated[
    Number,
    Field(gt=0, le=MAX_QUANTITY, decimal_places=6),
    AfterValidator(short),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": int(MAX_QUANTITY), "examples": [12]}),
]
"""A quantity of which there is some, such as a pack size or a capacity."""

Money = Annotated[
    Decimal,
    BeforeValidator(_money),
    WithJsonSchema({"type": "string", "pattern": f"^{_MONEY.pattern}$", "examples": ["3.49"]}),
]
"""An amount of money, as text; the currency stands beside it."""

Percent = Annotated[
    Number,
    Field(ge=0, le=1000, decimal_places=6),
    AfterValidator(short),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1000, "examples": [10]}),
]
"""A part of something else, or how much more it is."""


@dataclass(frozen=True)
class _NotNull:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_not_null, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler(schema)
        kinds = [kind for kind in written.pop("anyOf", []) if kind != {"type": "null"}]
        return written | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _not_null(value: object) -> object:
    if value is None:
        raise _fault("This value should not be null.")
    return value


NOT_NULL = _NotNull()
"""Tells "left out" from `null` in a PATCH: `name: Annotated[Name | None, NOT_NULL] = None` refuses an explicit null."""


class Nothing(Body):
    """The body of a call that needs none: nothing at all, or `{}`."""

"""How answers look: `{"message", "data"}`, lists with `nextCursor`, exact numbers, moments with offset (S72, S116)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from litestar.serialization import default_serializer
from litestar.types import Serializer
from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from domain.errors import Invalid

_SEPARATOR = "\x1f"
_LARGEST_CURSOR_NUMBER = 2**63
_T = TypeVar("_T")
_Row = TypeVar("_Row")


class Shown(BaseModel):
    """The base of everything that answers show; camelCase, made by keyword arguments in snake_case."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=False)


def rfc3339(moment: datetime) -> str:
    """The moment to the second, with a numeric offset (S72)."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _number(exact: Decimal) -> msgspec.Raw:
    text = format(exact, "f")
    return msgspec.Raw(text.rstrip("0").rstrip(".") if "." in text else text)


When = Annotated[
    datetime,
    PlainSerializer(rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2022-09-11T21:23:02+00:00"]}),
]
"""A moment as answers show it."""

Quantity = Annotated[
    Decimal, PlainSerializer(_number, return_type=Any), WithJsonSchema({"type": "number", "examples": [5]})
]
"""An exact decimal as a JSON number, without exponent or superfluous zeros."""

Price = Annotated[
    Decimal,
    PlainSerializer(lambda price: format(price, "f")),
    WithJsonSchema({"type": "string", "examples": ["3.49"]}),
]
"""An amount of money as text; the currency stands beside it."""


class Envelope(Shown, Generic[_T]):
    """One thing, and a sentence about what happened (S116)."""

    message: str
    data: _T


class Listing(Shown, Generic[_T]):
    """A page of things; `nextCursor` asks for the following page, null on the last one."""

    message: str
    data: list[_T]
    next_cursor: str | None


class Answer(Response[_T]):
    """Writes pydantic models itself, since numbers must leave as exactly as they came."""

    def render(self, content: Any, media_type: str, enc_hook: Serializer = default_serializer) -> bytes:
        """The bytes of the body."""
        if isinstance(content, BaseModel):
            return rendered(content)
        return super().render(content, media_type, enc_hook)


def rendered(shown: BaseModel) -> bytes:
    """The model as JSON."""
    return msgspec.json.encode(shown.model_dump(by_alias=True))


@dataclass(frozen=True)
class Paging:
    """Which page of a list is asked for: `limit` rows after the one that the cursor names."""

    limit: int
    cursor: str | None

    def after(self, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
        """The key of the last row seen, each part read by its kind (`UUID`, `int`, `str`, `datetime.fromisoformat`).

        None at the beginning; raises Invalid for a cursor that no page of ours has given.
        """
        if self.cursor is None:
            return None
        try:
            text = base64.b64decode(self.cursor, altchars=b"-_", validate=True).decode()
            parts = text.split(_SEPARATOR)
            if not all(part.isprintable() for part in parts):
                raise ValueError(self.cursor)
            key = tuple(_part(kind(part)) for kind, part in zip(kinds, parts, strict=True))
        except (ValueError, binascii.Error) as wrong:
            raise Invalid({"cursor": ["This value is not a cursor of this list."]}) from wrong
        if any(isinstance(part, int) and abs(part) >= _LARGEST_CURSOR_NUMBER for part in key):
            raise Invalid({"cursor": ["This value is not a cursor of this list."]})
        return key

    def after_one(self, kind: Callable[[str], _T]) -> _T | None:
        """The same for a key of one part."""
        key = self.after(kind)
        return None if key is None else cast("_T", key[0])

    def listing(
        self, message: str, rows: Sequence[_Row], show: Callable[[_Row], _T], key: Callable[[_Row], tuple[object, ...]]
    ) -> Listing[_T]:
        """The page, from up to `limit` + 1 rows: the one too many only tells that there is a next page."""
        page = rows[: self.limit]
        more = len(rows) > self.limit
        return Listing(
            message=message,
            data=[show(row) for row in page],
            next_cursor=_cursor(key(page[-1])) if more else None,
        )


def _part(value: object) -> object:
    """A moment in UTC, without which no database takes it; raises ValueError for one that has none."""
    if not isinstance(value, datetime):
        return value
    if value.utcoffset() is None:
        raise ValueError(value)
    try:
        return value.astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError(value) from wrong


def _cursor(key: tuple[object, ...]) -> str:
    parts = (part.isoformat() if isinstance(part, datetime) else str(part) for part in key)
    return base64.urlsafe_b64encode(_SEPARATOR.join(parts).encode()).decode()


def provide_paging(
    limit: Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")] = 20,
    cursor: Annotated[
        str | None, QueryParameter(max_length=1000, description="The `nextCursor` of the page before.")
    ] = None,
) -> Paging:
    """`?limit=` and `?cursor=` of every list."""
    return Paging(limit, cursor)

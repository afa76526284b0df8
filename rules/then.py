"""The `then` of a rule: what to order, whose yes it takes, whom to tell (contract 1.M)."""

import re
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StrictBool,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from domain.message import Message
from rules.duration import in_words, seconds_from
from rules.quantity import MOST_PACKS

MOST_ELSEWHERE = 5
LONGEST_COOL_DOWN = timedelta(days=366)

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


def _refused(text: str) -> PydanticCustomError:
    return PydanticCustomError("refused", text)


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _refused("This value should be a number.")
    return value


def _amount(value: object) -> object:
    if not isinstance(value, Decimal) and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise _refused('This value should be an amount of money as text, such as "25.00".')
    return value


def _span(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    seconds = seconds_from(value) if isinstance(value, str) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | Decimal):
        raise _refused("""This value should be a duration such as "3 days", or a number of seconds.""")
    if not 1 <= seconds <= LONGEST_COOL_DOWN.total_seconds():
        raise _refused("This value should be from 1 second to 366 days.")
    return timedelta(seconds=round(seconds))


def _in_words(value: timedelta) -> str:
    return in_words(Decimal(value // timedelta(seconds=1)))


def _printable(value: str) -> str:
    if not value.isprintable():
        raise _refused("This value contains a character that cannot be printed.")
    return value


def _json_number(value: Decimal) -> int | float:
    return int(value) if value % 1 == 0 else float(value)


def _json_amount(value: Decimal) -> str:
    return f"{value:.2f}"


def _one_fault(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    # A union reports one fault for each of its members, under places that no client knows.
    try:
        return handler(value)
    except ValidationError:
        raise _refused("""This value should be "never", "always" or {"above": "25.00"}.""") from None


Packs = Annotated[int, Field(strict=True, ge=1, le=MOST_PACKS)]
Quantity = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=0, le=1_000_000_000, decimal_places=6),
    PlainSerializer(_json_number, when_used="json"),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    Field(ge=0, le=1_000_000_000, decimal_places=2),
    PlainSerializer(_json_amount, when_used="json"),
]
Sku = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_printable)
]
CoolDown = Annotated[timedelta, BeforeValidator(_span), PlainSerializer(_in_words, when_used="json")]


class Prefer(StrEnum):
    """Which of several retailers comes first: as they are listed, the cheapest per unit, or the soonest there."""

    LISTED = "listed"
    CHEAPEST = "cheapest"
    SOONEST = "soonest"


class WhileOnOrder(StrEnum):
    """What a rule does while an order is open on its item: wait for it, or order beside it."""

    WAIT = "wait"
    ADD = "add"


class _Part(Message):
    """Camel-case JSON in which an unknown field is a fault: it comes from people."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class Alternative(_Part):
    """Another retailer's SKU that will do as well."""

    retailer: UUID
    sku: Sku


class OrderThen(_Part):
    """What to order: so many `packs`, or as many as bring the level `up_to`; never more than `at_most` packs.

    Nothing said means one pack. Where the first retailer cannot deliver, those `elsewhere` are tried; `prefer` may put
    them in another order. `cool_down` is the least time between two orders of the rule.
    """

    retailer: UUID
    sku: Sku
    packs: Packs | None = None
    up_to: Quantity | None = None
    at_most: Packs | None = None
    elsewhere: Annotated[tuple[Alternative, ...], Field(max_length=MOST_ELSEWHERE)] = ()
    prefer: Annotated[Prefer, Field(strict=False)] = Prefer.LISTED
    while_on_order: Annotated[WhileOnOrder, Field(strict=False)] = WhileOnOrder.WAIT
    cool_down: CoolDown | None = None

    def skus(self) -> list[tuple[UUID, str]]:
        """Every retailer and SKU it names, the first one first."""
        return [(self.retailer, self.sku), *((other.retailer, other.sku) for other in self.elsewhere)]

    @model_validator(mode="before")
    @classmethod
    def _one_pack_if_nothing_is_said(cls, data: Any) -> Any:
        if isinstance(data, dict) and all(data.get(key) is None for key in ("packs", "upTo", "up_to")):
            return {**data, "packs": 1}
        return data

    @model_validator(mode="after")
    def _either_packs_or_up_to(self) -> Self:
        if self.packs is not None and self.up_to is not None:
            raise _refused("This should have either packs or upTo, not both.")
        if len(set(self.skus())) <= len(self.elsewhere):
            raise _refused("This should name each retailer's SKU only once.")
        return self

    @model_serializer(mode="wrap")
    def _as_before_where_nothing_else_is_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # rules of old are written, and compared, without what they could not say
        unsaid = {name for name in _LATER if getattr(self, name) == OrderThen.model_fields[name].default}
        unsaid |= {to_camel(name) for name in unsaid}
        return {key: value for key, value in handler(self).items() if key not in unsaid}


_LATER = ("elsewhere", "prefer", "while_on_order", "cool_down")


class Above(_Part):
    """Approval is needed for an order whose total is above this amount, in the household's currency."""

    above: Amount


Approval = Annotated[Literal["never", "always"] | Above, WrapValidator(_one_fault)]


class Then(_Part):
    """What follows when a rule is true; with neither order nor notify it only leaves its decisions."""

    order: OrderThen | None = None
    approval: Approval = "never"
    notify: StrictBool = False

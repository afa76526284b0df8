"""The `then` of a rule: what to order, whose yes it takes, whom to tell (contract 1.M)."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from domain.message import Message

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


Packs = Annotated[int, Field(strict=True, ge=1, le=10_000)]
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


class _Part(Message):
    """Camel-case JSON in which an unknown field is a fault: it comes from people."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class OrderThen(_Part):
    """What to order: so many `packs`, or as many as bring the level `up_to`; never more than `at_most` packs.

    Nothing said means one pack.
    """

    retailer: UUID
    sku: Sku
    packs: Packs | None = None
    up_to: Quantity | None = None
    at_most: Packs | None = None

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
        return self


class Above(_Part):
    """Approval is needed for an order whose total is above this amount, in the household's currency."""

    above: Amount


Approval = Annotated[Literal["never", "always"] | Above, WrapValidator(_one_fault)]


class Then(_Part):
    """What follows when a rule is true; with neither order nor notify it only leaves its decisions."""

    order: OrderThen | None = None
    approval: Approval = "never"
    notify: StrictBool = False

"""The fields that a rule can ask about: one row each.

A new field is a row here, a reading of `Situation` and its sentence in `sentence.lark` and `sentence.py`.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Any, Self, TypeGuard

from rules.situation import MILLION

Value = Decimal | bool
MICRO = Decimal("0.000001")
GREATEST = Decimal(1_000_000_000)


class Operator(StrEnum):
    """How a condition compares; the text is its JSON form."""

    compare: Callable[[Any, Any], bool]

    AT_MOST = "<=", operator.le
    BELOW = "<", operator.lt
    AT_LEAST = ">=", operator.ge
    ABOVE = ">", operator.gt
    IS = "==", operator.eq

    def __new__(cls, sign: str, compare: Callable[[Any, Any], bool]) -> Self:
        """An operator by its sign, with what it does."""
        member = str.__new__(cls, sign)
        member._value_ = sign
        member.compare = compare
        return member


class Clock(Enum):
    """What time does to a field, in seconds per second."""

    RISES = 1
    FALLS = -1


class Kind(Enum):
    """What the values of a field are."""

    NUMBER = auto()
    DURATION = auto()  # a number of seconds; people may write it as `5 hours`
    FLAG = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One row: name in JSON, kind, unit, its sentence for each operator it takes.

    `greatest` bounds the thresholds. `none_is_false`: None means that nothing is going on, so that what can be said
    of it is false instead of unknown. `clock`: what time does to the value.
    """

    name: str
    kind: Kind
    unit: str
    said: Mapping[Operator, str]
    greatest: Decimal = GREATEST
    none_is_false: bool = False
    clock: Clock | None = None

    def admits(self, value: object) -> TypeGuard[Value]:
        """Whether a condition may compare with this value."""
        if self.kind is Kind.FLAG:
            return isinstance(value, bool)
        if not isinstance(value, Decimal) or not value.is_finite():
            return False
        return not value.is_signed() and value <= self.greatest and value == value.quantize(MICRO)

    def value(self, millionths: int) -> Value:
        """What people are shown for a reading."""
        return millionths > 0 if self.kind is Kind.FLAG else Decimal(millionths) / MILLION

    @property
    def expectation(self) -> str:
        """What `admits` asks for, in words."""
        match self.kind:
            case Kind.FLAG:
                return "true or false"
            case Kind.NUMBER:
                return f"a number from 0 to {self.greatest} with at most 6 decimals"
            case Kind.DURATION:
                return f"a duration such as '5 hours' (0 to {self.greatest} seconds, at most 6 decimals)"


_ROWS = (
    Field(
        name="level",
        kind=Kind.NUMBER,
        unit="the item's unit",
        said={
            Operator.AT_MOST: "{} left",
            Operator.BELOW: "fewer than {} left",
            Operator.AT_LEAST: "at least {} left",
            Operator.ABOVE: "more than {} left",
        },
    ),
    Field(
        name="percent",
        kind=Kind.NUMBER,
        unit="percent of the capacity",
        said={
            Operator.AT_MOST: "{}% left",
            Operator.BELOW: "less than {}% left",
            Operator.AT_LEAST: "at least {}% left",
            Operator.ABOVE: "more than {}% left",
        },
        greatest=Decimal(100),
    ),
    Field(
        name="outFor",
        kind=Kind.DURATION,
        unit="seconds",
        said={Operator.AT_LEAST: "out for {}", Operator.ABOVE: "out for more than {}"},
        none_is_false=True,
        clock=Clock.RISES,
    ),
    Field(
        name="expiresIn",
        kind=Kind.DURATION,
        unit="seconds",
        said={Operator.AT_MOST: "expires within {}"},
        none_is_false=True,
        clock=Clock.FALLS,
    ),
    Field(
        name="pressed",
        kind=Kind.FLAG,
        unit="",
        said={Operator.IS: "pressed"},
    ),
    Field(
        name="low",
        kind=Kind.FLAG,
        unit="",
        said={Operator.IS: "low"},
    ),
)

FIELDS: Mapping[str, Field] = MappingProxyType({row.name: row for row in _ROWS})


def micro(value: Value) -> int:
    """A value as the engine compares it, in whole millionths; true counts as one."""
    return int(value * MILLION)

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

from rules.situation import FARTHEST, MILLION

Value = Decimal | bool
MICRO = Decimal("0.000001")
GREATEST = Decimal(1_000_000_000)
MINUTE = 60
OTHER_UNIT = "otherUnit"
MOST_REPEATS = 20


class Operator(StrEnum):
    """How a condition compares; the text is its JSON form."""

    compare: Callable[[Any, Any], bool]

    AT_MOST = "<=", operator.le
    BELOW = "<", operator.lt
    AT_LEAST = ">=", operator.ge
    ABOVE = ">", operator.gt
    IS = "==", operator.eq
    IS_NOT = "!=", operator.ne  # what the negation of IS compiles to; nobody writes it

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
    DAY = auto()  # 1 for monday to 7 for sunday; people write the name
    TIME = auto()  # seconds since midnight by the clock on the wall; people write `08:00`


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One row: name in JSON, kind, unit, its sentence for each operator it takes.

    `greatest` bounds the thresholds. `none_is_false`: None means that nothing is going on, so that what can be said
    of it is false instead of unknown. `never` is the reading of what never comes: nobody is shown a number then.
    `clock`: what time does to the value. `virtual`: no condition names it.
    """

    name: str
    kind: Kind
    unit: str
    said: Mapping[Operator, str]
    greatest: Decimal = GREATEST
    none_is_false: bool = False
    never: int | None = None
    clock: Clock | None = None
    virtual: bool = False

    def admits(self, value: object) -> TypeGuard[Value]:
        """Whether a condition may compare with this value."""
        if self.kind is Kind.FLAG:
            return isinstance(value, bool)
        if not isinstance(value, Decimal) or not value.is_finite():
            return False
        if value.is_signed() or value > self.greatest:
            return False
        match self.kind:
            case Kind.DAY:
                return value >= 1 and value % 1 == 0
            case Kind.TIME:
                return value % MINUTE == 0
        return value == value.quantize(MICRO)

    def value(self, millionths: int | None) -> Value | None:
        """What people are shown for a reading; None where there is nothing to show."""
        if millionths in (None, self.never):
            return None
        return millionths > 0 if self.kind is Kind.FLAG else Decimal(millionths) / MILLION

    @property
    def expectation(self) -> str:
        """What `admits` asks for, in words."""
        match self.kind:
            case Kind.FLAG:
                return "true or false"
            case Kind.NUMBER:
                of = " of days" if self.unit == "days" else ""
                return f"a number{of} from 0 to {self.greatest} with at most 6 decimals"
            case Kind.DURATION:
                return f"a duration such as '5 hours' (0 to {self.greatest} seconds, at most 6 decimals)"
            case Kind.DAY:
                return "a day such as 'saturday'"
            case Kind.TIME:
                return "a time such as '08:00'"


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
        never=FARTHEST,
        clock=Clock.FALLS,
    ),
    Field(
        name="unusedFor",
        kind=Kind.DURATION,
        unit="seconds",
        said={Operator.AT_LEAST: "unused for {}", Operator.ABOVE: "unused for more than {}"},
        clock=Clock.RISES,
    ),
    Field(
        name="daysLeft",
        kind=Kind.NUMBER,
        unit="days",
        said={
            Operator.AT_MOST: "at most {} left",
            Operator.BELOW: "less than {} left",
            Operator.AT_LEAST: "at least {} left",
            Operator.ABOVE: "more than {} left",
        },
        greatest=Decimal(10_000),
    ),
    Field(
        name="runsOut",
        kind=Kind.FLAG,
        unit="",
        said={Operator.IS: "runs out before delivery"},
    ),
    Field(
        name="spoils",
        kind=Kind.FLAG,
        unit="",
        said={Operator.IS: "expires before it is used"},
    ),
    Field(
        name="dayOfWeek",
        kind=Kind.DAY,
        unit="day of the week, in the household's time zone",
        said={Operator.IS: "on {}", Operator.AT_MOST: "on {} or earlier", Operator.AT_LEAST: "on {} or later"},
        greatest=Decimal(7),
    ),
    Field(
        name="timeOfDay",
        kind=Kind.TIME,
        unit="time of day, in the household's time zone",
        said={Operator.BELOW: "before {}", Operator.AT_LEAST: "after {}"},
        greatest=Decimal(86_400),
    ),
    Field(
        name="repeats",
        kind=Kind.NUMBER,
        unit="reports one after another",
        said={Operator.AT_LEAST: "{} times in a row"},
        greatest=Decimal(MOST_REPEATS),
        virtual=True,
    ),
    Field(
        name=OTHER_UNIT,
        kind=Kind.NUMBER,
        unit="a unit in which the item is not measured",
        said={},
        virtual=True,
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
WRITABLE: Mapping[str, Field] = MappingProxyType({row.name: row for row in _ROWS if not row.virtual})


def micro(value: Value) -> int:
    """A value as the engine compares it, in whole millionths; true counts as one."""
    return int(value * MILLION)

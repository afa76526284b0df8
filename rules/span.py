"""An amount that may lie between two bounds: what of it is nearest, and how people say that."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from rules.fields import MICRO, Operator

_WHOLE = Decimal(1)


@dataclass(frozen=True)
class Span:
    """Amounts from `least` to `most`; an open end is none of them."""

    least: Decimal | None = None
    most: Decimal | None = None
    above: bool = False
    below: bool = False

    def narrowed(self, op: Operator, value: Decimal) -> "Span":
        """What of it also compares so with a value."""
        match op:
            case Operator.AT_MOST | Operator.BELOW:
                strict = op is Operator.BELOW
                tighter = self.most is None or value < self.most or (value == self.most and strict)
                return replace(self, most=value, below=strict) if tighter else self
            case Operator.AT_LEAST | Operator.ABOVE:
                strict = op is Operator.ABOVE
                tighter = self.least is None or value > self.least or (value == self.least and strict)
                return replace(self, least=value, above=strict) if tighter else self
        return self

    def holds(self, amount: Decimal) -> bool:
        """Whether an amount lies in it."""
        low = self.least is None or amount > self.least or (amount == self.least and not self.above)
        return low and (self.most is None or amount < self.most or (amount == self.most and not self.below))

    def nearest(self, amount: Decimal | None, *, whole: bool) -> Decimal | None:
        """The amount in it that is nearest to another one; None where there is none at all, or none that is whole."""
        step = _WHOLE if whole else MICRO
        lowest = _up(Decimal(0) if self.least is None else self.least, step)
        if self.least is not None and self.above and lowest == self.least:
            lowest += step
        highest = None if self.most is None else _down(self.most, step)
        if highest is not None and self.below and highest == self.most:
            highest -= step
        if highest is not None and (highest < lowest or highest < 0):
            return None
        if amount is None:
            return lowest if highest is None else highest
        return max(lowest, amount) if highest is None else min(max(lowest, amount), highest)

    def words(self, measure: Callable[[Decimal], str]) -> str:
        """The bounds: '5 or less', 'more than 2', '3 to 5'."""
        if self.least is not None and self.most is not None and not (self.above or self.below):
            return f"{measure(self.least)} to {measure(self.most)}"
        parts = []
        if self.least is not None:
            least = measure(self.least)
            parts.append(f"more than {least}" if self.above else f"{least} or more")
        if self.most is not None:
            most = measure(self.most)
            parts.append(f"less than {most}" if self.below else f"{most} or less")
        return ", ".join(parts)


def _up(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step


def _down(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_FLOOR) * step

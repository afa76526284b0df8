"""What a native report says, and what each kind of fact needs and takes (1.K)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from api.bodies import Amount, Body, Id, Moment, Unit
from api.sent import Code
from domain.facts import FactKind
from domain.units import PERCENT, UnitError, converted

MOST_FACTS = 1000
MOST_PERCENT = 100
_SAYING = ("low", "quantity", "tag", "unit")
_NEEDED: Mapping[FactKind, str] = {
    FactKind.COUNTED: "quantity",
    FactKind.PERCENT: "quantity",
    FactKind.LOW: "low",
}
_TAKEN: Mapping[FactKind, set[str]] = {
    FactKind.PERCENT: {"quantity"},
    FactKind.LOW: {"low"},
    FactKind.PRESSED: set(),
}
_EXPIRING = frozenset({FactKind.ADDED, FactKind.COUNTED})


def _tag(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("refused", "This value should have printable characters only.")
    return text.lower()


Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_tag)]
"""What tells one exemplar from another, such as an EPC; upper and lower case are the same (1.J.9)."""


class Said(Body):
    """What was observed: `counted` and `percent` need a quantity, `low` needs `low`; elsewhere no quantity means 1.

    `expiresAt` is when what was `added` expires, or all that was `counted`.
    """

    kind: Literal["counted", "percent", "used", "added", "removed", "returned", "pressed", "low"]
    quantity: Amount | None = None
    unit: Unit | None = None
    low: bool | None = None
    tag: Tag | None = None
    expires_at: Moment | None = None
    at: Moment | None = None

    def measured(self, unit: str, capacity: Decimal | None) -> tuple[FactKind, Decimal | None]:
        """What it says in the unit of the item; a count in percent is the kind `percent`. Raises UnitError."""
        kind = FactKind(self.kind)
        if self.unit is None or self.unit == unit:
            return kind, self.quantity
        if kind is FactKind.COUNTED and self.unit in PERCENT:
            return FactKind.PERCENT, self.quantity
        return kind, converted(Decimal(1) if self.quantity is None else self.quantity, self.unit, unit, capacity)

    def faults(self, unit: str, capacity: Decimal | None) -> Iterator[tuple[str, str]]:
        """Fields that do not go with the kind, or with the unit of the item, and what is wrong with them."""
        kind = FactKind(self.kind)
        try:
            kind_measured, _ = self.measured(unit, capacity)
        except UnitError as wrong:
            yield "unit", str(wrong)
        else:
            if kind_measured is FactKind.PERCENT and self.quantity is not None and self.quantity > MOST_PERCENT:
                yield "quantity", f"This value should be less than or equal to {MOST_PERCENT}."
            if kind_measured is FactKind.PERCENT and kind in _EXPIRING and self.expires_at and capacity is None:
                yield "expiresAt", "How much expires then is not known: this item has no capacity."
        given = {name for name in _SAYING if getattr(self, name) is not None}
        if (needed := _NEEDED.get(kind)) is not None and needed not in given:
            yield needed, "This field is missing."
        if self.expires_at is not None and kind not in _EXPIRING:
            yield "expiresAt", "This field was not expected."
        for name in sorted(given - _TAKEN.get(kind, {"quantity", "tag", "unit"})):
            yield name, "This field was not expected."


class ReportedFact(Said):
    """One fact of a batch, about an item or what an instruction is paired to; a repeated `id` counts once."""

    id: Code
    item: Id | None = None
    instruction: Id | None = None


_COUNTED: dict[str, JsonValue] = {"id": "42", "kind": "counted", "quantity": 5, "unit": "piece"}
_ITEM: dict[str, JsonValue] = {"item": "01920b3c-6f6a-7000-8000-000000000002"}


class Batch(Body, json_schema_extra={"examples": [{"facts": [_ITEM | _COUNTED]}]}):
    """Facts in the order in which they happened; `sentAt` is the sender's clock when it sends them (1.N, Time)."""

    facts: Annotated[list[ReportedFact], Field(min_length=1, max_length=MOST_FACTS)]
    sent_at: Moment | None = None


class Amendment(Said):
    """One fact about the item in the path; a repeated `id` counts once, or else a repeated Idempotency-Key."""

    id: Code | None = None


class Amendments(Body, json_schema_extra={"examples": [{"facts": [_COUNTED]}]}):
    """What a person says of one item."""

    facts: Annotated[list[Amendment], Field(min_length=1, max_length=MOST_FACTS)]
    sent_at: Moment | None = None

"""What a catalogue consists of, and what is wrong with the rows of one (S25)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue, RootModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from api.bodies import Body, Currency, Gtin, MeasuredIn, Money, Name, PositiveAmount, Sku
from api.decoding import FAULTS_SHOWN, checked
from api.uploads import Misshapen
from domain.errors import Invalid
from domain.prices import decimals

MOST_ENTRIES = 200_000


class Entry(Body):
    """One SKU: what a pack holds and what it costs."""

    sku: Sku
    name: Name
    brand: Name | None = None
    gtin: Gtin | None = None
    pack_size: PositiveAmount
    unit: MeasuredIn
    currency: Currency
    price: Money
    available: bool = True

    @field_validator("price")
    @classmethod
    def _payable(cls, price: Decimal, others: ValidationInfo) -> Decimal:
        """With the decimals of its currency, as everything that is made of it is then written alike."""
        currency = others.data.get("currency")
        if currency is None:
            return price
        places = decimals(currency)
        rounded = round(price, places)
        if rounded != price:
            most = f"at most {places}" if places else "no"
            raise PydanticCustomError("refused", "{text}", {"text": f"In {currency} a price has {most} decimals."})
        return rounded


COLUMNS = {field.alias or name: field.is_required() for name, field in Entry.model_fields.items()}
"""The columns of a CSV file, and whether its header must have them."""

_COOKIES: dict[str, JsonValue] = {
    "sku": "cookies-12",
    "name": "Oat cookies",
    "packSize": 12,
    "unit": "piece",
    "price": "3.49",
    "currency": "EUR",
}


class Catalogue(RootModel[Annotated[list[Entry], Field(max_length=MOST_ENTRIES)]]):
    """All of a retailer's SKUs, each once; it is read row by row, so this only describes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [[_COOKIES]]})


@dataclass
class Faults:
    """The first hundred faults by their places, and how many there are beyond them."""

    shown: dict[str, list[str]] = field(default_factory=dict)
    more: int = 0

    def add(self, place: str, texts: list[str]) -> None:
        """One more."""
        if len(self.shown) < FAULTS_SHOWN:
            self.shown.setdefault(place, []).extend(texts)
        else:
            self.more += len(texts)

    def check(self) -> None:
        """Raise Invalid for what there is."""
        if self.shown:
            rest = {"rows": [f"And {self.more} more faults."]} if self.more else {}
            raise Invalid(self.shown | rest)


@dataclass
class Checking:
    """Rows checked in portions: good ones are numbered and ready to be stored, the others are faults."""

    rows: Iterator[object]
    faults: Faults = field(default_factory=Faults)
    number: int = 0

    def portion(self, most: int) -> list[tuple[int, dict[str, Any]]] | None:
        """The good ones of the next so many rows, None when there are no more; raises Invalid for a row too many."""
        values = list(islice(self.rows, most))
        good = []
        for value in values:
            if self.number == MOST_ENTRIES:
                raise Invalid({"rows": [f"A catalogue has at most {MOST_ENTRIES} rows."]})
            if isinstance(value, Misshapen):
                self.faults.add(f"rows.{self.number}", [value])
            else:
                try:
                    good.append((self.number, checked(Entry, value).model_dump()))
                except Invalid as invalid:
                    for place, texts in invalid.fields.items():
                        self.faults.add(f"rows.{self.number}.{place}", texts)
            self.number += 1
        return good if values else None

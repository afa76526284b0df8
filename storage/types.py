"""Column types that keep what databases lose: the time zone, and the last digit of a quantity."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

LONGEST = 40


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one raises `ValueError` (SQLite would silently drop the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC on the way in."""
        if value is None:
            return None
        if value.utcoffset() is None:
            msg = f"{value!r} has no time zone"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """UTC on the way out."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A finite decimal of up to 40 characters, stored as text: SQLite would make a float of it.

    Any other raises `ValueError`. Never compare or sort it in SQL: as text, 9 is more than 10.
    """

    impl = String(LONGEST)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Plain digits, never an exponent."""
        if value is None:
            return None
        digits = format(value, "f")
        if not value.is_finite() or len(digits) > LONGEST:
            msg = f"{value!r} is not a finite number of up to {LONGEST} characters"
            raise ValueError(msg)
        return digits

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """The same digits back."""
        return None if value is None else Decimal(value)

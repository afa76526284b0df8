"""How fast an item is used: sums that fade with time, a fold over its uses in the order of observation.

Use is read as independent days of a compound Poisson process: its mean and its variance for a day, both from sums in
which every day counts less the longer ago it was. Time counts too, not only uses: what is no longer used fades
(docs/decisions/0028). Numbers are binary here: they are estimates, and every fold makes the same ones.
"""

import math
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import AwareDatetime

from domain.message import Message

MEMORY_DAYS = 180.0
"""A day counts 1/e of its weight after so many days."""
DAY = 86_400.0


class Rate(NamedTuple):
    """Use of a day, its variance from day to day, and the days of equal weight that know it as well."""

    per_day: float
    variance: float
    days: float


class Use(Message):
    """What is known of an item's use. `units` and `squares` (of the days' uses) stand as of `at`.

    `since` is when anybody began to watch, `used_at` the last use, or `since` where none was seen yet. `day` is the
    newest day with a use, in UTC, and `today` what was used on it.
    """

    since: AwareDatetime | None = None
    used_at: AwareDatetime | None = None
    at: AwareDatetime | None = None
    units: float = 0.0
    squares: float = 0.0
    uses: int = 0
    day: int = 0
    today: float = 0.0

    def watched(self, at: datetime) -> "Use":
        """The level was seen at `at`: from the first such moment on, no use means that nothing was used."""
        if self.since is None:
            return self.model_copy(update={"since": at, "used_at": at, "at": at})
        units, squares = self._faded(at)
        return self.model_copy(update={"at": at, "units": units, "squares": squares})

    def used(self, units: float, at: datetime) -> "Use":
        """So much was used now. What begins the watch says nothing of how often that happens."""
        if self.since is None:
            return self.watched(at)
        if units <= 0:
            return self
        return self.model_copy(update=self._with_day(units, at) | {"uses": self.uses + 1, "used_at": at})

    def found_less(self, units: float, at: datetime) -> "Use":
        """So much was used at some time since the level was seen last: on each day of it as much."""
        days = 0.0 if self.at is None else _days(self.at, at)
        if units <= 0 or days <= 1:
            return self.used(units, at)
        weighed = MEMORY_DAYS / days * -math.expm1(-days / MEMORY_DAYS)
        use = self.watched(at)
        changes = {
            "units": use.units + units * weighed,
            "squares": use.squares + units**2 / days * weighed,
            "uses": self.uses + 1,
            "used_at": at,
            "day": _day(at),
            "today": units / days,
        }
        return use.model_copy(update=changes)

    def taken_back(self, units: float, at: datetime) -> "Use":
        """So much of it came back, and was no use; it was in somebody's hands all the same."""
        return self if self.since is None or units <= 0 else self.model_copy(update=self._with_day(-units, at))

    def gone_after_all(self, units: float, at: datetime) -> "Use":
        """What was taken for a return was something else: so much has been used as was thought before."""
        return self if self.since is None or units <= 0 else self.model_copy(update=self._with_day(units, at))

    def rate(self, at: datetime) -> Rate | None:
        """The use of a day as of `at`; None where nobody has watched."""
        if self.since is None or at <= self.since:
            return None
        faded = math.exp(-_days(self.since, at) / MEMORY_DAYS)
        weight = MEMORY_DAYS * (1 - faded)
        units, squares = self._faded(at)
        per_day = units / weight
        # one day more, as far from the mean as nothing at all: equal days of a first week promise no equal ones
        variance = (squares - units * per_day + per_day**2) / weight
        return Rate(per_day, max(variance, 0.0), 2 * weight / (1 + faded))

    def _with_day(self, units: float, at: datetime) -> dict[str, object]:
        """What changes with so much more on the day of `at`, or less."""
        day = _day(at)
        before = self.today if day == self.day else 0.0
        after = before + units
        # what comes back from an earlier day counts as if it had been all of that day's use
        squares = after**2 - before**2 if after >= 0 else -(before**2) - after**2
        units_before, squares_before = self._faded(at)
        return {
            "at": at,
            "units": max(units_before + units, 0.0),
            "squares": max(squares_before + squares, 0.0),
            "day": day,
            "today": max(after, 0.0),
        }

    def _faded(self, at: datetime) -> tuple[float, float]:
        """The sums as of `at`."""
        keep = 1.0 if self.at is None else math.exp(-_days(self.at, at) / MEMORY_DAYS)
        return self.units * keep, self.squares * keep


def _days(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds(), 0.0) / DAY


def _day(at: datetime) -> int:
    return at.astimezone(UTC).toordinal()

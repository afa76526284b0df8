"""What an item's use says of how long it will last: figures that the model is given, as it is given a clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.lead_time import USUAL
from domain.use import Rate, Use
from rules.forecast import CAUTION, outlasts

LEAST_WATCHED, LEAST_USES = timedelta(days=3), 3


class Gauge:
    """The use of one item, told what is taken and what is found; `moment` is when a minute is."""

    def __init__(self, moment: Callable[[int], datetime]) -> None:
        self._moment, self._use = moment, Use()

    def taken(self, units: int, now: int) -> None:
        """Somebody used so many."""
        self._use = self._use.used(float(units), self._moment(now))

    def found(self, units: int, before: int, now: int) -> None:
        """So many were found by counting: what is missing was used."""
        if units < before:
            self._use = self._use.found_less(float(before - units), self._moment(now))
        else:
            self._use = self._use.watched(self._moment(now))

    def days_left(self, level: int, now: int) -> float | None:
        """So many days of the usual use; None while nobody knows."""
        rate = self._rate(now)
        return None if rate is None else level / rate.per_day

    def runs_out(self, level: int, now: int) -> bool | None:
        """Whether a usual delivery may come too late; None while nobody knows."""
        rate = self._rate(now)
        return None if rate is None else not outlasts(float(level), rate, USUAL, CAUTION)

    def _rate(self, now: int) -> Rate | None:
        at = self._moment(now)
        if self._use.since is None or at - self._use.since < LEAST_WATCHED or self._use.uses < LEAST_USES:
            return None
        return self._use.rate(at)

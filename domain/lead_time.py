"""How long a retailer takes from an order to its delivery, learned from past deliveries."""

import math
from collections.abc import Sequence
from datetime import timedelta

from domain.message import Message

ENOUGH = 3
"""So many deliveries say more than what others have seen, or than what is usual everywhere."""
USUALLY = 0.9
"""How many of the deliveries are `usual`: the longest of those is what a household should reckon with."""
_USUALLY_DEVIATIONS = 1.2816
_DAY = timedelta(days=1)


class LeadTime(Message):
    """Days from placing an order to its delivery: on average, and at most in nine cases of ten."""

    mean_days: float
    longest_usual_days: float
    deliveries: int = 0

    @property
    def deviation_days(self) -> float:
        """The standard deviation that puts the longest usual wait where it is, were the waits normally distributed."""
        return max(self.longest_usual_days - self.mean_days, 0.0) / _USUALLY_DEVIATIONS

    @staticmethod
    def of(waits: Sequence[timedelta]) -> "LeadTime":
        """What so many deliveries say; at least one."""
        days = sorted(max(wait, timedelta()) / _DAY for wait in waits)
        # of few deliveries the longest: the next one may well be longer still
        place = min(math.ceil(USUALLY * (len(days) + 1)), len(days))
        return LeadTime(mean_days=sum(days) / len(days), longest_usual_days=days[place - 1], deliveries=len(days))

    @staticmethod
    def learned(own: Sequence[timedelta], everybodys: Sequence[timedelta]) -> "LeadTime":
        """The household's own deliveries where there are enough, else everybody's at that retailer, else the usual."""
        return next((LeadTime.of(waits) for waits in (own, everybodys) if len(waits) >= ENOUGH), USUAL)


USUAL = LeadTime(mean_days=2.0, longest_usual_days=3.0)
"""Before anything was delivered: the day after next, or the day after that."""

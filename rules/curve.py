"""A stock curve as a simulation draws it: kept as it goes, measured over time, thinned out for people."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

ZERO = Decimal(0)
DAY = Decimal(86_400)
_MICROSECOND = timedelta(microseconds=1)
_A_SECOND = 1_000_000


@dataclass(frozen=True)
class Point:
    """From this moment on the level is this one; None is not known."""

    at: datetime
    level: Decimal | None


@dataclass
class Curve:
    """The level over time, as steps; `began` is when it was first known."""

    points: list[Point] = field(default_factory=list)

    def reached(self, at: datetime, level: Decimal | None) -> None:
        """The level is this one from now on; of several at one moment the last counts."""
        points = self.points
        if points:
            last = points[-1]
            if last.level == level:
                return
            if last.at == at:
                points.pop()
        points.append(Point(at, level))

    def measured(self, end: datetime) -> "Measures":
        """What the curve comes to until `end`; the time in which nobody knows the level does not count."""
        known = out = 0
        held = ZERO
        for number, point in enumerate(self.points):
            if point.level is None:
                continue
            until = self.points[number + 1].at if number + 1 < len(self.points) else end
            lasted = (until - point.at) // _MICROSECOND
            known += lasted
            held += point.level * lasted
            if point.level == 0:
                out += lasted
        if known == 0:
            return Measures(ZERO, ZERO, None)
        return Measures(_days(known), _days(out), (held / known).quantize(Decimal("0.01")))

    def thinned(self, most: int) -> list[Point]:
        """At most about so many points that look the same: of each stretch of time the first, the ends and the last."""
        points = self.points
        if len(points) <= most:
            return list(points)
        stretches = most // 4
        begin, whole = points[0].at, points[-1].at - points[0].at
        kept: list[Point] = []
        stretch: list[Point] = []
        number = 0
        for point in points:
            place = min(stretches - 1, int((point.at - begin) / whole * stretches))
            if place != number:
                kept += _telling(stretch)
                stretch, number = [], place
            stretch.append(point)
        return kept + _telling(stretch)


@dataclass(frozen=True)
class Measures:
    """For how many days the level was known, for how many of these it was nothing, and what it was on average."""

    days: Decimal
    days_out: Decimal
    average: Decimal | None


def _days(microseconds: int) -> Decimal:
    return (Decimal(microseconds) / _A_SECOND / DAY).quantize(Decimal("0.01"))


def _telling(stretch: list[Point]) -> list[Point]:
    known = [point for point in stretch if point.level is not None]
    if not known:
        return stretch[:1]
    least = min(known, key=lambda point: point.level or ZERO)
    most = max(known, key=lambda point: point.level or ZERO)
    return sorted({id(p): p for p in (stretch[0], least, most, stretch[-1])}.values(), key=lambda point: point.at)

"""The clock on the household's wall: the day of the week and the time of day, through both changes of summer time."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONDAY, FRIDAY, SATURDAY, SUNDAY = 1, 5, 6, 7

# 24:00 is the end of the day
_FORM = re.compile(r"([0-9]|[01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])", re.ASCII)
_MILLION = 1_000_000
_DAY = timedelta(days=1)
_STEP = timedelta(hours=6)  # no zone changes its offset and back within one
_SECOND = timedelta(seconds=1)
# A time of a week's day that the spring change skips is next seen a week after the change.
_WEEKS_AHEAD = 15
_DAYS_AHEAD = 3

Windows = tuple[bool, tuple[int, ...]]
"""Whether a rule asks for the day of the week, and the times of day that it asks about, in seconds."""


def time_from(text: str) -> Decimal | None:
    """The seconds since midnight that a text such as `08:00` means; None if it is no time of day."""
    if (form := _FORM.fullmatch(text)) is None:
        return None
    return Decimal(int(form[1]) * 3_600 + int(form[2]) * 60)


def time_text(seconds: int) -> str:
    """The text that `time_from` reads as these seconds."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:02}:{minutes:02}"


def reading(at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """The day of the week (monday is 1) and the seconds since midnight that the wall clock shows, in millionths."""
    local = at.astimezone(zone)
    seconds = local.hour * 3_600 + local.minute * 60 + local.second
    return local.isoweekday() * _MILLION, seconds * _MILLION + local.microsecond


def horizon(windows: Windows) -> timedelta:
    """How far ahead everything that the windows can ever say is said."""
    return timedelta(days=_WEEKS_AHEAD if windows[0] else _DAYS_AHEAD)


def turns(after: datetime, zone: ZoneInfo, windows: Windows) -> Iterator[datetime]:
    """Every moment after that one, up to the horizon, at which the windows may say otherwise; ascending."""
    moments = _turns(after.astimezone(UTC).date(), zone, windows)
    last = after + horizon(windows)
    for moment in moments[bisect_right(moments, after) :]:
        if moment > last:
            return
        yield moment


@lru_cache(maxsize=4_096)
def _turns(day: date, zone: ZoneInfo, windows: Windows) -> tuple[datetime, ...]:
    """The turns from before the start of that day (UTC) until the horizon of its end."""
    _, times = windows
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    last = first + _DAY + horizon(windows)
    found = set(_changes(first, last, zone))
    local = first.astimezone(zone).replace(hour=0, minute=0, second=0, tzinfo=None) - _DAY
    while local <= last.astimezone(zone).replace(tzinfo=None):
        # a day ends at midnight, and what is "after 20:00" with it
        for seconds in (0, *times):
            shown = local + timedelta(seconds=seconds)
            # In autumn the wall shows it twice; in spring neither is shown, and looking then does no harm.
            found.update(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        local += _DAY
    return tuple(sorted(found))


def _changes(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments at which the offset from UTC changes."""
    while first < last:
        before, after = first, first + _STEP
        if _offset(before, zone) != _offset(after, zone):
            while after - before > _SECOND:
                middle = before + (after - before) // 2
                middle = middle.replace(microsecond=0)
                if _offset(middle, zone) == _offset(before, zone):
                    before = middle
                else:
                    after = middle
            yield after
        first += _STEP


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()

"""A picture of a trial: both stock curves on one scale, with thresholds, orders and the time in which nothing was left.

Plain SVG; its colours follow the reader's light or dark surroundings, and whoever cannot see it hears title and
description.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import escape

from api.trial_bodies import CurvePoint, RuleTried, VersionTried
from domain.prices import written

WIDTH, LEFT, RIGHT = 960, 64, 872
TOP, PANEL, PLOT, GAP, LANE = 64, 268, 172, 34, 12
_MOST_TICKS = 8
_LONGEST = 72
_STEPS = (
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 182, 364, 1820)),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LIGHT = {"paper": "#fff", "ink": "#1c2430", "pale": "#667085", "grid": "#e6e9ef"}
_LIGHT |= {"stock": "#1d5fa8", "limit": "#9a5b00", "order": "#23795a", "none": "#c4323f"}
_DARK = {"paper": "#14181f", "ink": "#e8ebf0", "pale": "#9aa4b2", "grid": "#2b323d"}
_DARK |= {"stock": "#7db4f0", "limit": "#e2a94a", "order": "#63c49c", "none": "#ff7b85"}
_SHAPES = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.title { font-size: 17px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .area { fill-opacity: .13; }
.limit { stroke-width: 1.5; stroke-dasharray: 6 4; } .order { fill-opacity: .35; } .none { fill-opacity: .16; }
"""
# said for both by name: not every program that draws SVG knows CSS variables
_PAINTED = """.paper { fill: %(paper)s; } text { fill: %(ink)s; } .pale { fill: %(pale)s; } .grid { stroke: %(grid)s; }
.curve { stroke: %(stock)s; } .area { fill: %(stock)s; } .limit { stroke: %(limit)s; } .limits { fill: %(limit)s; }
.order, .made { fill: %(order)s; } .none, .floor { fill: %(none)s; }
"""
_STYLE = f"{_SHAPES}{_PAINTED % _LIGHT}@media (prefers-color-scheme: dark) {{\n{_PAINTED % _DARK}}}\n"


@dataclass(frozen=True)
class _Scale:
    """Where a moment and a level are drawn; `top` is where the panel's plot begins."""

    start: datetime
    end: datetime
    most: float
    top: float = 0

    def x(self, at: datetime) -> float:
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, level: Decimal | float) -> float:
        return round(self.top + PLOT - float(level) / self.most * PLOT, 1)


def drawn(tried: RuleTried) -> str:
    """The picture, as the text of an SVG file."""
    versions = (("Now", tried.old), ("New", tried.new))
    levels = [point.level for _, version in versions for point in version.curve if point.level is not None]
    limits = [limit for _, version in versions for limit in version.thresholds]
    step = _nice(float(max([*levels, *limits, Decimal(1)])) / 5)
    scale = _Scale(tried.from_, tried.to, step * math.ceil(float(max([*levels, *limits, Decimal(1)])) / step * 1.02))
    height = TOP + len(versions) * PANEL + 40
    title = f"{tried.item_name}, {_date(tried.from_)} to {_date(tried.to)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{_text(title)}</title>',
        f'<desc id="description">{_text(tried.sentence)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="{LEFT}" y="32">{_text(title)}</text>',
        f'<text class="pale" x="{LEFT}" y="52">Stock ({_text(tried.unit)}), as it would have been</text>',
    ]
    for number, (name, version) in enumerate(versions):
        top = TOP + number * PANEL + 52
        placed = _Scale(scale.start, scale.end, scale.most, top)
        lines += _panel(name, version, placed, step)
    lines += [*_legend(height - 22), "</svg>"]
    return "\n".join(lines) + "\n"


def _panel(name: str, version: VersionTried, scale: _Scale, step: float) -> Iterator[str]:
    said = "without the rule" if version.when is None else version.when
    yield f'<text class="name" x="{LEFT}" y="{scale.top - 26}">{name}: {_text(_short(said))}</text>'
    yield f'<text class="pale" x="{LEFT}" y="{scale.top - 9}">{_text(_summary(version))}</text>'
    level = 0.0
    while level <= scale.most + step / 2:
        y = scale.y(level)
        yield f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="pale" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{level:g}</text>'
        level += step
    floor = scale.y(0)
    for start, end in _empty(version.curve, scale.end):
        x, width = scale.x(start), max(scale.x(end) - scale.x(start), 1)
        yield f'<rect class="none" x="{x}" width="{width:.1f}" y="{scale.top}" height="{PLOT}"/>'
        yield f'<rect class="floor" x="{x}" width="{width:.1f}" y="{floor - 2}" height="4"/>'
    for run in _runs(version.curve):
        yield from _run(run, scale)
    for limit in version.thresholds:
        y = scale.y(limit)
        yield f'<line class="limit" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="limits" x="{RIGHT + 8}" y="{y + 4}">{float(limit):g}</text>'
    lane = floor + 6
    for order in version.orders:
        x, until = scale.x(order.at), scale.x(order.delivered_at)
        told = _text(f"{_moment(order.at)}: {order.sentence} There on {_moment(order.delivered_at)}.")
        yield f"<g><title>{told}</title>"
        yield f'<rect class="order" x="{x}" y="{lane}" width="{max(until - x, 2):.1f}" height="{LANE}" rx="3"/>'
        yield f'<path class="made" d="M{x} {lane - 1} l6 {(LANE + 2) / 2} l-6 {(LANE + 2) / 2} z"/></g>'
    for at, label in _ticks(scale):
        x = scale.x(at)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{lane + LANE}" y2="{lane + LANE + 5}"/>'
        yield f'<text class="pale" x="{x}" y="{lane + LANE + 18}" text-anchor="middle">{label}</text>'


def _run(points: Sequence[tuple[datetime, Decimal, datetime]], scale: _Scale) -> Iterator[str]:
    begin, level, _ = points[0]
    line = f"M{scale.x(begin)} {scale.y(level)}"
    for at, level, until in points:
        line += f"H{scale.x(at)}V{scale.y(level)}H{scale.x(until)}"
    yield f'<path class="area" d="{line}V{scale.y(0)}H{scale.x(begin)}Z"/>'
    yield f'<path class="curve" d="{line}"/>'


def _runs(curve: Sequence[CurvePoint]) -> Iterator[list[tuple[datetime, Decimal, datetime]]]:
    """The stretches in which the level is known, as (from, level, until)."""
    run: list[tuple[datetime, Decimal, datetime]] = []
    ends = [point.at for point in curve[1:]]
    for point, until in zip(curve, [*ends, datetime.max.replace(tzinfo=UTC)], strict=False):
        if point.level is None:
            if run:
                yield run
            run = []
        else:
            run.append((point.at, point.level, until))
    if run:
        yield run


def _empty(curve: Sequence[CurvePoint], end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for run in _runs(curve):
        for at, level, until in run:
            if level == 0:
                yield at, min(until, end)


def _summary(version: VersionTried) -> str:
    number = version.order_count
    parts = [f"{number} order{'' if number == 1 else 's'}"]
    parts += [f"{written(spent.amount, spent.currency)} {spent.currency}" for spent in version.spent]
    if version.average_level is not None:
        out, days = round(version.days_out, 1), round(version.days, 1)
        without = f"nothing left on {out} of {days} days" if version.days_out else "never empty"
        parts += [without, f"{round(version.average_level, 1)} on average"]
    return " · ".join(parts)


def _legend(y: int) -> Iterator[str]:
    x = LEFT
    marks = (
        ('<line class="curve" x1="{x}" x2="{r}" y1="{m}" y2="{m}"/>', "stock", 96),
        ('<line class="limit" x1="{x}" x2="{r}" y1="{m}" y2="{m}"/>', "the rule's level", 156),
        ('<rect class="order" x="{x}" width="26" y="{t}" height="10" rx="3"/>', "ordered, until it is there", 216),
        ('<rect class="none" x="{x}" width="26" y="{t}" height="10"/>', "nothing left", 0),
    )
    for mark, words, width in marks:
        yield mark.format(x=x, r=x + 26, m=y - 4, t=y - 9)
        yield f'<text class="pale" x="{x + 34}" y="{y}">{words}</text>'
        x += width


def _ticks(scale: _Scale) -> Iterator[tuple[datetime, str]]:
    span = scale.end - scale.start
    step = next((step for step in _STEPS if span / step <= _MOST_TICKS), _STEPS[-1])
    day = timedelta(days=1)
    at = scale.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= scale.end:
        if at >= scale.start:
            yield at, f"{at:%H:%M}" if step < day else _date(at, year=span > 300 * day)
        at += step


def _nice(step: float) -> float:
    """The next larger number of one digit 1, 2 or 5."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * digit for digit in (1, 2, 5, 10) if step <= power * digit * 1.000001)


def _date(at: datetime, *, year: bool = False) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]}{f' {at.year}' if year else ''}"


def _moment(at: datetime) -> str:
    return f"{_date(at)} {at.astimezone(UTC):%H:%M} UTC"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(text: str) -> str:
    return escape(text)

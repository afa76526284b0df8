"""What a measure comes to, and the table that it is printed in."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Aim:
    """What a ratio should be: at least or at most that."""

    ratio: float
    at_most: bool = False

    def met(self, ratio: float) -> bool:
        """Whether it is."""
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.ratio:g}"


@dataclass(frozen=True)
class Figure:
    """One row: something measured against something bare."""

    name: str
    measured: str
    bare: str
    ratio: float
    aim: Aim | None = None

    @property
    def verdict(self) -> str:
        """How it compares with its aim."""
        if self.aim is None:
            return ""
        return "met" if self.aim.met(self.ratio) else "missed"


@dataclass(frozen=True)
class Table:
    """Whatever does not fit into a ratio."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Report:
    """What one measure found: its rows, what has to be known to read them, and more tables below."""

    title: str
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()


@dataclass
class Pairs:
    """Values of something bare and something measured, taken in turn because a machine is never equally fast."""

    bare: list[float] = field(default_factory=list)
    measured: list[float] = field(default_factory=list)

    def add(self, bare: float, measured: float) -> None:
        """One of each, taken one after the other."""
        self.bare.append(bare)
        self.measured.append(measured)

    def figure(self, name: str, unit: str, aim: Aim | None = None) -> Figure:
        """The median of the ratios of neighbours, beside the medians of the values."""
        ratios = [measured / bare for bare, measured in zip(self.bare, self.measured, strict=True)]
        measured, bare = statistics.median(self.measured), statistics.median(self.bare)
        return Figure(name, said(measured, unit), said(bare, unit), statistics.median(ratios), aim)


def said(value: float, unit: str) -> str:
    """A value in three digits or more, with its unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004 - three digits
    return f"{value:,.{digits}f} {unit}"


def table(reports: Sequence[Report]) -> str:
    """All of it as Markdown."""
    lines = []
    for report in reports:
        lines += [f"## {report.title}", ""]
        if report.figures:
            lines += ["| measure | measured | bare | ratio | aim | |", "|---|---|---|---|---|---|"]
            lines += [_row(figure) for figure in report.figures]
            lines.append("")
        lines += [f"- {note}" for note in report.notes]
        if report.notes:
            lines.append("")
        for more in report.tables:
            lines += [_cells(more.head), "|---" * len(more.head) + "|", *map(_cells, more.rows), ""]
    return "\n".join(lines)


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(figure: Figure) -> str:
    ratio = f"{figure.ratio:.2f}" if figure.ratio < 100 else f"{figure.ratio:.0f}"  # noqa: PLR2004 - three digits
    aim = str(figure.aim or "")
    return f"| {figure.name} | {figure.measured} | {figure.bare} | {ratio} | {aim} | {figure.verdict} |"

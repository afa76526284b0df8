"""Processor time by kind of process: the figure that a busy machine disturbs least."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bench.figures import said


class Cost:
    """Milliseconds of processor time per report, by kind of process; kinds that did nothing are left out."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._reports = 0

    @contextmanager
    def of(self, used: Callable[[], Mapping[str, float]], reports: int) -> Iterator[None]:
        """Add what the block costs."""
        before = used()
        yield
        for kind, seconds in used().items():
            self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds - before.get(kind, 0.0)
        self._reports += reports

    def milliseconds(self) -> dict[str, float]:
        """By kind."""
        return {kind: seconds * 1000 / self._reports for kind, seconds in self._seconds.items()}

    def __str__(self) -> str:
        return ", ".join(f"{kind} {said(cost, 'ms')}" for kind, cost in self.milliseconds().items() if cost > 0.05)  # noqa: PLR2004

"""`python -m bench`: every measure, one table, printed and kept in `bench/results/`.

`--short` takes some ten minutes, without it most of an hour; `--smoke` only shows that all of it still runs.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import (
    actions,
    backtests,
    catalogue,
    cluster,
    evaluations,
    fridges,
    ledger_size,
    one_item,
    orders,
    reports,
    rule_counts,
    spread,
    throughput,
)
from bench.databases import Kind, database
from bench.figures import Report, table
from bench.processes import larder
from bench.shelves import DATA

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    rounds: int
    reports: int
    orders: int
    evaluation_rounds: int
    rules: int
    items: int
    rows: int
    facts: int
    entries: int
    seconds: int
    draws: int = 200
    grocery_items: int | None = None
    kinds: tuple[Kind, ...] = ("SQLite", "PostgreSQL")


SIZES = {
    "long": Size(7, 600, 40, 25, 5_000, 10_000, 1_000_000, 100_000, 100_000, 120),
    "short": Size(3, 200, 10, 9, 5_000, 1_000, 100_000, 10_000, 20_000, 40),
    "smoke": Size(1, 20, 1, 1, 50, 200, 2_000, 2_000, 500, 2, draws=10, grocery_items=4, kinds=("SQLite",)),
}


class Run:
    """The measures of one run, each in a folder and a database of its own."""

    def __init__(self, size: Size, folder: Path, stack: ExitStack, uses: Path) -> None:
        self._size, self._folder, self._stack, self._uses = size, folder, stack, uses

    def measures(self) -> dict[str, Callable[[], Iterator[Report]]]:
        """Each by its name."""
        return {
            "rules": self._rules,
            "reports": self._reports,
            "one-server": self._one_server,
            "fridges": self._fridges,
            "spread": self._spread,
            "ledger": self._ledger,
            "cluster": self._cluster,
            "throughput": self._throughput,
            "forecast": self._forecast,
            "backtest": self._backtest,
        }

    def _rules(self) -> Iterator[Report]:
        yield evaluations.measure(self._size.evaluation_rounds, self._size.rules)
        yield rule_counts.measure(self._size.evaluation_rounds, (10, self._size.rules, 10 * self._size.rules))

    def _backtest(self) -> Iterator[Report]:
        yield backtests.measure(self._size.facts)

    def _reports(self) -> Iterator[Report]:
        for kind in self._size.kinds:
            home, url = self._place(f"reports-{kind}", kind)
            yield asyncio.run(reports.measure(home, url, kind, self._size.rounds, self._size.reports))

    def _one_server(self) -> Iterator[Report]:
        home, url = self._place("one-server", "SQLite")
        yield from asyncio.run(self._on_one_server(home, url))

    async def _on_one_server(self, home: Path, url: str) -> list[Report]:
        async with larder(home, url) as processes:
            worker = next(name for name in processes.running if name.startswith("worker"))
            return [
                await orders.measure(processes, self._size.orders),
                await actions.measure(processes),
                await one_item.measure(processes, worker, self._size.facts),
                await catalogue.measure(processes, home, self._size.rounds, self._size.entries),
            ]

    def _fridges(self) -> Iterator[Report]:
        home, url = self._place("fridges", "SQLite")
        yield asyncio.run(self._of_fridges(home, url))

    async def _of_fridges(self, home: Path, url: str) -> Report:
        async with larder(home, url) as processes:
            seconds = self._size.seconds
            return await fridges.measure(processes, seconds, settled=seconds > SIZES["smoke"].seconds)

    def _spread(self) -> Iterator[Report]:
        home, url = self._place("spread", "SQLite")
        yield asyncio.run(spread.measure(home, url, "SQLite", max(self._size.rounds // 2, 1), self._size.items))

    def _ledger(self) -> Iterator[Report]:
        size = self._size
        for kind in size.kinds:
            (_, few), (_, many) = self._place(f"few-{kind}", kind), self._place(f"many-{kind}", kind)
            measure = ledger_size.measure(few, many, kind, rounds=2 * size.rounds, items=size.items, rows=size.rows)
            yield asyncio.run(measure)

    def _cluster(self) -> Iterator[Report]:
        home, url = self._place("cluster", self._size.kinds[-1])
        yield asyncio.run(cluster.measure(home, url, max(self._size.rounds // 2, 1), self._size.reports))

    def _throughput(self) -> Iterator[Report]:
        home, url = self._place("throughput", self._size.kinds[-1])
        yield asyncio.run(throughput.measure(home, url, max(self._size.rounds // 2, 1), 4 * self._size.orders))

    def _forecast(self) -> Iterator[Report]:
        # its library is in the environment of `make bench` alone
        from bench import forecast  # noqa: PLC0415

        yield forecast.measure(self._uses, self._size.draws, self._size.grocery_items)

    def _place(self, name: str, kind: Kind) -> tuple[Path, str]:
        home = self._folder / name
        return home, self._stack.enter_context(database(kind, home))


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Figures against bare baselines.")
    size = parser.add_mutually_exclusive_group()
    for name in ("short", "smoke"):
        size.add_argument(f"--{name}", dest="kind", action="store_const", const=name, default="long")
    parser.add_argument("--only", nargs="+", help="the names of some measures; then nothing is kept")
    parser.add_argument("--uses", type=Path, default=DATA, help="daily use of other items, for the forecast")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="larder-bench-") as folder, ExitStack() as stack:
        run = Run(SIZES[arguments.kind], Path(folder), stack, arguments.uses)
        found: list[Report] = []
        for name, measure in run.measures().items():
            if arguments.only is None or name in arguments.only:
                for report in measure():
                    found.append(report)
                    _say(table([report]))
    if arguments.only is None and arguments.kind != "smoke":
        (RESULTS / f"{arguments.kind}.md").write_text(f"{_heading(arguments.kind)}\n{table(found)}")


def _heading(kind: str) -> str:
    return (
        f"# Figures, {kind} run\n\n"
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; load "
        f"of the machine at the end {os.getloadavg()[0]:.1f}.\n\n"
        "Everything of a row ran in turn with its baseline. Values are medians; a ratio is the median of the ratios of "
        "neighbours, so it need not be the quotient of the two values.\n"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

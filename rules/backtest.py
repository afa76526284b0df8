"""Trying rules on what was recorded: when would they have ordered, and what would the shelf have looked like?

The demand is replayed as it was; orders come from the rules on trial and are delivered after the lead time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.facts import Arrival
from domain.fold import after
from domain.stock import Stock
from rules.active import InForce
from rules.curve import Curve, Measures
from rules.judge import Judge
from rules.replay import Recorded
from rules.world import Beginning, Ordered, World

SAY_EVERY = 1_000
ASK_EVERY = 200
"""Judgements: between two facts there may be thousands of them, none of which is quick."""


class Stopped(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True)
class Outcome:
    """What one version of the rules would have done."""

    orders: Sequence[Ordered]
    curve: Curve
    measures: Measures


@dataclass(frozen=True)
class Trial:
    """What was recorded from the beginning to the end, in the order of observation."""

    beginning: Beginning
    facts: Iterable[Arrival]
    end: datetime


def warmed_up(facts: Iterable[Arrival], stock: Stock) -> Stock:
    """The stock after what was recorded before the period."""
    for arrival in facts:
        stock = after(stock, arrival)
    return stock


def backtest(
    judge: Judge, versions: Sequence[InForce], trial: Trial, say: Callable[[int], bool] = lambda _: True
) -> list[Outcome]:
    """What each version would have made of what was recorded; raises TooManyOrders.

    `say` hears how many facts are done, now and then, and answers whether to go on; else Stopped is raised.
    """
    progress = _Progress(say)
    worlds = [World(judge, in_force, trial.beginning, progress.judging) for in_force in versions]
    stock = trial.beginning.stock
    for arrival in trial.facts:
        progress.fact()
        observed = _at_once(arrival)
        before = stock.advanced(observed.at)
        stock = after(before, observed)
        recorded = Recorded(observed, before, stock)
        for world in worlds:
            world.take(recorded)
    for world in worlds:
        world.until(trial.end)
    return [Outcome(world.orders, world.curve, world.curve.measured(trial.end)) for world in worlds]


class _Progress:
    """How many facts are done, and whether to go on."""

    def __init__(self, say: Callable[[int], bool]) -> None:
        self._say = say
        self._facts = self._judgements = 0

    def fact(self) -> None:
        """One more fact begins."""
        if self._facts % SAY_EVERY == 0:
            self._ask()
        self._facts += 1

    def judging(self) -> None:
        """One more judgement begins."""
        self._judgements += 1
        if self._judgements % ASK_EVERY == 0:
            self._ask()

    def _ask(self) -> None:
        if not self._say(self._facts):
            raise Stopped


def _at_once(arrival: Arrival) -> Arrival:
    """As if every report had come as soon as something was observed."""
    at = arrival.observed_at
    return arrival if arrival.at == at else arrival.model_copy(update={"at": at})

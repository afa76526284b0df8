"""What a judgement begins with and what comes of it."""

from dataclasses import dataclass
from datetime import datetime

from domain.decisions import Decision, Trigger
from domain.facts import Fact
from domain.item import ItemState, Need
from domain.settlement import News
from domain.stock import Stock
from rules.active import ActiveRule
from rules.evaluation import Evaluation, Truth
from rules.view import View
from rules.windows import outside, pressed_outside


@dataclass(frozen=True)
class Occasion:
    """Why and when we judge; `presses_only` while catching up, when nothing else may make a need.

    `reported` where somebody has reported something that is judged only now.
    """

    id: str
    at: datetime
    trigger: Trigger
    fact: Fact | None = None
    presses_only: bool = False
    reported: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What came of it; `state` already remembers the need, and that the household is told the `news`."""

    state: ItemState
    decision: Decision
    need: Need | None
    news: tuple[News, ...] = ()


@dataclass(frozen=True)
class Verdicts:
    """Every rule with what the engine said of it."""

    view: View
    said: tuple[tuple[ActiveRule, Evaluation], ...]

    @property
    def stock(self) -> Stock:
        """The stock that was judged."""
        return self.view.stock

    def true(self) -> list[tuple[ActiveRule, Evaluation]]:
        """Those that hold, oldest first."""
        return [(rule, evaluation) for rule, evaluation in self.said if evaluation.truth is Truth.TRUE]

    def waiting(self) -> list[tuple[ActiveRule, Evaluation]]:
        """Those that would hold at another time of day or on another day."""
        return [(rule, evaluation) for rule, evaluation in self.said if outside(evaluation)]

    def pressed_in_vain(self) -> list[tuple[ActiveRule, Evaluation]]:
        """Those that wanted this press at another time of day or on another day."""
        return [(rule, evaluation) for rule, evaluation in self.said if pressed_outside(evaluation)]

    def holding(self) -> list[tuple[ActiveRule, Evaluation, list[int]]]:
        """Those that hold or only wait for their window, with the alternatives in which they do."""
        every = [(rule, said, said.clauses or outside(said)) for rule, said in self.said]
        return [each for each in every if each[2]]

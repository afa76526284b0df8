"""What one batch of arrivals changes; written by the judgement, stored by the ledger in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.decisions import Decision
from domain.facts import Arrival
from domain.item import ItemState, Need
from domain.notices import NoticeKind
from domain.stock import Stock


@dataclass(frozen=True)
class Taken:
    """A fact as the ledger keeps it: its number of arrival, whether the fold counts it, and why not."""

    arrival: Arrival
    number: int
    folded: bool
    flag: str | None = None


@dataclass(frozen=True)
class Past:
    """Where a late fact is folded in from: the stock at a checkpoint and what was folded since, in fold order."""

    stock: Stock
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True)
class News:
    """A decision of which the household is told, as what, and because of which rules."""

    kind: NoticeKind
    decision: Decision
    rules: tuple[UUID, ...]


@dataclass
class Settlement:
    """All that one batch changes; stored in one transaction."""

    state: ItemState
    taken: list[Taken] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    checkpoints: list[tuple[Taken, Stock]] = field(default_factory=list)
    refolded_from: datetime | None = None

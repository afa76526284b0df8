"""An item at one moment as each of its rules sees it; what no rule reads is not worked out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.clocks import WhenSilent
from domain.item import RuleMemory
from domain.lead_time import USUAL
from domain.stock import Stock
from rules import forecast as forecasting
from rules.active import ActiveRule, InForce
from rules.situation import Millionths, Situation, measured

_WORKED_OUT = frozenset({"daysLeft", "runsOut", "spoils"})
AT_A_GLANCE: Mapping[str, Callable[[Stock, datetime], Decimal | bool | None]] = {
    "level": lambda stock, _: stock.level,
    "percent": lambda stock, _: stock.percent,
    "daysLeft": forecasting.days_left,
    "spoils": forecasting.spoils,
}
"""What can be read of a stock without all the rest, at a third of the cost."""


class View:
    """One stock at one moment; `memory` are the flags of the rules, with what was seen in a row."""

    def __init__(
        self, stock: Stock, at: datetime, in_force: InForce, memory: Mapping[str, RuleMemory], *, pressed: bool = False
    ) -> None:
        self.stock, self.at, self.pressed = stock, at, pressed
        self._in_force, self._memory = in_force, memory
        self._seen: dict[object, Situation] = {}

    def with_stock(self, stock: Stock) -> "View":
        """The same moment, had the stock been another and nobody pressed."""
        return View(stock, self.at, self._in_force, self._memory)

    def without_reports(self) -> "View":
        """The same, had nothing been reported in a row."""
        return View(self.stock, self.at, self._in_force, {}, pressed=self.pressed)

    def of(self, rule: ActiveRule) -> Situation:
        """What this rule sees; rules that read the same share it."""
        forecast = rule.fields & _WORKED_OUT
        retailer = rule.order.retailer if rule.order is not None and "runsOut" in forecast else None
        key = rule.when_silent, forecast, retailer, self._streak(rule)
        if key not in self._seen:
            self._seen[key] = self._read(*key)
        return self._seen[key]

    def at_a_glance(self, fields: Iterable[str]) -> Millionths:
        """What a rule sees that asks for nothing but these, all of AT_A_GLANCE."""
        readings = dict[str, int | None]()
        for field in fields:
            value = AT_A_GLANCE[field](self.stock, self.at)
            readings[field] = None if value is None else measured(Decimal(value))
        return readings

    def _streak(self, rule: ActiveRule) -> int:
        known = self._memory.get(str(rule.uuid)) if rule.repeated is not None else None
        return 0 if known is None else known.streak

    def _read(self, way: WhenSilent, forecast: frozenset[str], retailer: UUID | None, streak: int) -> Situation:
        stock, at = self.stock, self.at
        out = stock.out(at, way)
        lead_time = USUAL if retailer is None else self._in_force.lead_times.get(retailer, USUAL)
        return Situation(
            level=stock.level,
            percent=stock.percent,
            out_for=out.running,
            out_standing=out.standing,
            expires_in=stock.expires_in(at),
            pressed=self.pressed,
            low=stock.low,
            unused_for=stock.unused_for(at),
            days_left=forecasting.days_left(stock, at) if "daysLeft" in forecast else None,
            runs_out=forecasting.runs_out(stock, at, lead_time) if "runsOut" in forecast else None,
            spoils=forecasting.spoils(stock, at) if "spoils" in forecast else None,
            repeats=streak,
            at=at,
            zone=self._in_force.zone,
        )

"""Decisions in one sentence for people, the same everywhere they are shown."""

from datetime import datetime, timedelta
from decimal import Decimal

from domain.decisions import ConditionReport
from domain.item import Need
from domain.orders import OrderState

_COMPARED = {"<=": "at or below", "<": "below", ">=": "at or above", ">": "above"}


def number(value: Decimal) -> str:
    """A quantity without useless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(at: datetime) -> str:
    """A moment, to the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def lasting(span: timedelta) -> str:
    """A span of time in its two largest units."""
    seconds = int(span.total_seconds())
    parts = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def condition(report: ConditionReport) -> str:
    """What one condition found: '4 left is at or below 5'."""
    wanted, actual = report.wanted, report.actual
    if isinstance(wanted, bool):
        return _flag(report.field, wanted, actual)
    if report.field == "expiresIn":
        return _expiry(wanted, actual)
    if report.field == "outFor":
        span = lasting(timedelta(seconds=float(wanted)))
        if actual is None:
            return f"nothing is out (out for {span} wanted)"
        return f"out for {lasting(timedelta(seconds=float(actual)))}, {_negation(report)}{_COMPARED[report.op]} {span}"
    unit = "%" if report.field == "percent" else ""
    if actual is None:
        return f"the {report.field} is not known yet ({_COMPARED[report.op]} {number(wanted)}{unit} wanted)"
    return f"{number(Decimal(actual))}{unit} left is {_negation(report)}{_COMPARED[report.op]} {number(wanted)}{unit}"


def ordered(need: Need) -> str:
    """What was ordered, where and for how much."""
    packs = f"{need.packs} pack{'' if need.packs == 1 else 's'} of {number(need.offer.pack_size)}"
    where = f"{need.offer.name} at {need.offer.retailer_name}"
    return f"ordered {packs} {where} for {need.total:.2f} {need.offer.currency}"


def on_order(state: OrderState) -> str:
    """Why nothing is ordered while something is on its way."""
    return f"already on order ({state})"


def _expiry(wanted: Decimal, actual: Decimal | bool | None) -> str:
    span = lasting(timedelta(seconds=float(wanted)))
    if actual is None:
        return f"nothing inside expires ({span} wanted)"
    left = timedelta(seconds=float(actual))
    if left < timedelta():
        return f"expired {lasting(-left)} ago, within {span}"
    return f"expires in {lasting(left)}, {'' if actual <= wanted else 'not '}within {span}"


def _flag(field: str, wanted: bool, actual: object) -> str:
    if actual is None:
        return f"whether it is {field} is not known yet"
    said = field if actual else f"not {field}"
    return said if actual == wanted else f"{said} ({field if wanted else f'not {field}'} wanted)"


def _negation(report: ConditionReport) -> str:
    return "" if report.holds else "not "

"""Decisions in one sentence for people, the same everywhere they are shown: the API, letters, the Temporal UI."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from domain.asking import Price
from domain.decisions import ConditionReport
from domain.facts import FactKind
from domain.item import Need
from domain.orders import Approval, OrderState
from rules.fields import Operator
from rules.nouns import PLAIN, Words, number
from rules.wall_clock import DAYS, time_text

NOTHING_ON_ORDER = "nothing on order"
NOTHING_ASKED = "no rule and no button asks for anything"

_STANDS = {
    OrderState.NEEDED: "about to be placed",
    OrderState.AWAITING_APPROVAL: "waits for your yes",
    OrderState.CHARGING: "being paid",
    OrderState.PLACING: "being sent to the retailer",
    OrderState.DISPATCHED: "on its way",
    OrderState.PARTIALLY_DISPATCHED: "partly on its way",
    OrderState.PARTIALLY_DELIVERED: "partly delivered",
    OrderState.UNKNOWN: "nobody knows whether the retailer has it",
}
_ENDED = {
    OrderState.CHARGE_FAILED: "could not be paid",
    OrderState.NEVER_CAME: "never came from",
    OrderState.LAPSED: "nobody said yes to an order",
}
_COMPARED = {"<=": "at or below", "<": "below", ">=": "at or above", ">": "above"}
_SPANS = {"<=": "at most", "<": "less than", ">=": "at least", ">": "more than"}
_OTHERWISE = {"<=": ">", "<": ">=", ">=": "<", ">": "<="}
_OPERATORS = {operator.value: operator for operator in Operator}


def lasting(span: timedelta) -> str:
    """A span of time in its two largest units."""
    seconds = int(span.total_seconds())
    parts = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def condition(report: ConditionReport, words: Words = PLAIN) -> str:
    """What one condition found: '4 cookies left is at or below 5'."""
    return _FIELDS[report.field](report, words)


def ordered(need: Need, words: Words = PLAIN) -> str:
    """What was ordered, where and for how much."""
    size = need.offer.pack_size
    of = "" if size == 1 else f"{words.measure(size)} "
    packs = f"{need.packs} pack{'' if need.packs == 1 else 's'} of {of}{need.offer.name}"
    does = "would order" if need.approval is Approval.NEEDED else "ordered"
    return f"{does} {packs} at {need.offer.retailer_name} for {Price(amount=need.total, currency=need.offer.currency)}"


def asked(kind: FactKind) -> str:
    """Who wants an order, whatever the rules say."""
    return "its button was pressed" if kind is FactKind.PRESSED else "ordered by hand"


def on_order(states: Sequence[OrderState]) -> str:
    """Why nothing is ordered while something is on its way."""
    return f"already on order ({', '.join(map(stands, states))})"


def ended(state: OrderState) -> str:
    """How an order came to nothing."""
    return _ENDED.get(state, "rejected")


def not_before(reason: str, at: datetime, words: Words = PLAIN) -> str:
    """What stops an order for now, and until when."""
    return f"{reason}: not before {words.moment(at)}"


def not_now(again: datetime, words: Words = PLAIN) -> str:
    """Why a rule that only its window keeps back does nothing."""
    return f"outside its window: not now, asked again at {words.moment(again)}"


def press_again(opens: datetime, words: Words = PLAIN) -> str:
    """Why a press outside the window does nothing."""
    return f"outside its window: press again from {words.moment(opens)} on"


def stands(state: OrderState) -> str:
    """Where an order stands, in words; nothing is lost by them."""
    return _STANDS.get(state, state.replace("-", " "))


def sentence(parts: list[str]) -> str:
    """The reasons as one sentence, each of them once."""
    text = "; ".join(dict.fromkeys(parts)) or NOTHING_ASKED
    return text[0].upper() + text[1:] + "."


def _compared(report: ConditionReport, phrases: Mapping[str, str]) -> str:
    """How the actual value stands to the wanted one, whether the condition holds or not."""
    return phrases[report.op if report.holds else _OTHERWISE[report.op]]


def _level(report: ConditionReport, words: Words) -> str:
    wanted = words.measure(Decimal(report.wanted))
    if report.actual is None:
        return f"how much is left is not known yet ({_COMPARED[report.op]} {wanted} wanted)"
    return f"{words.left(Decimal(report.actual))} is {_compared(report, _COMPARED)} {wanted}"


def _percent(report: ConditionReport, words: Words) -> str:
    wanted = f"{number(Decimal(report.wanted))}%"
    if report.actual is None:
        return f"what percentage is left is not known yet ({_COMPARED[report.op]} {wanted} wanted)"
    return f"{words.percent_left(round(Decimal(report.actual), 2))} is {_compared(report, _COMPARED)} {wanted}"


def _out_for(report: ConditionReport, words: Words) -> str:
    span = lasting(timedelta(seconds=float(report.wanted)))
    if report.actual is None:
        return f"nothing is out (out for {span} wanted)" if report.op in (">=", ">") else "nothing is out"
    out = lasting(timedelta(seconds=float(report.actual)))
    who = f"{words.noun} " if words.noun else ""
    return f"{who}out for {out}, {_compared(report, _SPANS)} {span}"


def _expires_in(report: ConditionReport, _: Words) -> str:
    span = lasting(timedelta(seconds=float(report.wanted)))
    if report.actual is None and report.holds is None:
        return f"nobody has said when it expires (within {span} wanted)"
    if report.actual is None:
        return f"nothing inside expires (within {span} wanted)" if report.op == "<=" else "nothing inside expires"
    left = timedelta(seconds=float(report.actual))
    if left < timedelta():
        return f"expired {lasting(-left)} ago, within {span}"
    return f"expires in {lasting(left)}, {'' if report.actual <= report.wanted else 'not '}within {span}"


def _unused_for(report: ConditionReport, _: Words) -> str:
    span = lasting(timedelta(seconds=float(report.wanted)))
    if report.actual is None:
        return f"when it was last used is not known yet (unused for {span} wanted)"
    return f"unused for {lasting(timedelta(seconds=float(report.actual)))}, {_compared(report, _SPANS)} {span}"


def _days_left(report: ConditionReport, _: Words) -> str:
    wanted = number(Decimal(report.wanted))
    if report.actual is None:
        return f"how many days it will last is not known yet ({_COMPARED[report.op]} {wanted} wanted)"
    days = number(round(Decimal(report.actual), 1))
    return f"{days} day{'' if days == '1' else 's'} left is {_compared(report, _COMPARED)} {wanted}"


def _runs_out(report: ConditionReport, _: Words) -> str:
    if report.actual is None:
        return "whether it will last until a delivery is not known yet"
    return "it would run out before a delivery" if report.actual else "it will last until a delivery"


def _spoils(report: ConditionReport, _: Words) -> str:
    if report.actual is None:
        return "whether it will be used before it expires is not known yet"
    return "it will expire before it is used" if report.actual else "it will be used before it expires"


def _day_of_week(report: ConditionReport, _: Words) -> str:
    holding = _OPERATORS[report.op].compare
    days = [name.title() for place, name in enumerate(DAYS, start=1) if holding(place, Decimal(report.wanted))]
    wanted = {0: "no day at all", 1: days[0] if days else ""}.get(len(days)) or f"{days[0]} to {days[-1]}"
    if report.op == Operator.IS_NOT:
        wanted = f"any day but {DAYS[int(report.wanted) - 1].title()}"
    if report.actual is None:
        return f"which day it is there is not known ({wanted} wanted)"
    return f"it is {DAYS[int(report.actual) - 1].title()}{'' if report.holds else f', not {wanted}'}"


def _time_of_day(report: ConditionReport, _: Words) -> str:
    limit = time_text(int(report.wanted))
    wanted = f"before {limit}" if report.op == Operator.BELOW else f"{limit} or later"
    if report.actual is None:
        return f"what time it is there is not known ({wanted} wanted)"
    # that a time is within a window is seen from the rule; twice, where the window has two ends
    return f"it is {time_text(int(report.actual))}{'' if report.holds else f', not {wanted}'}"


def _repeats(report: ConditionReport, _: Words) -> str:
    count, wanted = number(Decimal(report.actual or 0)), number(Decimal(report.wanted))
    times = f"{count} time{'' if count == '1' else 's'} in a row"
    return f"reported so {times}" if report.holds else f"reported so {times}, {wanted} wanted"


def _other_unit(_: ConditionReport, words: Words) -> str:
    return f"the rule asks in another unit than {words.unit or 'the item has'}"


def _pressed(report: ConditionReport, _: Words) -> str:
    return "it was pressed" if report.actual else "it was not pressed"


def _low(report: ConditionReport, words: Words) -> str:
    if report.actual is None:
        return "whether it is low is not known yet"
    return "it is low" if report.actual else "it is not low"


_FIELDS: Mapping[str, Callable[[ConditionReport, Words], str]] = MappingProxyType(
    {
        "level": _level,
        "percent": _percent,
        "outFor": _out_for,
        "expiresIn": _expires_in,
        "unusedFor": _unused_for,
        "daysLeft": _days_left,
        "runsOut": _runs_out,
        "spoils": _spoils,
        "dayOfWeek": _day_of_week,
        "timeOfDay": _time_of_day,
        "repeats": _repeats,
        "otherUnit": _other_unit,
        "pressed": _pressed,
        "low": _low,
    }
)

"""A rule told at length, so that whoever writes one sees how it was understood."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from rules.duration import in_words, plain
from rules.fields import Operator
from rules.nouns import counted
from rules.sentence import say
from rules.then import Above, OrderThen, Prefer, Then, WhileOnOrder
from rules.tree import All, AnyOf, Condition, Not, Repeated, Tree
from rules.wall_clock import DAYS, time_text

_AMOUNTS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.AT_MOST: "{} or less",
        Operator.BELOW: "below {}",
        Operator.AT_LEAST: "{} or more",
        Operator.ABOVE: "above {}",
    }
)
_SPANS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.AT_MOST: "within {}",
        Operator.BELOW: "in less than {}",
        Operator.AT_LEAST: "for {} or longer",
        Operator.ABOVE: "for longer than {}",
    }
)
_LASTING: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.AT_MOST: "{} or less",
        Operator.BELOW: "less than {}",
        Operator.AT_LEAST: "{} or more",
        Operator.ABOVE: "more than {}",
    }
)

_FEW = 2  # days that are named one by one


def told(tree: Tree, then: Then | None = None, shops: Mapping[str, str] | None = None, unit: str | None = None) -> str:
    """What a rule means, in one sentence.

    `shops` are the names of the retailers that it knows by uuid, `unit` is what its item is measured in.
    """
    when = f"Whenever {condition(tree if unit is None else _with_unit(tree, unit))}"
    return f"{when}." if then is None else f"{when}: {'; '.join(_follows(then, shops or {}))}."


def _with_unit(tree: Tree, unit: str) -> Tree:
    """The tree with the unit that is meant where a level has none."""
    match tree:
        case Condition(field="level", unit=None):
            return tree.model_copy(update={"unit": unit})
        case Not(of=part) | Repeated(of=part):
            return tree.model_copy(update={"of": _with_unit(part, unit)})
        case All(of=parts) | AnyOf(of=parts):
            return tree.model_copy(update={"of": tuple(_with_unit(part, unit) for part in parts)})
    return tree


def condition(tree: Tree) -> str:
    """What must be so."""
    match tree:
        case Condition():
            words = _FIELDS.get(tree.field)
            return say(tree) if words is None else words(tree)
        case Not(of=part):
            return f"it is not so that {_grouped(part)}"
        case All(of=parts):
            return " and ".join(map(_grouped, parts))
        case AnyOf(of=parts):
            return " or ".join(map(_grouped, parts))
        case Repeated(times=times, of=part):
            return f"{times} reports in a row find that {_grouped(part)}"


def _grouped(tree: Tree) -> str:
    return f"({condition(tree)})" if isinstance(tree, All | AnyOf) else condition(tree)


def _follows(then: Then, shops: Mapping[str, str]) -> list[str]:
    said = []
    if then.order is not None:
        said += _ordered(then.order, shops)
        match then.approval:
            case "always":
                said.append("ask you first")
            case Above(above=amount):
                said.append(f"ask you first where that costs more than {amount:.2f}")
    if then.notify:
        said.append("tell you")
    return said or ["only note it in the decisions"]


def _ordered(order: OrderThen, shops: Mapping[str, str]) -> list[str]:
    where = [f"{sku} at {shops.get(str(retailer), str(retailer))}" for retailer, sku in order.skus()]
    if order.up_to is not None:
        wanted = f"order as many packs of {where[0]} as bring the level up to {plain(order.up_to)}"
    else:
        wanted = f"order {_packs(order.packs or 1)} of {where[0]}"
    if order.at_most is not None:
        wanted += f", {_packs(order.at_most)} at most"
    said = [wanted]
    if len(where) > 1:
        how = {Prefer.LISTED: "where that fails", Prefer.CHEAPEST: "or, where it is cheaper,"}
        said.append(f"{how.get(order.prefer, 'or, where it is there sooner,')} {' or '.join(where[1:])}")
    said.append(
        "even while an order is open"
        if order.while_on_order is WhileOnOrder.ADD
        else "not again before that has come and it has been otherwise"
    )
    if order.cool_down is not None:
        said.append(f"at the earliest {in_words(Decimal(order.cool_down.total_seconds()))} after its last order")
    return said


def _packs(number: int) -> str:
    return f"{number} pack{'' if number == 1 else 's'}"


def _level(asked: Condition) -> str:
    amount = plain(Decimal(asked.value))
    if asked.unit is not None:
        amount += f" {counted(asked.unit, Decimal(asked.value))}"
    return f"the level is {_AMOUNTS[asked.op].format(amount)}"


def _percent(asked: Condition) -> str:
    return f"the level is {_AMOUNTS[asked.op].format(f'{plain(Decimal(asked.value))}%')} of the capacity"


def _span(subject: str) -> Callable[[Condition], str]:
    return lambda asked: f"{subject} {_SPANS[asked.op].format(in_words(Decimal(asked.value)))}"


def _flag(so: str, otherwise: str) -> Callable[[Condition], str]:
    return lambda asked: so if asked.value else otherwise


def _days_left(asked: Condition) -> str:
    days = f"{plain(Decimal(asked.value))} {counted('day', Decimal(asked.value))}"
    return f"by its use it will last {_LASTING[asked.op].format(days)}"


def _day_of_week(asked: Condition) -> str:
    compare = asked.op.compare
    days = [day.title() for number, day in enumerate(DAYS, start=1) if compare(number, int(asked.value))]
    if not days:
        return "it is no day at all"
    return f"it is {' or '.join(days)}" if len(days) <= _FEW else f"it is {days[0]} to {days[-1]}"


def _time_of_day(asked: Condition) -> str:
    time = time_text(int(asked.value))
    return f"it is before {time}" if asked.op is Operator.BELOW else f"it is {time} or later"


_FIELDS: Mapping[str, Callable[[Condition], str]] = MappingProxyType(
    {
        "level": _level,
        "percent": _percent,
        "outFor": _span("it has been taken out and not returned"),
        "expiresIn": _span("something inside expires"),
        "unusedFor": _span("it has not been used"),
        "daysLeft": _days_left,
        "runsOut": _flag("by its use it may run out before a delivery", "by its use it will last until a delivery"),
        "spoils": _flag("by its use it will expire before it is used", "by its use it will be used before it expires"),
        "dayOfWeek": _day_of_week,
        "timeOfDay": _time_of_day,
        "pressed": _flag("the button is pressed", "the button is not pressed"),
        "low": _flag("it was reported to be low", "it was reported not to be low"),
    }
)

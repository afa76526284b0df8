"""From a tree to the sentence that is read as an equal tree."""

from collections.abc import Sequence
from decimal import Decimal

from rules.duration import in_words, plain
from rules.fields import FIELDS, Kind, Operator
from rules.tree import LEAST_REPEATS, All, AnyOf, Condition, Not, Repeated, Tree
from rules.wall_clock import DAYS, FRIDAY, MONDAY, SATURDAY, SUNDAY, time_text

_WITH_PLURAL = ("day", "piece")
_MOST_SHOWN = 110
_DAY, _TIME = "dayOfWeek", "timeOfDay"
_SPECIAL = {(Operator.AT_MOST, FRIDAY): "on weekdays", (Operator.AT_LEAST, SATURDAY): "on weekends"}


def say(tree: Tree) -> str:
    """The sentence that `parse` reads as an equal tree."""
    match tree:
        case Condition():
            return _said(tree)
        case Not(of=part):
            return f"not {_in_brackets(part) if isinstance(part, Repeated) else _grouped(part)}"
        case Repeated(times=times, of=part):
            plainly = isinstance(part, Condition) and _window_on(part) is None
            often = "twice" if times == LEAST_REPEATS else f"{times} times"
            return f"{say(part) if plainly else _in_brackets(part)} {often} in a row"
        case All(of=parts) | AnyOf(of=parts):
            return _span(tree) or _joined(parts, "and" if isinstance(tree, All) else "or")


def shown(tree: Tree) -> str:
    """The sentence within a message, which is short."""
    sentence = say(tree)
    return f"'{sentence if len(sentence) <= _MOST_SHOWN else f'{sentence[:_MOST_SHOWN]}…'}'"


def _said(condition: Condition) -> str:
    row = FIELDS[condition.field]
    phrase = row.said[condition.op]
    if isinstance(condition.value, bool):
        return phrase if condition.value else f"{phrase} is false"
    if row.kind is Kind.DAY and (special := _SPECIAL.get((condition.op, int(condition.value)))) is not None:
        return special
    return phrase.format(_value(row.kind, "day" if row.name == "daysLeft" else condition.unit, condition.value))


def _value(kind: Kind, unit: str | None, value: Decimal) -> str:
    match kind:
        case Kind.DAY:
            return DAYS[int(value) - 1]
        case Kind.TIME:
            return time_text(int(value))
        case Kind.DURATION:
            return in_words(value)
    if unit is None:
        return plain(value)
    return f"{plain(value)} {unit}s" if unit in _WITH_PLURAL and value != 1 else f"{plain(value)} {unit}"


def _joined(parts: Sequence[Tree], word: str) -> str:
    said, before = _grouped(parts[0]), parts[0]
    for part in parts[1:]:
        text = _grouped(part)
        # Days and times that follow each other would be read together.
        said += f" {word} {f'({text})' if _clings(before, part, word) else text}"
        before = part
    return said


def _clings(before: Tree, part: Tree, word: str) -> bool:
    """Whether the part would be read together with a window at the end of what stands before it."""
    negated = isinstance(before, Not)
    while isinstance(before, Not):
        before = before.of
    here, there = _window_on(before), _window_on(part)
    if here is None or there is None:
        return False
    return (here, there) == (_DAY, _DAY) if word == "and" else negated


def _grouped(tree: Tree) -> str:
    return _in_brackets(tree) if isinstance(tree, All | AnyOf) and _span(tree) is None else say(tree)


def _in_brackets(tree: Tree) -> str:
    return f"({say(tree)})"


def _window_on(tree: Tree) -> str | None:
    """The field of the wall clock that a window is about; None for what is no window."""
    if isinstance(tree, Condition):
        return tree.field if tree.field in (_DAY, _TIME) else None
    if isinstance(tree, All | AnyOf) and _span(tree) is not None:
        return _window_on(tree.of[0])
    return None


def _span(tree: All | AnyOf) -> str | None:
    """`between 08:00 and 20:00` or `on tuesday to friday`, where two conditions say just that."""
    match tree.of:
        case (
            Condition(field=str(field), op=Operator.AT_LEAST, value=Decimal() as start),
            Condition(field=same, op=Operator.BELOW | Operator.AT_MOST, value=Decimal() as end),
        ) if field == same and isinstance(tree, All) == (start < end) and not _is_whole(end, start):
            if field == _TIME:
                return f"between {time_text(int(start))} and {time_text(int(end))}"
            # from the first or until the last day of the week is one condition
            if field == _DAY and (start > end or (start != MONDAY and end != SUNDAY)):
                return f"on {DAYS[int(start) - 1]} to {DAYS[int(end) - 1]}"
    return None


def _is_whole(end: Decimal, start: Decimal) -> bool:
    """Whether what goes on from the start, and what goes on to the end, is all there is: no span at all."""
    return end in (start, start - 1)

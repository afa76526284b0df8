"""From one condition that is not so to what would make it so, or make it otherwise: a step, and the facts of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from domain.facts import Fact, FactKind, Source
from rules.attempt import Attempt
from rules.fields import Operator
from rules.nouns import Words, number
from rules.reasons import lasting
from rules.span import Span
from rules.steps import Step, StepKind
from rules.tree import Condition

OF_THE_FORECAST = frozenset({"daysLeft", "runsOut", "spoils"})
IF_TAG = "if"
_TURNS = 16
_FULL = Decimal(100)
_RISES = (Operator.AT_LEAST, Operator.ABOVE)


@dataclass(frozen=True)
class Change:
    """A step, and the facts that it comes to."""

    step: Step
    facts: tuple[Fact, ...]


def changes(attempt: Attempt, unmet: Iterable[Condition], clause: Sequence[Condition]) -> Iterator[Change]:
    """What makes conditions so that are no matter of the level, within the alternative to which they belong."""
    for condition in unmet:
        match condition.field:
            case "outFor":
                yield from _out(attempt, condition)
            case "expiresIn":
                yield from _expiring(attempt, condition)
            case "low":
                yield _low(attempt, _wants_true(condition))
            case "unusedFor" if condition.op not in _RISES:
                yield Change(Step(StepKind.USED, "some is used"), (attempt.fact(FactKind.USED, quantity=Decimal(1)),))
            case "percent" if attempt.stock.capacity is None:
                yield from _percent(attempt, clause)


def level_span(attempt: Attempt, clause: Iterable[Condition]) -> Span:
    """The levels at which a clause may hold and at least one pack is ordered."""
    stock, rule = attempt.stock, attempt.rule
    span = Span()
    for condition in clause:
        if condition.field == "level":
            span = span.narrowed(condition.op, Decimal(condition.value))
        elif condition.field == "percent" and stock.capacity is not None:
            span = span.narrowed(condition.op, Decimal(condition.value) * stock.capacity / 100)
    sizes = [order.offer.pack_size for order in rule.orders if order.offer is not None]
    if rule.order is not None and rule.order.wanted.up_to is not None:
        span = span.narrowed(Operator.BELOW, rule.order.wanted.up_to - stock.ordered_units)
    if stock.capacity is not None and sizes:
        span = span.narrowed(Operator.AT_MOST, stock.capacity - stock.ordered_units - min(sizes))
    return span


def needs_a_count(attempt: Attempt, clause: Iterable[Condition]) -> bool:
    """Whether nobody can say what is so, or how many to order, before it was counted."""
    stock, order = attempt.stock, attempt.rule.order
    if stock.level is not None:
        return False
    fields = {condition.field for condition in clause}
    if "level" in fields or ("percent" in fields and stock.capacity is not None):
        return True
    if "unusedFor" in fields and stock.unused_for(attempt.at) is None:
        return True
    return order is not None and order.wanted.up_to is not None


def to_level(attempt: Attempt, span: Span, words: Words, why: str = "") -> Change | None:
    """The smallest change of the level that leads into the span; None where none does."""
    level = attempt.stock.level
    whole = is_whole(attempt, words)
    to = span.nearest(level, whole=whole)
    if to is None:
        return None
    said = span.words(words.measure)
    if level is None:
        return _counted(attempt, to, f"it is counted: {said}" if said else "it is counted")
    bound = span.most if to < level else span.least
    by = words.measure(abs(level - (to if whole or bound is None else bound)))
    strictly = not whole and (span.below if to < level else span.above)
    less = "fewer" if words.unit == "piece" else "less"
    text = f"{'more than ' if strictly else ''}{by} {less if to < level else 'more'} left ({said}{why})"
    return _counted(attempt, to, text)


def to_forecast(attempt: Attempt, condition: Condition, span: Span, words: Words) -> Change | None:
    """The smallest change of the level at which a forecast is as wanted, found by trying; None where there is none."""
    level = attempt.stock.level
    if level is None:
        return None
    whole, falls = is_whole(attempt, words), _falls(condition)
    far = span.nearest(Decimal(0) if falls else level * 64 + 64, whole=whole)
    if far is None or (far > level if falls else far < level) or not _holds_at(attempt, condition, far):
        return None
    near = level
    for _ in range(_TURNS * 2 if whole else _TURNS):
        middle = (near + far) / 2
        middle = middle.to_integral_value() if whole else middle.quantize(Decimal("0.000001"))
        if middle in (near, far):
            break
        if _holds_at(attempt, condition, middle):
            far = middle
        else:
            near = middle
    exactly = Span(most=far) if falls else Span(least=far)
    return to_level(attempt, exactly, words, ", as fast as it is used now")


def otherwise(attempt: Attempt, so: Iterable[Condition], words: Words) -> Iterator[Change]:
    """What makes a condition untrue that is true, each by itself."""
    for condition in so:
        opposite = negated(condition)
        if condition.field == "level" or (condition.field == "percent" and attempt.stock.capacity is not None):
            span = replace(level_span(attempt, [opposite]), most=None, below=False)
            if opposite.op not in _RISES:
                span = level_span(attempt, [opposite])
            change = to_level(attempt, span, words)
            if change is not None:
                yield change
        elif condition.field == "repeats":
            level = attempt.stock.level
            if level is not None:
                yield _counted(attempt, level, f"it is reported as it is: {words.left(level)}")
        elif condition.field in OF_THE_FORECAST:
            change = to_forecast(attempt, opposite, Span(), words)
            if change is not None:
                yield change
        else:
            yield from changes(attempt, [opposite], [opposite])


def is_whole(attempt: Attempt, words: Words) -> bool:
    """Whether the item is counted by the piece, and never was by parts of one."""
    level = attempt.stock.level
    return words.unit == "piece" and (level is None or level % 1 == 0)


def _counted(attempt: Attempt, to: Decimal, words: str) -> Change:
    return Change(Step(StepKind.LEVEL, words, to=to), (attempt.fact(FactKind.COUNTED, quantity=to),))


def _percent(attempt: Attempt, clause: Sequence[Condition]) -> Iterator[Change]:
    span = Span(most=_FULL)
    for condition in clause:
        span = span.narrowed(condition.op, Decimal(condition.value)) if condition.field == "percent" else span
    percent = attempt.stock.percent
    to = span.nearest(percent, whole=percent is None or percent % 1 == 0)
    if to is not None:
        said = replace(span, most=None) if span.most == _FULL else span
        words = f"{said.words(lambda percentage: f'{number(percentage)}%')} left"
        yield Change(Step(StepKind.PERCENT, words, to=to), (attempt.fact(FactKind.PERCENT, quantity=to),))


def _out(attempt: Attempt, condition: Condition) -> Iterator[Change]:
    outs = attempt.stock.outs
    if condition.op in _RISES:
        if not outs:
            yield Change(Step(StepKind.REMOVED, "it is taken out"), (attempt.fact(FactKind.REMOVED),))
    elif outs:
        back = tuple(attempt.fact(FactKind.RETURNED, number, tag=out.tag) for number, out in enumerate(outs))
        tags = tuple(out.tag for out in outs if out.tag is not None)
        yield Change(Step(StepKind.RETURNED, "what is out is returned", times=len(outs), tags=tags), back)


def _expiring(attempt: Attempt, condition: Condition) -> Iterator[Change]:
    within = timedelta(seconds=float(condition.value))
    until = attempt.at + within
    if condition.op is Operator.AT_MOST:
        if attempt.stock.expires_first is None:
            words = f"something that expires within {lasting(within)} is put in"
            linked = attempt.fact(FactKind.LINKED, tag=IF_TAG, expires_at=until, source=Source.LARDER)
            yield Change(Step(StepKind.EXPIRING, words, until=until, tags=(IF_TAG,)), (linked,))
        return
    tags = tuple(inside.tag for inside in attempt.stock.inside if inside.expires_at <= until)
    gone = [attempt.fact(FactKind.UNLINKED, number, tag=tag, source=Source.LARDER) for number, tag in enumerate(tags)]
    units = sum((batch.units for batch in attempt.stock.batches if batch.expires_at <= until), Decimal(0))
    if units:
        gone.append(attempt.fact(FactKind.USED, quantity=units))
    if gone:
        words = f"what expires within {lasting(within)} is used up or thrown away"
        yield Change(Step(StepKind.CLEARED, words, until=until, tags=tags, units=units or None), tuple(gone))


def _low(attempt: Attempt, low: bool) -> Change:
    words = "it is reported low" if low else "it is no longer reported low"
    fact = attempt.fact(FactKind.LOW, is_low=low)
    return Change(Step(StepKind.LOW if low else StepKind.NOT_LOW, words), (fact,))


def _wants_true(condition: Condition) -> bool:
    return bool(condition.value) is (condition.op is Operator.IS)


def _falls(condition: Condition) -> bool:
    """Whether less on the shelf makes it truer."""
    match condition.field:
        case "runsOut":
            return _wants_true(condition)
        case "spoils":
            return not _wants_true(condition)
    return condition.op not in _RISES


def _holds_at(attempt: Attempt, condition: Condition, level: Decimal) -> bool:
    report = attempt.told(attempt.fact(FactKind.COUNTED, quantity=level)).report
    wanted = (condition.field, condition.op, condition.value)
    if report is None:
        return False
    found = next((each for each in report.conditions if (each.field, each.op, each.wanted) == wanted), None)
    if found is not None:
        return found.holds is True
    opposite = negated(condition)
    wanted = (opposite.field, opposite.op, opposite.value)
    return any((each.field, each.op, each.wanted) == wanted and each.holds is False for each in report.conditions)


_OPPOSITE = {
    Operator.AT_MOST: Operator.ABOVE,
    Operator.BELOW: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.BELOW,
    Operator.ABOVE: Operator.AT_MOST,
    Operator.IS: Operator.IS_NOT,
    Operator.IS_NOT: Operator.IS,
}


def negated(condition: Condition) -> Condition:
    """What is so where the condition is not."""
    if isinstance(condition.value, bool):
        return condition.model_copy(update={"value": not condition.value})
    return condition.model_copy(update={"op": _OPPOSITE.get(condition.op, condition.op)})

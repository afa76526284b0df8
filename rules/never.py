"""What can never be so, or is so whatever happens: nobody means that (decision 0026).

Looked at are the clock on the wall and the amounts, one of them at a time. Every case that the conditions can tell
apart is one bit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import pairwise, product
from operator import and_, or_
from typing import Self

from domain.errors import RuleError
from rules.moments import all_of, is_day, is_window
from rules.saying import shown
from rules.tree import All, AnyOf, Condition, Not, Tree, conditions, repeated

_AMOUNTS = ("level", "percent", "daysLeft")
_DAYS_OF_WEEK = [Decimal(day) for day in range(1, 8)]
_MIDNIGHT, _END_OF_DAY = Decimal(0), Decimal(86_400)

_Key = tuple[str, str | None]


@dataclass(frozen=True)
class _Seen:
    """In which cases a part may be true and in which it may be false, a bit for each."""

    true: int
    false: int


@dataclass(frozen=True)
class _Cases:
    """All that some fields may be, as far as the conditions tell it apart; `true` has the cases of each condition."""

    all: int
    true: Mapping[Condition, int]

    @classmethod
    def of(cls, cases: Sequence[Mapping[_Key, Decimal]], asked: Iterable[Condition]) -> Self:
        """The cases that are there, with what conditions on these fields have to do with them."""
        true = {
            condition: sum(
                1 << number
                for number, case in enumerate(cases)
                if condition.op.compare(case[_key(condition)], condition.value)
            )
            for condition in asked
            if _key(condition) in cases[0]
        }
        return cls((1 << len(cases)) - 1, true)

    def seen(self, tree: Tree) -> _Seen:
        """When the tree may be true or false, whatever is so of other fields."""
        match tree:
            case Condition() if tree in self.true:
                return _Seen(self.true[tree], self.all & ~self.true[tree])
            case Not(of=part):
                inside = self.seen(part)
                return _Seen(inside.false, inside.true)
            case All(of=parts):
                each = [self.seen(part) for part in parts]
                return _Seen(reduce(and_, (seen.true for seen in each)), reduce(or_, (seen.false for seen in each)))
            case AnyOf(of=parts):
                each = [self.seen(part) for part in parts]
                return _Seen(reduce(or_, (seen.true for seen in each)), reduce(and_, (seen.false for seen in each)))
        return _Seen(self.all, self.all)

    def senseless(self, tree: Tree) -> tuple[Tree, str] | None:
        """The first part, the innermost before those around it, that is never or always so."""
        for part in _parts(tree):
            seen = self.seen(part)
            if not seen.true:
                return part, "never"
            if not seen.false and isinstance(part, AnyOf):
                return part, "always"
        return None


def check_sense(tree: Tree) -> None:
    """Raise RuleError where the rule or a part of it can never be so, or a choice in it is always so."""
    again = repeated(tree)
    for whole in (tree,) if again is None else (tree, again.of):
        for cases in _all_cases(whole):
            if (found := cases.senseless(whole)) is not None:
                part, when = found
                likely = next((each for each in _likely(part) if cases.senseless(each) is None), None)
                leave = " Leave it out." if when == "always" else ""
                meant = f" Did you mean {shown(likely)}?" if likely is not None else ""
                raise RuleError(f"This is {when} so: {shown(part)}.{leave}{meant}")


def _key(condition: Condition) -> _Key:
    return condition.field, condition.unit


def _parts(tree: Tree) -> Iterator[Tree]:
    """The tree and everything in it but what is repeated, the innermost first."""
    match tree:
        case Not(of=part):
            yield from _parts(part)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from _parts(part)
    yield tree


def _all_cases(tree: Tree) -> Iterator[_Cases]:
    asked = list(conditions(tree))
    compared: dict[_Key, set[Decimal]] = {}
    for condition in asked:
        compared.setdefault(_key(condition), set()).add(Decimal(condition.value))
    day, time = ("dayOfWeek", None), ("timeOfDay", None)
    if day in compared or time in compared:
        times = sorted({_MIDNIGHT, *compared.get(time, ())} - {_END_OF_DAY})
        yield _Cases.of([{day: which, time: at} for which, at in product(_DAYS_OF_WEEK, times)], asked)
    for key, values in compared.items():
        if key[0] in _AMOUNTS:
            amounts = sorted({Decimal(0), *values})
            between = [(less + more) / 2 for less, more in pairwise(amounts)]
            yield _Cases.of([{key: amount} for amount in (*amounts, *between, amounts[-1] + 1)], asked)


def _likely(tree: Tree) -> Iterator[Tree]:
    """What people may mean by what is never or always so, the likeliest first."""
    match tree:
        case All(of=parts):
            yield from _likely_choices(parts)
        case AnyOf(of=parts):
            insides = tuple(part.of for part in parts if isinstance(part, Not))
            # `not on saturday or not on sunday` is said where neither is meant
            yield Not(of=AnyOf(of=insides)) if len(insides) == len(parts) else All(of=parts)


def _likely_choices(parts: Sequence[Tree]) -> Iterator[Tree]:
    others = [part for part in parts if not is_window(part)]
    days = [part for part in parts if is_window(part) and is_day(part)]
    times = [part for part in parts if is_window(part) and not is_day(part)]
    if len(others) > 1:  # `5 left on weekdays and 10 left on weekends`
        yield from _one_of(_runs(parts))
    if len(times) > 1:  # `on saturday after 22:00 and before 06:00`
        yield all_of([*others, *days, AnyOf(of=tuple(times))])
    if len(days) > 1:  # `on saturday after 10:00 and on sunday after 12:00`
        yield from (all_of([*others, each]) for each in _one_of(_moments(parts)))
    if len(others) == len(parts):
        yield AnyOf(of=tuple(parts))


def _one_of(groups: Sequence[Sequence[Tree]]) -> Iterator[Tree]:
    if len(groups) > 1:
        yield AnyOf(of=tuple(map(all_of, groups)))


def _runs(parts: Sequence[Tree]) -> list[list[Tree]]:
    """The parts, each condition with the windows behind it."""
    runs: list[list[Tree]] = [[]]
    for before, part in zip((None, *parts), parts, strict=False):
        if before is not None and is_window(before) and not is_window(part):
            runs.append([])
        runs[-1].append(part)
    return runs


def _moments(parts: Sequence[Tree]) -> list[list[Tree]]:
    """The windows, each day with the times behind it."""
    moments: list[list[Tree]] = []
    for part in filter(is_window, parts):
        if is_day(part) or not moments:
            moments.append([])
        moments[-1].append(part)
    return moments

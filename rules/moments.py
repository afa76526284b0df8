"""Windows of time said one after another: what belongs together, and where nobody can tell (decision 0026)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise, takewhile

from domain.errors import RuleError
from rules.saying import shown
from rules.tree import All, AnyOf, Not, Tree, conditions, reads

WALL_CLOCK = frozenset({"dayOfWeek", "timeOfDay"})


@dataclass(frozen=True)
class Either:
    """Windows of which one is enough; in a choice they are alternatives of their own."""

    of: tuple[Tree, ...]


@dataclass(frozen=True)
class Both:
    """Windows that follow each other without a word; beside a condition each of them is a part of its own."""

    of: tuple[Tree, ...]


@dataclass(frozen=True)
class Beside:
    """A condition with windows beside it, without parentheses; they may stand in front or behind without a word."""

    tree: Tree
    condition: Tree
    windows: Tree
    in_front: bool
    behind: bool


class Joint(Enum):
    """A word between parts of which all must be so; what follows a `but` may be about all that stands before it."""

    AND = "and"
    BUT = "but"


Part = Tree | Either | Both | Beside


@dataclass(frozen=True)
class Moment:
    """A day, a time of day, or both, as they were said one after another."""

    windows: tuple[Tree | Either, ...]

    @property
    def days(self) -> tuple[Tree, ...]:
        """The windows that are about the day."""
        return tuple(tree_of(window) for window in self.windows if is_day(window))

    @property
    def times(self) -> tuple[Tree, ...]:
        """The windows that are about the time of day."""
        return tuple(tree_of(window) for window in self.windows if not is_day(window))

    @property
    def is_full(self) -> bool:
        """Whether it has both."""
        return bool(self.days and self.times)

    @property
    def begins_with_day(self) -> bool:
        """Whether the day comes first."""
        return is_day(self.windows[0])


def moment(windows: Sequence[Tree | Either]) -> Moment:
    """Windows without a word between them; RuleError where they are two days."""
    found = Moment(tuple(windows))
    if len(found.days) > 1:
        raise RuleError(f"Say 'or' between days of which one is enough: {shown(AnyOf(of=found.days[:2]))}.")
    return found


def choice(moments: Sequence[Moment]) -> Part:
    """Moments of which one is enough; RuleError where nobody can tell whether a day or a time belongs to two of them.

    A day in front is for all times behind it: `on weekdays before 08:00 or after 18:00`.
    """
    groups: list[list[Moment]] = []
    for each in moments:
        before = groups[-1][0] if groups else None
        if before is not None and before.is_full and before.begins_with_day and not each.days:
            groups[-1].append(each)
            continue
        if before is not None and not _apart(before, each):
            raise unclear(_shared(before, each), AnyOf(of=(_tree(before), _tree(each))))
        groups.append([each])
    of = [_part(group) for group in groups]
    return Either(tuple(_flat(of))) if len(of) > 1 else of[0]


def beside(said: Sequence[Part | Joint]) -> Part:
    """What must all be so; RuleError where nobody can tell whether another window belongs to all of a choice."""
    parts = [part for part in said if not isinstance(part, Joint)]
    if len(parts) == 1:
        return parts[0]
    _check_choices(parts)
    tree = All(of=tuple(each for part in parts for each in (part.of if isinstance(part, Both) else (tree_of(part),))))
    windows = [tree_of(part) for part in parts if is_window(part)]
    others = [tree_of(part) for part in parts if not is_window(part)]
    if not windows or not others:
        return tree
    front = list(takewhile(lambda each: isinstance(each, Joint) or is_window(each), said))
    return Beside(
        tree,
        all_of(others),
        all_of(windows),
        in_front=bool(front) and front[-1] is not Joint.AND,
        behind=is_window(parts[-1]) and said[-2] is not Joint.AND,
    )


def alternatives(parts: Sequence[Part]) -> Tree:
    """What is enough by itself; RuleError where a window may belong to more, or to less, than it would."""
    _check_edges(parts)
    for before, part in pairwise(parts):
        if isinstance(before, Beside) and is_window(part):
            window = tree_of(part)
            both = _either_not(before.windows, window) or AnyOf(of=(before.windows, window))
            raise unclear(All(of=(before.condition, both)), AnyOf(of=(before.tree, window)))
    of = tuple(_flat(parts))
    return AnyOf(of=of) if len(of) > 1 else of[0]


def unclear(one: Tree, other: Tree) -> RuleError:
    """What is said where a sentence has two meanings."""
    return RuleError(f"Say by parentheses what belongs together: {shown(one)} or {shown(other)}.")


def tree_of(part: Part) -> Tree:
    """What a part means by itself."""
    match part:
        case Either(of=of):
            return AnyOf(of=of)
        case Both(of=of):
            return All(of=of)
        case Beside(tree=tree):
            return tree
    return part


def all_of(parts: Sequence[Tree]) -> Tree:
    """What is so when each of them is."""
    return All(of=tuple(parts)) if len(parts) > 1 else parts[0]


def _check_choices(parts: Sequence[Part]) -> None:
    """`on weekdays and after 18:00 or on weekends`: the choice may begin before the `and`."""
    for choice_of in parts:
        for other in parts:
            if not isinstance(choice_of, Either) or other is choice_of or not is_window(other):
                continue
            window, all_choices = tree_of(other), tree_of(choice_of)
            if not reads(window).isdisjoint(reads(all_choices)):
                first, *rest = choice_of.of
                raise unclear(All(of=(window, all_choices)), AnyOf(of=(All(of=(window, first)), *rest)))


def _check_edges(parts: Sequence[Part]) -> None:
    """`5 left or low on weekdays`: the window stands at the edge, and the other condition has none."""
    for edge, others in ((parts[0], parts[1:]), (parts[-1], parts[:-1])):
        bare = [tree_of(part) for part in others if reads(tree_of(part)).isdisjoint(WALL_CLOCK)]
        if not isinstance(edge, Beside) or len(bare) < len(others) or not bare:
            continue
        if edge is parts[0] and edge.in_front:
            raise unclear(All(of=(edge.windows, AnyOf(of=(edge.condition, *bare)))), AnyOf(of=(edge.tree, *bare)))
        if edge is parts[-1] and edge.behind:
            raise unclear(All(of=(AnyOf(of=(*bare, edge.condition)), edge.windows)), AnyOf(of=(*bare, edge.tree)))


def _flat(parts: Iterable[Part]) -> Iterator[Tree]:
    for part in parts:
        if isinstance(part, Either):
            yield from part.of
        else:
            yield tree_of(part)


def _part(group: Sequence[Moment]) -> Part:
    """What moments with one day in front mean."""
    first, *more = group
    if more:
        return Both((*first.days, AnyOf(of=tuple(all_of(each.times) for each in group))))
    if len(first.windows) == 1:
        return first.windows[0]
    return Both(tuple(map(tree_of, first.windows)))


def _tree(each: Moment) -> Tree:
    return tree_of(_part([each]))


def _apart(before: Moment, after: Moment) -> bool:
    """Whether it is clear of two moments that each has its own day and time."""
    if before.is_full == after.is_full:
        return True
    if before.is_full:
        return before.begins_with_day
    # `on weekdays or on weekends after 10:00` may be after 10:00 on any day
    return after.begins_with_day != bool(before.days)


def _shared(one: Moment, other: Moment) -> Tree:
    """Two moments, one of which has both, read so that what the other has not is for both."""
    full, half = (one, other) if one.is_full else (other, one)
    kinds = (full.days, full.times) if half.days else (full.times, full.days)
    same, shared = map(all_of, kinds)
    first, last = (same, _tree(half)) if one.is_full else (_tree(half), same)
    return All(of=(AnyOf(of=(first, last)), shared))


def _either_not(one: Tree, other: Tree) -> Tree | None:
    """`not on saturday or not on sunday` is said where neither is meant."""
    return Not(of=AnyOf(of=(one.of, other.of))) if isinstance(one, Not) and isinstance(other, Not) else None


def is_day(window: Tree | Either) -> bool:
    """Whether a window is about the day."""
    return next(conditions(tree_of(window))).field == "dayOfWeek"


def is_window(part: Part) -> bool:
    """Whether a part asks for nothing but a day or a time."""
    return reads(tree_of(part)) <= WALL_CLOCK

"""Rules that hold but for the time of day or the day of the week: they wait, as before a guard; and presses (1.N)."""

from collections.abc import Iterator

from rules.evaluation import Evaluation, Truth
from rules.tree import Condition

WINDOWS = frozenset({"dayOfWeek", "timeOfDay"})


def outside(evaluation: Evaluation) -> list[int]:
    """The alternatives of a rule that is not true in which only the window is missing.

    An alternative that asks for nothing but the time has no window: the time is what it waits for. One that asks for a
    press does not wait: when the window opens, nobody presses any more.
    """
    return [number for number, rest in _but_for_the_window(evaluation) if not any(map(_is_a_press, rest))]


def by_press(evaluation: Evaluation) -> bool:
    """Whether a rule is true, and a press is what one of its alternatives has asked for."""
    return any(any(map(_is_a_press, evaluation.rule.literals[number])) for number in evaluation.clauses)


def pressed_outside(evaluation: Evaluation) -> bool:
    """Whether a rule that is not true would be, had the button been pressed within its window."""
    return any(any(map(_is_a_press, rest)) for _, rest in _but_for_the_window(evaluation))


def _but_for_the_window(evaluation: Evaluation) -> Iterator[tuple[int, list[Condition]]]:
    """Each alternative in which all holds but the window, and what that is."""
    if evaluation.truth is Truth.TRUE or not any(str(each.field) in WINDOWS for each in evaluation.rule.conditions):
        return
    holds = {
        condition: seen.holds for condition, seen in zip(evaluation.rule.conditions, evaluation.conditions, strict=True)
    }
    for number, clause in enumerate(evaluation.rule.literals):
        rest = [literal for literal in clause if str(literal.field) not in WINDOWS]
        if rest and all(holds[literal] for literal in rest):
            yield number, rest


def _is_a_press(condition: Condition) -> bool:
    return condition.field == "pressed" and condition.value is True

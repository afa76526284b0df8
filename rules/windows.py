"""Rules that hold but for the time of day or the day of the week: they wait, as before a guard (1.N)."""

from rules.evaluation import Evaluation, Truth

WINDOWS = frozenset({"dayOfWeek", "timeOfDay"})


def outside(evaluation: Evaluation) -> list[int]:
    """The alternatives of a rule that is not true in which only the window is missing.

    An alternative that asks for nothing but the time has no window: the time is what it waits for.
    """
    if evaluation.truth is Truth.TRUE or not any(str(each.field) in WINDOWS for each in evaluation.rule.conditions):
        return []
    holds = {
        condition: seen.holds for condition, seen in zip(evaluation.rule.conditions, evaluation.conditions, strict=True)
    }
    waiting = []
    for number, clause in enumerate(evaluation.rule.literals):
        rest = [literal for literal in clause if str(literal.field) not in WINDOWS]
        if rest and all(holds[literal] for literal in rest):
            waiting.append(number)
    return waiting

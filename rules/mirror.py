"""The independent reading of a rule: it walks the tree itself and knows neither the engine nor the normal form.

Truth is three-valued (Kleene): None is unknown.
"""

from collections.abc import Sequence

from rules.fields import FIELDS, Readings
from rules.tree import Tree


def truth(tree: Tree, readings: Readings) -> bool | None:
    """Whether the tree is true of what is read."""
    # By kind and not by class: pydantic's isinstance is slow for the classes that a value is not.
    if tree.kind == "condition":
        actual = readings[tree.field]
        if actual is None:
            return False if FIELDS[tree.field].none_is_false else None
        return tree.op.compare(actual, tree.value)
    if tree.kind == "not":
        inner = truth(tree.of, readings)
        return None if inner is None else not inner
    parts = [truth(part, readings) for part in tree.of]
    return least(parts) if tree.kind == "all" else greatest(parts)


def least(truths: Sequence[bool | None]) -> bool | None:
    """True when all are true, false when one is false, else unknown."""
    if False in truths:
        return False
    return None if None in truths else True


def greatest(truths: Sequence[bool | None]) -> bool | None:
    """True when one is true, false when all are false, else unknown."""
    if True in truths:
        return True
    return None if None in truths else False

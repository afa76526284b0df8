"""Every named point where a process may be killed, read from the code."""

import ast

from settings import ROOT
from tests.sources import parsed


def _points(*folders: str) -> list[str]:
    """Every point named in the code there, so that a new one is killed at without being named here."""
    calls = (
        node
        for folder in folders
        for file in sorted((ROOT / folder).glob("*.py"))
        for node in ast.walk(parsed(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reach"
    )
    return sorted({str(ast.literal_eval(call.args[0])) for call in calls if isinstance(call.args[0], ast.Constant)})


def _of_fridges(point: str) -> bool:
    """No item passes these, but an opening does."""
    return point.startswith("fridge_")


def _of_many(point: str) -> bool:
    """Nor does one item pass these: they belong to what covers many, or is made of many."""
    return point.startswith(("spread_", "group_"))


_WORKER = _points("activities", "storage")
POINTS = {
    "worker": [point for point in _WORKER if not _of_fridges(point) and not _of_many(point)],
    "api": _points("api", "storage"),
}
FRIDGE_POINTS = [point for point in _WORKER if _of_fridges(point)]

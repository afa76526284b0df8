"""Every part of every address, each odd by itself: whoever may call it is told what is wrong, never of a fault of ours.

The rest of the address is right, so that the odd part gets as far as it can, on each database.
"""

import re
from collections.abc import Iterator

from tests.api.operations import Operation, operations
from tests.hostile.stage import Stage

NUL = ("%00", "a%00", "%00a", "a%00b")
ODD_TEXTS = [
    *(*NUL, "%ff", "%ed%a0%80", "%ef%bf%bf", "%e2%80%ae", "%0a", "%5c", "%25s", "%f0%9f%8d%aa"),
    *("-1", "9223372036854775808", "9" * 400, "x" * 3000),
    *("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),  # no moment of UTC
    *("AA%3D%3D", "YQBi"),  # cursors of "\x00" and "a\x00b"
]


def gaps(operation: Operation) -> Iterator[str]:
    """The parts of its path that are not always the same."""
    yield from re.findall(r"{[^}]+}", operation.path)


def queries(operation: Operation) -> Iterator[str]:
    """What may be asked of it behind a question mark."""
    yield from (each["name"] for each in operation.document.get("parameters", ()) if each["in"] == "query")


async def fault(stage: Stage, operation: Operation, path: str) -> str | None:
    """Call it: what went wrong on our side; a refusal or an answer is none."""
    caller = await stage.who_may(operation)
    body = next(iter(stage.bodies(operation)), None)
    content = {} if body is None else {"json": body}
    answer = await caller.call(operation.method, path, headers=stage.headers(operation), **content)
    return f"{operation} at {path[:200]}: {answer.status_code}" if answer.status_code >= 500 else None


async def test_no_part_of_any_path_is_taken_on_trust(stage: Stage) -> None:
    faults = []
    for operation in operations(stage.home):
        for gap in gaps(operation):
            marked = Operation(operation.method, operation.path.replace(gap, "~"), operation.document)
            for odd in ODD_TEXTS:
                faults.append(await fault(stage, operation, stage.path(marked).replace("~", odd)))
    assert [each for each in faults if each] == []
    assert len(faults) >= 80 * len(ODD_TEXTS)


async def test_no_part_of_any_query_is_taken_on_trust(stage: Stage) -> None:
    faults = []
    for operation in operations(stage.home):
        for name in queries(operation):
            for odd in ODD_TEXTS:
                faults.append(await fault(stage, operation, f"{stage.path(operation)}?{name}={odd}"))
    assert [each for each in faults if each] == []
    assert len(faults) >= 60 * len(ODD_TEXTS)

"""Reading Python's own source, in tests that check what it says."""

import ast
import gc


def parsed(source: str, *, as_of: tuple[int, int] | None = None) -> ast.Module:
    """The source's tree, as that version of Python or ours reads it, without the garbage collector.

    What it collects may log a traceback, which Python 3.11 reads with ast too; the outer reading then ends with
    "AST constructor recursion depth mismatch" (python/cpython#106905).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source, feature_version=as_of)
    finally:
        if was_on:
            gc.enable()

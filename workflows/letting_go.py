"""Children that live on by themselves, however they end."""

from typing import Any

from temporalio import workflow


def let_go(child: workflow.ChildWorkflowHandle[Any, Any]) -> None:
    """Take no interest in how a child ends: its failure or termination is then no error of its parent's in the log."""
    child.add_done_callback(_heard)


def _heard(child: Any) -> None:
    if not child.cancelled():
        child.exception()

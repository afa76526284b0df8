"""How long we wait for what, by name; each with the words that the Temporal UI shows."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

_UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10))
_POLITELY = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=30))


def locally(summary: str) -> workflow.LocalActivityConfig:
    """A transaction of our own database, within the workflow task; repeated until it works."""
    return workflow.LocalActivityConfig(
        start_to_close_timeout=timedelta(seconds=30), retry_policy=_UNTIL_IT_WORKS, summary=summary
    )


def briefly(summary: str) -> workflow.ActivityConfig:
    """Our own database or Temporal itself; repeated until it works."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=10), retry_policy=_UNTIL_IT_WORKS, summary=summary
    )


def for_a_retailer(summary: str) -> workflow.ActivityConfig:
    """A retailer's server: short attempts, growing pauses, three days in all (1.N, Unknown outcome)."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=20),
        schedule_to_close_timeout=timedelta(days=3),
        retry_policy=_POLITELY,
        summary=summary,
    )

"""How long we wait for what, by name; each with the words that the Temporal UI shows."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.fridges import ACKNOWLEDGED_WITHIN

_UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10))
_POLITELY = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=30))
_QUICKLY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
_LIKE_A_MAIL_SERVER = RetryPolicy(initial_interval=timedelta(seconds=15), maximum_interval=timedelta(hours=1))


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


def one_after_another(summary: str) -> workflow.ActivityConfig:
    """Several that are to be told by Temporal itself; it beats meanwhile, and is repeated until it works."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=60),
        heartbeat_timeout=timedelta(seconds=10),
        retry_policy=_UNTIL_IT_WORKS,
        summary=summary,
    )


def page_by_page(summary: str) -> workflow.ActivityConfig:
    """Many that are to be told by Temporal itself; says how far it is, so a dead worker is missed soon."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=timedelta(seconds=5),
        retry_policy=_UNTIL_IT_WORKS,
        summary=summary,
    )


def for_a_retailer(summary: str) -> workflow.ActivityConfig:
    """A retailer's server: short attempts, growing pauses, three days in all (1.N, Unknown outcome)."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=20),
        schedule_to_close_timeout=timedelta(days=3),
        retry_policy=_POLITELY,
        summary=summary,
    )


def for_the_mail_server(summary: str, within: timedelta) -> workflow.ActivityConfig:
    """Our mail server: pauses that grow to an hour, for as long as the letter makes sense."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=60),
        schedule_to_close_timeout=within,
        retry_policy=_LIKE_A_MAIL_SERVER,
        summary=summary,
    )


def for_a_receiver(summary: str) -> workflow.ActivityConfig:
    """A household's own server, which gets 15 seconds; its failure is an outcome, so only ours is repeated."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=30), retry_policy=_UNTIL_IT_WORKS, summary=summary
    )


def for_another_cloud(summary: str) -> workflow.ActivityConfig:
    """The cloud of somebody's fridge: short attempts, for as long as a command waits for its acknowledgement."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=20),
        schedule_to_close_timeout=ACKNOWLEDGED_WITHIN,
        retry_policy=_QUICKLY,
        summary=summary,
    )


def for_a_provider(summary: str) -> workflow.ActivityConfig:
    """Whoever takes the money: as long as a retailer. A cancelled attempt is waited for, as it may still charge."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=60),
        schedule_to_close_timeout=timedelta(days=3),
        retry_policy=_POLITELY,
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
    )


def until_it_is_back(summary: str) -> workflow.ActivityConfig:
    """Money that is owed: asked for ever, with growing pauses."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=60), retry_policy=_POLITELY, summary=summary
    )

"""What Temporal remembers of workflows that ran before must still be what today's code would do."""

import copy
import re

import pytest
from temporalio import workflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from storage.secrets import TOKEN
from tests.replay.stored import Stored, all_stored
from worker import SANDBOX, WORKFLOWS

STORED = {stored.name: stored for stored in all_stored()}
PLAIN_SECRETS = re.compile(rf"{TOKEN.pattern}|whsec_|\$argon2|correct horse battery|my name is tom")


def a_replayer() -> Replayer:
    """As strict as the worker."""
    return Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=SANDBOX)


@pytest.mark.parametrize("name", STORED)
async def test_todays_workflows_repeat_what_they_did(name: str) -> None:
    await a_replayer().replay_workflow(STORED[name].history())


@pytest.mark.parametrize("name", [defined.__name__ for defined in WORKFLOWS])
def test_every_workflow_has_a_stored_history(name: str) -> None:
    assert name in {stored.workflow_type for stored in STORED.values()}


@pytest.mark.parametrize(
    ("workflow_type", "turns"),
    [
        (
            "ItemWorkflow",
            {
                "MARKER_RECORDED",
                "TIMER_FIRED",
                "TIMER_CANCELED",
                "START_CHILD_WORKFLOW_EXECUTION_INITIATED",
                "START_CHILD_WORKFLOW_EXECUTION_FAILED",
                "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
                "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
                "WORKFLOW_EXECUTION_COMPLETED",
            },
        ),
        (
            "OrderWorkflow",
            {
                "ACTIVITY_TASK_FAILED",
                "ACTIVITY_TASK_CANCEL_REQUESTED",
                "TIMER_FIRED",
                "TIMER_CANCELED",
                "WORKFLOW_EXECUTION_SIGNALED",
                "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
                "WORKFLOW_EXECUTION_COMPLETED",
            },
        ),
    ],
)
def test_the_histories_take_every_turn(workflow_type: str, turns: set[str]) -> None:
    taken = set[str]().union(
        *(stored.event_types for stored in STORED.values() if stored.workflow_type == workflow_type)
    )
    assert turns <= taken


@pytest.mark.parametrize("name", STORED)
def test_no_history_tells_a_secret(name: str) -> None:
    text = STORED[name].text
    # payloads are read as they were before their encoding
    assert re.search('"(item|mail|notice|device|fridge|command|subject)":', text)
    assert PLAIN_SECRETS.search(text) is None


async def test_a_history_in_which_the_order_was_placed_before_it_was_charged_is_refused() -> None:
    stored = STORED["order-delivered"]
    swapped = copy.deepcopy(stored.document)
    charge, place = (
        event["activityTaskScheduledEventAttributes"]["activityType"]
        for event in swapped["events"]
        if "activityTaskScheduledEventAttributes" in event
        and event["activityTaskScheduledEventAttributes"]["activityType"]["name"] in ("charge", "place")
    )
    charge["name"], place["name"] = place["name"], charge["name"]
    with pytest.raises(workflow.NondeterminismError, match="TMPRL1100"):
        await a_replayer().replay_workflow(Stored("swapped", swapped).history())

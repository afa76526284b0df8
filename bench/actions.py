"""What Temporal Cloud would bill, counted in real histories: for an uneventful report, and for an order."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from bench.figures import Report
from bench.household import TRIGGER, move_in, opened
from bench.http_lines import Line
from bench.load import until_settled
from bench.processes import Processes
from domain.identity import order_uuid
from domain.orders import OrderState, RetailerWord, Step
from names import item_workflow_id, order_workflow_id
from simulator.family import eventually
from simulator.retailer import ScriptedRetailer
from storage.database import Database
from storage.purchasing import recorded
from workflows.order import OrderWorkflow

# https://docs.temporal.io/cloud/actions: which events stand for an action; queries leave none
ACTIONS = {
    "WORKFLOW_EXECUTION_STARTED": "workflow started",
    "WORKFLOW_EXECUTION_SIGNALED": "signal",
    "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED": "signal",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "update",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": "search attributes changed",
    "TIMER_STARTED": "timer",
    "ACTIVITY_TASK_STARTED": "activity attempt",
    "MARKER_RECORDED": "local activity",
}
REPORTS = 20


async def measure(processes: Processes) -> Report:
    """Uneventful reports to one item that is known already; then one order from the report to its delivery."""
    client = await processes.connected()
    async with (
        opened(processes.database_url) as db,
        ScriptedRetailer() as retailer,
        Line(processes.api_ports[0]) as line,
    ):
        household = await move_in(db, 2, orders_url=retailer.url)
        await line.form("/v2/level", household.credentials(0) | {"level": 9})
        await until_settled(db, household, 1)
        before = await _actions(client, item_workflow_id(household.items[0]))
        for number in range(REPORTS):
            await line.form("/v2/level", household.credentials(0) | {"level": 9})
            await until_settled(db, household, number + 2)
        reports = await _actions(client, item_workflow_id(household.items[0])) - before
        await line.form("/v2/level", household.credentials(1) | {"level": Decimal(TRIGGER)})
        await retailer.wait_for_orders(1, timeout=60)
        order = await _delivered(db, client, household.items[1])
        item = await _actions(client, item_workflow_id(household.items[1]))
    return Report(
        "Temporal actions",
        [],
        [
            f"An uneventful report: {_listed(reports, REPORTS)}.",
            f"An order, from the report to its delivery: in its own workflow {_listed(order)}; in its item's "
            f"{_listed(item)}.",
            "What counts is in https://docs.temporal.io/cloud/actions; one `local activity` there is billed for each "
            "workflow task that ran some, so reports that arrive together cost less.",
        ],
    )


async def _delivered(db: Database, client: Client, item: UUID) -> Counter[str]:
    uuid = order_uuid(item, 1)

    async def state() -> OrderState:
        async with db.reading() as session:
            return (await recorded(session, uuid))[0].state

    await eventually(state, lambda found: found is OrderState.PLACED, 60)
    handle = client.get_workflow_handle(order_workflow_id(uuid))
    for step in (Step.ACCEPTED, Step.DISPATCHED, Step.DELIVERED):
        await handle.execute_update(OrderWorkflow.retailer_word, RetailerWord(step=step, at=datetime.now(UTC)))
    await handle.result()
    return await _actions(client, order_workflow_id(uuid))


async def _actions(client: Client, workflow_id: str) -> Counter[str]:
    return counted(await client.get_workflow_handle(workflow_id).fetch_history())


def counted(history: WorkflowHistory) -> Counter[str]:
    """The actions of a history, by kind."""
    kinds = (EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)
    return Counter(ACTIONS[kind] for kind in kinds if kind in ACTIONS)


def _listed(actions: Counter[str], of: int = 1) -> str:
    each = ", ".join(f"{count / of:g} {kind}" for kind, count in sorted(actions.items()))
    return f"{actions.total() / of:g} ({each})"

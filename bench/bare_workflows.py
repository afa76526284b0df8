"""What Larder is measured against: the same shape of workflow with nothing in it."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

TASK_QUEUE = "bare"
ORDER = "order"
SETTLED, DELIVERED = "settled", "delivered"


@activity.defn
async def settle(facts: list[str]) -> int:
    """Nothing but the news that it happened; how many of the facts call for an order."""
    print(SETTLED, len(facts), flush=True)  # noqa: T201 - whoever started this worker reads it
    return sum(fact.startswith(ORDER) for fact in facts)


@activity.defn
async def deliver() -> None:
    """The same."""
    print(DELIVERED, 1, flush=True)  # noqa: T201


@workflow.defn
class BareOrder:
    """Signal to local activity to child to activity: this is the child."""

    @workflow.run
    async def run(self) -> None:
        """One activity."""
        await workflow.execute_activity(deliver, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn
class BareItem:
    """Takes all waiting facts, settles them in a local activity, starts an order for those that call for one."""

    def __init__(self) -> None:
        self._inbox: list[str] = []

    @workflow.run
    async def run(self) -> None:
        """For as long as the measure lasts."""
        while True:
            await workflow.wait_condition(lambda: bool(self._inbox))
            facts, self._inbox = self._inbox, []
            orders = await workflow.execute_local_activity(settle, facts, start_to_close_timeout=timedelta(seconds=10))
            await asyncio.gather(*(self._order() for _ in range(orders)))

    @workflow.signal
    def report(self, fact: str) -> None:
        """Take a fact in."""
        self._inbox.append(fact)

    async def _order(self) -> None:
        await workflow.start_child_workflow(
            BareOrder.run, id=str(workflow.uuid4()), parent_close_policy=workflow.ParentClosePolicy.ABANDON
        )

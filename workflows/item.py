"""The life of one item: facts come in, it is settled, orders go out; for years."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    import names
    from activities.announcing import Announcing
    from activities.grouping import Grouping
    from activities.purchasing import Purchasing
    from activities.stock import StockKeeping
    from domain.facts import Arrival
    from domain.process import Announce, OrderBrief, Report, Settle, Settled, TellGroups, TrackItem
    from workflows.letting_go import let_go
    from workflows.order import OrderWorkflow
    from workflows.patience import briefly, locally

MOST_AT_ONCE = 500


@workflow.defn(name=names.ITEM_WORKFLOW)
class ItemWorkflow:
    """One item, forever: takes all waiting facts, settles them, starts an order for each need, sleeps until news.

    All that counts is in storage: a run that begins with nothing settles first and knows everything.
    """

    @workflow.init
    def __init__(self, brief: TrackItem) -> None:
        self._brief = brief
        self._inbox: list[Arrival] = list(brief.inbox)
        self._started = list(brief.started)
        self._skipped: list[int] = []
        self._told = list(brief.told)
        self._announced = list(brief.announced)
        self._shown: str | None = None

    @workflow.run
    async def run(self, brief: TrackItem) -> None:
        """Settle, order, wait; until the item is deleted."""
        settled = await self._settle(recall=True)
        while not settled.deleted:
            await self._order(settled)
            await self._announce(settled)
            if settled.untold:
                await self._tell_groups()
            if not self._inbox and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._carried_on())
            if not self._skipped:
                await self._news_or_next_check(settled)
            settled = await self._settle()
        await self._order(settled)

    @workflow.signal(name=names.REPORT, description="Facts about this item.")
    def report(self, report: Report) -> None:
        """Take facts in; the main loop does the rest."""
        self._inbox += [Arrival(fact=fact, at=workflow.now()) for fact in report.facts]

    def _carried_on(self) -> TrackItem:
        carried = {
            "inbox": tuple(self._inbox),
            "started": tuple(self._started),
            "told": tuple(self._told),
            "announced": tuple(self._announced),
        }
        return self._brief.model_copy(update=carried)

    async def _settle(self, *, recall: bool = False) -> Settled:
        arrivals, started = self._inbox[:MOST_AT_ONCE], list(self._started)
        skipped, told, announced = list(self._skipped), list(self._told), list(self._announced)
        batch = Settle(
            item=self._brief.item,
            account=self._brief.account,
            arrivals=tuple(arrivals),
            as_of=workflow.now(),
            started=tuple(started),
            skipped=tuple(skipped),
            told=tuple(told),
            announced=tuple(announced),
            recall=recall,
        )
        settled = await workflow.execute_local_activity_method(
            StockKeeping.settle, batch, **locally(f"Settle {len(arrivals)} facts" if arrivals else "Look again")
        )
        del self._inbox[: len(arrivals)], self._started[: len(started)]
        del self._skipped[: len(skipped)], self._told[: len(told)], self._announced[: len(announced)]
        self._show(settled)
        return settled

    async def _order(self, settled: Settled) -> None:
        for need in settled.needs:
            if need.need in self._started:
                continue
            if await self._start(need):
                self._started.append(need.need)
            else:
                self._skipped.append(need.need)
        for order in settled.take_back:
            if order in self._told:
                continue
            handle: workflow.ExternalWorkflowHandle[OrderWorkflow]
            handle = workflow.get_external_workflow_handle_for(OrderWorkflow.run, names.order_workflow_id(order))
            try:
                await handle.signal(OrderWorkflow.take_back)
            except ApplicationError:
                workflow.logger.info("order %s has ended before it could be taken back", order)
            self._told.append(order)

    async def _announce(self, settled: Settled) -> None:
        due = tuple(notice for notice in settled.notices if notice not in self._announced)
        if due:
            await workflow.execute_local_activity_method(
                Announcing.announce, Announce(notices=due), **locally("Tell the household")
            )
            self._announced += due

    async def _tell_groups(self) -> None:
        brief = TellGroups(item=self._brief.item, account=self._brief.account)
        await workflow.execute_local_activity_method(
            Grouping.tell_groups, brief, **locally("Tell the groups that it is in")
        )

    async def _start(self, need: OrderBrief) -> bool:
        """Start the need's order; False when the number belongs to an order from before a restored backup."""
        try:
            order = await workflow.start_child_workflow(
                OrderWorkflow.run,
                need,
                id=names.order_workflow_id(need.order),
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                memo={names.NEEDED_AT: need.needed_at.isoformat()},
                static_summary=need.summary,
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(names.ACCOUNT, str(need.account)),
                        SearchAttributePair(names.ITEM, str(need.item)),
                        SearchAttributePair(names.SKU, need.sku),
                        SearchAttributePair(names.RETAILER, str(need.retailer)),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            return await workflow.execute_activity_method(
                Purchasing.belongs_to, need, **briefly("Was this order started for this need?")
            )
        let_go(order)
        return True

    async def _news_or_next_check(self, settled: Settled) -> None:
        timeout = None
        if settled.next_check is not None:
            timeout = max(settled.next_check - workflow.now(), timedelta())
        try:
            await workflow.wait_condition(lambda: bool(self._inbox), timeout=timeout, timeout_summary="Look again")
        except TimeoutError:
            return

    def _show(self, settled: Settled) -> None:
        workflow.set_current_details(settled.line)
        if settled.verdict is not None and settled.verdict != self._shown:
            self._shown = settled.verdict
            workflow.upsert_search_attributes([names.VERDICT.value_set(settled.verdict)])

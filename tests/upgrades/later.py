"""The item's workflow of a later version: it takes one more step, which its histories then remember."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import names
    from domain.process import OrderBrief, Settled, TrackItem
    from workflows.change import ChangeWorkflow
    from workflows.item import ItemWorkflow
    from workflows.order import OrderWorkflow

A_STEP_MORE = "pauses-before-it-orders"


@workflow.defn(name=names.ITEM_WORKFLOW)
class LaterItemWorkflow(ItemWorkflow):
    """Pauses for a second before it orders, except where a run has already ordered without a pause."""

    @workflow.init
    def __init__(self, brief: TrackItem) -> None:
        super().__init__(brief)

    @workflow.run
    async def run(self, brief: TrackItem) -> None:
        """As before."""
        await super().run(brief)

    async def _start(self, need: OrderBrief) -> bool:
        if workflow.patched(A_STEP_MORE):
            await workflow.sleep(1, summary="Pause before the order")
        return await super()._start(need)

    def _show(self, settled: Settled) -> None:
        super()._show(settled)
        workflow.set_current_details(f"{settled.line} · later version")


LATER = (LaterItemWorkflow, OrderWorkflow, ChangeWorkflow)

"""A change that concerns many items, told to each of them, page by page."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import names
    from activities.spreading import Spreading
    from domain.spreading import Spread
    from workflows.patience import page_by_page

COMMITTED_WITHIN = timedelta(seconds=10)
"""Whoever announces a change and dies has either committed it by then, or never will."""


@workflow.defn(name=names.SPREAD_WORKFLOW)
class SpreadWorkflow:
    """Tells all that is covered, in the order of their uuids; who comes later is judged by the change anyway.

    A crash repeats a part of a page at most, and an item that is told twice is judged once.
    """

    @workflow.init
    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self._committed: bool | None = None

    @workflow.run
    async def run(self, spread: Spread) -> int:
        """One page after another; the answer is how many were told."""
        if spread.waits and not await self._is_committed():
            workflow.set_current_details("Nothing was changed.")
            return 0
        told, after = spread.told, spread.after
        while True:
            ahead = self._spread.model_copy(update={"told": told, "after": after, "waits": False})
            page = await workflow.execute_activity_method(
                Spreading.tell_page, ahead, **page_by_page(f"Tell the items after the first {told}")
            )
            told, after = told + page.told, page.last
            workflow.set_current_details(
                f"**{told} told**" + (" · all of them" if after is None else f" · up to {after}")
            )
            if after is None:
                return told
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(ahead.model_copy(update={"told": told, "after": after}))

    @workflow.signal(name=names.COMMITTED, description="Whether the change was committed.")
    def committed(self, committed: bool) -> None:
        """Begin, or forget it."""
        self._committed = committed

    async def _is_committed(self) -> bool:
        try:
            await workflow.wait_condition(
                lambda: self._committed is not None,
                timeout=COMMITTED_WITHIN,
                timeout_summary="It is committed by now, or never will be",
            )
        except TimeoutError:
            return True
        return self._committed is True

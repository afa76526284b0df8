"""A device that is watched: asleep until it could have fallen silent; its reports never wake anybody here."""

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import names
    from activities.watching import Watching
    from domain.watching import SHORTEST_SILENCE, Look, WatchDevice
    from workflows.patience import locally


@workflow.defn(name=names.DEVICE_WORKFLOW)
class DeviceWorkflow:
    """One watched device, for years: looks into the ledger when a silence may be over its limit, and sleeps again.

    Whoever changes how it is watched tells it first and commits then, so it never looks at once: no silence is shorter
    than the pause that it makes.
    """

    @workflow.init
    def __init__(self, watch: WatchDevice) -> None:
        self._watch = watch
        self._changed = False

    @workflow.run
    async def run(self, watch: WatchDevice) -> None:
        """Sleep, look, sleep; until nobody wants to know any more."""
        next_look = watch.next_look or workflow.now() + SHORTEST_SILENCE
        while True:
            await self._sleep(next_look)
            looked = await workflow.execute_local_activity_method(
                Watching.look, Look(device=watch.device, as_of=workflow.now()), **locally("Has it fallen silent?")
            )
            workflow.set_current_details(looked.line)
            if looked.next_look is None and not self._changed:
                return
            next_look = looked.next_look or workflow.now() + SHORTEST_SILENCE
            if not self._changed and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._watch.model_copy(update={"next_look": next_look}))

    @workflow.signal(name=names.WATCH, description="How it is watched changes.")
    def watch(self) -> None:
        """Look again, soon."""
        self._changed = True

    async def _sleep(self, until: datetime) -> None:
        while True:
            left = max(until - workflow.now(), timedelta())
            try:
                await workflow.wait_condition(lambda: self._changed, timeout=left, timeout_summary=f"Look at {until}")
            except TimeoutError:
                return
            self._changed = False
            until = min(until, workflow.now() + SHORTEST_SILENCE)

"""Telling a fridge's webhookUrl what happens, one notification after another; a dead receiver blocks nobody else."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import names
    from activities.fridge_delivering import FridgeDelivering
    from domain.fridge_webhooks import (
        LOOK_AGAIN,
        FridgeAttemptToMake,
        ReplayFridgeNotification,
        TellFridgeWebhook,
        Waiting,
    )
    from domain.fridges import NotificationType
    from domain.webhooks import ATTEMPTS, pause_after
    from workflows.patience import for_a_receiver, locally


@workflow.defn(name=names.FRIDGE_WEBHOOK_WORKFLOW)
class FridgeWebhookWorkflow:
    """Empties one fridge's outbox in order of `sequence`, and ends; what it has done so far is in storage alone.

    Who has something to tell may say so before it is committed, so an empty outbox is looked at again before the end.
    """

    @workflow.init
    def __init__(self, brief: TellFridgeWebhook) -> None:
        self._brief = brief
        self._news = False

    @workflow.run
    async def run(self, brief: TellFridgeWebhook) -> None:
        """Until nothing waits any more."""
        while (waiting := await self._next()) is not None:
            if await self._its_time_comes(waiting):
                await self._tell(waiting)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(brief)

    @workflow.signal(name=names.WAITING, description="Something waits to be told, or is about to.")
    def waiting(self) -> None:
        """Look soon."""
        self._news = True

    async def _next(self) -> Waiting | None:
        quiet = 0
        while True:
            self._news = False
            found = await workflow.execute_local_activity_method(
                FridgeDelivering.look, self._brief, **locally("Does anything wait to be told?")
            )
            if found is not None:
                return found
            if quiet < len(LOOK_AGAIN):
                quiet = 0 if await self._news_within(LOOK_AGAIN[quiet], "Look once more") else quiet + 1
            elif not self._news:
                return None

    async def _its_time_comes(self, waiting: Waiting) -> bool:
        left = timedelta() if waiting.not_before is None else waiting.not_before - workflow.now()
        if left <= timedelta():
            return True
        return not await self._news_within(left, f"Attempt {waiting.number} of {ATTEMPTS}")

    async def _news_within(self, span: timedelta, summary: str) -> bool:
        try:
            await workflow.wait_condition(lambda: self._news, timeout=span, timeout_summary=summary)
        except TimeoutError:
            return False
        return True

    async def _tell(self, waiting: Waiting) -> None:
        # by the time it could be repeated, the next heartbeat says the same
        once = waiting.type is NotificationType.HEARTBEAT
        attempt = FridgeAttemptToMake(
            fridge=self._brief.fridge,
            sequence=waiting.sequence,
            number=waiting.number,
            at=workflow.now(),
            pause=None if once else pause_after(waiting.number, workflow.random().random()),
        )
        summary = f"{waiting.type} {waiting.sequence}, attempt {waiting.number} of {1 if once else ATTEMPTS}"
        made = await workflow.execute_activity_method(FridgeDelivering.deliver, attempt, **for_a_receiver(summary))
        workflow.set_current_details(f"{summary} · {made.sentence if made else 'Nobody is there to be told.'}")


@workflow.defn(name=names.FRIDGE_REPLAY_WORKFLOW)
class FridgeReplayWorkflow:
    """Tells one notification once more, by the same schedule; the others do not wait for it."""

    @workflow.run
    async def run(self, brief: ReplayFridgeNotification) -> str:
        """Until it is taken, given up or nobody is there to take it; the answer says which."""
        number = 0
        while True:
            number += 1
            attempt = FridgeAttemptToMake(
                fridge=brief.fridge,
                sequence=brief.sequence,
                number=number,
                at=workflow.now(),
                pause=pause_after(number, workflow.random().random()),
                replay=brief.replay,
            )
            made = await workflow.execute_activity_method(
                FridgeDelivering.deliver, attempt, **for_a_receiver(f"Attempt {number} of {ATTEMPTS}")
            )
            if made is None:
                return "Nobody is there to be told, or nothing is left to say."
            workflow.set_current_details(made.sentence)
            if made.next_at is None:
                return made.sentence
            left = max(made.next_at - workflow.now(), timedelta())
            await workflow.sleep(left, summary=f"Attempt {number + 1} of {ATTEMPTS}")

"""The delivery of one notice to one receiver, by the published schedule."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.delivering import Delivering
    from domain.webhooks import ATTEMPTS, Attempt, DeliveryBrief, pause_after
    from workflows.patience import for_a_receiver


@workflow.defn
class WebhookWorkflow:
    """Tells one receiver one notice, up to ten times within some 75 hours; every attempt is written down."""

    @workflow.run
    async def run(self, brief: DeliveryBrief) -> str:
        """Until it is taken, given up or nobody is there to take it; the answer says which."""
        number = 0
        while True:
            number += 1
            pause = pause_after(number, workflow.random().random())
            attempt = Attempt(delivery=brief, number=number, at=workflow.now(), pause=pause)
            made = await workflow.execute_activity_method(
                Delivering.deliver, attempt, **for_a_receiver(f"Attempt {number} of {ATTEMPTS}")
            )
            if made is None:
                return "The webhook was switched off or removed."
            if made.next_at is None:
                workflow.set_current_details(f"**ended** after attempt {number} · {made.sentence}")
                return made.sentence
            workflow.set_current_details(f"attempt {number} of {ATTEMPTS} · {made.sentence} Next at {made.next_at}.")
            wait = made.next_at - workflow.now()
            await workflow.sleep(max(wait.total_seconds(), 0), summary=f"Attempt {number + 1} of {ATTEMPTS}")

"""One opening of a fridge: acknowledged, unlocked, opened, closed, counted; with a patience for each (S110-S115)."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from itertools import chain, repeat

    import names
    from activities.fridges import FridgeKeeping
    from domain.command_paths import ENDED, LONGEST_OPENING, given_up, moves, patience
    from domain.fridges import CommandSlug, CommandStatus, Overdue, SessionBrief, SessionWord, TellOverdue
    from workflows.patience import briefly

ASK_AGAIN = timedelta(minutes=1)


@workflow.defn(name=names.SESSION_WORKFLOW)
class FridgeSessionWorkflow:
    """Waits for the fridge's word, step by step, and says what is overdue; the fridge's workflow decides and writes.

    So nothing is overdue that has been received in time, and each inventory is applied once, whoever crashes.
    """

    @workflow.init
    def __init__(self, brief: SessionBrief) -> None:
        self._brief = brief
        self._status: CommandStatus | None = None
        self._outcome: str | None = None
        self._ends_at = workflow.now() + LONGEST_OPENING

    @workflow.run
    async def run(self, brief: SessionBrief) -> str:
        """One step after another; the answer is the outcome in words."""
        while self._status not in ENDED:
            self._explain("waiting")
            if not await self._go_on():
                self._status, self._outcome = CommandStatus.FAILED, given_up(self._status)
        self._explain(self._outcome or "")
        return self._outcome or f"{self._status}"

    @workflow.signal(name=names.WORD, description="How far the opening has come.")
    def word(self, word: SessionWord) -> None:
        """Take it in; what is known already changes nothing."""
        if moves(CommandSlug.OPEN, self._status, word.status):
            self._status, self._outcome = word.status, word.outcome

    async def _go_on(self) -> bool:
        """Wait for the next step, and say what is overdue; False when even the fridge's workflow does not know it."""
        status, spans = self._status, patience(self._status)
        for number, span in enumerate(chain(spans, repeat(ASK_AGAIN)), 1):
            try:
                await workflow.wait_condition(
                    lambda: self._status != status,
                    timeout=span,
                    timeout_summary=f"{status or 'acknowledgement'}: overdue",
                )
            except TimeoutError:
                if workflow.now() >= self._ends_at:
                    return False
                await self._say_overdue(status, is_last=number >= len(spans))
            else:
                return True
        return False

    async def _say_overdue(self, status: CommandStatus | None, *, is_last: bool) -> None:
        word = TellOverdue(
            fridge=self._brief.fridge,
            account=self._brief.account,
            overdue=Overdue(command=self._brief.command, status=status, is_last=is_last),
        )
        await workflow.execute_activity_method(
            FridgeKeeping.tell_overdue, word, **briefly("Say that the next step is overdue")
        )

    def _explain(self, words: str) -> None:
        workflow.set_current_details(f"**{self._status or 'not acknowledged'}** · {words}")
        if self._status is not None:
            workflow.upsert_search_attributes([names.STAGE.value_set(self._status)])

"""The life of one fridge: its notifications come in, it is settled, others are told; for years."""

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import names
    from activities.fridges import FridgeKeeping
    from domain.fridges import (
        FridgeReport,
        FridgeSettled,
        KeepFridge,
        NewCommand,
        Notification,
        Overdue,
        RecordCommand,
        SettleFridge,
    )
    from workflows.patience import locally, one_after_another

MOST_AT_ONCE = 100
MOST_TEXT_AT_ONCE = 1_000_000
LOOK_AGAIN = timedelta(seconds=10)
"""Whoever changes a fridge says so before it is committed: by then it is."""
AWAY = timedelta(seconds=30)
"""What was due is seen later than this only if Larder was away itself."""


@workflow.defn(name=names.FRIDGE_WORKFLOW)
class FridgeWorkflow:
    """One fridge, forever: takes what it has reported, settles it, has others told, sleeps until something is due.

    All that counts is in storage: a run that begins with nothing settles first and knows everything.
    """

    @workflow.init
    def __init__(self, brief: KeepFridge) -> None:
        self._brief = brief.model_copy(update={"inbox": (), "overdue": ()})
        self._inbox: list[Notification] = list(brief.inbox)
        self._overdue: list[Overdue] = list(brief.overdue)
        self._is_news = False
        # so long nobody could hear the fridge: before this run, unless it goes on from another one
        self._listening_since = brief.listening_since or workflow.now()
        self._look_again: datetime | None = None
        self._telling: workflow.ActivityHandle[bool] | None = None
        self._is_more = False

    @workflow.run
    async def run(self, brief: KeepFridge) -> None:
        """Settle, have others told, wait; until the fridge is deleted."""
        settled = await self._settle(recall=True)
        while not settled.deleted or self._is_to_look_again():
            self._have_told(settled.errands)
            if self._is_at_rest() and workflow.info().is_continue_as_new_suggested():
                await self._continue_as_new()
            due = await self._news_or(settled.next_check)
            if self._telling is not None and self._telling.done():
                settled = settled.model_copy(update={"errands": await self._told()})
            if due:
                settled = await self._settle()
        await workflow.wait_condition(workflow.all_handlers_finished)
        while settled.errands or self._telling is not None:
            self._have_told(settled.errands)
            settled = settled.model_copy(update={"errands": await self._told()})

    @workflow.signal(name=names.REPORT, description="What the fridge has reported.")
    def report(self, report: FridgeReport) -> None:
        """Take notifications in; the main loop does the rest."""
        self._inbox += report.notifications

    @workflow.signal(name=names.OVERDUE, description="An opening has waited for too long.")
    def overdue(self, overdue: Overdue) -> None:
        """Judge that once everything is settled that came before."""
        self._overdue.append(overdue)

    @workflow.signal(name=names.CHANGED, description="Its settings change, or it is to be looked at again.")
    def changed(self) -> None:
        """Look now, and once more when it must have been committed."""
        self._is_news, self._look_again = True, workflow.now() + LOOK_AGAIN

    @workflow.update(name=names.COMMAND)
    async def command(self, command: NewCommand) -> None:
        """Give it a command (S84): written down once this returns; a second opening is refused."""
        record = RecordCommand(command=command, as_of=workflow.now())
        await workflow.execute_local_activity_method(
            FridgeKeeping.record_command, record, **locally(f"Write down the command {command.slug}")
        )
        self._is_news = True

    async def _settle(self, *, recall: bool = False) -> FridgeSettled:
        reports, overdue, now = self._next_reports(), list(self._overdue), workflow.now()
        is_all = len(reports) == len(self._inbox)
        self._is_news = False
        batch = SettleFridge(
            fridge=self._brief.fridge,
            notifications=tuple(reports),
            # nothing is overdue while what it waits for may still be in the inbox
            overdue=tuple(overdue) if is_all else (),
            as_of=now if is_all else min(now, reports[-1].received_at),
            recall=recall,
            listening_since=self._listening_since,
        )
        settled = await workflow.execute_local_activity_method(
            FridgeKeeping.settle, batch, **locally(f"Settle {len(reports)} notifications" if reports else "Look again")
        )
        del self._inbox[: len(reports)], self._overdue[: len(batch.overdue)]
        workflow.set_current_details(settled.line)
        return settled

    def _next_reports(self) -> list[Notification]:
        """As many as one transaction takes well: a scan may tell of thousands of tags."""
        some, size = self._inbox[:MOST_AT_ONCE], 0
        for number, report in enumerate(some):
            size += len(str(report.data))
            if size > MOST_TEXT_AT_ONCE and number:
                return some[:number]
        return some

    def _have_told(self, errands: bool) -> None:
        """Nobody who cannot be told at the moment keeps the fridge from being settled."""
        if errands and self._telling is None:
            self._is_more = False
            self._telling = workflow.start_activity_method(
                FridgeKeeping.run_errands, self._brief, **one_after_another("Tell everybody concerned")
            )
        elif errands:
            self._is_more = True  # it may have been written too late for those who are on their way

    async def _told(self) -> bool:
        telling, self._telling = self._telling, None
        is_left = telling is not None and await telling
        return is_left or self._is_more

    async def _news_or(self, next_check: datetime | None) -> bool:
        """Wait until there is something to settle, or something is due; False when only others have been told."""
        moments = [moment for moment in (next_check, self._look_again) if moment is not None]
        timeout = max(min(moments) - workflow.now(), timedelta()) if moments else None
        try:
            await workflow.wait_condition(
                lambda: self._is_anything_new() or (self._telling is not None and self._telling.done()),
                timeout=timeout,
                timeout_summary="Look again",
            )
        except TimeoutError:
            if workflow.now() - min(moments) > AWAY:
                self._listening_since = workflow.now()
            if self._look_again is not None and self._look_again <= workflow.now():
                self._look_again = None
            return True
        return self._is_anything_new()

    async def _continue_as_new(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        carried = {
            "inbox": tuple(self._inbox),
            "overdue": tuple(self._overdue),
            "listening_since": self._listening_since,
        }
        workflow.continue_as_new(self._brief.model_copy(update=carried))

    def _is_to_look_again(self) -> bool:
        """Whether a fridge that is deleted may have something to tell: a tag that was in it is put on another product.

        Runs of old have ended all the same.
        """
        return self._look_again is not None and workflow.patched("deleted-fridges-look-again")

    def _is_at_rest(self) -> bool:
        return self._telling is None and self._look_again is None and not self._is_anything_new()

    def _is_anything_new(self) -> bool:
        return bool(self._inbox or self._overdue) or self._is_news

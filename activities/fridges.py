"""Fridges: what they report and are told is written down in one transaction, and what follows is told after it."""

from dataclasses import dataclass

from temporalio import activity
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, WorkflowAlreadyStartedError

import names
from activities.beating import beating
from activities.notifying import Notifier
from activities.telling import CloudTeller, FridgeTeller, FridgeWebhookTeller, ItemTeller
from domain.errors import Conflict, NotFound
from domain.fridge_errands import Errand, TellAccount, TellCloud, TellItem, TellReceiver, TellSession
from domain.fridges import FridgeSettled, KeepFridge, RecordCommand, SettleFridge, TellOverdue
from failpoints import Failpoints
from storage import fridge_errands, fridge_settling
from storage.database import Database
from storage.secrets import Secrets


@dataclass(frozen=True)
class FridgeKeeping:
    """Keeps what is known of fridges; the only writer of what they report, and of what becomes of their commands."""

    db: Database
    client: Client
    notifier: Notifier
    secrets: Secrets
    failpoints: Failpoints

    @activity.defn(name="settle_fridge")
    async def settle(self, batch: SettleFridge) -> FridgeSettled:
        """Write down a batch of notifications and what is due.

        The answer never depends on which of them were new: running again, alone or with a larger batch, gives the
        fridge as it stands, and whether anything is left to tell.
        """
        async with self.db.writing() as session:
            settled = await fridge_settling.settle(session, batch, self.secrets)
        self.failpoints.reach("fridge_settled")
        return settled

    @activity.defn
    async def record_command(self, record: RecordCommand) -> None:
        """Write a command down, once (S84); the refusals are those of the storage."""
        try:
            async with self.db.writing() as session:
                await fridge_settling.record_command(session, record.command, record.as_of, self.secrets)
        except (Conflict, NotFound) as refusal:
            raise ApplicationError(
                refusal.message,
                type=type(refusal).__name__,
                non_retryable=True,
                category=ApplicationErrorCategory.BENIGN,
            ) from refusal
        self.failpoints.reach("fridge_command_recorded")

    @activity.defn
    async def run_errands(self, fridge: KeepFridge) -> bool:
        """Tell everybody what waits to be told, oldest first; whether there is more.

        One that was told and not struck out is told again: whoever hears it knows it by its id.
        """
        async with self.db.reading() as session:
            waiting = await fridge_errands.oldest(session, fridge.fridge)
        async with beating():
            for errand in waiting.errands:
                await self._run(fridge, errand)
        self.failpoints.reach("fridge_errands_told")
        async with self.db.writing() as session:
            await fridge_errands.strike_out(session, waiting.uuids)
        return waiting.is_more

    @activity.defn
    async def tell_overdue(self, word: TellOverdue) -> None:
        """An opening tells its fridge that it has waited for too long; the fridge decides what that means."""
        await FridgeTeller(self.client).overdue(word.account, word.fridge, word.overdue)

    async def _run(self, fridge: KeepFridge, errand: Errand) -> None:
        account = fridge.account
        match errand:
            case TellItem(item=item, name=name, facts=facts):
                await ItemTeller(self.client).tell(account, item, facts, name)
            case TellSession():
                await self._tell_session(errand)
            case TellAccount(notice=notice):
                await self.notifier.tell([notice])
            case TellReceiver():
                await FridgeWebhookTeller(self.client).waiting(account, fridge.fridge)
            case TellCloud(command=command):
                await CloudTeller(self.client).command(account, fridge.fridge, command)

    async def _tell_session(self, errand: TellSession) -> None:
        """Begin the opening where nobody waits for it, and hand it its word; one that has ended wants no more."""
        brief = errand.brief
        attributes = (names.ACCOUNT, str(brief.account)), (names.FRIDGE, str(brief.fridge))
        try:
            await self.client.start_workflow(
                names.SESSION_WORKFLOW,
                brief,
                id=names.session_workflow_id(brief.command),
                task_queue=names.TASK_QUEUE,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                start_signal=None if errand.word is None else names.WORD,
                start_signal_args=[] if errand.word is None else [errand.word],
                static_summary="An opening of a fridge",
                search_attributes=TypedSearchAttributes([SearchAttributePair(*pair) for pair in attributes]),
            )
        except WorkflowAlreadyStartedError:
            return

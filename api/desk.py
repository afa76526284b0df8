"""The only place where HTTP meets Temporal: reports are signals, changes workflows, a retailer's word an update."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import names
from activities.telling import (
    DeviceTeller,
    FridgeTeller,
    FridgeWebhookTeller,
    ItemTeller,
    SpreadTeller,
    fridge_start,
)
from api.requests import concerns
from domain import errors
from domain.changes import Change, Covers, Stored
from domain.facts import Fact
from domain.fridge_webhooks import ReplayFridgeNotification
from domain.fridges import NewCommand, Notification
from domain.mail import MailBrief
from domain.orders import ENDED, OrderState, Progress, RetailerWord
from domain.process import OwnersWord
from domain.spreading import Spread
from domain.webhooks import DeliveryBrief
from failpoints import Failpoints
from storage.database import Database
from storage.purchasing import recorded
from workflows.change import ChangeWorkflow
from workflows.mail import MailWorkflow
from workflows.order import OrderWorkflow
from workflows.webhook import WebhookWorkflow

SIGNAL_WAITS = 3.0
ANSWER_WAITS = 5.0

Clock = Callable[[UUID | None], Awaitable[datetime]]

_AGAIN = "Repeat the same call; under the same key it counts once."
_KEYED = "Repeat the same call; it counts once."
_UNKEYED = "It may have arrived, and without a key a repeat may count again."
_NOBODY_WORKS_ON_IT = "This order is not being worked on at the moment. Repeat the call."

_REFUSALS = {
    "NotFound": errors.NotFound,
    "Conflict": errors.Conflict,
    "OrderEnded": errors.OrderEnded,
}


async def real_time(_: UUID | None) -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Desk:
    """Passes on what HTTP was told, and what Temporal answered; `clock` says when something was received."""

    def __init__(
        self, client: Client, db: Database, clock: Clock = real_time, failpoints: Failpoints | None = None
    ) -> None:
        self._client, self._db, self._clock, self._failpoints = client, db, clock, failpoints or Failpoints()
        self._teller, self._devices, self._fridges = ItemTeller(client), DeviceTeller(client), FridgeTeller(client)
        self._fridge_webhooks, self._spreads = FridgeWebhookTeller(client), SpreadTeller(client)

    async def now(self, whose: UUID | None = None) -> datetime:
        """The moment of receipt; for an item or a fridge with a virtual clock, that clock's."""
        return await self._clock(whose)

    async def report(self, account: UUID, item: UUID, name: str, facts: Sequence[Fact]) -> None:
        """Hand facts to their item; returns when Temporal has stored them. Raises `Unavailable`."""
        concerns(workflow_id=names.item_workflow_id(item))
        if (device := facts[0].device) is not None:
            concerns(device=str(device))
        async with self._telling(SIGNAL_WAITS, _KEYED if all(fact.keyed for fact in facts) else _UNKEYED):
            await self._teller.tell(account, item, facts, name)

    async def change(self, change: Change) -> None:
        """Have a change stored by its own workflow; a repeat continues the same one.

        Raises `Conflict` when that version is somebody else's, `Unavailable` when it is not stored within 5 s.
        """
        workflow_id = names.change_workflow_id(change.subject, change.version)
        concerns(workflow_id=workflow_id)
        async with self._telling(ANSWER_WAITS):
            handle: WorkflowHandle[ChangeWorkflow, Stored]
            try:
                handle = await self._client.start_workflow(
                    ChangeWorkflow.run,
                    change,
                    id=workflow_id,
                    task_queue=names.TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                    static_summary=f"Version {change.version} of {change.kind} {change.subject}",
                )
            except WorkflowAlreadyStartedError:
                handle = self._client.get_workflow_handle_for(ChangeWorkflow.run, workflow_id)
            try:
                stored = await handle.result()
            except WorkflowFailureError as failed:
                raise _refusal(failed.cause) from failed
        if stored.digest != change.digest():
            raise errors.Conflict("It has been changed by somebody else in the meantime: read it again and repeat.")

    @asynccontextmanager
    async def spread(self, account: UUID) -> AsyncIterator[None]:
        """Have every item of a household judged anew once what the block changes is committed, whoever crashes.

        Announced before the block and confirmed after it; one that refuses has changed nothing. Raises `Unavailable`.
        """
        spread = Spread(
            subject=account,
            version=int(datetime.now(UTC).timestamp() * 1_000_000),
            account=account,
            covers=Covers(),
            waits=True,
        )
        concerns(workflow_id=names.spread_workflow_id(spread.subject, spread.version))
        async with self._telling(SIGNAL_WAITS):
            await self._spreads.spread(spread, "Tells every item of a household of its new settings")
        try:
            yield
        except errors.Unavailable:
            raise  # it may have been committed even so
        except errors.LarderError:
            await self._committed(spread, False)
            raise
        await self._committed(spread, True)

    async def _committed(self, spread: Spread, committed: bool) -> None:
        # who does not hear of it takes it for committed, a little later
        with suppress(errors.Unavailable, errors.NotFound):
            async with self._telling(SIGNAL_WAITS):
                await self._spreads.committed(spread, committed)

    async def watch(self, account: UUID, device: UUID) -> None:
        """Say that a device is about to be watched otherwise, before that is committed; raises `Unavailable`."""
        concerns(workflow_id=names.device_workflow_id(device), device=str(device))
        async with self._telling(SIGNAL_WAITS):
            await self._devices.watch(account, device)

    async def fridge_report(self, account: UUID, fridge: UUID, notifications: Sequence[Notification]) -> None:
        """Hand over what a fridge has reported; returns when Temporal has stored it. Raises `Unavailable`."""
        concerns(workflow_id=names.fridge_workflow_id(fridge), fridge=str(fridge))
        async with self._telling(SIGNAL_WAITS):
            await self._fridges.tell(account, fridge, notifications)

    async def fridge_changed(self, account: UUID, fridge: UUID) -> None:
        """Say that a fridge's settings are about to change, before that is committed; raises `Unavailable`."""
        concerns(workflow_id=names.fridge_workflow_id(fridge), fridge=str(fridge))
        async with self._telling(SIGNAL_WAITS):
            await self._fridges.changed(account, fridge)

    async def fridge_webhook(self, account: UUID, fridge: UUID) -> None:
        """Say that a notification is about to wait for a fridge's webhookUrl, before that is committed."""
        concerns(workflow_id=names.fridge_webhook_workflow_id(fridge), fridge=str(fridge))
        async with self._telling(SIGNAL_WAITS):
            await self._fridge_webhooks.waiting(account, fridge)

    async def fridge_replay(self, account: UUID, replay: ReplayFridgeNotification) -> None:
        """Have a fridge's webhookUrl told a notification once more; a repeat is the same replay."""
        concerns(workflow_id=names.fridge_replay_workflow_id(replay.fridge, replay.replay), fridge=str(replay.fridge))
        async with self._telling(SIGNAL_WAITS):
            await self._fridge_webhooks.again(account, replay)

    async def fridge_command(self, account: UUID, command: NewCommand) -> None:
        """Give a fridge a command; returns when it is written down, a repeat with the same uuid too.

        Raises `NotFound` for a fridge that was deleted, `Conflict` for a second opening, `Unavailable`.
        """
        concerns(workflow_id=names.fridge_workflow_id(command.fridge), fridge=str(command.fridge))
        running: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            names.FRIDGE_WORKFLOW,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **fridge_start(account, command.fridge),
        )
        async with self._telling(ANSWER_WAITS):
            await self._client.execute_update_with_start_workflow(
                names.COMMAND, command, id=str(command.uuid), start_workflow_operation=running
            )

    async def retailer_word(self, order: UUID, word: RetailerWord) -> None:
        """Pass on a retailer's callback; returns when it is written down.

        Raises `NotFound`, `Conflict`, `OrderEnded` or `Unavailable`; an order that has ended answers from storage.
        """
        # repeats end here: a workflow takes a limited number of updates in its life
        with suppress(errors.Conflict, errors.NotFound):
            written = await self._recorded(order)
            if written.after(word) == written:
                return
        handle = self._workflow_of(order)
        try:
            async with self._telling(ANSWER_WAITS):
                await handle.execute_update(OrderWorkflow.retailer_word, word)
        except errors.NotFound:
            progress = await self._recorded(order)
            if progress.after(word) != progress:
                raise errors.Unavailable(_NOBODY_WORKS_ON_IT) from None

    async def approve(self, order: UUID, approved: bool, reason: str | None) -> None:
        """The owner's answer to an order that waits for it."""
        handle = self._workflow_of(order)
        async with self._owners(order, had=set() if approved else {OrderState.REFUSED}):
            await handle.execute_update(OrderWorkflow.approve, OwnersWord(yes=approved, reason=reason))

    async def cancel(self, order: UUID, reason: str | None) -> None:
        """The owner's wish to end an order."""
        handle = self._workflow_of(order)
        async with self._owners(order, had={OrderState.CANCELLED, OrderState.NEVER_CAME}):
            await handle.execute_update(OrderWorkflow.cancel, OwnersWord(reason=reason))

    async def mail(self, brief: MailBrief) -> None:
        """Have a letter written and sent; returns when Temporal has stored that. A repeat is the same letter."""
        workflow_id = names.mail_workflow_id(brief.mail)
        concerns(workflow_id=workflow_id)
        async with self._telling(SIGNAL_WAITS):
            with suppress(WorkflowAlreadyStartedError):
                await self._client.start_workflow(
                    MailWorkflow.run,
                    brief,
                    id=workflow_id,
                    task_queue=names.TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    task_timeout=names.TASK_TIMEOUT,
                    static_summary=brief.summary,
                    search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(brief.account))]),
                )

    async def replay(self, account: UUID, brief: DeliveryBrief) -> None:
        """Have a notice delivered once more; returns when Temporal has stored that. A repeat is the same delivery."""
        workflow_id = names.webhook_workflow_id(brief.notice, brief.webhook, brief.replay)
        concerns(workflow_id=workflow_id)
        async with self._telling(SIGNAL_WAITS):
            with suppress(WorkflowAlreadyStartedError):
                await self._client.start_workflow(
                    WebhookWorkflow.run,
                    brief,
                    id=workflow_id,
                    task_queue=names.TASK_QUEUE,
                    task_timeout=names.TASK_TIMEOUT,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    static_summary="Tell a webhook once more, as its owner has asked",
                    search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(account))]),
                )

    async def temporal_is_up(self) -> bool:
        """Whether Temporal answers."""
        try:
            async with _temporal_within(SIGNAL_WAITS):
                return await self._client.service_client.check_health()
        except errors.Unavailable:
            return False

    async def worker_is_polling(self) -> bool:
        """Whether a worker has asked for work lately."""
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=names.TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            async with _temporal_within(SIGNAL_WAITS):
                answer = await self._client.workflow_service.describe_task_queue(request)
        except errors.Unavailable:
            return False
        return bool(answer.pollers)

    @asynccontextmanager
    async def _owners(self, order: UUID, had: Container[OrderState]) -> AsyncIterator[None]:
        """An order that has ended answers from storage; ended in one of the states wanted, it is a repeat."""
        try:
            async with self._telling(ANSWER_WAITS):
                yield
        except errors.NotFound as gone:
            progress = await self._recorded(order)
            if progress.state not in ENDED:
                raise errors.Unavailable(_NOBODY_WORKS_ON_IT) from gone
            if progress.state not in had:
                raise errors.OrderEnded(f"This order waits for nothing: {progress.state}.") from gone

    @asynccontextmanager
    async def _telling(self, seconds: float, again: str = _AGAIN) -> AsyncIterator[None]:
        self._failpoints.reach("before_temporal")
        async with _temporal_within(seconds, again):
            yield
        self._failpoints.reach("after_temporal")

    def _workflow_of(self, order: UUID) -> WorkflowHandle[OrderWorkflow, OrderState]:
        workflow_id = names.order_workflow_id(order)
        concerns(workflow_id=workflow_id)
        return self._client.get_workflow_handle_for(OrderWorkflow.run, workflow_id)

    async def _recorded(self, order: UUID) -> Progress:
        async with self._db.reading() as session:
            return (await recorded(session, order))[0]


@asynccontextmanager
async def _temporal_within(seconds: float, again: str = _AGAIN) -> AsyncIterator[None]:
    """Whatever keeps Temporal from answering becomes `Unavailable`, which says what a repeat does; what it refuses gets
    its own error.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise errors.Unavailable(f"Not confirmed in time. {again}") from late
    except WorkflowUpdateFailedError as failed:
        raise _refusal(failed.cause) from failed
    except RuntimeError as failed:
        # the SDK's word for a lazy client that cannot connect
        raise errors.Unavailable(f"Temporal does not answer. {again}") from failed
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            raise errors.NotFound("No such workflow.") from failed
        raise errors.Unavailable(f"Temporal does not answer. {again}") from failed


def _refusal(cause: BaseException | None) -> Exception:
    if isinstance(cause, ActivityError):
        cause = cause.cause
    if isinstance(cause, ApplicationError) and cause.type in _REFUSALS:
        return _REFUSALS[cause.type](cause.message)
    return errors.Unavailable(f"This could not be finished now. {_AGAIN}")

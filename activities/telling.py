"""Telling an item or a fridge what happened to it: one signal, and the start of its workflow when it does not run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import names
from domain.clouds import PostCommand
from domain.facts import Fact
from domain.fridge_webhooks import ReplayFridgeNotification, TellFridgeWebhook
from domain.fridges import FridgeReport, KeepFridge, Notification, Overdue
from domain.message import Message
from domain.process import Report, TrackItem
from domain.spreading import Spread
from domain.watching import WatchDevice


@dataclass(frozen=True)
class ItemTeller:
    """The door to items; once `tell` returns, Temporal has stored the facts."""

    client: Client

    async def tell(self, account: UUID, item: UUID, facts: Sequence[Fact], summary: str | None = None) -> None:
        """Signal, or signal-with-start (architecture.md); `summary` is what operators see of a new workflow."""
        report = Report(facts=tuple(facts))
        try:
            # almost every item runs, and a start that is not needed would be paid for at each report
            await self.client.get_workflow_handle(names.item_workflow_id(item)).signal(names.REPORT, report)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._start(account, item, report, summary)

    async def _start(self, account: UUID, item: UUID, report: Report, summary: str | None) -> None:
        await self.client.start_workflow(
            names.ITEM_WORKFLOW,
            TrackItem(item=item, account=account),
            id=names.item_workflow_id(item),
            task_queue=names.TASK_QUEUE,
            task_timeout=names.TASK_TIMEOUT,
            start_signal=names.REPORT,
            start_signal_args=[report],
            static_summary=summary,
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(names.ACCOUNT, str(account)), SearchAttributePair(names.ITEM, str(item))]
            ),
        )


@dataclass(frozen=True)
class DeviceTeller:
    """The door to the workflows that watch devices."""

    client: Client

    async def watch(self, account: UUID, device: UUID) -> None:
        """Have it looked at soon, whether it is watched already or not; once it returns, Temporal has stored that."""
        await self.client.start_workflow(
            names.DEVICE_WORKFLOW,
            WatchDevice(device=device, account=account),
            id=names.device_workflow_id(device),
            task_queue=names.TASK_QUEUE,
            task_timeout=names.TASK_TIMEOUT,
            start_signal=names.WATCH,
            static_summary="Watches a device for its silence",
            search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(account))]),
        )


@dataclass(frozen=True)
class SpreadTeller:
    """The door to the workflows that tell many items of one change."""

    client: Client

    async def spread(self, spread: Spread, summary: str) -> None:
        """Have all be told that it covers; a repeat is the same telling. Once it returns, Temporal has stored that."""
        with suppress(WorkflowAlreadyStartedError):
            await self.client.start_workflow(
                names.SPREAD_WORKFLOW,
                spread,
                id=names.spread_workflow_id(spread.subject, spread.version),
                task_queue=names.TASK_QUEUE,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=summary,
                search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(spread.account))]),
            )

    async def committed(self, spread: Spread, committed: bool) -> None:
        """Say whether the change of a spread that waits was committed."""
        workflow_id = names.spread_workflow_id(spread.subject, spread.version)
        await self.client.get_workflow_handle(workflow_id).signal(names.COMMITTED, committed)


@dataclass(frozen=True)
class FridgeTeller:
    """The door to fridges; once a call returns, Temporal has stored what was said."""

    client: Client

    async def tell(self, account: UUID, fridge: UUID, notifications: Sequence[Notification]) -> None:
        """Hand over what a fridge has reported."""
        await self._signal(account, fridge, names.REPORT, FridgeReport(notifications=tuple(notifications)))

    async def changed(self, account: UUID, fridge: UUID) -> None:
        """Say that its settings are about to change, or that it has to be looked at again."""
        await self._signal(account, fridge, names.CHANGED)

    async def overdue(self, account: UUID, fridge: UUID, overdue: Overdue) -> None:
        """Say that an opening has waited for too long."""
        await self._signal(account, fridge, names.OVERDUE, overdue)

    async def _signal(self, account: UUID, fridge: UUID, name: str, *args: Message) -> None:
        try:
            await self.client.get_workflow_handle(names.fridge_workflow_id(fridge)).signal(name, args=args)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self.client.start_workflow(
                names.FRIDGE_WORKFLOW, **fridge_start(account, fridge), start_signal=name, start_signal_args=args
            )


@dataclass(frozen=True)
class FridgeWebhookTeller:
    """The door to the workflows that tell fridges' webhookUrls; once a call returns, Temporal has stored it."""

    client: Client

    async def waiting(self, account: UUID, fridge: UUID) -> None:
        """Say that something waits to be told, or is about to."""
        await self.client.start_workflow(
            names.FRIDGE_WEBHOOK_WORKFLOW,
            TellFridgeWebhook(fridge=fridge, account=account),
            id=names.fridge_webhook_workflow_id(fridge),
            task_queue=names.TASK_QUEUE,
            task_timeout=names.TASK_TIMEOUT,
            start_signal=names.WAITING,
            static_summary="Tells a fridge's webhookUrl what happens",
            search_attributes=_of_a_fridge(account, fridge),
        )

    async def again(self, account: UUID, replay: ReplayFridgeNotification) -> None:
        """Have one notification told once more; a repeat is the same replay."""
        with suppress(WorkflowAlreadyStartedError):
            await self.client.start_workflow(
                names.FRIDGE_REPLAY_WORKFLOW,
                replay,
                id=names.fridge_replay_workflow_id(replay.fridge, replay.replay),
                task_queue=names.TASK_QUEUE,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary="Tells a fridge's webhookUrl once more, as its owner has asked",
                search_attributes=_of_a_fridge(account, replay.fridge),
            )


@dataclass(frozen=True)
class CloudTeller:
    """The door to what hands commands to other clouds; once a call returns, Temporal has stored it."""

    client: Client

    async def command(self, account: UUID, fridge: UUID, command: UUID) -> None:
        """Have a command posted to the cloud of its fridge (1.L); a repeat is the same command."""
        with suppress(WorkflowAlreadyStartedError):
            await self.client.start_workflow(
                names.CLOUD_COMMAND_WORKFLOW,
                PostCommand(command=command),
                id=names.cloud_command_workflow_id(command),
                task_queue=names.TASK_QUEUE,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary="Posts a command to another cloud",
                search_attributes=_of_a_fridge(account, fridge),
            )


def fridge_start(account: UUID, fridge: UUID) -> dict[str, Any]:
    """How a fridge's workflow is started, whoever needs it first."""
    return {
        "arg": KeepFridge(fridge=fridge, account=account),
        "id": names.fridge_workflow_id(fridge),
        "task_queue": names.TASK_QUEUE,
        "task_timeout": names.TASK_TIMEOUT,
        "static_summary": "A fridge",
        "search_attributes": _of_a_fridge(account, fridge),
    }


def _of_a_fridge(account: UUID, fridge: UUID) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [SearchAttributePair(names.ACCOUNT, str(account)), SearchAttributePair(names.FRIDGE, str(fridge))]
    )

"""Telling an item what happened to it: one signal, and the start of the item's workflow when it does not run."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

import names
from domain.facts import Fact
from domain.process import Report, TrackItem
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

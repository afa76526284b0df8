"""Telling an item what happened to it: one signal, which starts the item's workflow when it does not run."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

import names
from domain.facts import Fact
from domain.process import Report, TrackItem


@dataclass(frozen=True)
class ItemTeller:
    """The door to items; once `tell` returns, Temporal has stored the facts."""

    client: Client

    async def tell(self, account: UUID, item: UUID, facts: Sequence[Fact], summary: str | None = None) -> None:
        """Signal-with-start (architecture.md: signal to tell); `summary` is what operators see of a new workflow."""
        await self.client.start_workflow(
            names.ITEM_WORKFLOW,
            TrackItem(item=item, account=account),
            id=names.item_workflow_id(item),
            task_queue=names.TASK_QUEUE,
            task_timeout=names.TASK_TIMEOUT,
            start_signal=names.REPORT,
            start_signal_args=[Report(facts=tuple(facts))],
            static_summary=summary,
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(names.ACCOUNT, str(account)), SearchAttributePair(names.ITEM, str(item))]
            ),
        )

"""Having accounts told what is written for them: one workflow for each notice that anybody is to hear of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

import names
from domain.webhooks import NoticeBrief
from storage import notices
from storage.database import Database


@dataclass(frozen=True)
class Notifier:
    """The door to the outside for notices; once `tell` returns, Temporal has them."""

    db: Database
    client: Client

    async def tell(self, uuids: Sequence[UUID]) -> None:
        """Start what tells these notices; repeating it tells nobody twice.

        One that nobody is to hear of, as it is not mailed and no webhook wants it, is read in `GET /notices` alone.
        """
        async with self.db.reading() as session:
            briefs = await notices.to_tell(session, uuids)
        for brief in briefs:
            await self._start(brief)

    async def _start(self, brief: NoticeBrief) -> None:
        try:
            await self.client.start_workflow(
                names.NOTICE_WORKFLOW,
                brief,
                id=names.notice_workflow_id(brief.notice),
                task_queue=names.TASK_QUEUE,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"Tell everybody: {brief.kind}",
                search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(brief.account))]),
            )
        except WorkflowAlreadyStartedError:
            return

"""Telling everybody who is to hear of one notice, each by a workflow of its own."""

import asyncio
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    import names
    from domain.mail import MailBrief, MailKind
    from domain.message import Message
    from domain.webhooks import DeliveryBrief, NoticeBrief
    from workflows.letting_go import let_go
    from workflows.mail import MailWorkflow
    from workflows.webhook import WebhookWorkflow


@workflow.defn
class NoticeWorkflow:
    """Starts the deliveries of one notice and ends; none of them waits for another, nor does anybody wait for them."""

    @workflow.init
    def __init__(self, brief: NoticeBrief) -> None:
        self._brief = brief

    @workflow.run
    async def run(self, brief: NoticeBrief) -> None:
        """One workflow for each webhook, and one for the letter."""
        starting = [self._to_webhook(DeliveryBrief(notice=brief.notice, webhook=each)) for each in brief.webhooks]
        if brief.letter is not None:
            starting.append(self._by_mail(brief.letter))
        await asyncio.gather(*starting)

    async def _to_webhook(self, delivery: DeliveryBrief) -> None:
        workflow_id = names.webhook_workflow_id(delivery.notice, delivery.webhook)
        await self._start(WebhookWorkflow.run, delivery, workflow_id, f"Tell a webhook: {self._brief.kind}")

    async def _by_mail(self, uuid: UUID) -> None:
        letter = MailBrief(mail=uuid, kind=MailKind.NOTICE, account=self._brief.account, subject=self._brief.notice)
        await self._start(MailWorkflow.run, letter, names.mail_workflow_id(uuid), letter.summary)

    async def _start(self, run: Any, brief: Message, workflow_id: str, summary: str) -> None:
        account = SearchAttributePair(names.ACCOUNT, str(self._brief.account))
        try:
            child = await workflow.start_child_workflow(
                run,
                brief,
                id=workflow_id,
                task_timeout=names.TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                search_attributes=TypedSearchAttributes([account]),
                static_summary=summary,
            )
        except WorkflowAlreadyStartedError:
            return
        let_go(child)

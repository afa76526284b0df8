"""Composition root of the worker: settings, collaborators, workflows and activities."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import names
import tracing
from activities.announcing import Announcing
from activities.billing import Billing
from activities.changes import Changes
from activities.clouds import Clouds
from activities.delivering import Delivering
from activities.fridge_delivering import FridgeDelivering
from activities.fridges import FridgeKeeping
from activities.grouping import Grouping
from activities.mailing import Mailing
from activities.measured import Measured
from activities.notifying import Notifier
from activities.purchasing import Purchasing
from activities.spreading import Spreading
from activities.stock import StockKeeping
from activities.telling import FridgeTeller, ItemTeller, SpreadTeller
from activities.watching import Watching
from billing.providers import providers
from connection import connect, meter
from failpoints import Failpoints
from mail.smtp import SmtpPost
from mail.writing import Writer
from outside.eatmachine import EatMachine
from outside.guard import GuardedTransport
from retailers.push import PushRetailer
from rules.engine import Engine
from rules.judge import Judge
from settings import Settings
from storage.database import Database, open_database
from storage.secrets import Secrets
from webhooks.sender import Sender
from workflows.change import ChangeWorkflow
from workflows.cloud_command import CloudCommandWorkflow
from workflows.device import DeviceWorkflow
from workflows.fridge import FridgeWorkflow
from workflows.fridge_session import FridgeSessionWorkflow
from workflows.fridge_webhook import FridgeReplayWorkflow, FridgeWebhookWorkflow
from workflows.item import ItemWorkflow
from workflows.mail import MailWorkflow
from workflows.notice import NoticeWorkflow
from workflows.order import OrderWorkflow
from workflows.spread import SpreadWorkflow
from workflows.webhook import WebhookWorkflow

WORKFLOWS = (
    *(ItemWorkflow, OrderWorkflow, ChangeWorkflow, MailWorkflow, NoticeWorkflow, WebhookWorkflow, DeviceWorkflow),
    SpreadWorkflow,
    *(FridgeWorkflow, FridgeSessionWorkflow, FridgeWebhookWorkflow, FridgeReplayWorkflow, CloudCommandWorkflow),
)

# What the tests run workflows in: a module that sneaks into their code fails the start of the worker instead of
# leaking state between runs. Serving households it would only cost, a fifth of the worker's time (decision 0014).
SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_import_notification_policy(
        workflow.SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        | workflow.SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
)


def _deployment(version: str, *, versioning: bool) -> WorkerDeploymentConfig:
    """Given even without versioning: the SDK would otherwise read and hash every loaded module at each start."""
    # docs/decisions/0012: an item lives for years, and nobody keeps an old worker that long
    behavior = VersioningBehavior.AUTO_UPGRADE if versioning else VersioningBehavior.UNSPECIFIED
    return WorkerDeploymentConfig(WorkerDeploymentVersion(names.TASK_QUEUE, version), versioning, behavior)


def _post(settings: Settings) -> SmtpPost | None:
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return SmtpPost(settings.smtp_url.get_secret_value(), settings.mail_from)


@asynccontextmanager
async def working(
    settings: Settings,
    client: Client,
    db: Database,
    workflows: Sequence[type] = WORKFLOWS,
    version: str = names.VERSION,
    *,
    sandboxed: bool = False,
) -> AsyncIterator[Worker]:
    """A worker that runs until the block ends, then finishes what it has begun."""
    push, sender = PushRetailer(GuardedTransport(settings.allow_nets)), Sender(GuardedTransport(settings.allow_nets))
    secrets = Secrets(settings.instance_key.get_secret_value())
    failpoints = Failpoints(settings.failpoints)
    teller, notifier = ItemTeller(client), Notifier(db, client)
    stock = StockKeeping(db, Judge(Engine()), failpoints)
    purchasing = Purchasing(db, client, teller, notifier, push, secrets, failpoints)
    billing = Billing(db, providers(settings.stripe_key, settings.stripe_url), secrets, failpoints)
    changes = Changes(db, teller, SpreadTeller(client), FridgeTeller(client), failpoints)
    delivering, receivers = Delivering(db, notifier, sender, secrets), FridgeDelivering(db, notifier, sender, secrets)
    eatmachine = EatMachine(GuardedTransport(settings.allow_nets))
    fridges = FridgeKeeping(db, client, notifier, secrets, failpoints)
    mailing = Mailing(db, secrets, Writer(settings.public_url), _post(settings))
    worker = Worker(
        client,
        task_queue=names.TASK_QUEUE,
        workflows=workflows,
        activities=[
            stock.settle,
            Announcing(notifier).announce,
            Grouping(db, teller, failpoints).tell_groups,
            billing.charge,
            billing.refund,
            purchasing.place,
            purchasing.may_be_booked,
            purchasing.record,
            purchasing.belongs_to,
            changes.apply,
            Spreading(db, teller, failpoints).tell_page,
            Watching(db, notifier).look,
            mailing.write,
            mailing.send,
            mailing.give_up,
            delivering.deliver,
            fridges.settle,
            fridges.record_command,
            fridges.run_errands,
            fridges.tell_overdue,
            receivers.look,
            receivers.deliver,
            Clouds(db, FridgeTeller(client), eatmachine, secrets).post_command,
        ],
        interceptors=[Measured(meter(settings))],
        workflow_runner=SANDBOX if sandboxed else UnsandboxedWorkflowRunner(),
        deployment_config=_deployment(version, versioning=settings.worker_versioning),
        # tasks meant for a worker that was killed go to another one soon
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )
    try:
        async with worker:
            yield worker
    finally:
        for provider in billing.providers.values():
            await provider.aclose()
        await push.aclose()
        await sender.aclose()
        await eatmachine.aclose()


async def run(settings: Settings) -> None:
    """Work until cancelled."""
    # the log names workflow and activity in fields of their own (logs.py)
    workflow.logger.workflow_info_on_message = activity.logger.activity_info_on_message = False
    tracing.start("worker")
    client = await connect(settings, for_api=False)
    db = open_database(settings.database_url, Failpoints(settings.failpoints))
    try:
        async with working(settings, client, db):
            await asyncio.Event().wait()
    finally:
        await db.dispose()
        await tracing.stop()

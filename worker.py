"""Composition root of the worker: settings, collaborators, workflows and activities."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import names
from activities.changes import Changes
from activities.purchasing import Purchasing
from activities.stock import StockKeeping
from activities.telling import ItemTeller
from connection import connect
from failpoints import Failpoints
from retailers.guard import GuardedTransport
from retailers.push import PushRetailer
from rules.engine import Engine
from rules.judge import Judge
from settings import Settings
from storage.database import Database, open_database
from storage.secrets import Secrets
from workflows.change import ChangeWorkflow
from workflows.item import ItemWorkflow
from workflows.order import OrderWorkflow

WORKFLOWS = (ItemWorkflow, OrderWorkflow, ChangeWorkflow)

# Given, because the SDK would otherwise read and hash every module that is loaded, at each start.
THIS_VERSION = WorkerDeploymentVersion(names.TASK_QUEUE, names.VERSION)

# A module that sneaks into workflow code fails the start of the worker instead of leaking state between runs.
SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_import_notification_policy(
        workflow.SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        | workflow.SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
)


@asynccontextmanager
async def working(settings: Settings, client: Client, db: Database) -> AsyncIterator[Worker]:
    """A worker that runs until the block ends, then finishes what it has begun."""
    push = PushRetailer(GuardedTransport(settings.allow_nets))
    failpoints = Failpoints(settings.failpoints)
    teller = ItemTeller(client)
    stock = StockKeeping(db, Judge(Engine()), failpoints)
    purchasing = Purchasing(db, client, teller, push, Secrets(settings.instance_key.get_secret_value()), failpoints)
    changes = Changes(db, teller, failpoints)
    worker = Worker(
        client,
        task_queue=names.TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            stock.settle,
            purchasing.charge,
            purchasing.place,
            purchasing.may_be_booked,
            purchasing.record,
            purchasing.belongs_to,
            changes.apply,
        ],
        workflow_runner=SANDBOX,
        deployment_config=WorkerDeploymentConfig(version=THIS_VERSION, use_worker_versioning=False),
        # tasks meant for a worker that was killed go to another one soon
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )
    try:
        async with worker:
            yield worker
    finally:
        await push.aclose()


async def run(settings: Settings) -> None:
    """Work until cancelled."""
    client = await connect(settings, for_api=False)
    db = open_database(settings.database_url)
    try:
        async with working(settings, client, db):
            await asyncio.Event().wait()
    finally:
        await db.dispose()

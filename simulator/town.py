"""A whole Larder on virtual time: real Temporal server, real worker, real HTTP on loopback; hours pass when told to.

The demo and the journeys live here. Each item and each order has a clock of its own, and time passes for one at a time.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import uvicorn
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

import names
from api.app import create_app
from api.desk import Desk
from api.parts import Parts
from api.passwords import Passwords
from billing.providers import event_reader, offered
from settings import Settings
from storage.database import Database, open_database
from storage.secrets import Secrets
from worker import working

TEMPORAL = Path(sys.executable).with_name("temporal")


async def _stays() -> None:
    raise RuntimeError("the worker of this town is somebody else's")


@dataclass(frozen=True)
class Town:
    """A running Larder: `http` speaks to it, `pass_time` moves an item's clock, `restart` gives it another worker."""

    url: str
    http: httpx.AsyncClient
    client: Client
    environment: WorkflowEnvironment
    restart: Callable[[], Awaitable[None]] = _stays

    async def now(self, whose: UUID | None) -> datetime:
        """The own time of an item or a fridge; the real one until it lives."""
        for workflow_id in () if whose is None else (names.item_workflow_id(whose), names.fridge_workflow_id(whose)):
            with suppress(RPCError):
                return await self.environment.get_current_time(self.client.get_workflow_handle(workflow_id))
        return datetime.now(UTC)

    async def pass_time(self, item: UUID, span: timedelta) -> None:
        """Let time pass for one item; whatever is due happens."""
        await self.environment.fast_forward(self.client.get_workflow_handle(names.item_workflow_id(item)), span)

    async def pass_time_for_order(self, order: UUID, span: timedelta) -> None:
        """Let time pass for one order."""
        await self.environment.fast_forward(self.client.get_workflow_handle(names.order_workflow_id(order)), span)

    async def pass_time_for_device(self, device: UUID, span: timedelta) -> None:
        """Let time pass for whoever watches a device."""
        await self.environment.fast_forward(self.client.get_workflow_handle(names.device_workflow_id(device)), span)

    async def pass_time_for_fridge(self, fridge: UUID, span: timedelta) -> None:
        """Let time pass for one fridge."""
        await self.environment.fast_forward(self.client.get_workflow_handle(names.fridge_workflow_id(fridge)), span)

    async def pass_time_for_opening(self, command: UUID, span: timedelta) -> None:
        """Let time pass for one opening of a fridge."""
        await self.environment.fast_forward(self.client.get_workflow_handle(names.session_workflow_id(command)), span)


@asynccontextmanager
async def town(settings: Settings, passwords: Passwords, *, sandboxed: bool = True) -> AsyncIterator[Town]:
    """A town on an already migrated database, until the block ends."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False, disable_propagation=True),
        dev_server_existing_path=str(TEMPORAL),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        data_converter=pydantic_data_converter,
        search_attributes=[SearchAttributeKey.for_keyword(name) for name in names.SEARCH_ATTRIBUTES],
    )
    async with environment:
        db = open_database(settings.database_url)
        try:
            async with AsyncExitStack() as shift:

                async def restart() -> None:
                    await shift.aclose()
                    await shift.enter_async_context(working(settings, environment.client, db, sandboxed=sandboxed))

                await restart()
                async with _listening(settings, environment, db, passwords, restart) as it:
                    yield it
        finally:
            await db.dispose()


@asynccontextmanager
async def _listening(
    settings: Settings,
    environment: WorkflowEnvironment,
    db: Database,
    passwords: Passwords,
    restart: Callable[[], Awaitable[None]],
) -> AsyncIterator[Town]:
    async with httpx.AsyncClient(timeout=30) as http:
        clock = Town("", http, environment.client, environment).now
        parts = Parts(
            db=db,
            desk=Desk(environment.client, db, clock),
            secrets=Secrets(settings.instance_key.get_secret_value()),
            allow_nets=settings.allow_nets,
            mail_is_sent=settings.smtp_url is not None,
            public_url=settings.public_url,
            sandbox_host=settings.sandbox_host,
            providers=offered(settings.stripe_key),
            read_stripe_event=event_reader(settings.stripe_webhook_secret),
            passwords=passwords,
        )
        app = create_app(settings, parts=parts)
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="on")
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        serving = asyncio.create_task(server.main_loop())
        port = server.servers[0].sockets[0].getsockname()[1]
        http.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        try:
            yield Town(str(http.base_url), http, environment.client, environment, restart)
        finally:
            server.should_exit = True
            await serving
            await server.shutdown()

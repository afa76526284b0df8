"""`python -m tests.replay.record` makes the histories anew, after workflows were changed on purpose.

It takes a minute and replaces all of `tests/replay/histories/`. Where old runs must still finish on new code, keep
their histories, and let the code decide by `workflow.patched`.
"""

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import structlog
from temporalio.client import Client, WorkflowHistory
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

import names
from api.app import create_app
from api.desk import Desk
from api.parts import Parts
from settings import Settings
from simulator.family import a_family
from simulator.town import TEMPORAL, Town
from storage.database import open_database
from storage.secrets import Secrets
from tests.api.server import listening, quick_passwords
from tests.databases import fresh_database
from tests.replay.stored import FOLDER, of_history
from tests.replay.stories import STORIES
from worker import working

SHORT = 60
SECRET_FIELDS = {"token", "key", "deviceKey", "signingSecret", "password", "secret"}


async def main() -> None:
    """Live through all stories and store what Temporal remembers of them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="larder-") as folder, fresh_database("sqlite", Path(folder)) as url:
        settings = Settings(home=Path(folder), database_url=url, allow_nets=(ip_network("127.0.0.0/8"),))
        async with a_town_of_short_runs(settings) as town:
            for old in FOLDER.glob("*.json"):
                old.unlink()
            recorder = _Recorder(town)
            for story in STORIES:
                await story(await a_family(town), recorder.keep)


@asynccontextmanager
async def a_town_of_short_runs(settings: Settings) -> AsyncIterator[Town]:
    """A town in which an item continues as new after `SHORT` events instead of thousands."""
    limits = ("frontend.WorkflowTimeSkippingEnabled=true", f"limit.historyCount.suggestContinueAsNew={SHORT}")
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False, disable_propagation=True),
        dev_server_existing_path=str(TEMPORAL),
        dev_server_extra_args=[word for limit in limits for word in ("--dynamic-config-value", limit)],
        data_converter=pydantic_data_converter,
        search_attributes=[SearchAttributeKey.for_keyword(name) for name in names.SEARCH_ATTRIBUTES],
    )
    db = open_database(settings.database_url)
    client = environment.client
    try:
        async with (
            environment,
            working(settings, client, db, sandboxed=True),
            httpx.AsyncClient(timeout=30, trust_env=False) as http,
        ):
            parts = Parts(
                db=db,
                desk=Desk(client, db, Town("", http, client, environment).now),
                secrets=Secrets(settings.instance_key.get_secret_value()),
                allow_nets=settings.allow_nets,
                passwords=quick_passwords(),
            )
            async with listening(create_app(settings, parts=parts)) as url:
                http.base_url = httpx.URL(url)
                yield Town(url, http, client, environment)
    finally:
        await db.dispose()


class _Recorder:
    """Stores histories, and refuses those that contain a secret that went over HTTP before."""

    def __init__(self, town: Town) -> None:
        self._client: Client = town.client
        self._secrets: set[str] = set()
        town.http.event_hooks = {"request": [self._overhear_request], "response": [self._overhear_answer]}

    async def keep(self, name: str, workflow_id: str) -> None:
        """Store every run of a workflow once it has ended."""
        await self._client.get_workflow_handle(workflow_id).result()
        runs = [history async for history in self._runs(workflow_id)]
        for number, history in enumerate(runs, start=1):
            stored = of_history(name if len(runs) == 1 else f"{name}-{number}", history)
            if any(secret in stored.text for secret in self._secrets):
                msg = f"{stored.name} contains a secret"
                raise RuntimeError(msg)
            stored.save()

    async def _runs(self, workflow_id: str) -> AsyncIterator[WorkflowHistory]:
        newest = await self._client.get_workflow_handle(workflow_id).fetch_history()
        run = newest.events[0].workflow_execution_started_event_attributes.first_execution_run_id
        while run:
            history = await self._client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
            yield history
            run = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id

    async def _overhear_request(self, request: httpx.Request) -> None:
        self._secrets |= set(_secrets_in(request.content))

    async def _overhear_answer(self, response: httpx.Response) -> None:
        self._secrets |= set(_secrets_in(await response.aread()))


def _secrets_in(body: bytes) -> Iterator[str]:
    try:
        said: Any = json.loads(body)
    except ValueError:
        return
    if isinstance(said, dict):
        for place in (said, said.get("data")):
            fields = place.items() if isinstance(place, dict) else ()
            yield from (str(value) for field, value in fields if field in SECRET_FIELDS and value)


if __name__ == "__main__":
    asyncio.run(main())

"""A worker of a later version runs beside the old one, and takes over in the middle of a five-hour clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError

import names
from api.passwords import Passwords
from settings import Settings
from simulator.family import Family, a_family, eventually, ok
from simulator.town import Town, town
from storage.database import open_database
from tests.databases import KINDS, fresh_database
from tests.journeys.parts import A_MOMENT
from tests.upgrades.later import LATER
from worker import working

LATER_VERSION = "99.0.0"


@pytest.fixture(params=KINDS)
async def old_town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Town, Settings]]:
    """A town whose worker is of this version, with versioning."""
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with fresh_database(request.param, tmp_path) as url:
        settings = Settings(
            home=tmp_path, database_url=url, allow_nets=(ip_network("127.0.0.0/8"),), worker_versioning=True
        )
        async with town(settings, quick) as running:
            await make_current(running.client, names.VERSION)
            yield running, settings


async def make_current(client: Client, version: str) -> None:
    """What `temporal worker deployment set-current-version` does, once a worker of that version is known."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=names.TASK_QUEUE, build_id=version, identity="operator"
    )

    async def told() -> bool:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError:
            return False
        return True

    await eventually(told, bool)


async def versions(client: Client, workflow_id: str) -> list[str]:
    """The versions of the workers that took its turns, in order, each once."""
    taken: list[str] = []
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
        if event.HasField("workflow_task_completed_event_attributes"):
            version = event.workflow_task_completed_event_attributes.deployment_version.build_id
            taken += [version] if version not in taken[-1:] else []
    return taken


@asynccontextmanager
async def later_worker(place: Town, settings: Settings) -> AsyncIterator[None]:
    """A second worker, of a later version."""
    db = open_database(settings.database_url)
    try:
        async with working(settings, place.client, db, LATER, LATER_VERSION):
            yield
    finally:
        await db.dispose()


async def a_butter_dish(family: Family, shop: str) -> str:
    item = await family.item("Butter", level=1)
    order = {"retailer": shop, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="butter out for 5 hours", then={"order": order})
    await family.post(f"/items/{item}/facts", facts=[{"id": "out", "kind": "removed"}])
    await family.level_is(item, 0)
    return item


async def test_an_upgrade_in_the_middle_of_a_five_hour_clock(old_town: tuple[Town, Settings]) -> None:
    place, settings = old_town
    family = await a_family(place)
    shop = await family.shop()
    jar = await family.item("Cookies", level=12)
    then = {"order": {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}}
    await family.post("/rules", item=jar, when="5 left", then=then)
    await family.post(f"/items/{jar}/facts", facts=[{"id": "five", "kind": "counted", "quantity": 5}])
    ordered = await shop.order()
    butter, returned = await a_butter_dish(family, shop.uuid), await a_butter_dish(family, shop.uuid)
    for item in (butter, returned):
        await family.after(item, timedelta(hours=2, minutes=30))

    async with later_worker(place, settings):
        await make_current(place.client, LATER_VERSION)
        for item in (butter, returned):
            await family.after(item, timedelta(hours=2))
        await family.post(f"/items/{returned}/facts", facts=[{"id": "back", "kind": "returned"}])
        await family.level_is(returned, 1)
        assert len(await shop.orders()) == 1
        for item in (butter, returned):
            await family.after(item, timedelta(minutes=30) + A_MOMENT)
        newest = await shop.order(count=2)
        assert newest["uuid"] != ordered["uuid"]
        # the order of the old version, and its item, go on as well
        ok(await shop.report("delivered", ordered))
        await family.level_is(jar, 17)

        assert await versions(place.client, names.item_workflow_id(UUID(butter))) == [names.VERSION, LATER_VERSION]
        assert await versions(place.client, names.item_workflow_id(UUID(jar))) == [names.VERSION, LATER_VERSION]
        assert await versions(place.client, names.order_workflow_id(UUID(newest["uuid"]))) == [LATER_VERSION]
        old = names.order_workflow_id(UUID(ordered["uuid"]))
        assert await versions(place.client, old) == [names.VERSION, LATER_VERSION]

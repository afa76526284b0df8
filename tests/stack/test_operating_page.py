"""What the operator's page says is so: its searches find what they promise, its commands and pictures are there."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

import names
from api.passwords import Passwords
from larder import cli
from settings import ROOT, Settings
from simulator.family import Family, a_family, eventually, ok
from simulator.town import town
from tests.databases import fresh_database

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SEARCHES = re.findall(r"```search\n(.*?)\n```", PAGE, re.DOTALL)
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Story:
    """A household with an order at the retailer, one that waits for approval, and an item that holds back."""

    family: Family
    client: Client
    ids: dict[str, str]
    placed: str

    async def found(self, search: str) -> int:
        """How many workflows the search finds, with this household's ids and every moment in the future."""
        for attribute, value in self.ids.items():
            search = search.replace(f'{attribute} = "{NOBODY}"', f'{attribute} = "{value}"')
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
        search = re.sub(r'StartTime < "[^"]+"', f'StartTime < "{later}"', search)
        return (await self.client.count_workflows(search)).count


@pytest.fixture(scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    folder = tmp_path_factory.mktemp("page")
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with fresh_database("sqlite", folder) as url:
        async with town(Settings(home=folder, database_url=url), quick) as place:
            family = await a_family(place)
            shop = await family.shop()
            order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
            items = {}
            for name, then in (("Cookies", {}), ("Tea", {"approval": "always"}), ("Salt", {})):
                items[name] = await family.item(name, level=9)
                await family.post("/rules", item=items[name], when="5 left", then={"order": order} | then)
                await family.post(f"/items/{items[name]}/facts", facts=[{"id": "5", "kind": "counted", "quantity": 5}])
            orders = await eventually(shop.orders, lambda found: len(found) == 2)
            by_item = {found["item"]: found["uuid"] for found in await family.orders()}
            salt = next(found for found in orders if found["uuid"] == by_item[items["Salt"]])
            ok(await shop.report("rejected", salt, reason="sold out"))
            await family.judged(items["Salt"], "held")
            me = await family.get("/auth/me")
            ids = {"LarderAccount": me["uuid"], "LarderItem": items["Cookies"], "LarderRetailer": shop.uuid}
            yield Story(family, place.client, ids, by_item[items["Cookies"]])


# in the order of the page: approval, a day, placed for a day, of an account, of an item, retailer, SKU, held, failed
@pytest.mark.parametrize(("number", "count"), list(enumerate((1, 2, 1, 3, 2, 2, 2, 1, 0))))
async def test_a_search_of_the_page_finds_what_it_promises(story: Story, number: int, count: int) -> None:
    await eventually(lambda: story.found(SEARCHES[number]), lambda found: found == count)


def test_every_search_of_the_page_is_tried() -> None:
    assert len(SEARCHES) == 9


async def test_an_order_that_was_terminated_by_mistake_goes_on_after_a_reset(story: Story) -> None:
    workflow_id = names.order_workflow_id(UUID(story.placed))
    handle = story.client.get_workflow_handle(workflow_id)
    await handle.terminate("by mistake")
    history = await handle.fetch_history()
    last = max(e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes"))
    await story.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=story.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            reason="terminated by mistake",
            workflow_task_finish_event_id=last,
            request_id=str(uuid4()),
        )
    )
    cancel = f"/orders/{story.placed}/cancel"

    async def cancelled() -> bool:
        answer = await story.family.http.post(cancel, json={}, headers=story.family.auth)
        return answer.is_success

    await eventually(cancelled, bool)
    found = await story.family.get(f"/orders/{story.placed}")
    assert found["status"] == "cancelled"


def test_the_pictures_and_documents_that_it_shows_are_there() -> None:
    shown = re.findall(r"\]\((operating/[^)]+)\)", PAGE)
    assert {Path(name).name for name in shown} == {file.name for file in (ROOT / "docs" / "operating").iterdir()}
    assert max(file.stat().st_size for file in (ROOT / "docs" / "operating").iterdir()) < 100_000


def test_its_commands_and_settings_exist() -> None:
    commands = set(re.findall(r"`?larder ([a-z]+)", PAGE)) - {"metrics"}
    assert commands <= set(cli.commands), commands - set(cli.commands)
    settings = {name.lower() for name in re.findall(r"LARDER_([A-Z_]+)", PAGE)}
    assert settings <= set(Settings.model_fields)

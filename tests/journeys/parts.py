"""What the journeys of orders begin with, and how they look at an order."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import anyio
import httpx
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError

import names
from settings import Settings
from simulator.family import Family, Jar, Shop, eventually, ok
from simulator.retailer import ScriptedRetailer
from stack.waking import wake

# Past the moment at which something is due. It passes in real time: a clock is not moved while work is under way.
A_MOMENT = timedelta(seconds=1)
A_RETRY = timedelta(seconds=3)
SANDBOX_HOST = "sandbox.example.com"


class InvariantsHold(Protocol):
    """Fails where an invariant of a family's ledger does not hold (tests/chaos/invariants.py)."""

    async def __call__(self, family: Family, retailer: ScriptedRetailer | None = None) -> None: ...


async def order_details(family: Family, order: Any) -> str:
    """What the Temporal UI says of an order."""
    handle = family.town.client.get_workflow_handle(names.order_workflow_id(UUID(order["uuid"])))
    shown = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(shown.current_details)


async def lost(family: Family, item: str, order: Any) -> None:
    """Temporal remembers nothing of an item and its order, as after its file is lost.

    The order ends first: its end is told to its item before it can be forgotten.
    """
    workflow_ids = [names.order_workflow_id(UUID(order["uuid"])), names.item_workflow_id(UUID(item))]
    client = family.town.client
    for workflow_id in workflow_ids:
        with suppress(RPCError):  # it has ended
            await client.get_workflow_handle(workflow_id).terminate()

    async def closed() -> list[str]:
        query = " OR ".join(f"WorkflowId = '{workflow_id}'" for workflow_id in workflow_ids)
        found = client.list_workflows(f"({query}) AND ExecutionStatus != 'Running'")
        return [execution.id async for execution in found]

    # what is asked to be forgotten before its end is known everywhere, is forgotten a minute later
    await eventually(closed, lambda found: set(found) == set(workflow_ids))
    for workflow_id in workflow_ids:
        execution = WorkflowExecution(workflow_id=workflow_id)
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
        )

    async def remembered() -> list[str]:
        found = []
        for workflow_id in workflow_ids:
            with suppress(RPCError):
                await client.get_workflow_handle(workflow_id).describe()
                found.append(workflow_id)
        return found

    await eventually(remembered, lambda found: not found, patience=180)


async def woken(family: Family, settings: Settings) -> None:
    """Return once `larder wake` has run."""
    port = int(family.town.client.service_client.config.target_host.rpartition(":")[2])
    await anyio.to_thread.run_sync(wake, settings.model_copy(update={"temporal_port": port}))


async def its_sandbox(family: Family) -> Family:
    """The same family, logged in to its sandbox."""
    who = {"username": (await family.get("/auth/me"))["email"], "password": "correct horse battery"}
    login = await family.http.post("/auth/login", json=who, headers={"Host": SANDBOX_HOST})
    return Family(family.town, {"Authorization": f"Bearer {login.json()['token']}"})


@dataclass
class Household:
    """A family with a counted item, a shop to order it from, and a jar that reports its level."""

    family: Family
    shop: Shop
    item: str
    jar: Jar

    async def order_is(self, status: str, count: int = 1) -> Any:
        """The newest of the family's `count` orders, once it is in that state."""
        orders = await eventually(
            self.family.orders, lambda found: len(found) == count and found[0]["status"] == status
        )
        return orders[0]

    async def report(self, kind: str, **fact: Any) -> None:
        """A fact of the item, known by its kind."""
        await self.family.post(f"/items/{self.item}/facts", facts=[{"id": f"{kind}-1", "kind": kind} | fact])

    async def after(self, order: Any, span: timedelta) -> None:
        """Let time pass for an order."""
        await self.family.town.pass_time_for_order(UUID(order["uuid"]), span)

    async def on_order_is(self, units: float) -> Any:
        """The item, once so much of it is on order."""
        return await eventually(lambda: self.family.look(self.item), lambda found: found["onOrder"] == units)

    async def say(self, step: str, order: Any, **body: Any) -> httpx.Response:
        """The owner's word: cancel, approval."""
        return await self.family.http.post(f"/orders/{order['uuid']}/{step}", json=body, headers=self.family.auth)

    async def simulate(self, order: Any, step: str) -> httpx.Response:
        """The owner plays the retailer, as is done in a sandbox."""
        body = {"step": step}
        return await self.family.http.post(f"/orders/{order['uuid']}/simulate", json=body, headers=self.family.auth)

    async def cancel(self, order: Any, reason: str) -> Any:
        """End an order that can be ended."""
        return ok(await self.say("cancel", order, reason=reason))


async def a_cookie_jar(family: Family, **shop: Any) -> Household:
    """Twelve cookies in a jar that orders a pack of twelve when five are left."""
    opened, item, jar = await family.shop(**shop), await family.item(level=12), await family.jar()
    order = {"retailer": opened.uuid, "sku": "cookies-12", "quantity": 1}
    await family.post("/instructions", device=jar.uuid, action="track", item=item, triggerLevel=5, order=order)
    return Household(family, opened, item, jar)


async def a_ruled_jar(family: Family, **then: Any) -> Household:
    """The same jar by a rule, whose consequence says more than the order."""
    shop, item, jar = await family.shop(), await family.item(level=12), await family.jar()
    await family.post("/instructions", device=jar.uuid, action="track", item=item)
    order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="5 left", then={"order": order} | then)
    return Household(family, shop, item, jar)


async def a_butter_dish(family: Family, **then: Any) -> Household:
    """One piece of butter, ordered when it was out for five hours; its consequence may say more."""
    shop, item = await family.shop(sku="butter", pack_size=1), await family.item("Butter", level=1)
    order = {"retailer": shop.uuid, "sku": "butter", "packs": 1}
    await family.post("/rules", item=item, when="butter out for 5 hours", then={"order": order} | then)
    return Household(family, shop, item, await family.jar("Fridge"))


@dataclass
class Hook:
    """A webhook of a family: what became of it, and time for its deliveries."""

    family: Family
    uuid: str
    secret: str

    async def attempts(self) -> list[Any]:
        """Every attempt, oldest first."""
        found: list[Any] = await self.family.get(f"/webhooks/{self.uuid}/attempts?limit=100")
        return found[::-1]

    async def tried(self, count: int) -> list[Any]:
        """Every attempt, oldest first, once there are that many."""
        return await eventually(self.attempts, lambda found: len(found) >= count)

    async def after(self, attempt: Any, span: timedelta) -> None:
        """Let time pass for the delivery of what was attempted."""
        replay = attempt["replay"] and UUID(attempt["replay"])
        workflow_id = names.webhook_workflow_id(UUID(attempt["notice"]), UUID(self.uuid), replay)
        town = self.family.town
        await town.environment.fast_forward(town.client.get_workflow_handle(workflow_id), span)

    async def look(self) -> Any:
        """The webhook as its owner sees it."""
        return await self.family.get(f"/webhooks/{self.uuid}")


async def a_hook(family: Family, url: str, *kinds: str) -> Hook:
    """A webhook for those kinds of notices, or for all."""
    made = await family.post("/webhooks", url=url, kinds=list(kinds) or None)
    return Hook(family, made["uuid"], made["secret"])

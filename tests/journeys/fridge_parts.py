"""What the journeys of fridges begin with: a linked fridge, and an item whose pieces have tags."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

import names
from simulator.family import Family, Shop, eventually
from simulator.fridge import SimulatedFridge

A_SECOND = timedelta(seconds=1)


@dataclass
class Kitchen:
    """A family with a fridge, and yoghurt with tags in it that a shop sells."""

    family: Family
    uuid: UUID
    box: SimulatedFridge
    shop: Shop
    item: str

    async def command(self, slug: str) -> UUID:
        """Tell the fridge something."""
        made = await self.family.post(f"/fridges/{self.uuid}/commands/{slug}")
        return UUID(made["uuid"])

    async def unlocked(self) -> UUID:
        """An opening whose door is unlocked."""
        opening = await self.command("open")
        await self.box.wait(5)
        await self.session_is("unlocked")
        return opening

    async def look(self) -> Any:
        """The fridge as its owner sees it."""
        return await self.family.get(f"/fridges/{self.uuid}")

    async def newest(self, what: str) -> Any:
        """The newest of its commands, sessions, notifications or events."""
        return next(iter(await self.family.get(f"/fridges/{self.uuid}/{what}")), None)

    async def session_is(self, status: str) -> Any:
        """The newest opening, once it has come so far."""
        return await eventually(
            lambda: self.newest("sessions"), lambda found: found is not None and found["status"] == status
        )

    async def waits_after(self, opening: UUID, status: str) -> None:
        """Return once the workflow of the opening itself knows: from then on its clock may be moved."""
        handle = self.family.town.client.get_workflow_handle(names.session_workflow_id(opening))

        async def stage() -> str | None:
            described = await handle.describe()
            is_running = described.status is WorkflowExecutionStatus.RUNNING
            return described.typed_search_attributes.get(names.STAGE) if is_running else None

        await eventually(stage, lambda found: found == status)

    async def told(self, *kinds: str) -> list[Any]:
        """Those notifications, oldest first."""
        found = await self.family.get(f"/fridges/{self.uuid}/notifications?limit=100")
        return [each["sent"] for each in found[::-1] if each["type"] in kinds]

    async def heard(self, count: int, *kinds: str) -> list[Any]:
        """Those notifications, oldest first, once there are so many."""
        return await eventually(lambda: self.told(*kinds), lambda found: len(found) == count)

    async def notices(self, kind: str) -> list[Any]:
        """What the household was told of that kind, newest first."""
        return [notice for notice in await self.family.get("/notices") if notice["kind"] == kind]

    async def outcome(self, opening: UUID) -> str:
        """What the workflow of an opening ends with, once it does."""
        handle = self.family.town.client.get_workflow_handle(names.session_workflow_id(opening))
        return str(await handle.result())


async def a_kitchen(family: Family, *epcs: str, when: str = "0 left", **settings: Any) -> Kitchen:
    """These tags are on yoghurt and in the fridge; more is ordered as the rule says."""
    shop = await family.shop(sku="yoghurt-4", pack_size=4, product="Yoghurt")
    product = await family.post("/products", name="Yoghurt", unit="piece")
    item = await family.item("Yoghurt", product=product["uuid"], level=0)
    tags = [{"code": epc, "expirationDate": None} for epc in epcs]
    if tags:
        await family.post(f"/products/{product['uuid']}/epcs", epcs=tags)
    fleet = await family.post("/fleets", name="My Fleet")
    fridge = await family.post("/fridges", fleet_id=fleet["uuid"], settings={"heartbeatInterval": 300} | settings)
    box = SimulatedFridge(family.http)
    await box.link(fridge["initKey"])
    await box.put(epcs)
    await box.scan()
    await family.level_is(item, len(epcs))
    order = {"retailer": shop.uuid, "sku": "yoghurt-4", "packs": 1}
    await family.post("/rules", item=item, when=when, then={"order": order})
    return Kitchen(family, UUID(fridge["uuid"]), box, shop, item)

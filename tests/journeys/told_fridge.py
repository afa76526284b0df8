"""A fridge whose webhookUrl is told, and the device that speaks for it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import names
from simulator.family import Family, eventually, ok


@dataclass
class Linked:
    """A fridge of a family, and its device."""

    family: Family
    uuid: str
    token: str

    @property
    def auth(self) -> dict[str, str]:
        """The device's own token."""
        return {"Authorization": f"Bearer {self.token}"}

    async def say(self, kind: str, data: Any = None, **more: Any) -> None:
        """The device notifies."""
        said = {"type": kind, "data": data} | more
        ok(await self.family.http.post("/fridge/notifications", json=said, headers=self.auth))

    async def to_do(self) -> list[Any]:
        """What the device is told to do."""
        found: list[Any] = ok(await self.family.http.get("/fridge/commands", headers=self.auth))
        return found

    async def change(self, **settings: Any) -> Any:
        """Its settings."""
        body = {"settings": settings}
        return ok(await self.family.http.patch(f"/fridges/{self.uuid}", json=body, headers=self.family.auth))

    async def secret(self, **chosen: str) -> str:
        """What its notifications are signed with, from now on."""
        made = await self.family.post(f"/fridges/{self.uuid}/webhook-secret", **chosen)
        return str(made["secret"])

    async def notifications(self) -> list[Any]:
        """Everything that was to be told, oldest first."""
        found: list[Any] = await self.family.get(f"/fridges/{self.uuid}/notifications?limit=100")
        return found[::-1]

    async def attempts(self) -> list[Any]:
        """Every attempt, oldest first."""
        found: list[Any] = await self.family.get(f"/fridges/{self.uuid}/attempts?limit=100")
        return found[::-1]

    async def tried(self, count: int) -> list[Any]:
        """Every attempt, oldest first, once there are that many."""
        return await eventually(self.attempts, lambda found: len(found) >= count)

    async def after(self, span: timedelta) -> None:
        """Let time pass for who tells its webhookUrl."""
        town = self.family.town
        handle = town.client.get_workflow_handle(names.fridge_webhook_workflow_id(UUID(self.uuid)))
        await town.environment.fast_forward(handle, span)


async def a_linked_fridge(family: Family, webhook: str | None = None, **settings: Any) -> Linked:
    """A fridge in a fleet of its own, linked by its initKey (S82)."""
    fleet = await family.post("/fleets", name="Office")
    made = await family.post("/fridges", fleet_id=fleet["uuid"], settings={"webhookUrl": webhook} | settings)
    answer = await family.http.post("/fridge/link", json={"initKey": made["initKey"]})
    return Linked(family, made["uuid"], ok(answer)["token"])

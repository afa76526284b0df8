"""Somebody else's fridge cloud, as our webhook sees it."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from storage.tables import Fridge, FridgeReportRow
from tests.api.direct import Household
from tests.eatmachine.document import notification

OFFICE = {"kind": "eatmachine", "name": "Office fridges", "baseUrl": "https://api-staging.eatmachine.io"}
THEIR_KEY = "a-key-of-that-cloud-canary"
SECRET = "whsec_" + base64.b64encode(b"c" * 32).decode()


@dataclass
class Cloud:
    """A connection of a household, and the cloud at its other end."""

    household: Household
    shown: Any

    @property
    def path(self) -> str:
        """Where it sends its notifications."""
        url: str = self.shown["url"]
        return urlsplit(url).path

    @property
    def secret(self) -> str:
        """What in that address only the two of them know."""
        return self.path.rpartition("/")[2]

    async def send(self, said: Any, **headers: str) -> httpx.Response:
        """A notification without a signature, unless the headers have one."""
        body = said if isinstance(said, str) else json.dumps(said)
        sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.household.home.http.post(self.path, content=body, headers=sent)

    async def at(self, moment: datetime, kind: str, data: Any) -> httpx.Response:
        """A notification of a fridge that was heard of last at that moment; never a repeat."""
        fridge = {"uuid": "f-1", "lastActivity": moment.isoformat()}
        return await self.send(said(kind, data, fridge=fridge, id=uuid4().hex))

    async def signed(self, said: Any, at: datetime | None = None, secret: str = "", key: str = "") -> httpx.Response:
        """A notification with the headers of Standard Webhooks."""
        body, at, key = json.dumps(said), at or datetime.now(UTC), key or f"msg_{uuid4().hex}"
        signature = Webhook(secret or self.shown["signingSecret"]).sign(key, at, body)
        headers = {"webhook_id": key, "webhook_timestamp": str(int(at.timestamp())), "webhook_signature": signature}
        return await self.send(body, **headers)

    async def fridges(self) -> list[Any]:
        """Its fridges, as the household sees them."""
        answer = await self.household.user.get("/fridges", fleet=self.shown["fleet"])
        found: list[Any] = answer.json()["data"]
        return found

    async def fridge(self) -> Any:
        """Its one fridge."""
        (found,) = await self.fridges()
        return found

    async def reports(self) -> int:
        """How many notifications of its one fridge count."""
        fridge = await self.fridge()
        async with self.household.home.parts.db.reading() as session:
            query = select(func.count()).where(FridgeReportRow.fridge == UUID(fridge["uuid"]))
            return await session.scalar(query) or 0

    async def row(self) -> Fridge:
        """Its one fridge, as it is stored."""
        async with self.household.home.parts.db.reading() as session:
            return await session.get_one(Fridge, UUID((await self.fridge())["uuid"]))


async def a_cloud(household: Household, **more: Any) -> Cloud:
    """A connection that was just made."""
    return Cloud(household, await household.made("/connections", **OFFICE | {"apiKey": THEIR_KEY} | more))


def said(kind: str, data: Any = None, remote: str = "f-1", **more: Any) -> Any:
    """A notification of that type, with as little of a fridge as the document ever shows."""
    return {"type": kind, "data": data, "fridge": {"uuid": remote, "lastActivity": "2022-09-11T17:20:10+02:00"}} | more


def printed(name: str) -> Any:
    """One of the document's, word for word."""
    return notification(name)

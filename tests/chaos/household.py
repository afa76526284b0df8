"""A family on a stack that is being ruined, a shop that takes pushed orders, and all that was acknowledged to them."""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
from temporalio.testing import TimeSkipper, TimeSkippingConfig

import names
from domain.identity import fact_id
from simulator.family import eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.chaos.invariants import assert_ledger
from tests.chaos.ruin import Ruin

PATIENCE = 240.0  # seconds: on a busy machine a kill costs half a minute, and then a catch-up follows
STANDING_STILL = TimeSkippingConfig(enabled=False, disable_propagation=True)
MAC = "D5:6E:FB:B7:B8:C5"
SECRET = "canary my name is tom"
Record = Callable[[str, object], None]


class Household:
    """One family; `check` ends every scenario with the invariants and the line that says how it went."""

    def __init__(self, stack: Ruin, retailer: ScriptedRetailer, http: httpx.AsyncClient, record: Record) -> None:
        self.stack, self.retailer, self.http, self._record = stack, retailer, http, record
        self.acknowledged: dict[str, list[str]] = defaultdict(list)
        self.secrets = [SECRET]
        self.shop = self.user = ""
        self.shop_auth: dict[str, str] = {}
        self._started, self._kills_before = time.monotonic(), stack.kills

    async def move_in(self) -> None:
        """Sign up, log in, and open the shop."""
        email, password = f"{uuid4().hex}@example.com", f"canary {uuid4().hex}"
        self.user = ok(await self.send("POST", "/users", json={"email": email, "password": password, "name": "Ada"}))[
            "uuid"
        ]
        login = await self.send("POST", "/auth/login", json={"username": email, "password": password})
        self.http.headers["Authorization"] = f"Bearer {login.json()['token']}"
        draft = {"name": "Corner Shop", "contactEmail": "orders@example.com", "ordersUrl": self.retailer.url}
        shop = ok(await self.send("POST", "/retailers", json=draft))
        self.shop, self.shop_auth = shop["uuid"], {"Authorization": f"Bearer {shop['key']}"}
        self.secrets += [password, login.json()["token"], shop["key"], shop["signingSecret"]]
        entry = {"sku": "cookies-12", "name": "Oat cookies", "packSize": 12, "unit": "piece"}
        entry |= {"price": "3.49", "currency": "EUR"}
        ok(await self.send("PUT", f"/retailers/{self.shop}/catalogue", json=[entry], headers=self.shop_auth))

    @property
    def kills(self) -> int:
        """How many processes have died in this scenario."""
        return self.stack.kills - self._kills_before

    async def send(
        self, method: str, path: str, key: str | None = None, http: httpx.AsyncClient | None = None, **request: Any
    ) -> httpx.Response:
        """One call, repeated with its key as a careful caller does it, until it is answered for good."""
        headers = request.pop("headers", {}) | {"Idempotency-Key": key or uuid4().hex}

        async def ask() -> httpx.Response | None:
            try:
                return await (http or self.http).request(method, path, headers=headers, **request)
            except httpx.TransportError:
                return None

        found = await eventually(ask, lambda answer: answer is not None and not _comes_later(answer), PATIENCE)
        assert found is not None
        return found

    async def all(self, path: str, **params: Any) -> list[Any]:
        """Every page of a listing."""
        found: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = {"limit": 100} | params | ({"cursor": cursor} if cursor else {})
            answer = await self.send("GET", path, params=page)
            found += ok(answer)
            cursor = answer.json().get("nextCursor")
        return found

    async def item(self, when: str = "5 left", level: int | None = 12) -> str:
        """A tracked item with a rule that orders one pack of twelve."""
        draft = {"name": "Cookies", "unit": "piece"} | ({} if level is None else {"level": level})
        item = ok(await self.send("POST", "/items", json=draft))["uuid"]
        order = {"retailer": self.shop, "sku": "cookies-12", "packs": 1}
        ok(await self.send("POST", "/rules", json={"item": item, "when": when, "then": {"order": order}}))
        return str(item)

    async def items(self, count: int, when: str = "5 left") -> list[str]:
        """So many of them, made a few at a time."""
        made: list[str] = [""] * count
        few = anyio.CapacityLimiter(6)

        async def make(place: int) -> None:
            async with few:
                made[place] = await self.item(when)

        async with anyio.create_task_group() as making:
            for place in range(count):
                making.start_soon(make, place)
        return made

    async def button(self, item: str) -> dict[str, str]:
        """A device that orders a pack for the item at each press; what it puts into its form (S35)."""
        made = ok(await self.send("POST", "/devices", json={"name": "Button", "macAddress": MAC, "secret": SECRET}))
        order = {"retailer": self.shop, "sku": "cookies-12", "quantity": 1}
        draft = {"device": made["uuid"], "action": "reorder", "item": item, "order": order}
        ok(await self.send("POST", "/instructions", json=draft))
        return {"mac_address": MAC, "device_id": made["deviceId"], "secret": SECRET}

    async def report(
        self, item: str, kind: str, quantity: float | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        """One fact, repeated with its id until it is acknowledged, as a device does it."""
        fact = {"item": item, "kind": kind} | ({"quantity": quantity} if quantity is not None else {})
        await self.report_all([fact], http=http)

    async def report_all(
        self, facts: list[dict[str, Any]], sent_at: datetime | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        """Facts in one batch; each gets an id unless it has one."""
        named = [{"id": secrets.token_hex(8)} | fact for fact in facts]
        batch = {"facts": named} | ({"sentAt": sent_at.isoformat()} if sent_at else {})
        ok(await self.send("POST", "/facts", json=batch, http=http))
        for fact in named:
            given = fact_id(f"user:{self.user}", "POST /facts", fact["id"])
            if given not in self.acknowledged[fact["item"]]:
                self.acknowledged[fact["item"]].append(given)

    async def orders(self) -> list[Any]:
        """Every order of the household."""
        return await self.all("/orders")

    async def order_of(self, item: str) -> Any:
        """The only order of an item, once its retailer has it."""

        (order,) = await eventually(
            lambda: self.all("/orders", item=item),
            lambda found: [order["status"] for order in found] == ["placed"],
            PATIENCE,
        )
        return order

    async def orders_are(self, count: int, state: str = "placed") -> list[Any]:
        """The orders in that state, once there are so many."""

        async def those() -> list[Any]:
            return [order for order in await self.orders() if order["status"] == state]

        return await eventually(those, lambda found: len(found) >= count, PATIENCE)

    async def shop_says(self, step: str, order: Any) -> httpx.Response:
        """A callback of the retailer."""
        path = f"/retailers/{self.shop}/orders/{order['uuid']}/{step}"
        return await self.send("POST", path, json={}, headers=self.shop_auth)

    async def look(self, item: str) -> Any:
        """The item as its owner sees it."""
        return ok(await self.send("GET", f"/items/{item}"))

    async def level_is(self, item: str, level: float) -> Any:
        """The item, once its level is that."""
        return await eventually(lambda: self.look(item), lambda found: found["level"] == level, PATIENCE)

    async def everything_settled(self) -> None:
        """Wait until every acknowledged fact is in its item's history."""
        for item, ids in self.acknowledged.items():

            async def missing(item: str = item, ids: list[str] = ids) -> set[str]:
                return set(ids) - {fact["id"] for fact in await self.all(f"/items/{item}/history")}

            await eventually(missing, lambda found: not found, PATIENCE)

    async def waits(self, item: str) -> bool:
        """Whether the item is looked at again later, and has no order open until then."""
        found = await self.look(item)
        return found["nextCheck"] is not None and not found["onOrder"]

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass for every item that waits for some; where an order is open, it passes no faster than for us."""
        skipper = TimeSkipper(await self.stack.client(), config=STANDING_STILL)
        for item in self.acknowledged:
            if await self.waits(item):
                handle = skipper.client.get_workflow_handle(names.item_workflow_id(UUID(item)))
                await skipper.fast_forward(handle, span)

    async def check(self, expected: int, story: str) -> None:
        """The invariants, and the line that says how it went."""
        orders = await assert_ledger(
            self.stack.database_url,
            self.retailer,
            account=UUID(self.user),
            acknowledged=self.acknowledged,
            client=await self.stack.client(),
            logs=self.stack.logs,
            canaries=self.secrets,
        )
        lost, doubled = max(expected - len(self.retailer.book), 0), max(len(self.retailer.book) - expected, 0)
        seconds = time.monotonic() - self._started
        figures = {"kills": self.kills, "orders": orders, "lost": lost, "doubled": doubled, "seconds": round(seconds)}
        self._record("chaos", {"story": story, "database": self.stack.kind} | figures)
        assert (lost, doubled, orders) == (0, 0, expected)


def _comes_later(answer: httpx.Response) -> bool:
    """Not an answer for good: away, or the first one of this key is still being worked on."""
    return answer.status_code == 503 or (answer.status_code == 409 and "Retry-After" in answer.headers)

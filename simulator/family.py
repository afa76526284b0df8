"""What a family, its devices and its shops do over HTTP, in the words of the stories."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID, uuid4

import anyio
import httpx

from simulator.town import Town

PATIENCE = 20.0
PAUSE = 0.02
Found = TypeVar("Found")


async def eventually(
    look: Callable[[], Awaitable[Found]],
    until: Callable[[Found], bool],
    patience: float = PATIENCE,
    pause: float = PAUSE,
) -> Found:
    """What `look` finds once `until` accepts it; TimeoutError with the last thing found after `patience` seconds."""
    found: Found | None = None
    with anyio.move_on_after(patience):
        while True:
            found = await look()
            if until(found):
                return found
            await anyio.sleep(pause)
    msg = f"waited {patience} s, last found: {found}"
    raise TimeoutError(msg)


def ok(answer: httpx.Response) -> Any:
    """The `data` of a good answer; RuntimeError with the whole story of a bad one."""
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        msg = f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text}"
        raise RuntimeError(msg)
    return answer.json().get("data")


@dataclass
class Shop:
    """A retailer with one SKU; it pulls its orders unless it has an `ordersUrl`."""

    http: httpx.AsyncClient
    uuid: str
    key: str
    signing_secret: str

    async def orders(self) -> list[Any]:
        """All orders that have reached it."""
        data: list[Any] = ok(await self.http.get(f"/retailers/{self.uuid}/orders", headers=self.auth))
        return data

    async def order(self, count: int = 1) -> Any:
        """The newest order, once there are `count`."""
        orders = await eventually(self.orders, lambda found: len(found) >= count)
        if len(orders) != count:
            msg = f"{len(orders)} orders instead of {count}: {orders}"
            raise RuntimeError(msg)
        return max(orders, key=lambda order: order["placedAt"])

    async def sells_also(self, sku: str, name: str, price: str) -> None:
        """One more SKU like its first."""
        entries = ok(await self.http.get(f"/retailers/{self.uuid}/catalogue", headers=self.auth))
        also = [*entries, entries[0] | {"sku": sku, "name": name, "price": price}]
        ok(await self.http.put(f"/retailers/{self.uuid}/catalogue", json=also, headers=self.auth))

    async def report(self, step: str, order: Any, **body: Any) -> httpx.Response:
        """A callback: accepted, dispatched, delivered, rejected."""
        path = f"/retailers/{self.uuid}/orders/{order['uuid']}/{step}"
        return await self.http.post(path, json=body, headers=self.auth)

    @property
    def auth(self) -> dict[str, str]:
        """Its own key."""
        return {"Authorization": f"Bearer {self.key}"}


@dataclass
class Jar:
    """A device with the credentials that Pantri's newer API asks for (S35)."""

    http: httpx.AsyncClient
    uuid: str
    form: dict[str, str]
    device_key: str

    async def level(self, **report: Any) -> httpx.Response:
        """`POST /v2/level`."""
        return await self.http.post("/v2/level", data=self.form | {k: str(v) for k, v in report.items()})

    async def trigger(self, key: str | None = None) -> httpx.Response:
        """`POST /v2/trigger`."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/v2/trigger", data=self.form, headers=headers)


@dataclass
class Family:
    """A household, signed up and logged in."""

    town: Town
    auth: dict[str, str]

    @property
    def http(self) -> httpx.AsyncClient:
        """The town's own client."""
        return self.town.http

    async def post(self, path: str, **body: Any) -> Any:
        """A POST that must succeed."""
        return ok(await self.http.post(path, json=body, headers=self.auth))

    async def get(self, path: str) -> Any:
        """A GET that must succeed."""
        return ok(await self.http.get(path, headers=self.auth))

    async def shop(
        self,
        sku: str = "cookies-12",
        pack_size: float = 12,
        product: str = "Oat cookies",
        price: str = "3.49",
        unit: str = "piece",
        **more: Any,
    ) -> Shop:
        """A retailer of one SKU."""
        made = await self.post("/retailers", name="Corner Shop", contactEmail="orders@example.com", **more)
        shop = Shop(self.http, made["uuid"], made["key"], made["signingSecret"])
        entry = {"sku": sku, "name": product, "packSize": pack_size, "unit": unit, "price": price, "currency": "EUR"}
        ok(await self.http.put(f"/retailers/{shop.uuid}/catalogue", json=[entry], headers=shop.auth))
        return shop

    async def item(self, name: str = "Cookies", **more: Any) -> str:
        """A tracked item; its uuid."""
        made = await self.post("/items", name=name, **({"unit": "piece"} | more))
        return str(made["uuid"])

    async def jar(self, name: str = "Cookie jar") -> Jar:
        """A device that is not paired yet."""
        secret = "my name is tom"  # noqa: S105 - the documents' own sample (S35)
        made = await self.post("/devices", name=name, macAddress="D5:6E:FB:B7:B8:C5", secret=secret)
        form = {"mac_address": "D5:6E:FB:B7:B8:C5", "device_id": made["deviceId"], "secret": secret}
        return Jar(self.http, made["uuid"], form, made["deviceKey"])

    async def look(self, item: str) -> Any:
        """The item as its owner sees it."""
        return await self.get(f"/items/{item}")

    async def orders(self) -> list[Any]:
        """Every order of the household."""
        data: list[Any] = await self.get("/orders")
        return data

    async def level_is(self, item: str, level: float | None) -> Any:
        """The item, once its level is that."""
        return await eventually(lambda: self.look(item), lambda found: found["level"] == level)

    async def judged(self, item: str, verdict: str) -> Any:
        """The newest decision, once it has that verdict."""
        return await eventually(
            lambda: self.get(f"/items/{item}/decisions"), lambda found: bool(found) and found[0]["verdict"] == verdict
        )

    async def after(self, item: str, span: timedelta) -> None:
        """Let time pass for the item."""
        await self.town.pass_time(UUID(item), span)

    async def now(self, item: str) -> datetime:
        """The item's time."""
        return await self.town.now(UUID(item))


async def a_family(town: Town) -> Family:
    """Sign up and log in."""
    email = f"{uuid4().hex}@example.com"
    ok(await town.http.post("/users", json={"email": email, "password": "correct horse battery", "name": "Ada"}))
    login = await town.http.post("/auth/login", json={"username": email, "password": "correct horse battery"})
    return Family(town, {"Authorization": f"Bearer {login.json()['token']}"})

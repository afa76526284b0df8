"""The real application on a real socket, and the first steps of those who call it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from argon2 import PasswordHasher
from litestar import Litestar

from api.app import create_app
from api.desk import Desk
from api.parts import Parts
from api.passwords import Passwords
from connection import connect
from settings import Settings
from storage.database import open_database
from storage.secrets import Secrets

PASSWORD = "correct horse battery"
CHOSEN_SECRET = "my name is tom"
SANDBOX_HOST = "sandbox.example.com"
COOKIES = {
    "sku": "cookies-12",
    "name": "Oat cookies",
    "packSize": 12,
    "unit": "piece",
    "price": "3.49",
    "currency": "EUR",
}


def quick_passwords() -> Passwords:
    """Argon2id as cheap as it gets."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Caller:
    """Somebody with credentials, or nobody."""

    http: httpx.AsyncClient
    token: str | None = None
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """Its `Authorization`."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def call(self, method: str, path: str, key: str | None = None, **request: Any) -> httpx.Response:
        """Any request, with the caller's credentials and an Idempotency-Key."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {}) | request.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **request)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """A GET."""
        return await self.call("GET", path, params=query)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """A POST of a JSON body, or of none."""
        return await self.call("POST", path, key, **({} if body is None else {"json": body}))


@dataclass
class Api:
    """The running application."""

    app: Litestar
    parts: Parts
    http: httpx.AsyncClient

    @cached_property
    def document(self) -> dict[str, Any]:
        """What `/schema/openapi.json` says."""
        return self.app.openapi_schema.to_schema()

    @property
    def nobody(self) -> Caller:
        """A stranger."""
        return Caller(self.http)

    async def a_user(self) -> Caller:
        """Signed up and logged in."""
        email = f"{uuid4().hex}@example.com"
        signed_up = await self.nobody.post("/users", {"email": email, "password": PASSWORD, "name": "Ada"})
        assert signed_up.status_code == 201, signed_up.text
        token = await self.login(email)
        return Caller(self.http, token, signed_up.json()["data"])

    async def login(self, email: str, **headers: str) -> str:
        """Another token of the same user."""
        body = {"username": email, "password": PASSWORD}
        answer = await self.nobody.call("POST", "/auth/login", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    async def a_sandbox(self, user: Caller) -> Caller:
        """The same person, logged in to their sandbox."""
        caller = Caller(self.http, await self.login(user.shown["email"], Host=SANDBOX_HOST))
        caller.shown = (await caller.get("/auth/me")).json()["data"]
        return caller

    async def a_device(self, user: Caller) -> Caller:
        """A device of that user, with its key."""
        body = {"name": "Cookie jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": CHOSEN_SECRET}
        made = await user.post("/devices", body)
        assert made.status_code == 201, made.text
        shown = made.json()["data"]
        return Caller(self.http, shown["deviceKey"], shown)

    async def a_retailer(self) -> Caller:
        """A retailer with its key, and one SKU."""
        made = await self.nobody.post("/retailers", {"name": "Corner Shop", "contactEmail": "orders@example.com"})
        assert made.status_code == 201, made.text
        retailer = Caller(self.http, made.json()["data"]["key"], made.json()["data"])
        stored = await retailer.call("PUT", f"/retailers/{retailer.shown['uuid']}/catalogue", json=[COOKIES])
        assert stored.status_code == 200, stored.text
        return retailer


@asynccontextmanager
async def an_api(settings: Settings) -> AsyncIterator[Api]:
    """The application of those settings; Temporal need not be there."""
    db = open_database(settings.database_url)
    parts = Parts(
        db=db,
        desk=Desk(await connect(settings, for_api=True), db),
        secrets=Secrets(settings.instance_key.get_secret_value()),
        sandbox_host=settings.sandbox_host,
        passwords=quick_passwords(),
    )
    app = create_app(settings, parts=parts)
    try:
        async with listening(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
            yield Api(app, parts, http)
    finally:
        await db.dispose()


@asynccontextmanager
async def listening(app: Litestar) -> AsyncIterator[str]:
    """The application behind uvicorn, at the address that is given."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, every answer waits for 40 ms
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, lifespan="on"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not serving.done(), "the server has ended before it began"
            await asyncio.sleep(0.005)
        try:
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            await serving

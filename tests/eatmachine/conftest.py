"""The applications of `tests/api`, and a program that was written after EatMachine's document."""

from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import api_settings, home
from tests.api.direct import Home
from tests.api.server import Caller
from tests.eatmachine.document import EXCHANGES, understood

__all__ = ["api_settings", "home"]

IN_THE_DOCUMENT = {
    "email": "restaurateur@example.com",
    "password": "pass1234",
    "key": "YOUR_API_KEY",
    "fleet": "c127eb0f-bf0f-4b0a-a5de-bb416aaf2ce1",
    "fridge": "5699613c-0e96-470c-ba56-e520343ebc63",
}
SCOPES = ["profile:read", "fridges:read", "fridges:write", "fridges:command"]


@dataclass
class Client:
    """Makes the document's calls; only host, address, key and ids are `its_own`."""

    http: httpx.AsyncClient
    user: Caller
    its_own: dict[str, str] = field(default_factory=dict)

    async def call(self, name: str) -> httpx.Response:
        """One curl line of the document."""
        text = (EXCHANGES / f"{name}.curl").read_text()
        for what, own in self.its_own.items():
            text = text.replace(IN_THE_DOCUMENT[what], own)
        call = understood(text)
        return await self.http.request(call.method, call.path, headers=call.headers, content=call.body)


@pytest.fixture
async def client(home: Home) -> Client:
    """Signed up, with an API key of its own (S64, S67)."""
    email = f"{uuid4().hex}@example.com"
    signed_up = {"email": email, "password": IN_THE_DOCUMENT["password"], "name": "My Restaurant"}
    shown = (await home.nobody.post("/users", signed_up)).json()["data"]
    login = await home.nobody.post("/auth/login", {"username": email, "password": IN_THE_DOCUMENT["password"]})
    user = Caller(home.http, login.json()["token"], shown)
    key = (await user.post("/keys", {"name": "Fridges", "scopes": SCOPES})).json()["data"]["key"]
    return Client(home.http, user, {"email": email, "key": key})

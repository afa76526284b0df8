"""localstripe, a stateful server that speaks Stripe's protocol, behind a proxy that adds what it lacks.

The proxy keeps `Idempotency-Key`s as Stripe does, filters payment intents by customer, detaches cards for good, and
says `payment_method_types` where newer versions of the protocol say `allowed_payment_method_types`. It records every
request, and misbehaves once for each fault that is put into `faults`.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
from aiohttp import web

KEY = "sk_test_never_to_be_seen_0123456789"
GOOD, DECLINED, DECLINED_LATER, ASKS_ITS_OWNER = (
    *("4242424242424242", "4000000000000002"),
    *("4000000000000341", "4000002500003155"),
)

# its store would go into one file in /tmp, shared by all that ever run
_LOCALSTRIPE = """
import socket, sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, sock=socket.socket(fileno=int(sys.argv[1])), print=None)
"""


class Fault(Enum):
    """How a request that makes something goes wrong."""

    ANSWERS_500 = auto()
    DONE_BUT_500 = auto()
    DONE_BUT_HANGS_UP = auto()
    SLOW = auto()
    TOO_MANY = auto()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    key: str | None
    form: dict[str, str]


@dataclass
class StripeServer:
    """What a test talks about; the SDK talks to `url`."""

    url: str
    behind: httpx.AsyncClient
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    away: bool = False
    held_up: asyncio.Event = field(default_factory=asyncio.Event)
    _detached: set[str] = field(default_factory=set)
    _held: dict[str, tuple[Asked, web.Response]] = field(default_factory=dict)

    async def card(self, number: str) -> str:
        """The token of a payment method, as a browser would have got it: Larder sees no number."""
        card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2031", "card[cvc]": "123"}
        answer = await self.behind.post("/v1/payment_methods", data={"type": "card"} | card)
        token: str = answer.raise_for_status().json()["id"]
        return token

    async def all(self, what: str) -> list[Any]:
        """Everything of a kind that there is at Stripe, such as `payment_intents`."""
        answer = await self.behind.get(f"/v1/{what}", params={"limit": "100"})
        data: list[Any] = answer.raise_for_status().json()["data"]
        return data

    async def of_order(self, what: str, order: object) -> list[Any]:
        """Those that are about the order."""
        return [each for each in await self.all(what) if each["metadata"].get("order") == str(order)]

    def makes(self, path: str, order: object) -> list[Asked]:
        """Every request to make something of that kind for the order."""
        of_order = (asked for asked in self.asked if asked.form.get("metadata[order]") == str(order))
        return [asked for asked in of_order if (asked.method, asked.path) == ("POST", f"/v1/{path}")]

    async def detach(self, token: str) -> None:
        """The card is taken from its customer, as in Stripe's own dashboard: for good."""
        (await self.behind.post(f"/v1/payment_methods/{token}/detach")).raise_for_status()
        self._detached.add(token)

    def a_day_passes(self) -> None:
        """Stripe forgets the keys."""
        self._held.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one request of the SDK."""
        form = dict(parse_qsl((await request.read()).decode()))
        asked = Asked(request.method, request.path, request.headers.get("Idempotency-Key"), form)
        self.asked.append(asked)
        if self.away:
            return _error(503, "api_error", "Down for maintenance.")
        makes = asked.method == "POST" and asked.path in ("/v1/payment_intents", "/v1/refunds")
        fault = self.faults.pop(0) if self.faults and makes else None
        match fault:
            case Fault.ANSWERS_500:
                return _error(500, "api_error", "Something went wrong on our end.")
            case Fault.TOO_MANY:
                return _error(429, "invalid_request_error", "Too many requests.", {"Retry-After": "60"})
            case Fault.SLOW:
                self.held_up.set()
                await asyncio.sleep(60)
        answer = await self._once(request, asked)
        match fault:
            case Fault.DONE_BUT_500:
                return _error(500, "api_error", "Something went wrong on our end.")
            case Fault.DONE_BUT_HANGS_UP if request.transport is not None:
                request.transport.abort()
        return answer

    async def _once(self, request: web.Request, asked: Asked) -> web.Response:
        """As Stripe does with keys: the same request hears the same answer, another one is refused."""
        if asked.key in self._held:
            before, answer = self._held[asked.key]
            if before != asked:
                return _error(400, "idempotency_error", "Keys can only be used with the same parameters.")
            return _copy(answer)
        answer = await self._forward(request, asked)
        if asked.key is not None:
            self._held[asked.key] = asked, answer
        return _copy(answer)

    async def _forward(self, request: web.Request, asked: Asked) -> web.Response:
        attached = (f"/v1/payment_methods/{token}/attach" for token in self._detached)
        if asked.form.get("payment_method") in self._detached or asked.path in attached:
            return _error(400, "invalid_request_error", "This PaymentMethod was detached: it may not be used again.")
        newer = "allowed_payment_method_types"
        form = {name.replace(newer, newer.removeprefix("allowed_")): value for name, value in asked.form.items()}
        query = dict(request.query)
        customer = query.pop("customer", None) if asked.path == "/v1/payment_intents" else None
        authorization = {"Authorization": request.headers["Authorization"]}
        content = {"data": form} if request.method == "POST" else {}
        if customer is not None and (await self.behind.get(f"/v1/customers/{customer}")).is_error:
            return _error(400, "invalid_request_error", f"No such customer: '{customer}'")
        answer = await self.behind.request(
            request.method,
            request.path,
            params=query,
            headers=authorization,
            **content,  # type: ignore[arg-type]
        )
        found = answer.json()
        if customer is not None:
            found["data"] = [each for each in found["data"] if each["customer"] == customer]
        return web.json_response(found, status=answer.status_code)


@asynccontextmanager
async def stripe_server(folder: Path) -> AsyncIterator[StripeServer]:
    """A Stripe without a customer or a payment, until the block ends; its output goes into the folder."""
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "localstripe.log").open("w") as log:
        behind = f"http://127.0.0.1:{listener.getsockname()[1]}"
        number = listener.fileno()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _LOCALSTRIPE, str(number)), pass_fds=[number], cwd=folder, stdout=log, stderr=log
        )
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=behind, headers=headers, timeout=20, trust_env=False) as client:
            app, server = web.Application(), StripeServer("", client)
            app.router.add_route("*", "/{path:.*}", server.answer)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield server
            finally:
                await runner.cleanup()
    finally:
        process.kill()
        await process.wait()


def _copy(answer: web.Response) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, content_type="application/json")


def _error(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status, headers=headers)

"""What these tests are built from: a paper, a network that stands for the internet, and a trap."""

import asyncio
import base64
import math
import socket
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_network
from uuid import UUID

import anyio
import httpcore

from domain.orders import OrderState
from outside.guard import Resolver
from retailers.orders import Customer, Letter, OrderLine, OrderPaper

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()


def a_paper(uuid: str = "5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a01") -> OrderPaper:
    return OrderPaper(
        uuid=UUID(uuid),
        status=OrderState.PLACING,
        placed_at=datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
        lines=(
            OrderLine(sku="cookies-12", name="Oat cookies", packs=2, pack_size=Decimal(12), unit_price=Decimal("3.49")),
        ),
        total=Decimal("6.98"),
        currency="EUR",
        customer=Customer(name="Ada", address=None),
    )


def a_letter(uuid: str = "5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a01") -> Letter:
    return a_paper(uuid).letter()


def names(known: Mapping[str, Sequence[str]]) -> Resolver:
    """A resolver that knows these names, reads numeric hosts as the system does, and asks no name server."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host in known:
            return known[host]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(where[0]) for *_, where in found]

    return resolve


class Internet(httpcore.AsyncNetworkBackend):
    """Remembers what was dialled and how patiently; leads the addresses in `hosts` to loopback, as if far away.

    All other addresses keep silent.
    """

    def __init__(self, *hosts: str) -> None:
        self.dialled: list[str] = []
        self.patience: list[float] = []
        self._hosts = hosts
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        self.patience.append(timeout or math.inf)
        if host not in self._hosts:
            with anyio.move_on_after(timeout):
                await anyio.sleep_forever()
            raise httpcore.ConnectTimeout
        return await self._real.connect_tcp("127.0.0.1", port, timeout, local_address, socket_options)


class Trap:
    """A listener inside our own walls that must never be reached."""

    def __init__(self) -> None:
        self.port = 0
        self.visits = 0

    def spring(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@asynccontextmanager
async def a_trap() -> AsyncIterator[Trap]:
    trap = Trap()
    server = await asyncio.start_server(trap.spring, "127.0.0.1", 0)
    trap.port = server.sockets[0].getsockname()[1]
    servers = [server]
    if socket.has_ipv6:
        with suppress(OSError):  # compiled in, but switched off on this machine
            servers.append(await asyncio.start_server(trap.spring, "::1", trap.port))
    try:
        yield trap
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()

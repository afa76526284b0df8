"""The guard under every outgoing call: names are resolved, judged and connected to in one step (OWASP API7:2023)."""

import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from ipaddress import IPv6Address, ip_address

import anyio
import httpcore
import httpx

from domain.errors import RetailerError
from outside.addresses import Network, is_permitted

LONGEST_URL = 2048
LONGEST_HOST = 253

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to the textual addresses behind them; raises `OSError` for an unknown name."""


class AddressRefused(RetailerError):
    """The host leads to an address that outgoing calls must not reach; nothing was sent."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the public internet and to the `allow` networks, and nowhere else, whatever a name resolves to.

    Raises `AddressRefused`, else the errors of httpx. Any private address among those of a name refuses the name.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        resolve: Resolver | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            # A connection kept open may be closed by the other side just as an order goes out, which looks like an
            # order of unknown outcome; and so every call passes the guard anew.
            max_keepalive_connections=0,
            network_backend=_GuardedNetwork(allow, resolve or _resolve, network or httpcore.AnyIOBackend()),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request over a connection of its own."""
        url = request.url
        with _errors_of_httpx():
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Close what is still open."""
        await self._pool.aclose()


def check_url(url: str) -> None:
    """Refuse what can never be somebody's address, before it is stored; `ValueError` has a sentence for its author.

    Where the name leads to is not asked here: it may lead elsewhere tomorrow, so `GuardedTransport` asks every time.
    """
    if len(url) > LONGEST_URL:
        raise ValueError(f"The address is longer than {LONGEST_URL} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("The address contains a space, a backslash or a control character.")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as unreadable:
        raise ValueError("The address cannot be read: check its host and port.") from unreadable
    if parsed.scheme not in {"http", "https"}:
        raise ValueError("The address must begin with http:// or https://.")
    if "@" in re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]:
        raise ValueError("The address must not carry a user name or password.")
    if not _is_host(parsed.raw_host.decode("ascii")):
        raise ValueError("The address names no valid host.")
    if parsed.port is not None and not 0 < parsed.port < 2**16:
        raise ValueError("The port must be between 1 and 65535.")


def check_callable(url: str, allow: Sequence[Network]) -> None:
    """Refuse what `check_url` lets through and no call may ever reach, an address in figures or of this machine."""
    host = httpx.URL(url).host.removesuffix(".")
    try:
        address = ip_address("127.0.0.1" if f".{host}".endswith(".localhost") else host)  # RFC 6761, 6.3
    except ValueError:
        return  # a name
    if not is_permitted(address, allow):
        raise ValueError(_not_public(host))


def _not_public(host: str) -> str:
    return f"{host} is not on the public internet; LARDER_ALLOW_NETS names the networks permitted beside it."


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return IPv6Address(host).scope_id is None
        except ValueError:
            return False
    labels = host.removesuffix(".").split(".")
    return len(host) <= LONGEST_HOST and all(re.fullmatch("[a-z0-9_-]{1,63}", label) for label in labels)


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [where[0] for *_, where in found]


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, allow: Sequence[Network], resolve: Resolver, network: httpcore.AsyncNetworkBackend) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._judged(host, port, timeout)
        # The first address may be silent (IPv6 without a route), so none may use up the time of the others.
        patience = None if timeout is None else timeout / len(addresses)
        failure: Exception | None = None
        for address in addresses:
            try:
                # The judged address and not the name: a second look-up could answer differently (DNS rebinding).
                return await self._network.connect_tcp(address, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                failure = failed
        raise failure or httpcore.ConnectError(f"{host} has no address.")

    async def _judged(self, host: str, port: int, patience: float | None) -> Sequence[str]:
        try:
            with anyio.fail_after(patience):
                addresses = list(dict.fromkeys(await self._resolve(host, port)))
        except TimeoutError as slow:
            raise httpcore.ConnectTimeout(f"{host} could not be looked up in time.") from slow
        except (OSError, UnicodeError) as unknown:
            raise httpcore.ConnectError(f"{host} is not a known name.") from unknown
        if not addresses:
            raise httpcore.ConnectError(f"{host} has no address.")
        for address in addresses:
            if not is_permitted(ip_address(address), self._allow):
                # Without the address itself: the reader may be a stranger who probes our network.
                raise AddressRefused(_not_public(host))
        return addresses


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _errors_of_httpx() -> Iterator[None]:
    # httpx's own transport keeps this translation private; both libraries use the same names for the same errors.
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as e:
        raise getattr(httpx, type(e).__name__)(str(e)) from e

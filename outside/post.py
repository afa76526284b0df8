"""Posts to addresses that strangers gave us, signed (Standard Webhooks) where they are orders, notices or webhooks."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import anyio
import httpx
from standardwebhooks.webhooks import Webhook

from outside.guard import AddressRefused, check_url

CONNECT_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Signed:
    """What is posted: exactly these words, under this id, signed with every secret that still holds."""

    id: UUID
    text: str
    secrets: Sequence[str]


@dataclass(frozen=True)
class Answered:
    """The other side answered; an answer that is too long or never ends has an empty body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Unanswered:
    """No status line came, and why not; where nothing was `sent`, the other side cannot have understood.

    `plainly` says as much as may be told to those who must not see the address.
    """

    reason: str
    sent: bool
    plainly: str


class Poster:
    """Posts to `whom` it is named after; one for the whole process, closed with `aclose`.

    Takes a `GuardedTransport`, because the addresses come from strangers. `connect` bounds each step of the way there
    (name, connection, TLS), `total` everything up to the last byte that is read, `longest_answer` the body in bytes.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        whom: str,
        connect: timedelta,
        total: timedelta,
        longest_answer: int,
    ) -> None:
        self._whom = whom
        self._total = total.total_seconds()
        self._longest_answer = longest_answer
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(self._total, connect=connect.total_seconds()),
            trust_env=False,
            follow_redirects=False,
        )

    async def post(self, url: str, signed: Signed, headers: Mapping[str, str] | None = None) -> Answered | Unanswered:
        """Post once, signed; whatever the network or the other side does becomes an answer or none."""
        return await self.call(url, signed.text, _signature(signed) | dict(headers or {}))

    async def call(self, url: str, text: str, headers: Mapping[str, str]) -> Answered | Unanswered:
        """The same without a signature."""
        try:
            check_url(url)
        except ValueError as wrong:
            return Unanswered(str(wrong), sent=False, plainly=str(wrong))
        content = _Content(text.encode())
        sent = _headers(content.length) | dict(headers)
        answer: httpx.Response | None = None
        body = b""
        try:
            with anyio.fail_after(self._total):
                async with self._client.stream("POST", url, content=content, headers=sent) as answer:
                    body = await self._read(answer)
        except (httpx.TransportError, AddressRefused, OSError) as failure:
            if answer is None:
                return self._unanswered(failure, sent=content.opened)
        return Answered(answer.status_code, answer.headers, body)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _read(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for part in answer.aiter_raw():  # raw, because a small compressed answer can unpack to gigabytes
            body += part
            if len(body) > self._longest_answer:
                return b""
        return bytes(body)

    def _unanswered(self, failure: Exception, *, sent: bool) -> Unanswered:
        match failure:
            case AddressRefused():
                return Unanswered(failure.message, sent, f"The {self._whom} has an address that may not be called.")
            case httpx.ConnectError():
                words = f"The {self._whom} could not be reached"
                return Unanswered(f"{words}: {failure}", sent, f"{words}.")
            case httpx.TimeoutException() | TimeoutError():
                words = f"The {self._whom} took too long to answer."
            case _:
                words = f"The connection to the {self._whom} broke before it answered."
        return Unanswered(words, sent, words)


class _Content(httpx.AsyncByteStream):
    """The body of a request that knows whether any of it may have left; an order without its body cannot be booked."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.length = len(content)
        self.opened = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.opened = True
        yield self._content


def _headers(length: int) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Length": str(length),
        "Content-Type": "application/json",
        "User-Agent": "Larder",
    }


def _signature(signed: Signed) -> dict[str, str]:
    key, now = str(signed.id), datetime.now(UTC)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(key, now, signed.text) for secret in signed.secrets),
    }

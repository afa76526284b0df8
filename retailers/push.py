"""Handing an order to a retailer that wants it pushed (1.K, S26)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import anyio
import httpx
from standardwebhooks.webhooks import Webhook

from outside.guard import AddressRefused, check_url
from retailers.answers import outcome
from retailers.orders import Letter, Outcome, TryLater


class PushRetailer:
    """Posts signed orders to retailers' own addresses; one for the whole process, closed with `aclose`.

    Takes a `GuardedTransport`, because the addresses come from strangers. `connect` bounds each step of the way there
    (name, connection, TLS), `total` everything up to the last byte that is read, `longest_answer` the body in bytes.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        connect: timedelta = timedelta(seconds=5),
        total: timedelta = timedelta(seconds=10),
        longest_answer: int = 2**20,
    ) -> None:
        self._total = total.total_seconds()
        self._longest_answer = longest_answer
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(self._total, connect=connect.total_seconds()),
            trust_env=False,
            follow_redirects=False,
        )

    async def place(self, url: str, signing_secret: str, letter: Letter) -> Outcome:
        """Offer the order once; whatever the network or the retailer does becomes an outcome.

        Repeating it with the same letter is safe: the order's uuid is both `Idempotency-Key` and `webhook-id`.
        """
        try:
            check_url(url)
        except ValueError as wrong:
            return TryLater(reason=str(wrong), outcome_unknown=False)
        content = _Content(letter.text.encode())
        headers = _headers(signing_secret, letter, content.length)
        answer: httpx.Response | None = None
        body = b""
        try:
            with anyio.fail_after(self._total):
                async with self._client.stream("POST", url, content=content, headers=headers) as answer:
                    body = await self._read(answer)
        except (httpx.TransportError, AddressRefused, OSError) as failure:
            if answer is None:
                return TryLater(reason=_explanation(failure), outcome_unknown=content.opened)
        return outcome(letter.order, answer.status_code, answer.headers, body, now=datetime.now(UTC))

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


class _Content(httpx.AsyncByteStream):
    """The body of a request that knows whether any of it may have left; an order without its body cannot be booked."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.length = len(content)
        self.opened = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.opened = True
        yield self._content


def _headers(signing_secret: str, letter: Letter, length: int) -> dict[str, str]:
    key = str(letter.order)
    now = datetime.now(UTC)
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Length": str(length),
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "User-Agent": "Larder",
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(signing_secret).sign(key, now, letter.text),
    }


def _explanation(failure: Exception) -> str:
    match failure:
        case AddressRefused():
            return failure.message
        case httpx.ConnectError():
            return f"The retailer could not be reached: {failure}"
        case httpx.TimeoutException() | TimeoutError():
            return "The retailer took too long to answer."
        case _:
            return "The connection to the retailer broke before it answered."

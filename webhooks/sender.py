"""One attempt to tell one receiver one notice: signed, bounded, and never more than its share of the worker."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import responses
from typing import Any

import httpx

from domain.errors import LarderError
from domain.notices import Notice
from domain.webhooks import Reply, host_of
from outside.post import CONNECT_WITHIN, Answered, Poster, Signed, Unanswered
from outside.retry_after import wait_asked_for

MOST_AT_ONCE, MOST_PER_HOST = 40, 8
_ASKS_FOR_TIME = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Busy(LarderError):
    """Too many slow receivers are being told just now; nothing was sent."""


def letter_of(notice: Notice) -> str:
    """What is sent and signed; one notice always becomes the same bytes, however often it is sent (I6)."""
    said: dict[str, Any] = {
        "type": notice.kind,
        "timestamp": notice.at.astimezone(UTC).isoformat(),
        "id": str(notice.uuid),
        "data": notice.data | {"sentence": notice.sentence},
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


class Sender:
    """Tells households' own servers, and those of restaurateurs; one for the whole process, closed with `aclose`."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        connect: timedelta = CONNECT_WITHIN,
        total: timedelta = timedelta(seconds=15),
        longest_answer: int = 2**14,
    ) -> None:
        self._poster = Poster(transport, whom="receiver", connect=connect, total=total, longest_answer=longest_answer)
        self._under_way = Counter[str]()

    async def send(self, url: str, secrets: Sequence[str], notice: Notice) -> Reply:
        """One attempt to tell a notice."""
        return await self.post(url, Signed(notice.uuid, letter_of(notice), secrets))

    async def post(self, url: str, signed: Signed) -> Reply:
        """One attempt; whatever the network or the receiver does becomes a reply. Raises Busy instead of waiting."""
        with self._turn(host_of(url)):
            answer = await self._poster.post(url, signed)
        match answer:
            case Unanswered(reason=reason):
                return Reply(None, reason)
            case Answered(status=status) if HTTPStatus(200) <= status < HTTPStatus(300):
                return Reply(status, None)
            case Answered(status=status, headers=headers):
                return Reply(status, _sentence(status), _wait(status, headers))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()

    @contextmanager
    def _turn(self, host: str) -> Iterator[None]:
        # a receiver that keeps silent holds a place of the worker for 15 s, which orders need too
        if self._under_way.total() >= MOST_AT_ONCE or self._under_way[host] >= MOST_PER_HOST:
            raise Busy("Many slow receivers are being told just now.")
        self._under_way[host] += 1
        try:
            yield
        finally:
            self._under_way -= Counter({host: 1})


def _sentence(status: int) -> str:
    sentence = f"The receiver answered {status} ({responses.get(status, 'unknown')})."
    return f"{sentence} Redirects are not followed." if 300 <= status < 400 else sentence  # noqa: PLR2004 -- RFC 9110, 15


def _wait(status: int, headers: Mapping[str, str]) -> timedelta | None:
    return wait_asked_for(headers.get("retry-after"), now=datetime.now(UTC)) if status in _ASKS_FOR_TIME else None

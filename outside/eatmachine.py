"""Commands to fridges in other clouds, posted as EatMachine's document has it (S84, S91)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import responses
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import ValidationError

from domain.clouds import LONGEST_REMOTE_UUID
from domain.fridges import CommandSlug
from domain.message import Message
from outside.post import CONNECT_WITHIN, Poster, Unanswered
from outside.retry_after import wait_asked_for


@dataclass(frozen=True)
class Accepted:
    """The other cloud has the command; `uuid` is its own name for it, None where it did not say."""

    uuid: str | None


@dataclass(frozen=True)
class Declined:
    """It will not take the command, however often it is asked."""

    reason: str


@dataclass(frozen=True)
class TryAgain:
    """Nobody knows whether it has the command; repeating it is safe."""

    reason: str
    after: timedelta | None


class _Made(Message):
    uuid: Any = None


class _Answer(Message):
    data: _Made = _Made()
    message: Any = None


class EatMachine:
    """Posts commands to other clouds; one for the whole process, closed with `aclose`."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        connect: timedelta = CONNECT_WITHIN,
        total: timedelta = timedelta(seconds=10),
    ) -> None:
        self._poster = Poster(transport, whom="other cloud", connect=connect, total=total, longest_answer=2**16)

    async def command(
        self, base_url: str, api_key: str, fridge: str, slug: CommandSlug, key: UUID
    ) -> Accepted | Declined | TryAgain:
        """Give a fridge a command, without a body as documented; `key` makes its repeats one command (S84)."""
        url = f"{base_url.rstrip('/')}/fridges/{quote(fridge, safe='')}/commands/{slug}"
        headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": str(key)}
        answer = await self._poster.call(url, "", headers)
        if isinstance(answer, Unanswered):
            return TryAgain(answer.reason, None)
        return outcome(answer.status, answer.headers, answer.body, now=datetime.now(UTC))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def outcome(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Accepted | Declined | TryAgain:
    """What became of a command, by the status line; a conflict that asks for time is one with our own attempt."""
    said = _said(body)
    if 200 <= status < 300:  # noqa: PLR2004 -- the status classes of RFC 9110, 15
        uuid = said.data.uuid
        good = isinstance(uuid, str) and 0 < len(uuid) <= LONGEST_REMOTE_UUID and uuid.isprintable()
        return Accepted(uuid if good else None)
    after = wait_asked_for(headers.get("retry-after"), now=now)
    sentence = f"The other cloud answered {status} ({responses.get(status, 'unknown')})."
    in_time = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in in_time:
        return TryAgain(sentence, after)
    if status == HTTPStatus.CONFLICT and after is not None:
        return TryAgain(sentence, after)
    return Declined(sentence)


def _said(body: bytes) -> _Answer:
    try:
        return _Answer.model_validate_json(body)
    except ValidationError:
        return _Answer()

"""The thinnest HTTP client there is: what is measured is the server, and both share the machine."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

PAUSE = 0.1


class Line:
    """One connection that stays open; requests go one after another, `repeats` counts those answered 503."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.repeats = 0

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def form(self, path: str, fields: Mapping[str, object]) -> None:
        """POST a form, again while the answer is 503; RuntimeError for any other answer but 200 and 201."""
        await self._send("POST", path, "application/x-www-form-urlencoded", urlencode(fields).encode())

    async def json(self, path: str, body: Any, token: str) -> None:
        """POST JSON with a bearer token; the same."""
        await self._send("POST", path, "application/json", json.dumps(body).encode(), token)

    async def get(self, path: str, token: str) -> None:
        """GET with a bearer token; the same."""
        await self._send("GET", path, "application/json", b"", token)

    async def put(self, path: str, kind: str, body: bytes, token: str) -> None:
        """PUT a body of that media type with a bearer token; the same."""
        await self._send("PUT", path, kind, body, token)

    async def _send(self, method: str, path: str, kind: str, body: bytes, token: str | None = None) -> None:
        while not await self._acknowledged(method, path, kind, body, token):
            self.repeats += 1
            await asyncio.sleep(PAUSE)

    async def _acknowledged(self, method: str, path: str, kind: str, body: bytes, token: str | None) -> bool:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{bearer}"
        self._writer.write(f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        said = await self._reader.readexactly(length)
        status = int(answer[9:12])
        if status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE):
            raise RuntimeError(f"{method} {path}: {status} {said[:300]!r}")
        return status != HTTPStatus.SERVICE_UNAVAILABLE

"""A retailer that speaks the real protocol on loopback, keeps a book, and misbehaves as its script says.

`python -m simulator.retailer --port 9000 --book book.jsonl` runs one by itself; its book survives being killed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import ssl
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from pathlib import Path
from typing import Any, Self

import h11
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from simulator.behaviours import BOOK, Behaviour, Ending, Slow, answer


@dataclass(frozen=True)
class ReceivedOrder:
    """One request as it came; `signed` is None if nobody checked."""

    headers: Mapping[str, str]
    body: bytes
    signed: bool | None
    path: str = ""

    @property
    def key(self) -> str:
        """The key under which the retailer books."""
        return self.headers.get("idempotency-key", "")

    @property
    def order(self) -> dict[str, Any] | None:
        """The order in the body, None for a body that is no JSON object."""
        try:
            order = json.loads(self.body)
        except ValueError:
            return None
        return order if isinstance(order, dict) else None


@dataclass
class Entry:
    """One line of the book: a distinct order, and how often it was handed over."""

    order: dict[str, Any]
    reference: str
    times: int = 1


class ScriptedRetailer:
    """A retailer's HTTP server in the running event loop; `async with` starts and stops it.

    The script treats the first requests, one behaviour each; all later ones are booked once per key and answered 201,
    a repeat with `repeat_status` and the same reference. With a `secret`, an unsigned request is answered 401. With a
    `journal`, every request is on disk as a line of JSON before it is answered, and the book starts with what is there.
    """

    def __init__(
        self,
        script: Iterable[Behaviour] = (),
        *,
        secret: str | None = None,
        repeat_status: int = 200,
        port: int = 0,
        journal: Path | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[ReceivedOrder] = []
        self.book: dict[str, Entry] = {}
        self._script = iter(script)
        self._secret = secret
        self._repeat_status = repeat_status
        self._port = port
        self._journal = journal
        self._tls = tls
        self._news = asyncio.Condition()
        self._visits: set[asyncio.Task[None]] = set()
        if journal is not None and journal.exists():
            self._restore(journal)

    @property
    def url(self) -> str:
        """Where orders go."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}/orders"

    @property
    def repeats(self) -> int:
        """How many requests brought an order that was in the book already."""
        return sum(entry.times - 1 for entry in self.book.values())

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        await self._server.wait_closed()

    async def wait_for_orders(self, count: int, timeout: float = 10.0) -> None:  # noqa: ASYNC109 -- for callers' ease
        """Return as soon as that many distinct orders are booked; `TimeoutError` if they do not come."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.book) >= count)

    async def wait_for_requests(self, count: int, timeout: float = 10.0) -> None:  # noqa: ASYNC109 -- for callers' ease
        """Return as soon as that many requests have come, booked or not; `TimeoutError` if they do not come."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.requests) >= count)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.current_task()
        assert visit is not None  # noqa: S101 -- asyncio runs a connection's callback as a task
        self._visits.add(visit)
        try:
            if (received := await self._receive(reader)) is not None:
                await self._treat(received, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, h11.RemoteProtocolError):
            pass  # the caller went away, or speaks no HTTP
        finally:
            writer.transport.abort()
            self._visits.discard(visit)

    async def _treat(self, received: ReceivedOrder, writer: asyncio.StreamWriter) -> None:
        behaviour = self._behaviour_for(received)
        if self._journal is not None:
            self._keep(self._journal, received, books=behaviour.books)
        entry = self._enter(received, books=behaviour.books)
        async with self._news:
            self._news.notify_all()
        is_repeat = entry is not None and entry.times > 1
        await _answer(writer, behaviour, entry, self._repeat_status if is_repeat else 201)

    async def _receive(self, reader: asyncio.StreamReader) -> ReceivedOrder | None:
        wire = h11.Connection(h11.SERVER)
        headers: dict[str, str] = {}
        body, path = b"", ""
        while True:
            match wire.next_event():
                case h11.NEED_DATA:
                    wire.receive_data(await reader.read(65_536))
                case h11.Request(headers=raw, target=target):
                    path = target.decode("latin-1")
                    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
                case h11.Data(data=part):
                    body += part
                case h11.EndOfMessage():
                    return ReceivedOrder(headers, body, self._is_signed(headers, body), path)
                case _:
                    return None

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool | None:
        if self._secret is None:
            return None
        try:
            Webhook(self._secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    def _behaviour_for(self, received: ReceivedOrder) -> Behaviour:
        behaviour = next(self._script, BOOK)
        if received.signed is False:
            return answer(401)
        return answer(400) if received.order is None or not received.key else behaviour

    def _enter(self, received: ReceivedOrder, *, books: bool) -> Entry | None:
        self.requests.append(received)
        if received.signed is False:
            return None
        entry = self.book.get(received.key)
        if entry is not None:
            entry.times += 1
        elif books and (order := received.order) is not None:
            entry = self.book[received.key] = Entry(order, f"R-{len(self.book) + 1}")
        return entry

    def _keep(self, journal: Path, received: ReceivedOrder, *, books: bool) -> None:
        body = received.body.decode(errors="replace")
        line = {"books": books, "signed": received.signed, "headers": dict(received.headers), "body": body}
        with journal.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _restore(self, journal: Path) -> None:
        *lines, half = journal.read_bytes().split(b"\n")
        if half:  # killed while writing: nobody was answered
            os.truncate(journal, journal.stat().st_size - len(half))
        for line in map(json.loads, lines):
            self._enter(ReceivedOrder(line["headers"], line["body"].encode(), line["signed"]), books=line["books"])


async def _answer(writer: asyncio.StreamWriter, behaviour: Behaviour, entry: Entry | None, usual_status: int) -> None:
    match behaviour.ending:
        case Ending.CLOSED:
            return
        case Ending.RESET:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
    status = behaviour.status or usual_status
    body = behaviour.body
    if body is None:
        said = {"uuid": entry.order.get("uuid"), "reference": entry.reference} if entry is not None else {}
        body = json.dumps(said).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in {**headers, **behaviour.headers}.items()]
    content = "\r\n".join((*lines, "", "")).encode() + body
    at_once = {Slow.NOWHERE: len(content), Slow.STATUS_LINE: 0, Slow.BODY: len(content) - len(body)}[behaviour.slow]
    writer.write(content[:at_once])
    await writer.drain()
    for byte in content[at_once:]:
        await asyncio.sleep(behaviour.seconds_per_byte)
        writer.write(bytes((byte,)))
        await writer.drain()


async def _serve(port: int, journal: Path) -> None:
    async with ScriptedRetailer(port=port, journal=journal) as retailer:
        print(f"Orders go to {retailer.url}", flush=True)  # noqa: T201 -- whoever started it waits for this line
        await asyncio.Event().wait()


def main() -> None:
    """Run one well-behaved retailer until it is stopped."""
    parser = argparse.ArgumentParser(description="A retailer on loopback that books what it is sent.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--book", type=Path, required=True, help="a file that gets one line of JSON per request")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.book))


if __name__ == "__main__":
    main()

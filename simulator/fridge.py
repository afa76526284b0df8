"""A fridge that speaks Larder's protocol over HTTP (1.L): it does what it is told, and what people do to it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

from domain.errors import LarderError, Unavailable

SENT_AT_ONCE = 100
GIVEN_UP_AFTER = timedelta(seconds=40)
"""No answer for so long is no answer; longer than the longest wait for a command."""

_LATER = {HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)}
_NEVER = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_CLOSED, _UNLOCKED, _OPENED = "closed", "unlocked", "opened"


class Refused(LarderError):
    """Larder has understood and says no; to repeat it would change nothing."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(_why(answer))
        self.is_about_what_was_said = answer.status_code in _NEVER


class NotLinked(LarderError):
    """A fridge that has no token yet, or none that it remembers."""

    def __init__(self) -> None:
        super().__init__("This fridge is not linked: link KEY first.")


def _silent(_: str) -> None:
    """Tells nobody."""


@dataclass
class SimulatedFridge:
    """What it holds, how it stands, and what it has not been able to say yet; `say` tells what happens, line by line.

    A notification is kept until Larder has answered that it is stored. Its id is that of this start and a number, so a
    repeat counts once; `skew` is how wrong the clock is, which `sentAt` puts right. It `is_unheard` while its last
    call has no answer.
    """

    http: httpx.AsyncClient
    say: Callable[[str], None] = _silent
    token: str = ""
    epcs: list[str] = field(default_factory=list)
    temperature: float = 4.0
    skew: timedelta = timedelta()
    firmware: str = "simulated-1"
    heartbeat_interval: int = 300
    door: str = _CLOSED
    video: str | None = None
    is_off: bool = False
    is_offline: bool = False
    is_unheard: bool = False
    unsent: list[dict[str, Any]] = field(default_factory=list)
    _opening: str | None = None
    _missed: set[str] = field(default_factory=set)
    _seen: list[str] = field(default_factory=list)
    _done: set[str] = field(default_factory=set)
    _self: UUID = field(default_factory=uuid4)
    _start: str = field(default_factory=lambda: uuid4().hex[:8])
    _said: int = 0
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    def memory(self) -> dict[str, Any]:
        """What survives when it is switched off, the tags in it included."""
        return {"token": self.token, "epcs": self.epcs, "seen": self._seen, "unsent": self.unsent}

    def remember(self, memory: dict[str, Any]) -> None:
        """Go on with that."""
        self.token, self.epcs = memory["token"], memory["epcs"]
        self._seen, self.unsent = memory["seen"], memory["unsent"]

    async def link(self, init_key: str) -> dict[str, Any]:
        """Become the fridge of that key (S82); raises Refused for a key that does not work, Unavailable."""
        # the same one when it is called again: a lost answer does not cost the token
        headers = {"Idempotency-Key": uuid5(self._self, init_key).hex}
        try:
            answer = await self.http.post("/fridge/link", json={"initKey": init_key}, headers=headers)
        except httpx.TransportError as lost:
            raise Unavailable(_unanswered(lost)) from lost
        if answer.status_code != HTTPStatus.OK:
            raise Refused(answer)
        shown: dict[str, Any] = answer.json()["data"]
        self.token, self.heartbeat_interval = shown["token"], shown["settings"]["heartbeatInterval"]
        self.say(f"linked: I am fridge {shown['uuid']}")
        return shown

    async def wait(self, seconds: int = 25) -> list[str]:
        """Ask for commands, do each that is new, and answer what they were called; waits while there is none.

        Raises NotLinked and Refused.
        """
        if self.is_off or self.is_offline:
            await asyncio.sleep(seconds)
            return []
        answer = await self._call("GET", "/fridge/commands", params={"wait": seconds})
        found = [] if answer is None else answer.json()["data"]
        new = [command for command in found if command["uuid"] not in self._done]
        for command in new:
            self._done.add(command["uuid"])
            self.say(f"told to {command['type']['slug']}")
            await self._obey(command["type"]["slug"], command["uuid"])
        return [command["type"]["slug"] for command in new]

    async def open_door(self) -> None:
        """Somebody opens the door; one that is locked stays closed."""
        if self.door == _CLOSED:
            self.say("the door is locked")
            return
        await self._door_is(_OPENED)

    async def close_door(self) -> None:
        """Somebody closes it; then it is locked, and what is inside is counted."""
        await self._door_is(_CLOSED)
        opening, self._opening = self._opening, None
        await self.scan(opening, "inventory")
        if self.video is not None:
            await self.notify("video", {"url": self.video}, opening)

    async def put(self, epcs: Iterable[str]) -> None:
        """Put things with these tags into it."""
        self.epcs += [epc for epc in epcs if epc not in self.epcs]

    async def take(self, epcs: Iterable[str]) -> None:
        """Take things out of it."""
        epcs = list(epcs)
        for epc in epcs:
            if epc not in self.epcs:
                self.say(f"{epc} is not inside")
        self.epcs = [epc for epc in self.epcs if epc not in set(epcs)]

    async def miss(self, epcs: Iterable[str]) -> None:
        """Have the next scan not see these tags, though they are there."""
        self._missed |= set(epcs)

    async def scan(self, command: str | None = None, status: str | None = None) -> None:
        """Say which tags are there, and how that differs from the scan before (S102)."""
        seen = [epc for epc in self.epcs if epc not in self._missed]
        removed, added = [e for e in self._seen if e not in seen], [e for e in seen if e not in self._seen]
        self._missed, self._seen = set(), seen
        await self.notify("inventory", {"epcs": seen, "removed": removed, "added": added}, command, status)

    async def measure(self, command: str | None = None, status: str | None = None) -> None:
        """Say how cold it is (S105)."""
        await self.notify("temperature", {"temperature": self.temperature}, command, status)

    async def beat(self) -> None:
        """Say that it lives (S97); nobody wants to hear later that it did."""
        if not (self.is_off or self.is_offline):
            await self.notify("heartbeat", {"firmwareVersion": self.firmware})

    async def cut_power(self) -> None:
        """From now on it is silent, and does nothing; what it had not sent yet it has in flash memory."""
        self.is_off = True
        self.say("the power is out")

    async def boot(self, command: str | None = None) -> None:
        """Start, and say how everything stands (S98, S101, S102, S105)."""
        self.is_off, self._start, self._said, self._opening = False, uuid4().hex[:8], 0, None
        await self.notify("boot", {"firmwareVersion": self.firmware}, command, command and "success")
        await self._door_is(_CLOSED)
        await self.scan()
        await self.measure()

    async def notify(self, kind: str, data: Any, command: str | None = None, status: str | None = None) -> None:
        """Say something, now or as soon as Larder can be reached. Raises NotLinked and Refused."""
        if self.is_off:
            return
        if not self.token:
            raise NotLinked
        self._said += 1
        said: dict[str, Any] = {"id": f"{self._start}-{self._said}", "type": kind, "data": data, "at": self._now()}
        if command is not None:
            said["command"] = {"uuid": command, "status": status, "video": self.video if kind == "inventory" else None}
        self.unsent.append(said)
        self.say(f"{kind} {'' if data is None else data}{f' (command: {status})' if status else ''}")
        await self.send()

    async def send(self) -> None:
        """Send what was not sent yet, oldest first; it stays where Larder is away or busy. Raises Refused."""
        async with self._sending:
            size = SENT_AT_ONCE
            while self.unsent and not (self.is_off or self.is_offline):
                batch = self.unsent[:size]
                stamped = [said | {"sentAt": self._now()} for said in batch]
                try:
                    if await self._call("POST", "/fridge/notifications", json=stamped) is None:
                        return
                except Refused as refused:
                    if not refused.is_about_what_was_said:
                        raise
                    if len(batch) > 1:  # one by one, so that only what is wrong is lost
                        size = 1
                        continue
                    self.say(f"thrown away, for it was refused: {refused}")
                del self.unsent[: len(batch)]

    async def _obey(self, slug: str, command: str) -> None:
        if slug == "reboot":
            await self.notify("shutdown", None, command, "ack")
            await self.boot(command)
            return
        await self.notify("ack", None, command, "ack")
        match slug:
            case "open":
                self._opening = command
                await self._door_is(_UNLOCKED)
            case "inventory":
                await self.scan(command, "success")
            case "temperature":
                await self.measure(command, "success")
            case "door-status":
                await self.notify("door-status", {"status": self.door}, command, "success")

    async def _door_is(self, status: str) -> None:
        self.door = status
        await self.notify("door-status", {"status": status}, self._opening, self._opening and status)

    async def _call(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        """A good answer, None where it is worth trying again later; raises NotLinked and Refused."""
        if not self.token:
            raise NotLinked
        self.is_unheard = True
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            timeout = GIVEN_UP_AFTER.total_seconds()
            answer = await self.http.request(method, path, headers=headers, timeout=timeout, **request)
        except httpx.TransportError as lost:
            self.say(_unanswered(lost))
            return None
        if answer.status_code in _LATER:
            self.say(f"Larder asks me to come again: {_why(answer)}")
            return None
        self.is_unheard = False
        if answer.status_code != HTTPStatus.OK:
            raise Refused(answer)
        return answer

    def _now(self) -> str:
        return (datetime.now(UTC) + self.skew).isoformat(timespec="milliseconds")


def _unanswered(lost: httpx.TransportError) -> str:
    return f"Larder does not answer: {type(lost).__name__}"


def _why(answer: httpx.Response) -> str:
    body = answer.json() if answer.headers.get("content-type", "").endswith("json") else {}
    by_field = "; ".join(f"{place}: {' '.join(texts)}" for place, texts in (body.get("data") or {}).items())
    return f"{answer.status_code} {by_field or body.get('message', '')}".rstrip()

"""`larder simulate fridge`: a simulated fridge by lines of text, from a file, a pipe or a keyboard."""

import asyncio
import json
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio
import httpx

from domain.errors import LarderError, Unavailable
from simulator.fridge import Refused, SimulatedFridge

HELP = """\
link KEY               become the fridge of an initKey
wait [SECONDS]         until Larder has told it something, 25 seconds at most; `open` unlocks the door
open-door, close-door  what people do; closing it counts what is inside
put EPC..., take EPC...
miss EPC...            the next scan does not see these
scan                   count what is inside
temperature DEGREES    it is that cold, and says so
badge TOKEN            somebody holds a badge to it
video URL              films openings from now on; `video` alone: no more
heartbeat              say that it lives
power-cut, boot        silence, and then a start
clock SECONDS          its clock is wrong by so many, such as -3600
offline, online        the network is gone, and back: what it kept is sent late
sleep SECONDS
show                   how it stands
help, quit"""
_LONGEST_WAIT = 25


class NotUnderstood(LarderError):
    """A line that no fridge understands."""


@dataclass
class Script:
    """Does line after line to a fridge."""

    fridge: SimulatedFridge
    say: Callable[[str], None]

    async def do(self, line: str) -> bool:
        """One line; False for the last one. Raises NotUnderstood."""
        word, *rest = shlex.split(line, comments=True) or [""]
        if word in ("quit", "exit"):
            return False
        verb = self._verbs.get(word)
        if word and verb is None:
            raise NotUnderstood(f"{word}: a fridge knows no such thing; `help` lists what it does.")
        if verb is not None:
            try:
                await verb(rest)
            except (IndexError, ValueError):
                raise NotUnderstood(f"{line.strip()}: something is missing or misspelt; `help` lists it.") from None
        return True

    @property
    def _verbs(self) -> Mapping[str, Callable[[Sequence[str]], Awaitable[object]]]:
        fridge = self.fridge
        return {
            "link": lambda rest: fridge.link(rest[0]),
            "wait": self._wait,
            "open-door": lambda _: fridge.open_door(),
            "close-door": lambda _: fridge.close_door(),
            "put": fridge.put,
            "take": fridge.take,
            "miss": fridge.miss,
            "scan": lambda _: fridge.scan(),
            "temperature": self._temperature,
            "badge": lambda rest: fridge.notify("badge-presented", {"badge_token": rest[0]}),
            "video": self._video,
            "heartbeat": lambda _: fridge.beat(),
            "power-cut": lambda _: fridge.cut_power(),
            "boot": lambda _: fridge.boot(),
            "clock": self._clock,
            "offline": lambda _: self._reaches(offline=True),
            "online": lambda _: self._reaches(offline=False),
            "sleep": lambda rest: asyncio.sleep(float(rest[0])),
            "show": self._show,
            "help": self._help,
        }

    async def _wait(self, rest: Sequence[str]) -> None:
        if not await self.fridge.wait(int(rest[0]) if rest else _LONGEST_WAIT):
            self.say("nothing to do")

    async def _temperature(self, rest: Sequence[str]) -> None:
        self.fridge.temperature = float(rest[0])
        await self.fridge.measure()

    async def _video(self, rest: Sequence[str]) -> None:
        self.fridge.video = rest[0] if rest else None

    async def _clock(self, rest: Sequence[str]) -> None:
        self.fridge.skew = timedelta(seconds=float(rest[0]))

    async def _reaches(self, *, offline: bool) -> None:
        self.fridge.is_offline = offline
        await self.fridge.send()

    async def _show(self, _: Sequence[str]) -> None:
        fridge = self.fridge
        self.say(f"door {fridge.door}, {fridge.temperature:g} °C, {len(fridge.unsent)} notifications not sent yet")
        self.say(f"inside: {' '.join(fridge.epcs) or 'nothing'}")

    async def _help(self, _: Sequence[str]) -> None:
        self.say(HELP)


async def main(url: str, script: Sequence[str] | None, state: Path | None) -> None:
    """Do what these lines say, or else what is typed or piped; `state` is its memory for the next time.

    Raises NotUnderstood, NotLinked, Refused and, where Larder was away at the end, Unavailable. At a keyboard it goes
    on after these, and asks for commands and beats by itself.
    """
    by_hand = script is None and sys.stdin.isatty()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        fridge = SimulatedFridge(http, say=_print)
        _recall(fridge, state)
        by_itself = [asyncio.create_task(_lives(fridge)), asyncio.create_task(_obeys(fridge))] if by_hand else []
        try:
            await _each(Script(fridge, _print), _typed() if script is None else _written(script), by_hand=by_hand)
            if not by_hand:
                _check_heard(fridge, state)
        finally:
            for task in by_itself:
                task.cancel()
            _keep(fridge, state)


async def _each(script: Script, lines: AsyncIterator[str], *, by_hand: bool) -> None:
    if by_hand:
        await script.do("help")
    async for line in lines:
        try:
            if not await script.do(line):
                return
        except LarderError as refused:
            if not by_hand:
                raise
            _print(refused.message)


def _check_heard(fridge: SimulatedFridge, state: Path | None) -> None:
    """Raise Unavailable where the script has ended and Larder has not answered."""
    if fridge.is_unheard and not (fridge.is_off or fridge.is_offline):
        kept = "lost, for there is no --state to keep them in" if state is None else f"kept in {state}"
        raise Unavailable(f"Larder has not answered; {len(fridge.unsent)} notifications are {kept}.")


async def _written(script: Sequence[str]) -> AsyncIterator[str]:
    for line in script:
        yield line


async def _typed() -> AsyncIterator[str]:
    while line := await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        yield line


def _recall(fridge: SimulatedFridge, state: Path | None) -> None:
    if state is not None and state.exists():
        fridge.remember(json.loads(state.read_text(encoding="utf-8")))


def _keep(fridge: SimulatedFridge, state: Path | None) -> None:
    if state is not None:
        state.touch(mode=0o600)  # whoever reads it is the fridge
        state.write_text(json.dumps(fridge.memory()), encoding="utf-8")


async def _obeys(fridge: SimulatedFridge) -> None:
    while True:
        try:
            done = await fridge.wait(_LONGEST_WAIT) if fridge.token else []
            await asyncio.sleep(0 if done else 1)
        except Refused as refused:
            _print(refused.message)
            await asyncio.sleep(_LONGEST_WAIT)


async def _lives(fridge: SimulatedFridge) -> None:
    while True:
        await asyncio.sleep(fridge.heartbeat_interval)
        if fridge.token:
            await fridge.beat()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what the command is for

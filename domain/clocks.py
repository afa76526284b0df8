"""The clock of a removal that was not returned, and what a silent fridge means for it (S16, 1.J.12)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from domain.message import Message


class WhenSilent(StrEnum):
    """What a rule makes of the time in which nobody heard of the fridge that something was taken from (1.J.12)."""

    CONTINUE = "continue"
    PAUSE = "pause"
    VOID = "void"


class Silence(Message):
    """A fridge that is silent now, and when it was heard last."""

    fridge: UUID
    since: AwareDatetime


class Out(Message):
    """A removal that has not been returned: its clock runs from `since`, the observed removal (S16).

    `unheard` is how long its fridge has been silent meanwhile. Since a silence it `is_void` until a scan misses it
    again, which is `missed_again`.
    """

    fact: str
    since: AwareDatetime
    tag: str | None = None
    fridge: UUID | None = None
    expires_at: AwareDatetime | None = None
    unheard: timedelta = timedelta()
    is_void: bool = False
    missed_again: AwareDatetime | None = None

    def reading(self, when_silent: WhenSilent, silence: Silence | None, at: datetime) -> timedelta | None:
        """How long it has been out at `at`, as a rule sees it; None where that rule has forgotten it."""
        match when_silent:
            case WhenSilent.CONTINUE:
                return at - self.since
            case WhenSilent.PAUSE:
                return at - self.since - self.unheard - self._silent_for(silence, at)
            case WhenSilent.VOID:
                return None if self.is_void else at - (self.missed_again or self.since)

    def heard(self, silence: Silence, at: datetime) -> "Out":
        """The clock once its fridge is heard again."""
        return self.model_copy(update={"unheard": self.unheard + self._silent_for(silence, at)})

    def silenced(self, silence: Silence) -> "Out":
        """The clock once its fridge has fallen silent: void if it was running then."""
        return self.model_copy(update={"is_void": self.is_void or self.since <= silence.since})

    def scanned(self, at: datetime) -> "Out":
        """The clock once its fridge has scanned and not found it."""
        return self.model_copy(update={"is_void": False, "missed_again": at}) if self.is_void else self

    def _silent_for(self, silence: Silence | None, at: datetime) -> timedelta:
        return timedelta() if silence is None else max(timedelta(), at - max(self.since, silence.since))


class Readings(Message):
    """The oldest clock that runs, and the oldest that stands still; None where there is none."""

    running: timedelta | None = None
    standing: timedelta | None = None


NOTHING_OUT = Readings()


def readings(outs: Sequence[Out], silences: Iterable[Silence], when_silent: WhenSilent, at: datetime) -> Readings:
    """What the clocks of an item read, as a rule sees them."""
    if not outs:
        return NOTHING_OUT
    silent = {silence.fridge: silence for silence in silences}
    running: list[timedelta] = []
    standing: list[timedelta] = []
    for out in outs:
        silence = None if out.fridge is None else silent.get(out.fridge)
        reading = out.reading(when_silent, silence, at)
        if reading is not None:
            (standing if silence is not None and when_silent is WhenSilent.PAUSE else running).append(reading)
    return Readings(running=max(running, default=None), standing=max(standing, default=None))

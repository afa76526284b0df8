"""Watching a device for its silence: what its workflow and its activity say to each other."""

from datetime import timedelta
from uuid import UUID

from pydantic import AwareDatetime

from domain.message import Message

SHORTEST_SILENCE = timedelta(minutes=1)
LONGEST_SILENCE = timedelta(days=90)


class WatchDevice(Message):
    """What a device's workflow is started with; `next_look` is what an earlier run was waiting for."""

    device: UUID
    account: UUID
    next_look: AwareDatetime | None = None


class Look(Message):
    """Look whether a device has fallen silent by then."""

    device: UUID
    as_of: AwareDatetime


class Looked(Message):
    """When to look again, None where nobody wants to know any more; `line` is what operators see."""

    next_look: AwareDatetime | None
    line: str


def next_look(as_of: AwareDatetime, heard_at: AwareDatetime, silent_after: timedelta) -> AwareDatetime:
    """When a device could have fallen silent, or fallen silent again.

    One that is silent is looked at ever less often: a report that came since makes no new silence before then, or one
    that is noticed late by no more than a tenth of the silence before it.
    """
    due = heard_at + silent_after
    return due if due > as_of else as_of + max(silent_after, min((as_of - heard_at) / 10, timedelta(days=1)))

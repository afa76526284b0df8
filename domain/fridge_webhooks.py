"""How a fridge's notifications reach its webhookUrl: one after another, by the schedule of all webhooks (1.J.14)."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from domain.fridges import NotificationType
from domain.message import Message

_ATTEMPTS = UUID("5b0c1a37-3f0e-5d0c-9a61-7f7f4a1d2c90")

HEARTBEATS_KEPT = timedelta(days=1)
"""A heartbeat that was told is of no use to anybody, and there are 288 of them each day."""
LOOK_AGAIN = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
"""After how long without news the outbox is looked at again: who has something to tell says so before it commits."""


class Delivery(StrEnum):
    """Where a notification stands on its way out."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"
    """Nobody was there to be told: no webhookUrl, or one that was switched off; or a newer heartbeat said the same."""


class TellFridgeWebhook(Message):
    """What the workflow of a fridge's webhookUrl is started with."""

    fridge: UUID
    account: UUID


class ReplayFridgeNotification(Message):
    """What the workflow is started with that tells one notification once more."""

    fridge: UUID
    sequence: int
    replay: UUID


class Waiting(Message):
    """The notification whose turn it is; its next attempt is the `number`-th, and not made before `not_before`."""

    sequence: int
    type: NotificationType
    number: int
    not_before: AwareDatetime | None = None


class FridgeAttemptToMake(Message):
    """One attempt to tell one notification; `pause` is the wait after it if it fails, None for the last."""

    fridge: UUID
    sequence: int
    number: int
    at: AwareDatetime
    pause: timedelta | None
    replay: UUID | None = None

    @property
    def uuid(self) -> UUID:
        """The same when the same attempt is made again because its worker died."""
        return uuid5(_ATTEMPTS, "\n".join(map(str, (self.fridge, self.sequence, self.replay, self.number))))

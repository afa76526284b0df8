"""One attempt to tell a household's own server one notice, and what came of it written down."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.notifying import Notifier
from domain.notices import Notice
from domain.webhooks import Attempt, Attempted, Reply
from outside.post import Signed
from storage import webhooks
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Webhook
from storage.webhooks import Note, Noted, ToMake
from webhooks.sender import Busy, Sender, letter_of

_BUSY_FOR = timedelta(seconds=3)


@dataclass(frozen=True)
class Delivering:
    """Everything the delivery of a notice needs done."""

    db: Database
    notifier: Notifier
    sender: Sender
    secrets: Secrets

    @activity.defn
    async def deliver(self, attempt: Attempt) -> Attempted | None:
        """Make one attempt, or None where the receiver was switched off or removed.

        Running again after it was written down sends nothing, and tells again what it led to. An attempt whose
        worker dies before that is made again: its receiver knows it by the same `webhook-id`.
        """
        async with self.db.reading() as session:
            noted = await webhooks.noted(session, attempt)
            addressed = await webhooks.to_tell(session, attempt.delivery)
        if noted is None and addressed is not None:
            noted = await made(self.db, attempt, self._send(*addressed), webhooks.note)
        return await led_to(self.notifier, noted)

    async def _send(self, webhook: Webhook, notice: Notice) -> Reply:
        secrets = [self.secrets.open(sealed) for sealed in webhooks.signing_secrets(webhook, datetime.now(UTC))]
        return await sent_by(self.sender, webhook.url, Signed(notice.uuid, letter_of(notice), secrets))


async def made(db: Database, attempt: ToMake, reply: Awaitable[Reply], note: Note[ToMake]) -> Noted | None:
    """Make an attempt, and write down what came of it."""
    began = time.monotonic()
    said = await reply
    ended = attempt.at + timedelta(seconds=time.monotonic() - began)
    async with db.writing() as session:
        return await note(session, attempt, said, ended)


async def led_to(notifier: Notifier, noted: Noted | None) -> Attempted | None:
    """What became of an attempt, once its owner is told of a receiver that it has switched off."""
    if noted is None:
        return None
    if noted.notice is not None:
        await notifier.tell([noted.notice])
    return noted.attempted


async def sent_by(sender: Sender, url: str, signed: Signed) -> Reply:
    """What a receiver did; an attempt for which there is no room is made a little later, and is none until then."""
    try:
        return await sender.post(url, signed)
    except Busy as busy:
        raise ApplicationError(
            busy.message, type="Busy", next_retry_delay=_BUSY_FOR, category=ApplicationErrorCategory.BENIGN
        ) from busy

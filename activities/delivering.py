"""One attempt to tell a household's own server one notice, and what came of it written down."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.notifying import Notifier
from domain.notices import Notice
from domain.webhooks import Attempt, Attempted
from outside.post import Signed
from storage import webhooks
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Webhook
from webhooks.sender import Busy, Reply, Sender, letter_of

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
            began = time.monotonic()
            reply = await self._send(*addressed)
            ended = attempt.at + timedelta(seconds=time.monotonic() - began)
            async with self.db.writing() as session:
                noted = await webhooks.note(
                    session, attempt, ended=ended, status=reply.status, reason=reply.reason, after=reply.after
                )
        if noted is None:
            return None
        if noted.notice is not None:
            await self.notifier.tell([noted.notice])
        return noted.attempted

    async def _send(self, webhook: Webhook, notice: Notice) -> Reply:
        secrets = [self.secrets.open(sealed) for sealed in webhooks.signing_secrets(webhook, datetime.now(UTC))]
        return await sent_by(self.sender, webhook.url, Signed(notice.uuid, letter_of(notice), secrets))


async def sent_by(sender: Sender, url: str, signed: Signed) -> Reply:
    """What a receiver did; an attempt for which there is no room is made a little later, and is none until then."""
    try:
        return await sender.post(url, signed)
    except Busy as busy:
        raise ApplicationError(
            busy.message, type="Busy", next_retry_delay=_BUSY_FOR, category=ApplicationErrorCategory.BENIGN
        ) from busy

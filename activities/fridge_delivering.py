"""One attempt to tell a fridge's webhookUrl one notification, and what came of it written down."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.delivering import led_to, made, sent_by
from activities.notifying import Notifier
from domain.fridge_webhooks import FridgeAttemptToMake, TellFridgeWebhook, Waiting
from domain.webhooks import Attempted, Reply
from outside.post import Signed
from storage import fridge_outbox
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Fridge, FridgeNotification
from webhooks.sender import Sender


@dataclass(frozen=True)
class FridgeDelivering:
    """Everything that telling of a fridge needs done."""

    db: Database
    notifier: Notifier
    sender: Sender
    secrets: Secrets

    @activity.defn(name="look_into_fridge_outbox")
    async def look(self, brief: TellFridgeWebhook) -> Waiting | None:
        """Whose turn it is, if anybody's."""
        async with self.db.writing() as session:
            return await fridge_outbox.turn(session, brief.fridge)

    @activity.defn(name="tell_fridge_webhook")
    async def deliver(self, attempt: FridgeAttemptToMake) -> Attempted | None:
        """Make one attempt, or None where nobody is there any more.

        Running again after it was written down sends nothing, and tells again what it led to. An attempt whose
        worker dies before that is made again: its receiver knows it by the same `webhook-id`.
        """
        async with self.db.reading() as session:
            noted = await fridge_outbox.noted(session, attempt)
            addressed = await fridge_outbox.to_tell(session, attempt)
        if noted is None and addressed is not None:
            noted = await made(self.db, attempt, self._send(*addressed), fridge_outbox.note)
        return await led_to(self.notifier, noted)

    async def _send(self, fridge: Fridge, told: FridgeNotification) -> Reply:
        secrets = [self.secrets.open(sealed) for sealed in fridge_outbox.signing_secrets(fridge, datetime.now(UTC))]
        letter = self.secrets.open(told.letter) if told.is_sealed else told.letter
        return await sent_by(self.sender, fridge.webhook_url or "", Signed(told.uuid, letter, secrets))

"""`larder outbox`: the letters of everybody, for the operator of a machine without a mail server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from settings import Settings
from stack.halt import USAGE, Halt
from storage import letters
from storage.database import open_database
from storage.secrets import Secrets


@dataclass(frozen=True)
class Kept:
    """A letter that nobody carries."""

    uuid: UUID
    kind: str
    recipient: str
    written_at: datetime
    subject: str
    text: str


def newest(settings: Settings, limit: int) -> Sequence[Kept]:
    """The newest letters, newest first; raises Halt where a mail server carries them."""
    if settings.smtp_url is not None:
        raise Halt("LARDER_SMTP_URL is set: letters are sent, and shown to nobody else.", USAGE)
    return asyncio.run(_newest(settings, limit))


async def _newest(settings: Settings, limit: int) -> Sequence[Kept]:
    db = open_database(settings.database_url)
    secrets = Secrets(settings.instance_key.get_secret_value())
    try:
        async with db.reading() as session:
            rows = (await letters.page(session, None, None, limit))[:limit]
        found = [(row, letters.opened(secrets, row)) for row in rows]
    finally:
        await db.dispose()
    return [Kept(row.uuid, row.kind, row.recipient, row.written_at, subject, text) for row, (subject, text, _) in found]

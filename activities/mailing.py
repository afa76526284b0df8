"""Letters to people: written once, with what is secret made on the spot, and handed to the mail server."""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.mail import CODE_LIVES, GivenUp, MailBrief, MailKind, Posting
from mail.smtp import Letter, Post, RefusedForGood, TryLater
from mail.writing import Content, Writer
from storage import letters, notices, people, tokens
from storage.database import Database
from storage.secrets import Secrets

_CODES = {MailKind.CONFIRM_EMAIL: (tokens.CONFIRM, "ct"), MailKind.RESET_PASSWORD: (tokens.RESET, "rt")}
_log = structlog.get_logger("larder.worker")


@dataclass(frozen=True)
class Mailing:
    """Writes and sends letters; without a `post`, and to a sandbox (S65), they stay in the outbox."""

    db: Database
    secrets: Secrets
    writer: Writer
    post: Post | None

    @activity.defn
    async def write(self, brief: MailBrief) -> bool:
        """Write the letter, and make the one-time token in it, in one transaction; once it is written it stays so.

        False where nobody has that account: whoever forgot a password may have forgotten the address too (S7).
        """
        async with self.db.writing() as session:
            if await letters.get(session, brief.mail) is not None:
                return True
            recipient = await letters.recipient(session, brief.account)
            if recipient is None:
                return False
            now = datetime.now(UTC)
            if brief.kind in _CODES:
                (kind, prefix), life = _CODES[brief.kind], CODE_LIVES[brief.kind]
                code = tokens.issue(
                    session, self.secrets, kind=kind, prefix=prefix, subject=brief.account, now=now, lifetime=life
                )
                content = self.writer.with_code(brief.kind, code, now + life)
            else:
                notice = None if brief.subject is None else await notices.get(session, brief.subject)
                if notice is None or notice.account != brief.account:
                    raise ApplicationError("There is no such notice.", type="NotFound", non_retryable=True)
                content = self.writer.of_notice(notice)
            sealed = letters.sealed(self.secrets, content.subject, content.text, content.html)
            await letters.add(session, brief, recipient, sealed, now)
        return True

    @activity.defn
    async def send(self, brief: MailBrief) -> Posting:
        """One attempt; a worker that dies between the server's yes and ours sends the same message again."""
        async with self.db.reading() as session:
            row = await letters.get(session, brief.mail)
            stays = await people.is_sandbox(session, brief.account)
        if row is None:
            raise ApplicationError("There is no such letter.", type="NotFound", non_retryable=True)
        if row.sent_at is not None:
            return Posting.SENT
        if self.post is None or stays:
            _log.info("a letter is in the outbox", kind=row.kind, letter=str(row.uuid), account=str(row.account))
            return Posting.KEPT
        content = Content(*letters.opened(self.secrets, row))
        try:
            await self.post.post(Letter(row.uuid, row.recipient, row.written_at, content))
        except TryLater as later:
            raise ApplicationError(later.message, type="TryLater", category=ApplicationErrorCategory.BENIGN) from None
        except RefusedForGood as refused:
            raise ApplicationError(refused.message, type="RefusedForGood", non_retryable=True) from None
        async with self.db.writing() as session:
            await letters.sent(session, brief.mail, datetime.now(UTC))
        return Posting.SENT

    @activity.defn
    async def give_up(self, given_up: GivenUp) -> None:
        """Write down why a letter will not be sent."""
        async with self.db.writing() as session:
            await letters.failed(session, given_up.mail, given_up.why)

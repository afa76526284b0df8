"""Letters to people: written once, sealed; whether they were sent."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.mail import MailBrief
from storage.secrets import Secrets
from storage.tables import Letter, User


def sealed(secrets: Secrets, subject: str, text: str, html: str) -> str:
    """What a letter says, as its row keeps it: it may hold a secret, and it is nobody's business."""
    return secrets.seal(json.dumps([subject, text, html]))


def opened(secrets: Secrets, letter: Letter) -> tuple[str, str, str]:
    """Subject, text and HTML of a letter."""
    subject, text, html = json.loads(secrets.open(letter.sealed))
    return subject, text, html


async def get(session: AsyncSession, uuid: UUID) -> Letter | None:
    """One letter, if it is written."""
    return await session.get(Letter, uuid)


async def add(session: AsyncSession, brief: MailBrief, recipient: str, sealed: str, now: datetime) -> None:
    """A letter that is ready to go."""
    letter = Letter(uuid=brief.mail, account=brief.account, kind=brief.kind, recipient=recipient, sealed=sealed)
    letter.written_at = now
    session.add(letter)
    await session.flush()


async def recipient(session: AsyncSession, account: UUID) -> str | None:
    """Where letters to an account go; None where it is gone."""
    return await session.scalar(select(User.email).where(User.uuid == account))


async def sent(session: AsyncSession, uuid: UUID, now: datetime) -> None:
    """The mail server has taken it over."""
    await session.execute(update(Letter).where(Letter.uuid == uuid).values(sent_at=now, failure=None))


async def failed(session: AsyncSession, uuid: UUID, why: str) -> None:
    """It will not be sent any more."""
    await session.execute(update(Letter).where(Letter.uuid == uuid, Letter.sent_at.is_(None)).values(failure=why))


async def page(
    session: AsyncSession, account: UUID | None, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Letter]:
    """The letters to an account, or to everybody, newest first; one more than `limit` if there are more."""
    statement = select(Letter).order_by(Letter.written_at.desc(), Letter.uuid.desc()).limit(limit + 1)
    if account is not None:
        statement = statement.where(Letter.account == account)
    if before is not None:
        written_at, uuid = before
        statement = statement.where(
            (Letter.written_at < written_at) | (Letter.written_at == written_at) & (Letter.uuid < uuid)
        )
    return (await session.scalars(statement)).all()

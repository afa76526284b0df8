"""Bearer tokens: made, looked up by their public part, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import people
from storage.secrets import Secrets
from storage.tables import ApiKey, Device, Fridge, Token

CONFIRM, RESET = "confirm", "reset"
ONE_TIME = (CONFIRM, RESET)
"""Kinds of tokens that are sent by mail and spent once; they are nobody's credentials."""


@dataclass(frozen=True)
class Bearer:
    """What is known of a token; `account` is that of its user, device, fridge or key, `key` what a key may do."""

    kind: str
    subject: UUID
    account: UUID | None
    secret_hash: str
    expires_at: datetime | None
    revoked_at: datetime | None
    key: ApiKey | None

    def is_good(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def bearer(session: AsyncSession, public: str) -> Bearer | None:
    """The token with that public part, whether it is still good or not; never a one-time one, or a deleted fridge's."""
    owners = (
        select(Token, func.coalesce(Device.account, Fridge.account), ApiKey)
        .outerjoin(Device, Device.uuid == Token.subject)
        .outerjoin(Fridge, (Fridge.uuid == Token.subject) & Fridge.deleted_at.is_(None))
        .outerjoin(ApiKey, ApiKey.uuid == Token.subject)
        .where(Token.public == public, Token.kind.not_in(ONE_TIME))
    )
    found = (await session.execute(owners)).one_or_none()
    if found is None:
        return None
    token, account_of_thing, key = found
    if token.kind == "fridge" and account_of_thing is None:
        return None
    return Bearer(
        kind=token.kind,
        subject=token.subject,
        account=token.subject if token.kind == "user" else account_of_thing if key is None else key.account,
        secret_hash=token.secret_hash,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        key=key,
    )


def issue(
    session: AsyncSession,
    secrets: Secrets,
    *,
    kind: str,
    prefix: str,
    subject: UUID,
    now: datetime,
    lifetime: timedelta | None = None,
) -> str:
    """A new token, whole; only its hash is kept."""
    public, token = secrets.new_token(prefix)
    parsed = secrets.parse_token(token)
    assert parsed is not None, "a new token has the form of a token"  # noqa: S101 -- tells mypy what is always so
    session.add(
        Token(
            public=public,
            kind=kind,
            subject=subject,
            secret_hash=secrets.keyed_hash(parsed[2]),
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
    )
    return token


async def spend(session: AsyncSession, secrets: Secrets, token: str, kind: str, now: datetime) -> UUID | None:
    """Whom a one-time token is about, for the first who spends it; then it and all others of its kind are dead."""
    parsed = secrets.parse_token(token)
    if parsed is None:
        return None
    _, public, secret = parsed
    kept = await session.scalar(select(Token.secret_hash).where(Token.public == public, Token.kind == kind))
    # who is unknown costs as much as who is wrong
    matches = secrets.matches(secret, kept or "")
    if kept is None or not matches:
        return None
    alive = update(Token).where(Token.kind == kind, Token.revoked_at.is_(None)).values(revoked_at=now)
    subject = await session.scalar(alive.where(Token.public == public, Token.expires_at > now).returning(Token.subject))
    if subject is not None:
        await session.execute(alive.where(Token.subject == subject))
    return subject


async def revoke(session: AsyncSession, public: str, now: datetime) -> None:
    """End one token."""
    await session.execute(update(Token).where(Token.public == public).values(revoked_at=now))


async def revoke_all(session: AsyncSession, subject: UUID, kind: str, now: datetime) -> None:
    """End every token of one kind that a subject has."""
    alive = update(Token).where(Token.subject == subject, Token.kind == kind, Token.revoked_at.is_(None))
    await session.execute(alive.values(revoked_at=now))


async def end_logins(session: AsyncSession, account: UUID, now: datetime) -> None:
    """End every login of an account and of its sandbox."""
    alive = update(Token).where(Token.subject.in_(people.with_sandbox(account)), Token.kind == "user")
    await session.execute(alive.where(Token.revoked_at.is_(None)).values(revoked_at=now))


async def supersede(session: AsyncSession, subject: UUID, now: datetime, grace: timedelta) -> None:
    """Let the newest token of a subject live on for `grace` and end all others, since a newer one is about to come."""
    alive = (
        await session.scalars(
            select(Token)
            .where(Token.subject == subject, Token.revoked_at.is_(None))
            .order_by(Token.created_at.desc(), Token.public)
            .with_for_update()
        )
    ).all()
    for token in alive[:1]:
        token.expires_at = min(token.expires_at or now + grace, now + grace)
    for token in alive[1:]:
        token.revoked_at = now

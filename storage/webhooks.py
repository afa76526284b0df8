"""A household's own receivers, and every attempt to tell them something."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, NotFound
from domain.fridge_webhooks import FridgeAttemptToMake
from domain.notices import Notice, NoticeKind, notice_uuid
from domain.webhooks import MOST_WEBHOOKS, Attempt, Attempted, DeliveryBrief, Reply, host_of, standing_after
from storage import notices
from storage.tables import FridgeAttempt, NoticeRow, User, Webhook, WebhookAttempt


@dataclass(frozen=True)
class Noted:
    """An attempt as it was written down; `notice` where its failure has switched the receiver off."""

    attempted: Attempted
    notice: UUID | None = None


ToMake = TypeVar("ToMake", Attempt, FridgeAttemptToMake)
Note = Callable[[AsyncSession, ToMake, Reply, datetime], Awaitable[Noted | None]]
"""Writes down what became of an attempt, and when it ended."""


async def add(session: AsyncSession, webhook: Mapping[str, Any]) -> Webhook:
    """A new receiver; raises Conflict where the account has many already, since each notice goes to all of them."""
    # two at once would each miss the other
    await session.get(User, webhook["account"], with_for_update=True)
    count = select(func.count()).select_from(Webhook).where(Webhook.account == webhook["account"])
    if (await session.scalar(count) or 0) >= MOST_WEBHOOKS:
        raise Conflict(f"There are {MOST_WEBHOOKS} webhooks already, which is the most that an account may have.")
    row = Webhook(**webhook)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, account: UUID, uuid: UUID, *, to_change: bool = False) -> Webhook:
    """One receiver of an account; raises NotFound for another's."""
    query = select(Webhook).where(Webhook.uuid == uuid, Webhook.account == account)
    webhook = (await session.scalars(query.with_for_update() if to_change else query)).one_or_none()
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return webhook


async def page(session: AsyncSession, account: UUID, before: UUID | None, limit: int) -> Sequence[Webhook]:
    """The receivers of an account, newest first, after `before`; one more than `limit` if there are more."""
    statement = select(Webhook).where(Webhook.account == account).order_by(Webhook.uuid.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Webhook.uuid < before)
    return (await session.scalars(statement)).all()


def switch(webhook: Webhook, *, on: bool) -> None:
    """On, with a clean slate, or off; a receiver that was given up keeps the reason until it is on again."""
    webhook.enabled = on
    if on:
        webhook.disabled_because = webhook.failing_since = None


def signing_secrets(webhook: Webhook, now: datetime) -> list[str]:
    """What its notices are signed with, sealed, the newest first; two for a while after a rotation."""
    secrets = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_secret_until is not None and now < webhook.old_secret_until:
        secrets.append(webhook.old_secret)
    return secrets


def rotate(webhook: Webhook, secret: str, now: datetime, grace: timedelta) -> None:
    """Another secret, sealed; the one before signs for `grace`, any older one no more."""
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now + grace
    webhook.secret, webhook.updated_at = secret, now


async def remove(session: AsyncSession, webhook: Webhook) -> None:
    """The receiver and all that is known of its attempts."""
    await session.execute(delete(WebhookAttempt).where(WebhookAttempt.webhook == webhook.uuid))
    await session.delete(webhook)


async def attempts(
    session: AsyncSession, webhook: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[WebhookAttempt, str]]:
    """The attempts at one receiver and the kinds of what it was told, newest first; one more than `limit`."""
    statement = (
        select(WebhookAttempt, NoticeRow.kind)
        .join(NoticeRow, NoticeRow.uuid == WebhookAttempt.notice)
        .where(WebhookAttempt.webhook == webhook)
    )
    if before is not None:
        statement = statement.where(tuple_(WebhookAttempt.at, WebhookAttempt.uuid) < before)
    statement = statement.order_by(WebhookAttempt.at.desc(), WebhookAttempt.uuid.desc()).limit(limit + 1)
    return [(attempt, kind) for attempt, kind in await session.execute(statement)]


async def attempt(session: AsyncSession, webhook: UUID, uuid: UUID) -> WebhookAttempt:
    """One attempt at one receiver; raises NotFound."""
    query = select(WebhookAttempt).where(WebhookAttempt.uuid == uuid, WebhookAttempt.webhook == webhook)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound("There is no such attempt.")
    return found


async def to_tell(session: AsyncSession, delivery: DeliveryBrief) -> tuple[Webhook, Notice] | None:
    """Receiver and notice of a delivery; None once the receiver is switched off or gone."""
    webhook = await session.get(Webhook, delivery.webhook)
    notice = await notices.get(session, delivery.notice)
    return (webhook, notice) if webhook is not None and webhook.enabled and notice is not None else None


async def noted(session: AsyncSession, attempt: Attempt) -> Noted | None:
    """What was written of this attempt when it was made before."""
    row = await session.get(WebhookAttempt, attempt.uuid)
    if row is None:
        return None
    disabled = await session.get(NoticeRow, notice_uuid(NoticeKind.WEBHOOK_DISABLED, attempt.uuid))
    return Noted(attempted(row), None if disabled is None else disabled.uuid)


async def note(session: AsyncSession, attempt: Attempt, reply: Reply, ended: datetime) -> Noted | None:
    """Write an attempt down; None where the receiver is gone in the meantime.

    Where the failure is one too many, the receiver is switched off and its owner gets a notice.
    """
    webhook = await session.get(Webhook, attempt.delivery.webhook, with_for_update=True)
    if webhook is None:
        return None
    stands = standing_after(
        reply, ended, failing_since=webhook.failing_since, is_on=webhook.enabled, pause=attempt.pause
    )
    webhook.failing_since = stands.failing_since
    notice = None
    if stands.given_up is not None:
        notice = await _switch_off(session, webhook, attempt.uuid, stands.given_up, ended)
    row = WebhookAttempt(
        uuid=attempt.uuid,
        webhook=webhook.uuid,
        notice=attempt.delivery.notice,
        replay=attempt.delivery.replay,
        number=attempt.number,
        at=attempt.at,
        status=reply.status,
        reason=reply.reason,
        next_at=stands.next_at,
    )
    session.add(row)
    return Noted(attempted(row), notice)


def attempted(row: WebhookAttempt | FridgeAttempt) -> Attempted:
    """What became of an attempt, as it was written down."""
    return Attempted(sentence=row.reason or "Delivered.", status=row.status, next_at=row.next_at)


async def _switch_off(session: AsyncSession, webhook: Webhook, attempt: UUID, why: str, at: datetime) -> UUID:
    webhook.enabled, webhook.disabled_because, webhook.updated_at = False, why, at
    host = host_of(webhook.url)
    notice = Notice(
        uuid=notice_uuid(NoticeKind.WEBHOOK_DISABLED, attempt),
        account=webhook.account,
        kind=NoticeKind.WEBHOOK_DISABLED,
        at=at,
        sentence=f"Your webhook at {host} was switched off. {why}",
        data={"webhook": str(webhook.uuid), "host": host, "reason": why},
    )
    await notices.add(session, notice)
    return notice.uuid

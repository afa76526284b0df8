"""What goes out to a fridge's webhookUrl: numbered, told in that order, every attempt written down (1.J.14)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.fridge_papers import Stamp
from domain.fridge_webhooks import HEARTBEATS_KEPT, Delivery, FridgeAttemptToMake, Waiting
from domain.fridges import NotificationType
from domain.identity import new_uuid
from domain.notices import Notice, NoticeKind, notice_uuid
from domain.webhooks import Reply, host_of, standing_after
from storage import notices
from storage.tables import Fridge, FridgeAttempt, FridgeNotification
from storage.webhooks import Noted, attempted

_AT_ONCE = 100

Write = Callable[[Stamp], str]
"""Makes the body of a notification, once its id, moment and number are known (`domain.fridge_papers.letter`)."""


def has_receiver(fridge: Fridge) -> bool:
    """Whether somebody is to be told what becomes of it."""
    return fridge.webhook_url is not None and fridge.webhook_off_because is None


def add(
    session: AsyncSession,
    fridge: Fridge,
    kind: NotificationType,
    write: Write,
    *,
    at: datetime,
    command: UUID | None = None,
    seal: Callable[[str], str] | None = None,
) -> bool:
    """Write the next notification of a fridge, whose row the caller has locked; whether anybody is to be told it.

    With `seal`, as for a badge, the letter is sealed until it has been told, and not kept where nobody is told.
    """
    told = has_receiver(fridge)
    fridge.sequence += 1
    stamp = Stamp(id=new_uuid(), timestamp=at, sequence=fridge.sequence)
    letter = write(stamp) if seal is None or told else ""
    session.add(
        FridgeNotification(
            fridge=fridge.uuid,
            sequence=fridge.sequence,
            uuid=stamp.id,
            type=kind,
            at=at,
            command=command,
            letter=letter if seal is None or not letter else seal(letter),
            is_sealed=seal is not None,
            delivery=Delivery.WAITING if told else Delivery.DROPPED,
            attempts=0,
            next_at=None,
        )
    )
    return told


async def product_receivers(session: AsyncSession, account: UUID) -> Sequence[UUID]:
    """One fridge for each distinct webhookUrl of the account, the oldest: `product-linked` goes to each once."""
    query = select(Fridge.uuid, Fridge.webhook_url).where(
        Fridge.account == account,
        Fridge.deleted_at.is_(None),
        Fridge.webhook_url.is_not(None),
        Fridge.webhook_off_because.is_(None),
    )
    found: dict[str | None, UUID] = {}
    for uuid, url in await session.execute(query.order_by(Fridge.uuid)):
        found.setdefault(url, uuid)
    return list(found.values())


async def add_product_linked(session: AsyncSession, fridges: Sequence[UUID], write: Write, *, at: datetime) -> None:
    """Write `product-linked` for each of these fridges (`product_receivers`), who have been told that it comes."""
    for uuid in sorted(fridges):
        fridge = await session.get(Fridge, uuid, with_for_update=True)
        if fridge is not None:
            add(session, fridge, NotificationType.PRODUCT_LINKED, write, at=at)


def address(fridge: Fridge, url: str | None) -> None:
    """Set the webhookUrl: one that was switched off is on again, with a clean slate; what waits is told there."""
    fridge.webhook_url = url
    fridge.webhook_off_because = fridge.webhook_failing_since = None


async def hurry(session: AsyncSession, fridge: UUID) -> None:
    """Have what waits for its next attempt tried at once, as its receiver is another one."""
    waiting = (FridgeNotification.fridge == fridge) & (FridgeNotification.delivery == Delivery.WAITING)
    await session.execute(update(FridgeNotification).where(waiting).values(next_at=None))


def signing_secrets(fridge: Fridge, now: datetime) -> list[str]:
    """What its notifications are signed with, sealed, the newest first; two for a while after a rotation."""
    secrets = [fridge.webhook_secret]
    if fridge.old_webhook_secret is not None and fridge.old_webhook_secret_until is not None:
        secrets += [fridge.old_webhook_secret] if now < fridge.old_webhook_secret_until else []
    return secrets


def rotate(fridge: Fridge, secret: str, now: datetime, grace: timedelta) -> None:
    """Another secret, sealed; the one before signs for `grace`, any older one no more."""
    fridge.old_webhook_secret, fridge.old_webhook_secret_until = fridge.webhook_secret, now + grace
    fridge.webhook_secret, fridge.updated_at = secret, now


async def turn(session: AsyncSession, fridge: UUID) -> Waiting | None:
    """The oldest notification that waits; None where none does, or nobody is there any more to be told.

    Of several heartbeats that wait only the newest is told: it says all that the others do.
    """
    row = await session.get(Fridge, fridge)
    if row is None or row.deleted_at is not None or not has_receiver(row):
        await _drop(session, fridge)
        return None
    oldest = _waiting(fridge).order_by(FridgeNotification.sequence).limit(1)
    first = await session.scalar(oldest)
    if first is not None and first.type == NotificationType.HEARTBEAT:
        await _drop_older_heartbeats(session, fridge)
        first = await session.scalar(oldest)
    if first is None:
        return None
    kind = NotificationType(first.type)
    return Waiting(sequence=first.sequence, type=kind, number=first.attempts + 1, not_before=first.next_at)


async def to_tell(session: AsyncSession, attempt: FridgeAttemptToMake) -> tuple[Fridge, FridgeNotification] | None:
    """Whom to tell, and what; None where nobody is there to be told, or there is nothing left to say."""
    fridge = await session.get(Fridge, attempt.fridge)
    row = await session.get(FridgeNotification, (attempt.fridge, attempt.sequence))
    if fridge is None or fridge.deleted_at is not None or not has_receiver(fridge):
        return None
    return (fridge, row) if row is not None and row.letter else None


async def noted(session: AsyncSession, attempt: FridgeAttemptToMake) -> Noted | None:
    """What was written of this attempt when it was made before."""
    row = await session.get(FridgeAttempt, attempt.uuid)
    if row is None:
        return None
    disabled = await notices.get(session, notice_uuid(NoticeKind.WEBHOOK_DISABLED, attempt.uuid))
    return Noted(attempted(row), None if disabled is None else disabled.uuid)


async def note(session: AsyncSession, attempt: FridgeAttemptToMake, reply: Reply, ended: datetime) -> Noted:
    """Write an attempt down; a badge that was told or given up is emptied.

    Where the failure is one too many, the webhook is switched off and its owner gets a notice.
    """
    fridge = await session.get_one(Fridge, attempt.fridge, with_for_update=True)
    stands = standing_after(
        reply, ended, failing_since=fridge.webhook_failing_since, is_on=has_receiver(fridge), pause=attempt.pause
    )
    fridge.webhook_failing_since = stands.failing_since
    notice = None
    if stands.given_up is not None:
        notice = await _switch_off(session, fridge, attempt.uuid, stands.given_up, ended)
    row = FridgeAttempt(
        uuid=attempt.uuid,
        fridge=attempt.fridge,
        sequence=attempt.sequence,
        replay=attempt.replay,
        number=attempt.number,
        at=attempt.at,
        status=reply.status,
        reason=reply.reason,
        next_at=stands.next_at,
    )
    session.add(row)
    await _goes_on(session, row)
    return Noted(attempted(row), notice)


def _waiting(fridge: UUID) -> Select[FridgeNotification]:
    return select(FridgeNotification).where(
        FridgeNotification.fridge == fridge, FridgeNotification.delivery == Delivery.WAITING
    )


async def _drop(session: AsyncSession, fridge: UUID) -> None:
    for row in await session.scalars(_waiting(fridge)):
        row.delivery = Delivery.DROPPED
        row.letter = "" if row.is_sealed else row.letter


async def _drop_older_heartbeats(session: AsyncSession, fridge: UUID) -> None:
    heartbeats = _waiting(fridge).where(FridgeNotification.type == NotificationType.HEARTBEAT)
    for row in (await session.scalars(heartbeats.order_by(FridgeNotification.sequence.desc()).offset(1))).all():
        row.delivery = Delivery.DROPPED
    await session.flush()


async def _goes_on(session: AsyncSession, attempt: FridgeAttempt) -> None:
    """What the attempt means for the notification; a replay means nothing for its turn."""
    told = await session.get_one(FridgeNotification, (attempt.fridge, attempt.sequence))
    if attempt.replay is None and told.delivery == Delivery.WAITING:
        told.attempts, told.next_at = attempt.number, attempt.next_at
        if attempt.next_at is None:
            told.delivery = Delivery.DELIVERED if attempt.reason is None else Delivery.FAILED
    if attempt.reason is None:
        told.delivery = Delivery.DELIVERED
    if told.is_sealed and told.delivery != Delivery.WAITING:
        told.letter = ""
    if told.type == NotificationType.HEARTBEAT:
        await _forget_heartbeats(session, attempt.fridge, attempt.at - HEARTBEATS_KEPT)


async def _forget_heartbeats(session: AsyncSession, fridge: UUID, before: datetime) -> None:
    old = select(FridgeNotification.sequence).where(
        FridgeNotification.fridge == fridge,
        FridgeNotification.type == NotificationType.HEARTBEAT,
        FridgeNotification.at < before,
        FridgeNotification.delivery != Delivery.WAITING,
    )
    found = (await session.scalars(old.limit(_AT_ONCE))).all()
    for table in (FridgeAttempt, FridgeNotification):
        await session.execute(delete(table).where(table.fridge == fridge, table.sequence.in_(found)))


async def _switch_off(session: AsyncSession, fridge: Fridge, attempt: UUID, why: str, at: datetime) -> UUID:
    fridge.webhook_off_because, fridge.updated_at = why, at
    host = host_of(fridge.webhook_url or "")
    notice = Notice(
        uuid=notice_uuid(NoticeKind.WEBHOOK_DISABLED, attempt),
        account=fridge.account,
        kind=NoticeKind.WEBHOOK_DISABLED,
        at=at,
        sentence=f"The webhook of your fridge at {host} was switched off. {why}",
        data={"fridge": str(fridge.uuid), "host": host, "reason": why},
    )
    await notices.add(session, notice)
    return notice.uuid

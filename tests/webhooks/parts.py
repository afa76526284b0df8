"""What these tests are built from: a receiver that does as it is told, a notice, and the way to both."""

import base64
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any
from uuid import UUID, uuid4

from domain.notices import Notice, NoticeKind, notice_uuid
from domain.webhooks import Attempt, DeliveryBrief, Reply
from outside.guard import GuardedTransport
from simulator.behaviours import Behaviour, answer
from simulator.retailer import ReceivedOrder, ScriptedRetailer
from storage import notices, webhooks
from storage.database import Database
from storage.tables import User, Webhook
from tests.retailers.parts import LOOPBACK
from webhooks.sender import Sender

TAKEN = answer(204, b"")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()


class Receiver(ScriptedRetailer):
    """A household's own server: treats the first requests as its script says, and takes all that come later."""

    def __init__(self, script: Iterable[Behaviour] = (), *, port: int = 0) -> None:
        super().__init__(port=port)
        self._behaviours: Iterator[Behaviour] = chain(script, repeat(TAKEN))

    def _behaviour_for(self, received: ReceivedOrder) -> Behaviour:
        return next(self._behaviours)

    @property
    def said(self) -> list[Any]:
        """What it was told, oldest first."""
        return [request.order for request in self.requests]


def a_notice(account: UUID | None = None, kind: NoticeKind = NoticeKind.ORDER_PLACED) -> Notice:
    """Something to tell."""
    return Notice(
        uuid=notice_uuid(kind, uuid4()),
        account=account or uuid4(),
        kind=kind,
        at=NOW,
        sentence="Ordered: 1 pack of Crème brûlée from Corner Shop for 3.49 EUR.",
        data={"order": str(uuid4()), "packs": 1, "total": "3.49"},
    )


@asynccontextmanager
async def a_sender(total: timedelta = timedelta(seconds=5)) -> AsyncIterator[Sender]:
    """One that may reach this machine."""
    sender = Sender(GuardedTransport(LOOPBACK), total=total)
    try:
        yield sender
    finally:
        await sender.aclose()


async def sent(*secrets: str) -> ReceivedOrder:
    """One notice as its receiver got it."""
    async with Receiver() as receiver, a_sender() as sender:
        assert await sender.send(receiver.url, secrets or (SECRET,), a_notice()) == Reply(204, None)
        (request,) = receiver.requests
        return request


async def an_account(db: Database) -> UUID:
    """Somebody in storage who may be told something."""
    user = User(uuid=uuid4(), email=f"{uuid4()}@example.com", name="Ada", password_hash="", time_zone="UTC")
    user.currency, user.created_at, user.updated_at = "EUR", NOW, NOW
    async with db.writing() as session:
        session.add(user)
    return user.uuid


async def a_webhook(db: Database, account: UUID, **more: Any) -> UUID:
    """One in storage, of an account that is there; its secret is not sealed."""
    row = {"uuid": uuid4(), "account": account, "url": "https://ada.example.com/larder?token=t", "kinds": ""}
    row |= {"secret": SECRET, "enabled": True, "created_at": NOW, "updated_at": NOW} | more
    async with db.writing() as session:
        webhook: Webhook = await webhooks.add(session, row)
    return webhook.uuid


async def a_stored_notice(db: Database, account: UUID, kind: NoticeKind = NoticeKind.ORDER_PLACED) -> Notice:
    """One in storage."""
    notice = a_notice(account, kind)
    async with db.writing() as session:
        await notices.add(session, notice)
    return notice


async def a_failed_attempt(db: Database, notice: UUID, webhook: UUID) -> UUID:
    """One that will not be repeated."""
    delivery = DeliveryBrief(notice=notice, webhook=webhook)
    attempt = Attempt(delivery=delivery, number=1, at=datetime.now(UTC), pause=None)
    async with db.writing() as session:
        await webhooks.note(session, attempt, Reply(500, "It answered 500."), attempt.at)
    return attempt.uuid

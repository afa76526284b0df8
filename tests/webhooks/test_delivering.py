"""The activity of one attempt, with a real receiver and both databases; what a crash may repeat."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.delivering import Delivering
from activities.notifying import Notifier
from domain.webhooks import Attempt, DeliveryBrief
from outside.guard import GuardedTransport
from simulator.behaviours import answer
from storage import webhooks
from storage.database import Database
from storage.secrets import Secrets
from tests.retailers.parts import LOOPBACK
from tests.webhooks.parts import OTHER_SECRET, SECRET, Receiver, a_stored_notice, a_webhook, an_account
from tests.webhooks.test_sender import is_good
from webhooks.sender import Sender

SECRETS = Secrets("k" * 32)


@pytest.fixture
async def account(db: Database) -> UUID:
    return await an_account(db)


@pytest.fixture
async def delivering(db: Database) -> AsyncIterator[Delivering]:
    # nobody is to be told of a failure here, so Temporal need not be there
    client = await Client.connect("127.0.0.1:9", lazy=True)
    sender = Sender(GuardedTransport(LOOPBACK))
    yield Delivering(db, Notifier(db, client), sender, SECRETS)
    await sender.aclose()


async def an_attempt(db: Database, account: UUID, url: str, **more: object) -> Attempt:
    webhook = await a_webhook(db, account, url=url, secret=SECRETS.seal(SECRET), **more)
    notice = await a_stored_notice(db, account)
    delivery = DeliveryBrief(notice=notice.uuid, webhook=webhook)
    return Attempt(delivery=delivery, number=1, at=datetime.now(UTC), pause=timedelta(seconds=5))


async def test_an_attempt_that_was_written_down_is_not_made_again(
    db: Database, account: UUID, delivering: Delivering
) -> None:
    async with Receiver([answer(500)]) as receiver:
        attempt = await an_attempt(db, account, receiver.url)
        first, second = [await delivering.deliver(attempt) for _ in range(2)]
        assert first is not None
        assert first == second
        assert first.status == 500
        assert first.next_at is not None
        assert first.next_at - attempt.at >= timedelta(seconds=5)
        delivered = await delivering.deliver(attempt.model_copy(update={"number": 2}))
        assert delivered is not None
        assert (delivered.sentence, delivered.next_at) == ("Delivered.", None)
        assert len(receiver.requests) == 2
    async with db.reading() as session:
        assert len(await webhooks.attempts(session, attempt.delivery.webhook, None, 10)) == 2


async def test_the_old_secret_signs_as_long_as_it_may(db: Database, account: UUID, delivering: Delivering) -> None:
    now = datetime.now(UTC)
    async with Receiver() as receiver:
        for until in (now + timedelta(hours=1), now):
            old = {"old_secret": SECRETS.seal(OTHER_SECRET), "old_secret_until": until}
            await delivering.deliver(await an_attempt(db, account, receiver.url, **old))
        during, after = receiver.requests
    assert (is_good(during, SECRET), is_good(during, OTHER_SECRET)) == (True, True)
    assert (is_good(after, SECRET), is_good(after, OTHER_SECRET)) == (True, False)


async def test_who_is_switched_off_is_left_alone(db: Database, account: UUID, delivering: Delivering) -> None:
    async with Receiver() as receiver:
        attempt = await an_attempt(db, account, receiver.url, enabled=False)
        assert await delivering.deliver(attempt) is None
        assert receiver.requests == []


async def test_what_is_too_much_at_once_is_put_off_and_is_no_attempt(
    db: Database, account: UUID, delivering: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.sender.MOST_PER_HOST", 0)
    async with Receiver() as receiver:
        attempt = await an_attempt(db, account, receiver.url)
        with pytest.raises(ApplicationError) as busy:
            await delivering.deliver(attempt)
        assert receiver.requests == []
    assert busy.value.category is ApplicationErrorCategory.BENIGN
    assert busy.value.next_retry_delay == timedelta(seconds=3)
    async with db.reading() as session:
        assert await webhooks.attempts(session, attempt.delivery.webhook, None, 10) == []

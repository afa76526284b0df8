"""The outbox of a fridge and one attempt to tell from it, with a real receiver and both databases."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.fridge_delivering import FridgeDelivering
from activities.notifying import Notifier
from domain.fridge_webhooks import HEARTBEATS_KEPT, Delivery, FridgeAttemptToMake, TellFridgeWebhook
from domain.fridges import NotificationType
from domain.identity import new_uuid
from outside.guard import GuardedTransport
from outside.post import Signed
from simulator.behaviours import answer
from storage import fridge_outbox, fridge_told
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Fleet, Fridge, FridgeNotification
from tests.outside.test_guard import INSIDERS, WALKABLE_FORMS
from tests.retailers.parts import LOOPBACK, a_trap, names
from tests.webhooks.parts import OTHER_SECRET, SECRET, Receiver, an_account
from tests.webhooks.test_sender import is_good
from webhooks.sender import Sender

SECRETS = Secrets("k" * 32)
BOOT, BEAT, BADGE = NotificationType.BOOT, NotificationType.HEARTBEAT, NotificationType.BADGE_PRESENTED
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
async def delivering(db: Database) -> AsyncIterator[FridgeDelivering]:
    # nobody is to be told of a failure here, so Temporal need not be there
    client = await Client.connect("127.0.0.1:9", lazy=True)
    sender = Sender(GuardedTransport(LOOPBACK))
    yield FridgeDelivering(db, Notifier(db, client), sender, SECRETS)
    await sender.aclose()


async def a_fridge(db: Database, url: str | None, **more: Any) -> UUID:
    """A fridge whose webhookUrl that is."""
    account, fleet, uuid = await an_account(db), new_uuid(), new_uuid()
    moments = {"created_at": NOW, "updated_at": NOW}
    async with db.writing() as session:
        session.add(Fleet(uuid=fleet, account=account, name="Office", **moments))
        await session.flush()
        row = {"door_status": "closed", "last_activity": NOW, "heartbeat_interval": 300, "webhook_url": url}
        row |= {"webhook_secret": SECRETS.seal(SECRET), "is_offline": False, "is_out_of_band": False}
        row |= {"sequence": 0, "version": 1, **moments}
        session.add(Fridge(uuid=uuid, account=account, fleet=fleet, **row | more))
    return uuid


async def say(db: Database, fridge: UUID, *kinds: NotificationType, at: datetime = NOW) -> list[bool]:
    """Notifications in that order, as a settle writes them."""
    async with db.writing() as session:
        row = await session.get_one(Fridge, fridge, with_for_update=True)

        def writing(kind: NotificationType) -> fridge_outbox.Write:
            return lambda stamp: json.dumps({"type": kind, "badge": "secret-canary", **stamp.written()})

        return [
            fridge_outbox.add(session, row, kind, writing(kind), at=at, seal=SECRETS.seal if kind is BADGE else None)
            for kind in kinds
        ]


def first(fridge: UUID, sequence: int = 1, **more: Any) -> FridgeAttemptToMake:
    """The first attempt to tell it."""
    attempt = FridgeAttemptToMake(
        fridge=fridge, sequence=sequence, number=1, at=datetime.now(UTC), pause=timedelta(seconds=5)
    )
    return attempt.model_copy(update=more)


async def rows(db: Database, fridge: UUID) -> list[FridgeNotification]:
    async with db.reading() as session:
        mine = select(FridgeNotification).where(FridgeNotification.fridge == fridge)
        return list(await session.scalars(mine.order_by(FridgeNotification.sequence)))


async def deliveries(db: Database, fridge: UUID) -> list[str]:
    return [row.delivery for row in await rows(db, fridge)]


async def turn(delivering: FridgeDelivering, fridge: UUID) -> int | None:
    """Whose turn it is."""
    waiting = await delivering.look(TellFridgeWebhook(fridge=fridge, account=fridge))
    return None if waiting is None else waiting.sequence


async def test_an_attempt_that_was_written_down_is_not_made_again(db: Database, delivering: FridgeDelivering) -> None:
    """As after a crash between the writing and the end of the activity."""
    async with Receiver([answer(500)]) as receiver:
        fridge = await a_fridge(db, receiver.url)
        assert await say(db, fridge, BOOT, BOOT) == [True, True]
        attempt = first(fridge)
        once, twice = [await delivering.deliver(attempt) for _ in range(2)]
        assert once is not None
        assert once == twice
        assert (once.status, len(receiver.requests)) == (500, 1)
        waiting = await delivering.look(TellFridgeWebhook(fridge=fridge, account=fridge))
        assert waiting is not None
        assert (waiting.sequence, waiting.number, waiting.not_before) == (1, 2, once.next_at)
        delivered = await delivering.deliver(attempt.model_copy(update={"number": 2}))
        assert delivered is not None
        assert (delivered.sentence, delivered.next_at) == ("Delivered.", None)
    assert await turn(delivering, fridge) == 2
    assert await deliveries(db, fridge) == [Delivery.DELIVERED, Delivery.WAITING]
    async with db.reading() as session:
        assert len(await fridge_told.attempts(session, fridge, None, 10)) == 2


async def test_the_bytes_are_the_same_at_every_attempt_and_the_old_secret_signs_as_long_as_it_may(
    db: Database, delivering: FridgeDelivering
) -> None:
    """I6."""
    now = datetime.now(UTC)
    async with Receiver() as receiver:
        for until in (now + timedelta(hours=1), now):
            old = {"old_webhook_secret": SECRETS.seal(OTHER_SECRET), "old_webhook_secret_until": until}
            fridge = await a_fridge(db, receiver.url, **old)
            await say(db, fridge, BOOT)
            for number in (1, 2):
                await delivering.deliver(first(fridge, number=number))
        during, again, after, _ = receiver.requests
    assert during.body == again.body
    assert during.headers["webhook-id"] == again.headers["webhook-id"] == json.loads(during.body)["id"]
    assert (is_good(during, SECRET), is_good(during, OTHER_SECRET)) == (True, True)
    assert (is_good(after, SECRET), is_good(after, OTHER_SECRET)) == (True, False)


@pytest.mark.parametrize(
    "more", [{"webhook_off_because": "Gone."}, {"deleted_at": NOW}, {"webhook_url": None}], ids=range(3)
)
async def test_where_nobody_is_to_be_told_what_waits_is_dropped(
    db: Database, delivering: FridgeDelivering, more: dict[str, Any]
) -> None:
    async with Receiver() as receiver:
        fridge = await a_fridge(db, receiver.url)
        await say(db, fridge, BADGE, BOOT)
        async with db.writing() as session:
            row = await session.get_one(Fridge, fridge)
            for column, value in more.items():
                setattr(row, column, value)
        assert await delivering.deliver(first(fridge)) is None
        assert await turn(delivering, fridge) is None
        assert receiver.requests == []
    badge, boot = await rows(db, fridge)
    assert [badge.delivery, boot.delivery] == [Delivery.DROPPED] * 2
    assert (badge.letter, boot.letter != "") == ("", True)


async def test_without_a_webhook_it_is_kept_but_a_badge_is_not(db: Database, delivering: FridgeDelivering) -> None:
    fridge = await a_fridge(db, None)
    assert await say(db, fridge, BOOT, BADGE) == [False, False]
    boot, badge = await rows(db, fridge)
    assert (json.loads(boot.letter)["sequence"], badge.letter, badge.sequence) == (1, "", 2)
    assert await turn(delivering, fridge) is None


async def test_a_badge_that_is_given_up_is_emptied(db: Database, delivering: FridgeDelivering) -> None:
    """1.J.15."""
    async with Receiver([answer(500)] * 2) as receiver:
        fridge = await a_fridge(db, receiver.url)
        await say(db, fridge, BADGE)
        await delivering.deliver(first(fridge))
        (row,) = await rows(db, fridge)
        assert row.letter
        assert "secret-canary" not in row.letter
        await delivering.deliver(first(fridge, number=2, pause=None))
        assert [each["badge"] for each in receiver.said] == ["secret-canary"] * 2
    (row,) = await rows(db, fridge)
    assert (row.delivery, row.letter) == (Delivery.FAILED, "")


async def test_of_several_heartbeats_that_wait_the_newest_is_told(db: Database, delivering: FridgeDelivering) -> None:
    """S97."""
    fridge = await a_fridge(db, "https://example.com/hook")
    await say(db, fridge, BEAT, BEAT, BOOT, BEAT)
    assert await turn(delivering, fridge) == 3
    assert await deliveries(db, fridge) == ["dropped", "dropped", "waiting", "waiting"]


async def test_heartbeats_are_kept_for_a_day(db: Database, delivering: FridgeDelivering) -> None:
    """With their attempts; nothing else is forgotten."""
    async with Receiver() as receiver:
        fridge = await a_fridge(db, receiver.url)
        long_ago = datetime.now(UTC) - HEARTBEATS_KEPT - timedelta(hours=1)
        await say(db, fridge, BEAT, BOOT, at=long_ago)
        for sequence in (1, 2):
            await delivering.deliver(first(fridge, sequence, at=long_ago))
        await say(db, fridge, BEAT, at=datetime.now(UTC))
        await delivering.deliver(first(fridge, 3, pause=None))
    assert [row.sequence for row in await rows(db, fridge)] == [2, 3]
    async with db.reading() as session:
        told = await fridge_told.attempts(session, fridge, None, 10)
    assert [attempt.sequence for attempt, _ in told] == [3, 2]


async def test_a_replay_leaves_the_turn_of_the_others_alone(db: Database, delivering: FridgeDelivering) -> None:
    async with Receiver([answer(204), answer(500)]) as receiver:
        fridge = await a_fridge(db, receiver.url)
        await say(db, fridge, BOOT, BOOT)
        await delivering.deliver(first(fridge))
        failed = await delivering.deliver(first(fridge, replay=new_uuid()))
        assert failed is not None
        assert failed.next_at is not None
        assert await turn(delivering, fridge) == 2
    assert await deliveries(db, fridge) == ["delivered", "waiting"]


async def test_what_is_too_much_at_once_is_put_off_and_is_no_attempt(
    db: Database, delivering: FridgeDelivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.sender.MOST_PER_HOST", 0)
    async with Receiver() as receiver:
        fridge = await a_fridge(db, receiver.url)
        await say(db, fridge, BOOT)
        with pytest.raises(ApplicationError):
            await delivering.deliver(first(fridge))
        assert receiver.requests == []
    async with db.reading() as session:
        assert await fridge_told.attempts(session, fridge, None, 10) == []


async def test_product_linked_goes_to_the_oldest_fridge_of_each_address(db: Database) -> None:
    """1.J.15: neither to one that is switched off nor to one that is gone."""
    first_url, second_url = "https://example.com/a", "https://example.com/b"
    oldest = await a_fridge(db, first_url)
    async with db.writing() as session:
        old = await session.get_one(Fridge, oldest)
        shared = {"door_status": "closed", "last_activity": NOW, "heartbeat_interval": 300, "sequence": 0, "version": 1}
        shared |= {"is_offline": False, "is_out_of_band": False, "webhook_secret": "", "created_at": NOW}
        shared |= {"updated_at": NOW, "account": old.account, "fleet": old.fleet}
        uuids = [new_uuid() for _ in range(5)]
        places: list[dict[str, Any]] = [{"webhook_url": first_url}, {"webhook_url": second_url}, {"webhook_url": None}]
        places.append({"webhook_url": "https://example.com/c", "webhook_off_because": "Gone."})
        places.append({"webhook_url": "https://example.com/d", "deleted_at": NOW})
        session.add_all(Fridge(uuid=uuid, **shared | place) for uuid, place in zip(uuids, places, strict=True))
        await session.flush()
        found = await fridge_outbox.product_receivers(session, old.account)
    assert found == [oldest, uuids[1]]


@pytest.mark.parametrize("form", WALKABLE_FORMS, ids=range(len(WALKABLE_FORMS)))
async def test_no_spelling_of_an_inside_address_is_told_anything(form: str) -> None:
    """S79: every attempt goes through the guard, whatever was stored as webhookUrl."""
    sender = Sender(GuardedTransport(resolve=names(INSIDERS)))
    async with a_trap() as trap:
        reply = await sender.post(form.format(port=trap.port), Signed(new_uuid(), "{}", [SECRET]))
        assert trap.visits == 0
    await sender.aclose()
    assert reply.status is None
    assert "LARDER_ALLOW_NETS" in (reply.reason or "")

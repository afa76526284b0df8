"""What is written of attempts to tell a receiver, and what a receiver that only fails comes to."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.errors import Conflict, NotFound
from domain.notices import NoticeKind, letter_uuid
from domain.webhooks import MOST_WEBHOOKS, Attempt, DeliveryBrief, Reply
from storage import notices, webhooks
from storage.database import Database
from storage.tables import Webhook
from storage.webhooks import Noted
from tests.webhooks.parts import NOW, SECRET, a_failed_attempt, a_stored_notice, a_webhook, an_account

DAY = timedelta(days=1)


@pytest.fixture
async def account(db: Database) -> UUID:
    return await an_account(db)


async def noted(db: Database, attempt: Attempt, ended: datetime, status: int | None) -> Noted:
    """An attempt that got that status; anything but 204 is a failure."""
    reason = None if status == 204 else f"The receiver answered {status}."
    async with db.writing() as session:
        written = await webhooks.note(session, attempt, Reply(status, reason), ended)
    assert written is not None
    return written


async def row_of(db: Database, webhook: UUID) -> Webhook:
    async with db.reading() as session:
        return await session.get_one(Webhook, webhook)


def an_attempt(notice: UUID, webhook: UUID, number: int = 1, at: datetime = NOW) -> Attempt:
    return Attempt(
        delivery=DeliveryBrief(notice=notice, webhook=webhook), number=number, at=at, pause=timedelta(minutes=5)
    )


async def test_five_days_of_only_failures_switch_it_off_with_one_notice(db: Database, account: UUID) -> None:
    webhook = await a_webhook(db, account)
    for day in range(5):
        notice = await a_stored_notice(db, account)
        written = await noted(db, an_attempt(notice.uuid, webhook), NOW + day * DAY, 500)
        assert (written.notice, written.attempted.next_at) == (None, NOW + day * DAY + timedelta(minutes=5))
    assert (await row_of(db, webhook)).failing_since == NOW
    last = an_attempt((await a_stored_notice(db, account)).uuid, webhook)
    written = await noted(db, last, NOW + 5 * DAY, 500)
    row = await row_of(db, webhook)
    assert (row.enabled, written.attempted.next_at) == (False, None)
    assert row.disabled_because == "Nothing has reached it for 5 days. The receiver answered 500."
    # the worker died after the commit: the same again, with the notice that must still be told
    async with db.reading() as session:
        assert await webhooks.noted(session, last) == written
        told = await notices.get(session, written.notice or uuid4())
    assert told is not None
    assert told.kind is NoticeKind.WEBHOOK_DISABLED
    assert told.sentence == f"Your webhook at ada.example.com was switched off. {row.disabled_because}"
    assert "token" not in told.model_dump_json()
    # what was under way at the same time is written down and tells nothing more
    late = await noted(db, an_attempt((await a_stored_notice(db, account)).uuid, webhook), NOW + 6 * DAY, 500)
    assert (late.notice, late.attempted.next_at) == (None, None)


async def test_one_success_begins_the_five_days_anew(db: Database, account: UUID) -> None:
    webhook = await a_webhook(db, account)
    for day, status in ((0, 500), (4, 204), (5, 500), (9, None)):
        notice = await a_stored_notice(db, account)
        assert (await noted(db, an_attempt(notice.uuid, webhook), NOW + day * DAY, status)).notice is None
    row = await row_of(db, webhook)
    assert (row.enabled, row.failing_since) == (True, NOW + 5 * DAY)


async def test_gone_switches_it_off_at_once_and_its_owner_on_again(db: Database, account: UUID) -> None:
    webhook, notice = await a_webhook(db, account), await a_stored_notice(db, account)
    assert (await noted(db, an_attempt(notice.uuid, webhook), NOW, 410)).notice is not None
    async with db.writing() as session:
        assert await webhooks.to_tell(session, DeliveryBrief(notice=notice.uuid, webhook=webhook)) is None
        webhooks.switch(await webhooks.get(session, account, webhook, to_change=True), on=True)
    row = await row_of(db, webhook)
    assert (row.enabled, row.disabled_because, row.failing_since) == (True, None, None)


async def test_who_asks_for_time_gets_it_unless_the_schedule_gives_more(db: Database, account: UUID) -> None:
    webhook, notice = await a_webhook(db, account), await a_stored_notice(db, account)
    for number, (asked, wait) in enumerate([(None, 300), (10, 300), (3600, 3600)], start=1):
        after = None if asked is None else timedelta(seconds=asked)
        attempt = an_attempt(notice.uuid, webhook, number)
        async with db.writing() as session:
            written = await webhooks.note(session, attempt, Reply(503, "Later.", after), NOW)
        assert written is not None
        assert written.attempted.next_at == NOW + timedelta(seconds=wait)


async def test_a_receiver_that_was_removed_meanwhile_is_no_trouble(db: Database, account: UUID) -> None:
    webhook, notice = await a_webhook(db, account), await a_stored_notice(db, account)
    await a_failed_attempt(db, notice.uuid, webhook)
    async with db.writing() as session:
        await webhooks.remove(session, await webhooks.get(session, account, webhook))
    async with db.writing() as session:
        attempt = an_attempt(notice.uuid, webhook, 2)
        assert await webhooks.note(session, attempt, Reply(204, None), NOW) is None
    async with db.reading() as session:
        assert await webhooks.to_tell(session, attempt.delivery) is None
        assert await webhooks.attempts(session, webhook, None, 10) == []
        with pytest.raises(NotFound):
            await webhooks.get(session, account, webhook)


async def test_there_are_at_most_twenty(db: Database, account: UUID) -> None:
    for _ in range(MOST_WEBHOOKS):
        await a_webhook(db, account)
    with pytest.raises(Conflict, match="20"):
        await a_webhook(db, account)
    await a_webhook(db, await an_account(db))


async def test_an_old_secret_signs_until_its_day_is_over(db: Database, account: UUID) -> None:
    webhook = await a_webhook(db, account)
    async with db.writing() as session:
        row = await webhooks.get(session, account, webhook, to_change=True)
        webhooks.rotate(row, "second", NOW, DAY)
        assert webhooks.signing_secrets(row, NOW + DAY - timedelta(seconds=1)) == ["second", SECRET]
        assert webhooks.signing_secrets(row, NOW + DAY) == ["second"]
        webhooks.rotate(row, "third", NOW, DAY)
        assert webhooks.signing_secrets(row, NOW) == ["third", "second"]


async def test_a_notice_is_there_once_and_is_told_to_whom_it_concerns(db: Database, account: UUID) -> None:
    everything = await a_webhook(db, account)
    deliveries = await a_webhook(db, account, kinds="order.delivered webhook.disabled")
    await a_webhook(db, account, enabled=False)
    await a_webhook(db, await an_account(db))
    placed = await a_stored_notice(db, account, NoticeKind.ORDER_PLACED)
    delivered = await a_stored_notice(db, account, NoticeKind.ORDER_DELIVERED)
    async with db.writing() as session:
        await notices.add(session, placed.model_copy(update={"sentence": "Other words."}))
    async with db.reading() as session:
        assert await notices.get(session, placed.uuid) == placed
        briefs = {brief.notice: brief for brief in await notices.to_tell(session, [placed.uuid, delivered.uuid])}
    assert briefs[placed.uuid].webhooks == (everything,)
    assert set(briefs[delivered.uuid].webhooks) == {everything, deliveries}
    assert (briefs[placed.uuid].letter, briefs[delivered.uuid].letter) == (None, letter_uuid(delivered.uuid))


async def test_a_notice_that_nobody_is_to_hear_of_starts_nothing(db: Database, account: UUID) -> None:
    placed = await a_stored_notice(db, account, NoticeKind.ORDER_PLACED)
    await a_webhook(db, account, kinds="order.delivered")
    async with db.reading() as session:
        assert await notices.to_tell(session, [placed.uuid, uuid4()]) == []

"""Telling a receiver: a real one on loopback behind the real guard; its check is the reference library's."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.webhooks import Reply
from outside.guard import GuardedTransport
from outside.retry_after import LONGEST_WAIT
from simulator.behaviours import HANG_UP, Behaviour, Slow, answer, redirect
from simulator.retailer import ReceivedOrder
from tests.retailers.parts import a_trap, names
from tests.webhooks.parts import NOW, OTHER_SECRET, SECRET, Receiver, a_notice, a_sender, sent
from webhooks.sender import MOST_PER_HOST, Busy, Sender

QUICK = timedelta(milliseconds=400)


async def reply_to(behaviour: Behaviour, total: timedelta = timedelta(seconds=5)) -> Reply:
    async with Receiver([behaviour]) as receiver, a_sender(total) as sender:
        return await sender.send(receiver.url, [SECRET], a_notice())


def is_good(request: ReceivedOrder, secret: str = SECRET, body: bytes | None = None, **headers: str) -> bool:
    """What the reference library says."""
    given = dict(request.headers) | {name.replace("_", "-"): text for name, text in headers.items()}
    try:
        Webhook(secret).verify(request.body if body is None else body, given)
    except WebhookVerificationError:
        return False
    return True


async def test_the_bytes_signed_are_the_bytes_sent_and_say_what_happened() -> None:
    notice = a_notice()
    async with Receiver() as receiver, a_sender() as sender:
        for _ in range(2):
            await sender.send(receiver.url, [SECRET], notice)
    first, second = receiver.requests
    assert first.body == second.body  # I6: one webhook-id, one body
    assert is_good(first)
    assert is_good(second)
    assert json.loads(first.body) == {
        "type": "order.placed",
        "timestamp": NOW.isoformat(),
        "id": str(notice.uuid),
        "data": notice.data | {"sentence": notice.sentence},
    }
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(notice.uuid)
    assert first.headers["content-type"] == "application/json"
    assert first.headers["content-length"] == str(len(first.body))


async def test_a_wrong_key_another_id_and_a_changed_byte_are_noticed() -> None:
    request = await sent()
    assert is_good(request)
    assert not is_good(request, OTHER_SECRET)
    assert not is_good(request, webhook_id="another")
    assert not is_good(request, body=request.body.replace(b"3.49", b"3.48"))
    assert not is_good(request, body=b"{}")


@pytest.mark.parametrize(("seconds", "good"), [(-301, False), (-298, True), (299, True), (301, False)])
async def test_a_notice_is_good_for_five_minutes(seconds: int, good: bool) -> None:
    request = await sent()
    at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC) + timedelta(seconds=seconds)
    with freeze_time(at, real_asyncio=True):
        assert is_good(request) is good


async def test_while_a_secret_is_changed_both_verify() -> None:
    request = await sent(SECRET, OTHER_SECRET)
    assert is_good(request, SECRET)
    assert is_good(request, OTHER_SECRET)
    assert len(request.headers["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_taken(status: int) -> None:
    assert await reply_to(answer(status, b"")) == Reply(status, None)


async def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    async with a_trap() as trap:
        reply = await reply_to(redirect(f"http://127.0.0.1:{trap.port}/"))
        assert trap.visits == 0
    assert (reply.status, reply.reason) == (
        307,
        "The receiver answered 307 (Temporary Redirect). Redirects are not followed.",
    )


@pytest.mark.parametrize(
    ("behaviour", "after"),
    [
        *((answer(status, retry_after="120"), timedelta(minutes=2)) for status in (429, 502, 503, 504)),
        *((answer(status, retry_after="120"), None) for status in (302, 404, 410, 500)),
        (answer(503, retry_after="99999999"), LONGEST_WAIT),
        (answer(503, retry_after="soon"), None),
        (answer(503), None),
    ],
    ids=range(11),
)
async def test_who_asks_for_time_gets_it_within_reason(behaviour: Behaviour, after: timedelta | None) -> None:
    reply = await reply_to(behaviour)
    assert (reply.status, reply.after) == (behaviour.status, after)
    assert reply.reason is not None
    assert str(behaviour.status) in reply.reason


@pytest.mark.parametrize(
    "behaviour",
    [HANG_UP, Behaviour(status=200, slow=Slow.STATUS_LINE), Behaviour(headers={"Bad Name": "x"})],
    ids=range(3),
)
async def test_no_clear_answer_is_a_failure_in_words(behaviour: Behaviour) -> None:
    reply = await reply_to(behaviour, QUICK)
    assert reply.status is None
    assert reply.reason is not None
    assert "The receiver" in reply.reason or "to the receiver" in reply.reason


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(status=200, body=b"x" * 10_000_000),
        Behaviour(status=200, slow=Slow.BODY),
        Behaviour(status=200, headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b broken"),
        Behaviour(status=200, headers={"Content-Length": "100000"}),
    ],
    ids=range(4),
)
async def test_the_status_line_counts_whatever_follows_it(behaviour: Behaviour) -> None:
    assert await reply_to(behaviour, QUICK) == Reply(200, None)


async def test_a_closed_port_is_a_failure_in_words() -> None:
    async with Receiver() as receiver:
        url = receiver.url
    async with a_sender() as sender:
        reply = await sender.send(url, [SECRET], a_notice())
    assert reply.status is None
    assert (reply.reason or "").startswith("The receiver could not be reached: ")


@pytest.mark.parametrize("known", [["127.0.0.1"], ["203.0.113.7", "10.0.0.1"], ["169.254.169.254"], ["::1"]])
async def test_an_inside_address_is_never_reached_unless_the_operator_allows_it(known: Sequence[str]) -> None:
    sender = Sender(GuardedTransport(resolve=names({"ada.example": known})))
    async with a_trap() as trap:
        reply = await sender.send(f"http://ada.example:{trap.port}/", [SECRET], a_notice())
        assert trap.visits == 0
    await sender.aclose()
    assert reply.status is None
    assert "LARDER_ALLOW_NETS" in (reply.reason or "")
    assert not any(address in (reply.reason or "") for address in known)


async def test_slow_receivers_take_no_more_than_their_share_and_nobody_else_waits() -> None:
    slow = [Behaviour(status=200, slow=Slow.STATUS_LINE)] * MOST_PER_HOST
    async with Receiver(slow) as dead, Receiver() as good, a_sender(total=timedelta(seconds=2)) as sender:
        waiting = [asyncio.create_task(sender.send(dead.url, [SECRET], a_notice())) for _ in slow]
        await dead.wait_for_requests(MOST_PER_HOST)
        with pytest.raises(Busy):
            await sender.send(dead.url, [SECRET], a_notice())
        assert await sender.send(good.url, [SECRET], a_notice()) == Reply(204, None)
        assert {reply.status for reply in await asyncio.gather(*waiting)} == {None}
        assert await sender.send(dead.url, [SECRET], a_notice()) == Reply(204, None)
    assert len(dead.requests) == MOST_PER_HOST + 1

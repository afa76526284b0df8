"""Handing over an order: a real retailer on loopback behind the real guard."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks.webhooks import Webhook

from outside.guard import GuardedTransport
from retailers.orders import Booked, Outcome, Refused, TryLater
from retailers.push import PushRetailer
from simulator import behaviours
from simulator.behaviours import Behaviour, Slow, answer
from simulator.retailer import ScriptedRetailer
from tests.retailers.parts import LOOPBACK, SECRET, a_letter, a_paper, a_trap, names

QUICK = timedelta(milliseconds=400)


@asynccontextmanager
async def a_pusher(total: timedelta = timedelta(seconds=5)) -> AsyncIterator[PushRetailer]:
    pusher = PushRetailer(GuardedTransport(LOOPBACK), total=total)
    try:
        yield pusher
    finally:
        await pusher.aclose()


async def what_becomes_of(behaviour: Behaviour, total: timedelta = timedelta(seconds=5)) -> tuple[Outcome, int]:
    """The outcome of one order, and how many orders are in the retailer's book after it."""
    async with ScriptedRetailer([behaviour], secret=SECRET) as shop, a_pusher(total) as pusher:
        outcome = await pusher.place(shop.url, SECRET, a_letter())
        assert len(shop.requests) == 1
        return outcome, len(shop.book)


async def test_an_order_is_booked_once_and_comes_back_with_the_retailers_reference() -> None:
    async with ScriptedRetailer(secret=SECRET) as shop, a_pusher() as pusher:
        assert await pusher.place(shop.url, SECRET, a_letter()) == Booked(reference="R-1")
        assert await pusher.place(shop.url, SECRET, a_letter()) == Booked(reference="R-1")
    assert list(shop.book) == [str(a_paper().uuid)]
    assert shop.repeats == 1


async def test_the_bytes_signed_are_the_bytes_sent_and_the_key_is_the_orders_uuid() -> None:
    async with ScriptedRetailer() as shop, a_pusher() as pusher:
        await pusher.place(shop.url, SECRET, a_letter())
        (request,) = shop.requests
        Webhook(SECRET).verify(request.body, dict(request.headers))
    assert request.body == a_letter().text.encode()
    assert request.headers["idempotency-key"] == request.headers["webhook-id"] == str(a_paper().uuid)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.body))
    assert "transfer-encoding" not in request.headers
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("behaviour", "reference"),
    [
        (behaviours.BOOK, "R-1"),
        (Behaviour(status=202, body=b""), None),
        (Behaviour(status=204, body=b"", headers={"Content-Length": "0"}), None),
        (behaviours.BOOK_AND_ANSWER_HTML, None),
        (behaviours.BOOK_AND_ANSWER_FOR_ANOTHER_ORDER, "X-1"),
        (behaviours.BOOK_AND_TRUNCATE, None),
        (behaviours.book_and_answer_huge(), None),
        (Behaviour(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b broken"), None),
    ],
    ids=range(8),
)
async def test_the_status_line_books_whatever_the_body_is(behaviour: Behaviour, reference: str | None) -> None:
    assert await what_becomes_of(behaviour) == (Booked(reference=reference), 1)


async def test_a_body_of_one_byte_per_second_does_not_unbook_the_order() -> None:
    assert await what_becomes_of(behaviours.book_and_drip(Slow.BODY), QUICK) == (Booked(reference=None), 1)


@pytest.mark.parametrize(
    ("behaviour", "booked"),
    [
        (behaviours.BOOK_AND_HANG_UP, 1),
        (behaviours.BOOK_AND_RESET, 1),
        (behaviours.HANG_UP, 0),
        (behaviours.book_and_drip(Slow.STATUS_LINE), 1),
        (Behaviour(headers={"X-Filler": "x" * 2**20}), 1),
        (Behaviour(headers={"Broken Header": "x"}), 1),
        (Behaviour(status=500), 1),
        (answer(500), 0),
        (answer(502), 0),
        (answer(504), 0),
        (answer(408), 0),
    ],
    ids=range(11),
)
async def test_after_the_order_has_left_no_clear_answer_means_unknown(behaviour: Behaviour, booked: int) -> None:
    outcome, in_the_book = await what_becomes_of(behaviour, QUICK if behaviour.slow is not Slow.NOWHERE else 10 * QUICK)
    assert isinstance(outcome, TryLater)
    assert outcome.outcome_unknown
    assert in_the_book == booked


@pytest.mark.parametrize("status", [409, 425, 429])
async def test_a_retailer_that_says_not_now_is_asked_again_when_it_wants(status: int) -> None:
    outcome, booked = await what_becomes_of(answer(status, retry_after="120"))
    assert isinstance(outcome, TryLater)
    assert (outcome.after, outcome.outcome_unknown, booked) == (timedelta(seconds=120), False, 0)


async def test_a_clear_no_is_a_refusal_with_the_retailers_words() -> None:
    assert await what_becomes_of(answer(422, b'{"detail": "No cookies left."}')) == (
        Refused(status=422, reason="The retailer answered 422 (Unprocessable Entity). It said: No cookies left."),
        0,
    )


async def test_a_redirect_is_a_refusal_and_is_not_followed() -> None:
    async with a_trap() as trap:
        outcome, _ = await what_becomes_of(behaviours.redirect(f"http://127.0.0.1:{trap.port}/"))
        assert isinstance(outcome, Refused)
        assert outcome.status == 307
        assert trap.visits == 0


async def test_a_wrong_signing_secret_is_noticed_by_the_retailer() -> None:
    async with ScriptedRetailer(secret="whsec_b3RoZXI=") as shop, a_pusher() as pusher:
        outcome = await pusher.place(shop.url, SECRET, a_letter())
    assert isinstance(outcome, Refused)
    assert (outcome.status, len(shop.requests), len(shop.book)) == (401, 1, 0)


async def test_a_retailer_that_books_hangs_up_and_then_says_conflict_is_never_a_refusal() -> None:
    async with ScriptedRetailer([behaviours.BOOK_AND_HANG_UP], repeat_status=409) as shop, a_pusher() as pusher:
        first = await pusher.place(shop.url, SECRET, a_letter())
        second = await pusher.place(shop.url, SECRET, a_letter())
    assert isinstance(first, TryLater)
    assert isinstance(second, TryLater)
    assert (first.outcome_unknown, second.outcome_unknown) == (True, False)
    assert (len(shop.book), shop.repeats) == (1, 1)


async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    async with ScriptedRetailer() as shop:
        url = shop.url
    async with a_pusher() as pusher:
        outcome = await pusher.place(url, SECRET, a_letter())
    assert isinstance(outcome, TryLater)
    assert not outcome.outcome_unknown


async def test_an_inside_address_is_never_reached_and_nothing_was_sent() -> None:
    pusher = PushRetailer(GuardedTransport(resolve=names({"shop.example": ["127.0.0.1"]})))
    async with a_trap() as trap:
        outcome = await pusher.place(f"http://shop.example:{trap.port}/orders", SECRET, a_letter())
    await pusher.aclose()
    assert isinstance(outcome, TryLater)
    assert not outcome.outcome_unknown
    assert "LARDER_ALLOW_NETS" in (outcome.in_full or "")
    assert outcome.reason == "The retailer has an address that may not be called."
    assert trap.visits == 0


@pytest.mark.parametrize(
    "url", ["", "ftp://shop.example/", "http://ada:secret@shop.example/", "http://shop.example:0/"]
)
async def test_an_address_that_cannot_be_used_waits_for_a_better_one(url: str) -> None:
    async with a_pusher() as pusher:
        outcome = await pusher.place(url, SECRET, a_letter())
    assert isinstance(outcome, TryLater)
    assert not outcome.outcome_unknown
    assert outcome.reason.startswith("The address") or outcome.reason.startswith("The port")


@pytest.mark.parametrize(("connect", "total"), [(QUICK, 10 * QUICK), (10 * QUICK, QUICK)])
async def test_a_name_server_that_keeps_silent_means_that_nothing_was_sent(
    connect: timedelta, total: timedelta
) -> None:
    async def silent(_: str, __: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    pusher = PushRetailer(GuardedTransport(resolve=silent), connect=connect, total=total)
    async with asyncio.timeout(3):
        outcome = await pusher.place("http://shop.example/orders", SECRET, a_letter())
    await pusher.aclose()
    assert isinstance(outcome, TryLater)
    assert not outcome.outcome_unknown


async def test_a_certificate_that_nobody_vouches_for_gets_no_order(tmp_path: Path) -> None:
    async with ScriptedRetailer(tls=a_self_signed_server(tmp_path)) as shop, a_pusher() as pusher:
        outcome = await pusher.place(shop.url, SECRET, a_letter())
    assert isinstance(outcome, TryLater)
    assert not outcome.outcome_unknown
    assert shop.requests == []


async def test_fifty_orders_at_once_are_fifty_bookings() -> None:
    letters = [a_letter(f"5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a{n:02x}") for n in range(50)]
    async with ScriptedRetailer(secret=SECRET) as shop, a_pusher() as pusher:
        outcomes = await asyncio.gather(*(pusher.place(shop.url, SECRET, letter) for letter in letters))
        await shop.wait_for_orders(50)
    assert {outcome.reference for outcome in outcomes if isinstance(outcome, Booked)} == {
        entry.reference for entry in shop.book.values()
    }
    assert len(shop.book) == 50


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_trap() as trap, ScriptedRetailer() as shop:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
        async with a_pusher() as pusher:
            assert await pusher.place(shop.url, SECRET, a_letter()) == Booked(reference="R-1")
        assert trap.visits == 0


def a_self_signed_server(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context

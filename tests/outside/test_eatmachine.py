"""Commands to other clouds: a real server on loopback behind the real guard (S84, S91)."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.fridges import CommandSlug
from outside.eatmachine import Accepted, Declined, EatMachine, TryAgain, outcome
from outside.guard import GuardedTransport
from simulator.behaviours import HANG_UP, Behaviour, Slow, answer, redirect
from tests.eatmachine.document import EXCHANGES
from tests.outside.test_guard import INSIDERS, WALKABLE_FORMS
from tests.retailers.parts import LOOPBACK, a_trap, names
from tests.webhooks.parts import Receiver

KEY = UUID("f8bf3f4a-8799-4dd8-bb36-a197929dc8f1")
FRIDGE = "5699613c-0e96-470c-ba56-e520343ebc63"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUICK = timedelta(milliseconds=400)


@asynccontextmanager
async def a_client(total: timedelta = timedelta(seconds=5)) -> AsyncIterator[EatMachine]:
    client = EatMachine(GuardedTransport(LOOPBACK), total=total)
    try:
        yield client
    finally:
        await client.aclose()


async def test_a_command_is_posted_as_documented_and_its_answer_understood() -> None:
    """S84, S91, S95: no body, a bearer key; what the answer calls it is kept."""
    printed = (EXCHANGES / "reboot.json").read_text()
    async with Receiver([answer(201, printed.encode())]) as cloud, a_client() as client:
        taken = await client.command(f"{cloud.url.rstrip('/')}/", "their-key", FRIDGE, CommandSlug.REBOOT, KEY)
    (request,) = cloud.requests
    assert request.path.endswith(f"/fridges/{FRIDGE}/commands/reboot")
    assert "//" not in request.path
    assert request.body == b""
    assert request.headers["authorization"] == "Bearer their-key"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == str(KEY)
    assert "webhook-signature" not in request.headers
    assert taken == Accepted(json.loads(printed)["data"]["uuid"])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 422, 301, 307])
def test_what_will_not_change_is_declined(status: int) -> None:
    assert isinstance(outcome(status, {}, b"", now=NOW), Declined)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_change_is_tried_again(status: int) -> None:
    assert isinstance(outcome(status, {}, b"", now=NOW), TryAgain)


def test_a_conflict_with_our_own_attempt_is_tried_again() -> None:
    assert outcome(409, {"retry-after": "2"}, b"", now=NOW) == TryAgain(
        "The other cloud answered 409 (Conflict).", timedelta(seconds=2)
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"data": null}', b'{"data": {"uuid": 7}}', b'{"data": {"uuid": ""}}'], ids=range(6)
)
def test_an_answer_that_names_nothing_is_taken_all_the_same(body: bytes) -> None:
    assert outcome(200, {}, body, now=NOW) == Accepted(None)


@pytest.mark.parametrize("behaviour", [HANG_UP, Behaviour(status=200, slow=Slow.STATUS_LINE)], ids=range(2))
async def test_no_clear_answer_is_tried_again(behaviour: Behaviour) -> None:
    async with Receiver([behaviour]) as cloud, a_client(QUICK) as client:
        assert isinstance(await client.command(cloud.url, "key", FRIDGE, CommandSlug.OPEN, KEY), TryAgain)


async def test_a_redirect_is_not_followed() -> None:
    async with a_trap() as trap, Receiver([redirect(f"http://127.0.0.1:{trap.port}/")]) as cloud, a_client() as client:
        assert isinstance(await client.command(cloud.url, "key", FRIDGE, CommandSlug.OPEN, KEY), Declined)
        assert trap.visits == 0


@pytest.mark.parametrize("form", WALKABLE_FORMS, ids=range(len(WALKABLE_FORMS)))
async def test_no_spelling_of_an_inside_address_is_connected_to(form: str) -> None:
    client = EatMachine(GuardedTransport(resolve=names(INSIDERS)))
    async with a_trap() as trap:
        asked = await client.command(form.format(port=trap.port), "key", FRIDGE, CommandSlug.OPEN, KEY)
        assert trap.visits == 0
    await client.aclose()
    assert isinstance(asked, TryAgain)
    assert "LARDER_ALLOW_NETS" in asked.reason


@pytest.mark.parametrize("odd", ["../../keys", "a/b", "a?b#c", "ä"])
async def test_what_the_other_cloud_calls_a_fridge_stays_one_step_of_the_path(odd: str) -> None:
    async with Receiver() as cloud, a_client() as client:
        await client.command(cloud.url, "key", odd, CommandSlug.OPEN, KEY)
    (request,) = cloud.requests
    steps: Sequence[str] = request.path.split("/fridges/")[1].split("/")
    assert steps[1:] == ["commands", "open"]

"""A letter's whole way on a real Temporal server with virtual time and a real SMTP server that comes and goes."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle

import names
from api.desk import Desk
from domain.mail import MailBrief, MailKind, Posting
from settings import Settings
from simulator.family import Family, a_family, eventually, ok
from simulator.town import Town, town
from storage import letters
from storage.database import Database
from storage.secrets import TOKEN
from storage.tables import Letter
from tests.api.server import quick_passwords
from tests.databases import fresh_database, opened
from tests.journeys.parts import SANDBOX_HOST, a_ruled_jar, its_sandbox
from tests.mail.parts import SENDER, MailServer, part_of
from tests.replay.stored import of_history
from workflows.mail import MailWorkflow

A_MOMENT = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Place:
    """A town, its database, and its mail server."""

    town: Town
    db: Database
    server: MailServer
    public_url: str

    @property
    def desk(self) -> Desk:
        """What the API would hand letters to."""
        return Desk(self.town.client, self.db)

    def workflow(self, brief: MailBrief) -> WorkflowHandle[MailWorkflow, Posting]:
        """The letter's."""
        return self.town.client.get_workflow_handle_for(MailWorkflow.run, names.mail_workflow_id(brief.mail))

    async def after(self, brief: MailBrief, span: timedelta) -> None:
        """Let time pass for one letter."""
        await self.town.environment.fast_forward(self.workflow(brief), span)

    async def attempted(self, brief: MailBrief, times: int = 1) -> None:
        """Wait until the sending has failed so often."""

        async def attempts() -> int:
            pending = (await self.workflow(brief).describe()).raw_description.pending_activities
            return max((found.attempt for found in pending if found.activity_type.name == "send"), default=0)

        await eventually(attempts, lambda found: found > times)

    async def row(self, brief: MailBrief) -> Letter:
        """What is written down."""
        async with self.db.reading() as session:
            found = await letters.get(session, brief.mail)
        assert found is not None
        return found

    async def history(self, brief: MailBrief) -> str:
        """All that Temporal remembers, payloads decoded."""
        return of_history("letter", await self.workflow(brief).fetch_history()).text


@pytest.fixture(scope="module")
def place_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """On SQLite alone: what these activities do to a database is tested on both in `test_letters.py`."""
    home: Path = tmp_path_factory.mktemp("mail")
    with fresh_database("sqlite", home) as url:
        yield Settings(home=home, database_url=url, sandbox_host=SANDBOX_HOST)


@pytest.fixture(scope="module")
async def place(place_settings: Settings) -> AsyncIterator[Place]:
    server = MailServer()
    mailed = {"smtp_url": SecretStr(server.url), "mail_from": SENDER}
    try:
        async with (
            town(place_settings.model_copy(update=mailed), quick_passwords()) as running,
            opened(place_settings.database_url) as db,
        ):
            yield Place(running, db, server, place_settings.public_url)
    finally:
        server.down()


@pytest.fixture(autouse=True)
def _server_is_up(place: Place) -> Iterator[None]:
    place.server.messages.clear()
    place.server.up()
    yield
    place.server.down()


@pytest.fixture
async def family(place: Place) -> Family:
    """Signed up, and the letter that follows from that is sent."""
    family = await a_family(place.town)

    async def arrived() -> int:
        return len(place.server.messages)

    await eventually(arrived, bool)
    place.server.messages.clear()
    return family


async def a_brief(family: Family, kind: MailKind = MailKind.CONFIRM_EMAIL) -> MailBrief:
    return MailBrief(mail=uuid4(), kind=kind, account=UUID((await family.get("/auth/me"))["uuid"]))


async def test_a_letter_is_sent_once_however_often_it_is_asked_for(place: Place, family: Family) -> None:
    brief = await a_brief(family)
    for _ in range(2):
        await place.desk.mail(brief)
    assert await place.workflow(brief).result() is Posting.SENT
    await place.desk.mail(brief)
    (message,) = [found for found in place.server.messages if str(brief.mail) in found["Message-ID"]]
    code = TOKEN.search(message.as_string())
    described = await place.workflow(brief).describe()
    assert await described.static_summary() == f"Letter confirm-email to account {brief.account}"
    history = await place.history(brief)
    assert str(brief.mail) in history
    assert TOKEN.search(history) is None
    assert message["To"] not in history
    assert code is None or code[0] not in history


async def test_a_letter_to_a_sandbox_is_in_its_outbox_and_goes_nowhere(place: Place, family: Family) -> None:
    """S65: where letters are sent, a live account has no outbox."""
    sandbox = await its_sandbox(family)
    brief = await a_brief(sandbox, MailKind.RESET_PASSWORD)
    await place.desk.mail(brief)
    assert await place.workflow(brief).result() is Posting.KEPT
    (letter,) = await sandbox.get("/outbox")
    assert (letter["uuid"], letter["sentAt"]) == (str(brief.mail), None)
    assert place.server.messages == []
    assert (await family.http.get("/outbox", headers=family.auth)).status_code == 404


async def test_a_mail_server_that_is_down_for_an_hour_makes_a_letter_an_hour_late(place: Place, family: Family) -> None:
    place.server.down()
    brief = await a_brief(family)
    began = datetime.now(UTC)
    await place.desk.mail(brief)
    await place.attempted(brief)
    await place.after(brief, HOUR)
    assert (await place.workflow(brief).describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await place.row(brief)).sent_at is None
    place.server.up()
    await place.after(brief, HOUR)
    assert await place.workflow(brief).result() is Posting.SENT
    assert await place.town.environment.get_current_time(place.workflow(brief)) - began >= HOUR
    assert [message["Message-ID"] for message in place.server.messages] == [f"<{brief.mail}@example.com>"]
    assert (await place.row(brief)).failure is None


async def test_a_temporary_no_is_tried_again(place: Place, family: Family) -> None:
    place.server.to_recipients += ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    brief = await a_brief(family)
    await place.desk.mail(brief)
    await place.attempted(brief)
    await place.after(brief, A_MOMENT)
    assert await place.workflow(brief).result() is Posting.SENT
    assert len(place.server.messages) == 1


async def test_a_no_for_good_ends_the_letter_and_its_reason_can_be_read(place: Place, family: Family) -> None:
    brief = await a_brief(family)
    address = (await family.get("/auth/me"))["email"]
    place.server.to_recipients.append(f"550 5.1.1 <{address}>: no such mailbox")
    await place.desk.mail(brief)
    with pytest.raises(WorkflowFailureError) as failed:
        await place.workflow(brief).result()
    why = "The mail server refuses this letter: 550 5.1.1 <…>: no such mailbox"
    assert str(failed.value.cause).endswith(why)
    assert (await place.row(brief)).failure == why
    assert address not in await place.history(brief)
    assert place.server.messages == []


async def test_a_code_that_would_have_run_out_is_not_sent_any_more(place: Place, family: Family) -> None:
    place.server.down()
    brief = await a_brief(family, MailKind.RESET_PASSWORD)
    await place.desk.mail(brief)
    await place.attempted(brief)
    await place.after(brief, HOUR + A_MOMENT)
    with pytest.raises(WorkflowFailureError):
        await place.workflow(brief).result()
    assert re.match("Not sent in time. The mail server did not take it: ", (await place.row(brief)).failure or "")


async def test_a_worker_that_ends_between_writing_and_sending_loses_no_letter(place: Place, family: Family) -> None:
    place.server.down()
    brief = await a_brief(family)
    await place.desk.mail(brief)
    await place.attempted(brief)
    written = (await place.row(brief)).sealed
    await place.town.restart()
    place.server.up()
    await place.after(brief, A_MOMENT)
    assert await place.workflow(brief).result() is Posting.SENT
    assert (await place.row(brief)).sealed == written
    assert len(place.server.messages) == 1


async def test_what_happens_to_an_order_is_mailed_in_words(place: Place, family: Family) -> None:
    """S27, S28: what is dispatched and delivered is told to the customer, and how to say yes to what waits for it."""
    home = await a_ruled_jar(family, approval="always")
    await home.jar.level(level=5)
    order = await home.order_is("awaiting-approval")
    ok(await home.say("approval", order, approved=True))
    await home.order_is("placed")
    for step in ("dispatched", "delivered"):
        ok(await home.shop.report(step, order))

    async def arrived() -> dict[str, str]:
        return {message["Subject"]: part_of(message, "plain") for message in place.server.messages}

    told = await eventually(arrived, lambda found: len(found) == 3)
    assert set(told) == {
        "An order waits for your approval: Oat cookies",
        "An order is on its way: Oat cookies",
        "An order was delivered: Oat cookies",
    }
    page = f"{place.public_url}/orders/{order['uuid']}"
    assert f"POST {page}/approval" in told["An order waits for your approval: Oat cookies"]
    assert page in told["An order was delivered: Oat cookies"]


async def test_a_letter_to_nobody_ends_without_a_fault(place: Place) -> None:
    brief = MailBrief(mail=uuid4(), kind=MailKind.RESET_PASSWORD, account=uuid4())
    await place.desk.mail(brief)
    assert await place.workflow(brief).result() is Posting.NOBODY


async def test_there_is_no_outbox_where_letters_are_sent(place: Place, family: Family) -> None:
    answer = await family.http.get("/outbox", headers=family.auth)
    assert answer.status_code == 404
    assert answer.json()["message"] == "Letters are sent by mail here, so there is no outbox."

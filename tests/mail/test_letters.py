"""A letter is written once and sealed, its code is spent once, and sending it twice is sending the same message."""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError

from activities.mailing import Mailing
from api.desk import Desk
from api.parts import Parts
from api.principals import principal_of
from domain.errors import NotAuthenticated
from domain.mail import CODE_LIVES, GivenUp, MailBrief, MailKind, Posting
from domain.notices import Notice, NoticeKind
from mail.smtp import Post, SmtpPost
from mail.writing import Writer
from storage import letters, notices, people, tokens
from storage.database import Database
from storage.secrets import TOKEN, Secrets
from storage.tables import Letter, Token
from tests.mail.parts import SENDER, a_mail_server

SECRETS = Secrets("k" * 32)


def a_mailing(db: Database, post: Post | None = None) -> Mailing:
    return Mailing(db, SECRETS, Writer("https://larder.example.com"), post)


async def an_account(db: Database) -> tuple[UUID, str]:
    now, uuid = datetime.now(UTC), uuid4()
    user = {"uuid": uuid, "email": f"{uuid.hex}@example.com", "name": "Ada", "password_hash": "", "time_zone": "UTC"}
    async with db.writing() as session:
        await people.add(session, user | {"currency": "EUR", "created_at": now, "updated_at": now})
    return uuid, f"{uuid.hex}@example.com"


async def a_brief(db: Database, kind: MailKind = MailKind.RESET_PASSWORD) -> MailBrief:
    account, _ = await an_account(db)
    return MailBrief(mail=uuid4(), kind=kind, account=account)


async def a_row(db: Database, mail: UUID) -> Letter:
    async with db.reading() as session:
        found = await letters.get(session, mail)
    assert found is not None
    return found


async def the_code(db: Database, mail: UUID) -> str:
    _, text, _ = letters.opened(SECRETS, await a_row(db, mail))
    found = TOKEN.search(text)
    assert found is not None
    return found[0]


async def spent(db: Database, code: str, kind: str, after: timedelta = timedelta()) -> UUID | None:
    async with db.writing() as session:
        return await tokens.spend(session, SECRETS, code, kind, datetime.now(UTC) + after)


async def count_of(session: AsyncSession, table: type[Letter | Token], account: UUID) -> int:
    whose = Letter.account if table is Letter else Token.subject
    return await session.scalar(select(func.count()).select_from(table).where(whose == account)) or 0


@pytest.mark.parametrize(("kind", "token_kind"), list(zip(CODE_LIVES, tokens.ONE_TIME, strict=True)))
async def test_a_letter_is_written_once_with_one_code(db: Database, kind: MailKind, token_kind: str) -> None:
    brief, mailing = await a_brief(db, kind), a_mailing(db)
    await mailing.write(brief)
    before = (await a_row(db, brief.mail)).sealed
    await mailing.write(brief)
    assert (await a_row(db, brief.mail)).sealed == before
    async with db.reading() as session:
        assert [await count_of(session, table, brief.account) for table in (Letter, Token)] == [1, 1]
    assert await spent(db, await the_code(db, brief.mail), token_kind) == brief.account


async def test_what_a_letter_says_is_sealed(db: Database) -> None:
    brief = await a_brief(db)
    await a_mailing(db).write(brief)
    row, code = await a_row(db, brief.mail), await the_code(db, brief.mail)
    assert code not in repr(vars(row))


async def test_a_code_is_spent_once_and_takes_its_older_sisters_with_it(db: Database) -> None:
    brief, mailing = await a_brief(db), a_mailing(db)
    older = brief.model_copy(update={"mail": uuid4()})
    confirmation = brief.model_copy(update={"mail": uuid4(), "kind": MailKind.CONFIRM_EMAIL})
    for each in (brief, older, confirmation):
        await mailing.write(each)
    code, sister, other = [await the_code(db, each.mail) for each in (brief, older, confirmation)]
    assert await spent(db, code, tokens.CONFIRM) is None
    assert await spent(db, code[:-7] + ("0" if code[-7] != "0" else "1") + code[-6:], tokens.RESET) is None
    assert await spent(db, code, tokens.RESET) == brief.account
    assert await spent(db, code, tokens.RESET) is None
    assert await spent(db, sister, tokens.RESET) is None
    assert await spent(db, other, tokens.CONFIRM) == brief.account


async def test_a_code_runs_out(db: Database) -> None:
    brief = await a_brief(db)
    await a_mailing(db).write(brief)
    code = await the_code(db, brief.mail)
    assert await spent(db, code, tokens.RESET, after=timedelta(hours=1, seconds=1)) is None
    assert await spent(db, code, tokens.RESET, after=timedelta(minutes=59)) == brief.account


async def test_a_code_opens_no_other_door(db: Database) -> None:
    brief = await a_brief(db)
    await a_mailing(db).write(brief)
    code = await the_code(db, brief.mail)
    parts = Parts(db=db, desk=cast("Desk", None), secrets=SECRETS)
    with pytest.raises(NotAuthenticated):
        await principal_of(parts, code)
    assert await spent(db, code, tokens.RESET) == brief.account


async def test_a_notice_is_told_to_its_own_account_alone(db: Database) -> None:
    brief = await a_brief(db, MailKind.NOTICE)
    notice = Notice(
        uuid=uuid4(),
        account=brief.account,
        kind=NoticeKind.ORDER_CHARGE_FAILED,
        at=datetime.now(UTC),
        sentence="The card was declined.",
        data={"name": "Oat cookies"},
    )
    async with db.writing() as session:
        await notices.add(session, notice)
    mailing = a_mailing(db)
    await mailing.write(brief.model_copy(update={"subject": notice.uuid}))
    subject, text, _ = letters.opened(SECRETS, await a_row(db, brief.mail))
    assert subject == "A payment failed, so nothing was ordered: Oat cookies"
    assert text.startswith("The card was declined.\n")
    stranger = await a_brief(db, MailKind.NOTICE)
    for wrong in (notice.uuid, uuid4(), None):
        with pytest.raises(ApplicationError, match="no such notice") as refused:
            await mailing.write(stranger.model_copy(update={"subject": wrong}))
        assert refused.value.non_retryable


async def test_a_letter_to_nobody_is_not_written(db: Database) -> None:
    brief = MailBrief(mail=uuid4(), kind=MailKind.RESET_PASSWORD, account=uuid4())
    assert not await a_mailing(db).write(brief)
    async with db.reading() as session:
        assert await letters.get(session, brief.mail) is None
        assert await count_of(session, Token, brief.account) == 0


async def test_a_worker_that_dies_after_the_servers_yes_sends_the_same_message_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SMTP has no way to say "the one from before": at least once, under one Message-ID."""

    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    brief = await a_brief(db)
    with a_mail_server() as server:
        mailing = a_mailing(db, SmtpPost(server.url, SENDER))
        await mailing.write(brief)
        with monkeypatch.context() as patch:
            patch.setattr(letters, "sent", dies)
            with pytest.raises(RuntimeError):
                await mailing.send(brief)
        for _ in range(2):
            assert await mailing.send(brief) is Posting.SENT
    assert [message["Message-ID"] for message in server.messages] == 2 * [f"<{brief.mail}@example.com>"]
    assert len({message.as_bytes() for message in server.messages}) == 1
    assert (await a_row(db, brief.mail)).sent_at is not None


async def test_what_is_sent_is_never_marked_as_failed(db: Database) -> None:
    brief = await a_brief(db)
    with a_mail_server() as server:
        mailing = a_mailing(db, SmtpPost(server.url, SENDER))
        await mailing.write(brief)
        await mailing.give_up(GivenUp(mail=brief.mail, why="Nobody there."))
        assert (await a_row(db, brief.mail)).failure == "Nobody there."
        await mailing.send(brief)
        await mailing.give_up(GivenUp(mail=brief.mail, why="Too late."))
    assert (await a_row(db, brief.mail)).failure is None


async def test_without_a_mail_server_one_line_names_the_letter_and_nothing_else(db: Database) -> None:
    brief, mailing = await a_brief(db), a_mailing(db)
    await mailing.write(brief)
    with capture_logs() as lines:
        assert await mailing.send(brief) is Posting.KEPT
    row = await a_row(db, brief.mail)
    (line,) = lines
    assert {"kind": "reset-password", "letter": str(brief.mail), "account": str(brief.account)}.items() <= line.items()
    assert row.recipient not in repr(line)
    assert await the_code(db, brief.mail) not in repr(line)
    assert (row.sent_at, row.failure) == (None, None)

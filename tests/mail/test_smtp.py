"""Posting by SMTP, to a real server: what arrives, what is tried again, what is final, and what is never said."""

from pathlib import Path

import pytest

from mail.smtp import RefusedForGood, SmtpPost, TryLater, message_of
from tests.mail.parts import ADA, LETTER, PASSWORD, SENDER, USER, a_certificate, a_letter, a_mail_server, part_of

LOGIN = f"{USER}:p%40ss%3Aword%2F"
BREAK = r"linefeed|CR or LF|carriage|newline"
TOKEN = "rt_k2Jd83Hf_" + "0" * 49


async def test_a_letter_arrives_as_text_and_as_html() -> None:
    with a_mail_server() as server:
        await SmtpPost(server.url, SENDER).post(a_letter())
        (message,) = server.messages
    assert server.recipients == [ADA]
    assert server.encrypted == [False]  # on loopback nobody insists
    assert message.get_content_type() == "multipart/alternative"
    assert message["Subject"] == "Grüße aus dem Vorrat"
    assert (message["From"], message["To"]) == (SENDER, ADA)
    assert message["Date"] == "Sat, 21 Nov 2026 18:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert part_of(message, "plain").replace("\r\n", "\n") == a_letter().content.text
    assert part_of(message, "html").replace("\r\n", "\n") == a_letter().content.html


async def test_the_same_letter_posted_twice_is_the_same_message() -> None:
    with a_mail_server() as server:
        for _ in range(2):
            await SmtpPost(server.url, SENDER).post(a_letter())
    first, second = server.messages
    assert first["Message-ID"] == f"<{LETTER}@example.com>"
    assert first.as_bytes() == second.as_bytes()


async def test_a_password_is_told_to_this_machine_and_elsewhere_only_under_encryption(tmp_path: Path) -> None:
    with a_mail_server(auth_require_tls=False) as server:
        await SmtpPost(f"smtp://{LOGIN}@127.0.0.1:{server.port}", SENDER).post(a_letter())
        # another name for loopback, which looks like somebody else's
        with pytest.raises(TryLater):
            await SmtpPost(f"smtp://{LOGIN}@localhost.:{server.port}", SENDER).post(a_letter())
        assert server.logins == [f"{USER} {PASSWORD}"]
        with pytest.raises(TryLater, match="535"):
            await SmtpPost(f"smtp://{USER}:wrong@127.0.0.1:{server.port}", SENDER).post(a_letter())
    assert len(server.messages) == 1


async def test_encryption_is_used_where_it_is_offered_and_a_stranger_must_prove_who_it_is(tmp_path: Path) -> None:
    with a_mail_server(tls_context=a_certificate(tmp_path)) as server:
        await SmtpPost(f"smtp://{LOGIN}@localhost:{server.port}", SENDER).post(a_letter())
        with pytest.raises(TryLater):
            await SmtpPost(f"smtp://localhost.:{server.port}", SENDER).post(a_letter())
    assert server.encrypted == [True]


async def test_smtps_is_encrypted_from_the_first_byte(tmp_path: Path) -> None:
    with a_mail_server(ssl_context=a_certificate(tmp_path)) as server:
        await SmtpPost(server.url.replace("smtp:", "smtps:"), SENDER).post(a_letter())
        with pytest.raises(TryLater):
            await SmtpPost(f"smtps://localhost.:{server.port}", SENDER).post(a_letter())
    assert len(server.messages) == 1


async def test_a_server_that_is_away_is_tried_later() -> None:
    with a_mail_server() as server:
        url = server.url
    with pytest.raises(TryLater, match="did not take it: Error connecting to"):
        await SmtpPost(url, SENDER).post(a_letter())


@pytest.mark.parametrize("reply", ["450 4.2.1 busy", "451 4.7.1 greylisted, come back", "421 4.3.2 closing down"])
async def test_a_temporary_no_is_tried_later(reply: str) -> None:
    with a_mail_server() as server:
        server.to_recipients.append(reply)
        with pytest.raises(TryLater, match=reply[:3]):
            await SmtpPost(server.url, SENDER).post(a_letter())
        await SmtpPost(server.url, SENDER).post(a_letter())
    assert len(server.messages) == 1


@pytest.mark.parametrize(("at", "reply"), [("rcpt", f"550 5.1.1 <{ADA.upper()}>: nobody"), ("data", f"554 {TOKEN} no")])
async def test_a_no_to_the_recipient_or_the_letter_is_final_and_repeats_neither(at: str, reply: str) -> None:
    with a_mail_server() as server:
        (server.to_recipients if at == "rcpt" else server.to_data).append(reply)
        with pytest.raises(RefusedForGood) as refused:
            await SmtpPost(server.url, SENDER).post(a_letter())
    assert refused.value.message.startswith(f"The mail server refuses this letter: {reply[:3]}")
    assert ADA not in refused.value.message.lower()
    assert TOKEN not in refused.value.message


async def test_an_address_that_the_server_cannot_spell_is_final() -> None:
    with a_mail_server(enable_SMTPUTF8=False) as server:
        with pytest.raises(RefusedForGood, match="SMTPUTF8"):
            await SmtpPost(server.url, SENDER).post(a_letter("ädä@example.com"))
        assert server.messages == []
    with a_mail_server() as server:
        await SmtpPost(server.url, SENDER).post(a_letter("ädä@example.com"))
    assert server.recipients == ["ädä@example.com"]


@pytest.mark.parametrize("text", ["x\nBcc: eve@example.com", "x\r\n\r\nbody", "x\rBcc: eve@example.com"])
def test_no_header_can_be_smuggled_in(text: str) -> None:
    with pytest.raises(ValueError, match=BREAK):
        message_of(a_letter(subject=text), SENDER)
    with pytest.raises(ValueError, match=BREAK):
        message_of(a_letter(recipient=f"{text}@example.com"), SENDER)
    with pytest.raises(ValueError, match=BREAK):
        message_of(a_letter(), f"{text} <larder@example.com>")

"""Letters of every kind, with names that would rather be something else."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from jinja2 import UndefinedError
from pydantic import JsonValue

from domain.mail import CODE_LIVES, MailKind
from domain.notices import Notice, NoticeKind
from mail.smtp import Letter, message_of
from mail.writing import LONGEST_SUBJECT, TEMPLATES, Content, Writer

WRITER = Writer("https://larder.example.com/house")
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script> & "co"\r\nBcc: eve@example.com\u2028\u202e{{ 7*7 }}'
ORDER = "5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a01"


def a_notice(kind: NoticeKind, sentence: str = "Cookies.", **data: JsonValue) -> Notice:
    return Notice(uuid=uuid4(), account=uuid4(), kind=kind, at=NOW, sentence=sentence, data=data)


def test_every_kind_of_letter_has_its_templates() -> None:
    names = {path.name for path in TEMPLATES.iterdir()}
    assert names == {"layout.html"} | {f"{kind}.{form}" for kind in MailKind for form in ("txt", "html")}


@pytest.mark.parametrize("kind", CODE_LIVES)
def test_a_code_is_in_both_forms_and_its_link_keeps_it_from_servers(kind: MailKind) -> None:
    content = WRITER.with_code(kind, "ct_abc", NOW)
    for form in (content.text, content.html):
        assert f"https://larder.example.com/house/{kind}#ct_abc" in form
        assert "until 21 November 2026, 18:00 UTC" in form
    assert "ct_abc" not in content.subject


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_is_told_in_words(kind: NoticeKind) -> None:
    content = WRITER.of_notice(a_notice(kind, "There are two.", name="Oat cookies", order=ORDER))
    assert content.subject.endswith(": Oat cookies")
    for form in (content.text, content.html):
        assert "There are two." in form
    bare = WRITER.of_notice(a_notice(kind))
    assert content.subject.startswith(f"{bare.subject}: ")
    assert bare.text.startswith("Cookies.\n")


def test_how_to_approve_is_said() -> None:
    content = WRITER.of_notice(a_notice(NoticeKind.ORDER_AWAITING_APPROVAL, order=ORDER))
    for form in (content.text, content.html):
        assert '{"approved": true}' in form
        assert f"POST https://larder.example.com/house/orders/{ORDER}/approval" in form


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_hostile_name_stays_a_name(kind: NoticeKind) -> None:
    content = WRITER.of_notice(a_notice(kind, HOSTILE, name=HOSTILE, order=ORDER, why=HOSTILE))
    assert content.subject.count("\n") == 0
    assert "\nBcc" not in content.text
    assert "{{ 7*7 }}" in content.text  # neither is it a template
    for form in (content.text, content.html, content.subject):
        assert not {"\r", "\u2028", "\u202e"} & set(form)
    assert "<script" not in content.html
    assert "&lt;script&gt;" in content.html
    message = message_of(Letter(uuid4(), "ada@example.com", NOW, content), "Larder <larder@example.com>")
    assert message.keys() == [
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
    ]


def test_a_letter_about_an_order_says_why_it_was_ordered() -> None:
    content = WRITER.of_notice(a_notice(NoticeKind.ORDER_PLACED, order=ORDER, why="4 cookies left is at or below 5."))
    assert "Why: 4 cookies left is at or below 5.\n" in content.text
    assert "<p>Why: 4 cookies left is at or below 5.</p>" in content.html
    assert "Why:" not in WRITER.of_notice(a_notice(NoticeKind.ORDER_PLACED, order=ORDER)).text


def test_a_subject_has_an_end() -> None:
    assert len(WRITER.of_notice(a_notice(NoticeKind.DEVICE_SILENT, name="x" * 5000)).subject) == LONGEST_SUBJECT


def test_a_template_that_names_what_is_not_there_fails() -> None:
    with pytest.raises(UndefinedError):
        WRITER._written(MailKind.CONFIRM_EMAIL, code="x")


def test_a_letter_says_the_same_each_time() -> None:
    notice = a_notice(NoticeKind.ORDER_DELIVERED)
    assert isinstance(WRITER.of_notice(notice), Content)
    assert WRITER.of_notice(notice) == WRITER.of_notice(notice)

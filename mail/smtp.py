"""Posting a letter: the port, and SMTP behind it."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from domain.errors import LarderError
from mail.writing import Content

PATIENCE = 20.0
"""Seconds for one answer of the server; the whole attempt gets twice that."""

_PERMANENT = 500
_LONG_WORD = re.compile(r"\S{40,}")
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Letter:
    """A letter that is ready to go; the same letter is the same message, however often it is posted."""

    uuid: UUID
    recipient: str
    written_at: datetime
    content: Content


class TryLater(LarderError):
    """The letter has not gone, or nobody knows; the message says why, without the recipient or what was written."""


class RefusedForGood(LarderError):
    """The server will never take this letter to this address."""


class Post(Protocol):
    """Whoever carries letters."""

    async def post(self, letter: Letter) -> None:
        """Return when somebody has taken the letter over; raises TryLater or RefusedForGood."""


class SmtpPost:
    """Posts to the mail server of an `smtp://` or `smtps://` URL, from one mailbox.

    A connection for each letter. `smtp://` is encrypted where the server offers it, and must be before a password is
    sent, except to this machine itself, where nobody is between and certificates name somebody else.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        self._here = _is_loopback(self._host)
        self._sender = sender

    async def post(self, letter: Letter) -> None:
        """One attempt."""
        message = message_of(letter, self._sender)
        server = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            start_tls=True if self._password and not self._tls and not self._here else None,
            validate_certs=not self._here,
            timeout=PATIENCE,
            username=self._user,
            password=self._password,
        )
        try:
            async with asyncio.timeout(2 * PATIENCE):
                await server.connect()
                await server.send_message(
                    message, sender=message["From"].addresses[0].addr_spec, recipients=[letter.recipient]
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _judged(error, letter.recipient) from None  # the original names the recipient
        else:
            with suppress(aiosmtplib.SMTPException, OSError):  # it has the letter, whatever it says to a goodbye
                await server.quit(timeout=1)
        finally:
            server.close()


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The message: its id and its boundary follow from the letter, so that a repeat is recognised as one."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    local, _, domain = letter.recipient.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = letter.content.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.uuid}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.content.text, cte="quoted-printable")
    message.add_alternative(letter.content.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{letter.uuid.hex}")
    return message


def _judged(error: Exception, recipient: str) -> LarderError:
    """A 5xx about the recipient or the letter is final; what is wrong with us or the way may be put right."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[aiosmtplib.SMTPRecipientRefused() as refused, *_]):
            final, what = refused.code >= _PERMANENT, f"{refused.code} {refused.message}"
        case aiosmtplib.SMTPDataError():
            final, what = error.code >= _PERMANENT, f"{error.code} {error.message}"
        case aiosmtplib.SMTPResponseException():
            final, what = False, f"{error.code} {error.message}"
        case aiosmtplib.SMTPNotSupported():
            final, what = not recipient.isascii(), error.message
        case aiosmtplib.SMTPException():
            final, what = False, error.message
        case _:
            final, what = False, str(error) or type(error).__name__
    # a server may quote whom or what it refuses
    what = " ".join(_LONG_WORD.sub("…", re.sub(re.escape(recipient), "…", what, flags=re.IGNORECASE)).split())
    said = f"The mail server {'refuses this letter' if final else 'did not take it'}: {what[:_LONGEST_REASON]}"
    return RefusedForGood(said) if final else TryLater(said)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

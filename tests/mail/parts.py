"""A mail server on loopback that keeps what it takes and refuses what it is told to, and letters for it."""

import socket
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID

from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mail.smtp import Letter
from mail.writing import Content

USER, PASSWORD = "larder", "p@ss:word/"
SENDER = "Larder <larder@example.com>"
ADA = "ada@example.com"
LETTER = UUID("0198b2f0-0000-7000-8000-000000000001")
WRITTEN = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def a_letter(recipient: str = ADA, subject: str = "Grüße aus dem Vorrat") -> Letter:
    """A letter that needs more than ASCII."""
    content = Content(subject, "Es ist noch Käse da.\n", "<p>Es ist noch Käse da.</p>\n")
    return Letter(LETTER, recipient, WRITTEN, content)


def part_of(message: EmailMessage, kind: str) -> str:
    """What the message says, as text or as HTML."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


class MailServer:
    """Speaks SMTP on one port; may go down and come back, and answers as `to_recipients` and `to_data` say first."""

    def __init__(self, **dialogue: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []
        self.logins: list[str] = []
        self.to_recipients: deque[str] = deque()
        self.to_data: deque[str] = deque()
        self._dialogue, self._controller = dialogue, None

    _controller: Controller | None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen."""
        self._controller = Controller(
            self, "127.0.0.1", self.port, ready_timeout=30, authenticator=self._authenticated, **self._dialogue
        )
        self._controller.start()

    def down(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _: smtp.SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take the recipient, or do not."""
        if self.to_recipients:
            return self.to_recipients.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: smtp.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Take the message, or do not."""
        if self.to_data:
            return self.to_data.popleft()
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=SMTP)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def _authenticated(self, _: smtp.SMTP, __: Session, ___: Envelope, ____: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append(f"{login.login.decode()} {login.password.decode()}")
        return AuthResult(success=self.logins[-1] == f"{USER} {PASSWORD}", handled=False)


@contextmanager
def a_mail_server(**dialogue: Any) -> Iterator[MailServer]:
    """One that is up."""
    server = MailServer(**dialogue)
    server.up()
    try:
        yield server
    finally:
        server.down()


def a_certificate(folder: Path) -> ssl.SSLContext:
    """What a server shows that nobody has vouched for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "snakeoil")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "snakeoil.pem"
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

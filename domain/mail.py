"""Which letters Larder sends to people, and what starts one."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from domain.message import Message


class MailKind(StrEnum):
    """What a letter is about; each has a template of its name."""

    CONFIRM_EMAIL = "confirm-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - a name
    NOTICE = "notice"


CODE_LIVES = {MailKind.CONFIRM_EMAIL: timedelta(days=3), MailKind.RESET_PASSWORD: timedelta(hours=1)}
"""How long the one-time token in a letter of that kind can be spent, from the moment in which it is written."""


class MailBrief(Message):
    """What a letter's workflow is started with: ids only; what is secret is made when the letter is written.

    `mail` is the letter's id, the same for the same occasion; `subject` the notice that it tells, where there is one.
    """

    mail: UUID
    kind: MailKind
    account: UUID
    subject: UUID | None = None

    @property
    def makes_sense_for(self) -> timedelta:
        """How long it is worth sending: nobody is helped by a code that has run out."""
        return CODE_LIVES.get(self.kind, timedelta(days=3))

    @property
    def summary(self) -> str:
        """What operators see of its workflow."""
        return f"Letter {self.kind} to account {self.account}"


class Posting(StrEnum):
    """What became of a letter: the mail server has it; there is none, so it stays; or nobody has the account."""

    SENT = "sent"
    KEPT = "in the outbox"
    NOBODY = "for nobody"


class GivenUp(Message):
    """Why a letter will not be sent."""

    mail: UUID
    why: str

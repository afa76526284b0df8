"""Which letters Larder sends to people, and what starts one."""

from enum import StrEnum
from uuid import UUID

from domain.message import Message


class MailKind(StrEnum):
    """What a letter is about; each has a template of its name."""

    CONFIRM_EMAIL = "confirm-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - a name
    NOTICE = "notice"


class MailBrief(Message):
    """What a letter's workflow is started with: ids only; what is secret is made when the letter is written.

    `mail` is the letter's id, the same for the same occasion; `subject` the notice that it tells, where there is one.
    """

    mail: UUID
    kind: MailKind
    account: UUID
    subject: UUID | None = None

"""What a settled fridge has to tell others: written with its cause, told by ids from the business, so once."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from domain.facts import Fact
from domain.fridges import SessionBrief, SessionWord
from domain.message import Message

MOST_FACTS = 500
"""A signal has a limit, and a scan may find thousands of tags of one item."""


class TellItem(Message):
    """Facts of tags, for the item of their product."""

    kind: Literal["facts"] = "facts"
    item: UUID
    name: str
    facts: tuple[Fact, ...]


class TellSession(Message):
    """A word for an opening; without one it only begins."""

    kind: Literal["session"] = "session"
    brief: SessionBrief
    word: SessionWord | None = None


class TellAccount(Message):
    """A notice that is written down already."""

    kind: Literal["notice"] = "notice"
    notice: UUID


class TellReceiver(Message):
    """Something waits for the fridge's webhookUrl."""

    kind: Literal["webhook"] = "webhook"


class TellCloud(Message):
    """A command for a fridge in another cloud."""

    kind: Literal["command"] = "command"
    command: UUID


Errand = TellItem | TellSession | TellAccount | TellReceiver | TellCloud
ERRAND: TypeAdapter[Errand] = TypeAdapter(Annotated[Errand, Field(discriminator="kind")])

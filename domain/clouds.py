"""Other fridge clouds: what is asked of them (1.L)."""

from uuid import UUID

from domain.message import Message

LONGEST_REMOTE_UUID = 64
"""How long the name may be that another cloud has for a fridge or a command."""


class PostCommand(Message):
    """What the workflow is started with that posts one command to another cloud."""

    command: UUID

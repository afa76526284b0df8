"""The collaborators that handlers are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from litestar.datastructures import State

from api.desk import Desk
from api.guessing import Turns
from api.passwords import Passwords, Remembered
from outside.addresses import Network
from storage.database import Database
from storage.secrets import Secrets


@dataclass(frozen=True)
class Parts:
    """Everything that outlives a request; handlers take it as `parts: NamedDependency[SkipValidation[Parts]]`."""

    db: Database
    desk: Desk
    secrets: Secrets
    allow_nets: Sequence[Network] = ()
    passwords: Passwords = field(default_factory=Passwords)
    remembered: Remembered = field(default_factory=Remembered)
    turns: Turns = field(default_factory=Turns)


def provide_parts(state: State) -> Parts:
    """The parts of the running application."""
    parts: Parts = state["parts"]
    return parts

"""The collaborators that handlers are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from litestar.datastructures import State
from litestar.types import Scope

from api.desk import Desk
from api.guessing import Turns
from api.passwords import Passwords, Remembered
from api.rates import Calls
from api.trials import Trials
from api.waiting import Waiting
from billing.port import EventReader
from billing.providers import ON_ACCOUNT
from outside.addresses import Network
from rules.engine import Engine
from rules.judge import Judge
from storage.database import Database
from storage.limits import Limits
from storage.secrets import Secrets


@dataclass(frozen=True)
class Parts:
    """Everything that outlives a request; handlers take it as `parts: NamedDependency[SkipValidation[Parts]]`."""

    db: Database
    desk: Desk
    secrets: Secrets
    allow_nets: Sequence[Network] = ()
    mail_is_sent: bool = False
    public_url: str = "http://127.0.0.1:8000"
    sandbox_host: str | None = None
    providers: frozenset[str] = frozenset({ON_ACCOUNT})
    read_stripe_event: EventReader | None = field(default=None, repr=False)  # it holds a secret
    passwords: Passwords = field(default_factory=Passwords)
    remembered: Remembered = field(default_factory=Remembered)
    turns: Turns = field(default_factory=Turns)
    calls: Calls = field(default_factory=Calls)
    waiting: Waiting = field(default_factory=Waiting)
    judge: Judge = field(default_factory=lambda: Judge(Engine()))
    trials: Trials = field(default_factory=Trials)


def provide_parts(state: State, scope: Scope) -> Parts:
    """The parts of the running application; a key with limits gets a database that shows no more than they allow."""
    parts: Parts = state["parts"]
    limits: Limits | None = getattr(scope.get("user"), "limits", None)
    return parts if limits is None else replace(parts, db=parts.db.limited(limits.criteria))

"""One change that concerns many items: each is told, page by page, whoever crashes meanwhile."""

from uuid import UUID

from domain.changes import Covers
from domain.facts import Fact, FactKind, Source
from domain.message import Message


class Spread(Message):
    """Version `version` of `subject` is in force: all that it covers has to be judged by it.

    `after` is the last item that an earlier run has told, `told` how many. One that `waits` was begun before its
    change is committed, and hears of that.
    """

    subject: UUID
    version: int
    account: UUID
    covers: Covers
    after: UUID | None = None
    told: int = 0
    waits: bool = False

    def fact(self) -> Fact:
        """What each item is told; told twice, it counts once."""
        return Fact(id=f"change:{self.subject}:{self.version}", kind=FactKind.CHANGED, source=Source.LARDER)


class Page(Message):
    """How many items a page has told, and the last of them; None when there are no more."""

    told: int
    last: UUID | None

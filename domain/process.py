"""What the desk, the workflows and the activities say to each other: one object per message (S26-S28, 1.N)."""

from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime

from domain.decisions import Verdict
from domain.facts import Arrival, Fact, OrderNews
from domain.message import Message
from domain.orders import Approval, Progress


class TrackItem(Message):
    """What an item's workflow is started with; the lists are what an earlier run had not finished."""

    item: UUID
    account: UUID
    inbox: tuple[Arrival, ...] = ()
    started: tuple[int, ...] = ()
    told: tuple[UUID, ...] = ()
    announced: tuple[UUID, ...] = ()


class Report(Message):
    """Facts for one item, in the order in which they were received."""

    facts: tuple[Fact, ...]


class OrderBrief(Message):
    """What an order's workflow is started with: ids and figures, no names, no secrets, no addresses.

    `why` is the sentence of the decision that made it. What comes after it is what was last written down: where
    Temporal has lost the order, it goes on from there. Nothing is `progress` where nobody can have begun with it;
    `pulled` when its retailer is waited for to fetch it; `overdue` when its owner was told so.
    """

    order: UUID
    item: UUID
    account: UUID
    need: int
    needed_at: AwareDatetime
    retailer: UUID
    sku: str
    packs: int
    pack_size: Decimal
    approval: Approval
    asks: str | None = None
    summary: str
    why: str = ""
    progress: Progress | None = None
    version: int = 0
    reason: str | None = None
    pulled: bool = False
    placed_at: AwareDatetime | None = None
    overdue: bool = False


class Settle(Message):
    """These arrivals, and every deadline due at `as_of`; the rest is what became of earlier answers.

    `recall` in a run's first settle: the workflow may know less than storage, so a started need is answered as well.
    """

    item: UUID
    account: UUID
    arrivals: tuple[Arrival, ...]
    as_of: AwareDatetime
    started: tuple[int, ...]
    skipped: tuple[int, ...]
    told: tuple[UUID, ...]
    announced: tuple[UUID, ...] = ()
    recall: bool = False


class Settled(Message):
    """The item as it stands in storage, whatever was new: every need not yet marked started, orders to take back.

    `untold` while a group that it is in does not know its level; `notices` that are not known to be announced.
    """

    deleted: bool = False
    line: str = ""
    verdict: Verdict | None = None
    next_check: AwareDatetime | None = None
    needs: tuple[OrderBrief, ...] = ()
    take_back: tuple[UUID, ...] = ()
    untold: bool = False
    notices: tuple[UUID, ...] = ()


class Announce(Message):
    """The household is to be told of these."""

    notices: tuple[UUID, ...]


class TellGroups(Message):
    """The groups of this item are to know its level."""

    item: UUID
    account: UUID


class OrderUpdate(Message):
    """One state of an order, numbered; `news` is what its item is told of it, None when that changes nothing there.

    `out_of_stock` when the retailer has ended it because there is no more: its catalogue says so from then on.
    `overdue` when nothing has changed but the patience with it: its owner may end it.
    """

    order: UUID
    item: UUID
    account: UUID
    version: int
    progress: Progress
    at: AwareDatetime
    news: OrderNews | None
    reason: str | None = None
    reference: str | None = None
    out_of_stock: bool = False
    overdue: bool = False


class Billed(Message):
    """What came of billing an order; `reason` says in words why it was not (S52)."""

    charged: bool
    reason: str | None = None


class Returning(Message):
    """An order that has ended, and how many of its packs never came: their price goes back."""

    order: UUID
    missing_packs: int


class Placing(Message):
    """What came of handing an order to its retailer."""

    placed: bool
    pulled: bool = False
    unknown: bool = False
    reference: str | None = None
    reason: str | None = None


class OwnersWord(Message):
    """The owner's yes or no to an order that waits for it, or the wish to end it."""

    yes: bool = False
    reason: str | None = None

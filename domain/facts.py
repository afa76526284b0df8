"""Facts: what was observed of an item, by a device, by a person or by an order on its way."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.message import Message
from domain.orders import OrderState

TOO_OLD = timedelta(days=7)
LATE = timedelta(seconds=30)
STALE_PRESS = timedelta(hours=1)
ONE_PRESS = timedelta(seconds=10)
LONGEST_ID = 120
MAX_QUANTITY = Decimal(1_000_000_000)

Quantity = Annotated[Decimal, Field(ge=0, le=MAX_QUANTITY, decimal_places=6)]


class FactKind(StrEnum):
    """What a fact says; `wanted` is an order by hand, those after it are made by Larder itself, never by a reporter.

    A tag is `linked` anew when its expiry is another, `unlinked` when it is on nothing any more; the tags inside are
    `tallied`. A fridge is `silent`, is `heard` again, and has `scanned` for the first time after that. A group is
    `pooled` when its members hold another amount.
    """

    COUNTED = "counted"
    PERCENT = "percent"
    USED = "used"
    ADDED = "added"
    REMOVED = "removed"
    RETURNED = "returned"
    PRESSED = "pressed"
    LOW = "low"
    WANTED = "wanted"
    ORDERED = "ordered"
    ORDER = "order"
    CHANGED = "changed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    TALLIED = "tallied"
    SILENT = "silent"
    HEARD = "heard"
    SCANNED = "scanned"
    POOLED = "pooled"


_OF_TAGS = frozenset({FactKind.LINKED, FactKind.UNLINKED, FactKind.TALLIED})
OF_FRIDGES = _OF_TAGS | {FactKind.SILENT, FactKind.HEARD, FactKind.SCANNED}
"""The kinds that Larder makes of what it knows of fridges and tags (`domain.tag_facts`)."""
_OURS = frozenset({FactKind.WANTED, FactKind.ORDERED, FactKind.ORDER, FactKind.CHANGED, FactKind.POOLED})
REPORTED = frozenset(FactKind) - _OURS - OF_FRIDGES
"""The kinds that somebody outside may report (1.K, `POST /facts`)."""
OWNERS_WORDS = frozenset({FactKind.PRESSED, FactKind.WANTED})
"""The kinds that ask for an order by themselves: judged at once, or not at all when they come late (1.N)."""


_LATER = ("wish", "fridge", "expires_at", "silent_since", "from_elsewhere")


class Source(StrEnum):
    """Who says so: a person's count is the whole level, a device's only what is on the shelf (1.N)."""

    DEVICE = "device"
    PERSON = "person"
    LARDER = "larder"


class OrderNews(Message):
    """What an order tells its item: its state and the running total delivered, in units of the item.

    When the order is made (`FactKind.ORDERED`) `units` are those ordered, and `removals` the facts that made it.
    """

    order: UUID
    state: OrderState
    units: Decimal = Decimal(0)
    pack_size: Decimal = Decimal(1)
    removals: tuple[str, ...] = ()
    reason: str | None = None


class Wish(Message):
    """What somebody orders by hand: so many packs of a retailer's SKU (S23)."""

    retailer: UUID
    sku: str
    packs: int


class Fact(Message):
    """One observation; `observed_at` is already corrected for the sender's clock and never later than receipt (1.N).

    `capacity` is stamped on a percentage when it is taken, so that a later change of the item's does not rewrite it.
    `fridge` is where a tag was seen last or missed; `expires_at` when what is added or counted expires, or what its tag
    is on. `silent_since` is when a silent fridge was heard last. On trial, goods are `from_elsewhere` that are none of
    what was ordered there.
    """

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    kind: FactKind
    observed_at: AwareDatetime | None = None
    received_at: AwareDatetime | None = None
    source: Source = Source.DEVICE
    quantity: Quantity | None = None
    is_low: bool | None = None
    tag: str | None = None
    device: UUID | None = None
    instruction: UUID | None = None
    keyed: bool = True
    capacity: Decimal | None = None
    order: OrderNews | None = None
    wish: Wish | None = None
    fridge: UUID | None = None
    expires_at: AwareDatetime | None = None
    silent_since: AwareDatetime | None = None
    from_elsewhere: bool | None = None

    def digest(self) -> str:
        """What makes two facts with one id the same fact: everything but when it reached us."""
        # 5 and 5.0 are one number; what a group holds is looked up by whoever takes the fact
        said = None if self.kind is FactKind.POOLED else self.quantity
        quantity = None if said is None else said.normalize()
        unsaid = {"received_at", "observed_at", "id", "keyed", "capacity"}
        # facts of old, which had none of these, are still the same facts
        unsaid |= {name for name in _LATER if getattr(self, name) is None}
        text = self.model_copy(update={"quantity": quantity}).model_dump_json(exclude=unsaid)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Arrival(Message):
    """A fact and the moment at which its item's workflow took it."""

    fact: Fact
    at: AwareDatetime

    @property
    def observed_at(self) -> datetime:
        """When it happened, as far as anybody can know: never later than it arrived.

        What a fridge has seen counts however old it is, as of when the fold begins: its tags have moved all the same.
        """
        fact, at = self.fact, self.at
        observed = at if fact.observed_at is None or fact.observed_at > at else fact.observed_at
        return observed if fact.fridge is None else max(observed, at - TOO_OLD)


def observed(at: datetime | None, sent_at: datetime | None, received_at: datetime) -> datetime:
    """The moment of observation: `at`, shifted by a sender's wrong clock, never later than receipt (1.N)."""
    if at is None:
        return received_at
    shift = received_at - sent_at if sent_at is not None else timedelta()
    try:
        return min(at + shift, received_at)
    except OverflowError:
        return received_at if shift > timedelta() else at

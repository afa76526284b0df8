"""What Larder remembers of one item between two judgements; written by the item's workflow alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.guards import Guard
from domain.message import Message
from domain.orders import Approval, OrderState
from domain.stock import Stock

CATCH_UP = timedelta(minutes=2)
CATCH_UP_AT_MOST = timedelta(minutes=10)
MOST_MISSED = CATCH_UP_AT_MOST // CATCH_UP
FIRST_HOLD = timedelta(hours=24)
HOLDS = 3


class Offer(Message):
    """What a retailer's catalogue says of a SKU at this moment (S25); needs of old do not say its `unit`."""

    retailer: UUID
    retailer_name: str
    sku: str
    name: str
    pack_size: Decimal
    unit_price: Decimal
    currency: str
    available: bool = True
    unit: str | None = None


class Need(Message):
    """One occasion that calls for one order, with everything the order is made of (1.N).

    `asks` says why the household wants to be asked, where it is the amount or the price.
    """

    number: int
    order: UUID
    at: AwareDatetime
    offer: Offer
    packs: int
    approval: Approval
    rules: tuple[UUID, ...]
    removals: tuple[str, ...]
    pressed: bool
    asks: str | None = None

    @property
    def units(self) -> Decimal:
        """How much it adds to the stock once delivered."""
        return self.packs * self.offer.pack_size

    @property
    def total(self) -> Decimal:
        """What it costs, in the offer's currency."""
        return self.packs * self.offer.unit_price


class Cancelling(StrEnum):
    """Whether Larder itself wants the open order back, because its reason turned out to be untrue (1.N, Catch-up)."""

    NO = "no"
    WANTED = "wanted"
    TOLD = "told"


class OpenNeed(Message):
    """The need that is open on the item, and how far its order has come."""

    need: Need
    since: AwareDatetime
    state: OrderState = OrderState.NEEDED
    started: bool = False
    cancelling: Cancelling = Cancelling.NO


class RuleMemory(Message):
    """The stored flags of one rule on one item (1.N, Arming), and which text they belong to.

    `streak` counts the reports in a row at which what the rule wants repeated was so; `ordered_at` is when it ordered
    last, unless nothing came of that, and `cool_down` how long it waits after that. `held_by` is the guard that keeps
    its order back, as the household was told.
    """

    armed: bool = True
    notify_armed: bool = True
    when: str
    then: str
    streak: int = 0
    ordered_at: AwareDatetime | None = None
    held_by: Guard | None = None
    cool_down: timedelta | None = None

    def cools_until(self) -> datetime | None:
        """When the cool-down after its last order ends; None where there is none."""
        if self.ordered_at is None or self.cool_down is None:
            return None
        return self.ordered_at + self.cool_down

    def out_of_force(self) -> "RuleMemory":
        """What is left of it once its rule is not in force: the order that it cools down from."""
        return RuleMemory(when=self.when, then=self.then, ordered_at=self.ordered_at, cool_down=self.cool_down)


class Hold(Message):
    """After a rejection nothing but the owner's word orders at that retailer until then; `until` None is for good.

    `because` is how the order ended; holds of old do not say it.
    """

    rejections: int
    until: AwareDatetime | None
    because: OrderState = OrderState.REJECTED

    @staticmethod
    def after(earlier: "Hold | None", at: datetime, because: OrderState = OrderState.REJECTED) -> "Hold":
        """24 h, then 48 h, then 96 h, then for good (1.N)."""
        rejections = 1 if earlier is None else earlier.rejections + 1
        until = at + FIRST_HOLD * 2 ** (rejections - 1) if rejections <= HOLDS else None
        return Hold(rejections=rejections, until=until, because=because)

    @property
    def is_the_owners(self) -> bool:
        """Whether no other retailer would do better: it was not paid, or nobody said yes."""
        return self.because in (OrderState.CHARGE_FAILED, OrderState.LAPSED)

    def holds(self, at: datetime) -> bool:
        """Whether it still stands at `at`."""
        return self.until is None or at < self.until


class CatchUp(Message):
    """We or a device were away: facts are taken in, and judged together at `until`.

    `missed` counts the ends before it that were found late themselves: who is always late judges all the same.
    `reported` once somebody has reported anything meanwhile.
    """

    since: AwareDatetime
    until: AwareDatetime
    missed: int = 0
    reported: bool = False

    @staticmethod
    def after_being_away(earlier: "CatchUp | None", at: datetime) -> "CatchUp | None":
        """Two minutes from now; None once five in a row, ten minutes in all, were missed."""
        missed = 0 if earlier is None else earlier.missed + 1
        reported = earlier is not None and earlier.reported
        new = CatchUp(since=at, until=at + CATCH_UP, missed=missed, reported=reported)
        return new if missed < MOST_MISSED else None

    @staticmethod
    def extended(earlier: "CatchUp | None", at: datetime) -> "CatchUp":
        """Two minutes after the last late arrival, ten at most (1.N)."""
        if earlier is None:
            return CatchUp(since=at, until=at + CATCH_UP)
        until = min(at + CATCH_UP, earlier.since + CATCH_UP_AT_MOST)
        return earlier.model_copy(update={"until": until})


class ItemState(Message):
    """All that the next judgement needs to know; one JSON document per item.

    `open` is the oldest need that is open, `beside` are those ordered while another was (`whileOnOrder`). `notices` are
    those of which it is not known yet that they were told.
    """

    item: UUID
    stock: Stock = Stock()
    head: AwareDatetime | None = None
    arrivals: int = 0
    decisions: int = 0
    needs: int = 0
    open: OpenNeed | None = None
    beside: tuple[OpenNeed, ...] = ()
    memory: dict[str, RuleMemory] = Field(default_factory=dict)
    holds: dict[str, Hold] = Field(default_factory=dict)
    presses: dict[str, AwareDatetime] = Field(default_factory=dict)
    catch_up: CatchUp | None = None
    next_check: AwareDatetime | None = None
    asked_unseen: bool = False
    notices: tuple[UUID, ...] = ()

    @property
    def opens(self) -> tuple[OpenNeed, ...]:
        """Every open need, the oldest first."""
        return () if self.open is None else (self.open, *self.beside)

    def with_opens(self, opens: Iterable[OpenNeed]) -> "ItemState":
        """The state with these needs open and no others."""
        every = tuple(opens)
        return self.model_copy(update={"open": every[0] if every else None, "beside": every[1:]})

    def open_for(self, order: UUID) -> OpenNeed | None:
        """The open need that an order is for."""
        return next((each for each in self.opens if each.need.order == order), None)

    def with_open(self, anew: OpenNeed) -> "ItemState":
        """The state with what is known of one open need changed."""
        return self.with_opens(anew if each.need.order == anew.need.order else each for each in self.opens)

    def with_flags(self, armed: Mapping[UUID, bool], **more: object) -> "ItemState":
        """The state with these rules armed or not, and more of what is remembered of them."""
        memory = dict(self.memory)
        for rule, flag in armed.items():
            if (known := memory.get(str(rule))) is not None:
                memory[str(rule)] = known.model_copy(update={"armed": flag, **more})
        return self.model_copy(update={"memory": memory})

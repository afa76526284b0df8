"""The stock of one item, and what can be done with it (contract 1.N); domain/fold.py says what each fact does."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime

from domain.climb import Climb
from domain.clocks import Out, Readings, Silence, WhenSilent, readings
from domain.expiry import (
    NEVER,
    Batch,
    Inside,
    at_most,
    with_tag,
    with_units,
    without_units,
)
from domain.message import Message
from domain.use import Use

SETTLE_FOR = timedelta(hours=24)
MOST = Decimal(1_000_000_000_000)
ZERO = Decimal(0)


class Parcel(Message):
    """Units that were delivered and have not been seen on the shelf yet."""

    order: UUID
    delivered_at: AwareDatetime
    units: Decimal


class OnOrder(Message):
    """The open order as the stock sees it; `early` units were put on the shelf before they were reported delivered."""

    order: UUID
    units: Decimal
    pack_size: Decimal
    delivered: Decimal = ZERO
    early: Decimal = ZERO
    removals: tuple[str, ...] = ()


class Stock(Message):
    """How much of an item there is. `on_shelf` None: never counted; all amounts in the item's unit.

    `inside` are the tags that expire and `batches` what expires without a tag, the first one first; `expiry_told`
    where anybody ever said of anything when it expires. `silences` are the fridges that are silent now. `on_order` is
    the oldest open order, `beside` are those that were ordered while another was open.
    """

    capacity: Decimal | None = None
    on_shelf: Decimal | None = None
    bare_percent: Decimal | None = None
    parcels: tuple[Parcel, ...] = ()
    unseen: Decimal = ZERO
    discrepancy: Decimal = ZERO
    outs: tuple[Out, ...] = ()
    inside: tuple[Inside, ...] = ()
    batches: tuple[Batch, ...] = ()
    expiry_told: bool = False
    silences: tuple[Silence, ...] = ()
    low: bool | None = None
    sends_low_false: bool = False
    low_until: AwareDatetime | None = None
    on_order: OnOrder | None = None
    beside: tuple[OnOrder, ...] = ()
    pack_size: Decimal = Decimal(1)
    counted_at: AwareDatetime | None = None
    counted_by_device: bool = False
    climb: Climb = Climb()
    use: Use = Use()

    @property
    def arriving(self) -> Decimal:
        """Units delivered and not yet seen."""
        return held(sum((parcel.units for parcel in self.parcels), ZERO)) if self.parcels else ZERO

    @property
    def level(self) -> Decimal | None:
        """What the rules look at: shelf and parcels together; None before the first count."""
        if self.on_shelf is None or not self.parcels:  # as nearly always
            return self.on_shelf
        return self.on_shelf + self.arriving

    @property
    def percent(self) -> Decimal | None:
        """The level as a percentage of the capacity, or the last reported one where there is no capacity."""
        if self.capacity is None or self.level is None:
            return self.bare_percent
        return (self.level * 100 / self.capacity).quantize(Decimal("0.000001"))

    @property
    def orders(self) -> tuple[OnOrder, ...]:
        """Every open order, the oldest first."""
        return () if self.on_order is None else (self.on_order, *self.beside)

    @property
    def ordered_units(self) -> Decimal:
        """Units on order and not yet delivered."""
        return sum((max(ZERO, order.units - order.delivered) for order in self.orders), ZERO)

    def with_orders(self, orders: Iterable[OnOrder]) -> "Stock":
        """The stock with these orders open and no others."""
        every = tuple(orders)
        return self.having(on_order=every[0] if every else None, beside=every[1:])

    def out(self, at: datetime, when_silent: WhenSilent = WhenSilent.CONTINUE) -> Readings:
        """How long the oldest removals have been out at `at`, as a rule sees them."""
        return readings(self.outs, self.silences, when_silent, at)

    @property
    def expires_first(self) -> datetime | None:
        """When the first tag or batch expires; None when none does."""
        if not self.batches:
            return self.inside[0].expires_at if self.inside else None
        first = self.batches[0].expires_at
        return min(first, self.inside[0].expires_at) if self.inside else first

    @property
    def knows_expiry(self) -> bool:
        """Whether anybody ever said when something expires; stocks of old say so by what they have."""
        return self.expiry_told or bool(self.inside) or any(out.expires_at is not None for out in self.outs)

    def expires_in(self, at: datetime) -> timedelta | None:
        """How long until the first tag or batch expires, NEVER when none does; None where nobody ever said."""
        first = self.expires_first
        if first is None:
            return NEVER if self.knows_expiry else None
        return first - at

    def unused_for(self, at: datetime) -> timedelta | None:
        """How long nothing was used, from the last use or the first count on; None where nobody has watched."""
        return None if self.use.used_at is None else max(at - self.use.used_at, timedelta())

    def next_change(self) -> datetime | None:
        """When time alone changes this stock: a parcel settles, or a `low` nobody takes back ends."""
        if not self.parcels:  # as nearly always
            return self.low_until
        moments = [parcel.delivered_at + SETTLE_FOR for parcel in self.parcels]
        return min(moments + ([self.low_until] if self.low_until else []))

    def advanced(self, to: datetime) -> "Stock":
        """The stock at `to` if nothing is reported until then."""
        if not self.parcels and self.low_until is None:  # as nearly always
            return self
        stock = self
        due = [parcel for parcel in self.parcels if parcel.delivered_at + SETTLE_FOR <= to]
        if due:
            left = tuple(parcel for parcel in self.parcels if parcel.delivered_at + SETTLE_FOR > to)
            stock = self.having(parcels=left)._with_settled(due)
        if stock.low_until is not None and stock.low_until <= to:
            stock = stock.having(low=False, low_until=None)
        return stock

    def having(self, **changes: object) -> "Stock":
        """The stock but for these changes."""
        return self.model_copy(update=changes)

    def _with_settled(self, parcels: Sequence[Parcel]) -> "Stock":
        """What is left of them joins the shelf; where a device has counted since the delivery, nobody has seen it."""
        if self.on_shelf is None:
            return self
        counted_at = self.counted_at if self.counted_by_device else None
        unseen = [each.units for each in parcels if counted_at is not None and counted_at > each.delivered_at]
        arrived = sum((each.units for each in parcels), ZERO) - sum(unseen, ZERO)
        return self.having(unseen=self.unseen + sum(unseen, ZERO), on_shelf=held(self.on_shelf + arrived))

    def taken_from_parcels(self, units: Decimal) -> tuple["Stock", Decimal]:
        """Take up to `units` out of what is arriving, oldest parcel first; also the units that were not there."""
        left: list[Parcel] = []
        for parcel in self.parcels:
            taken = min(parcel.units, units)
            units -= taken
            if parcel.units > taken:
                left.append(parcel.model_copy(update={"units": parcel.units - taken}))
        return self.having(parcels=tuple(left)), units

    def seen(self, units: Decimal) -> "Stock":
        """New units on the shelf: first those that were arriving, then the goods of open orders, seen early."""
        stock, rest = self.taken_from_parcels(units)
        orders = []
        for order in stock.orders:
            early = min(rest, max(ZERO, order.units - order.delivered - order.early))
            orders.append(order.model_copy(update={"early": order.early + early}) if early else order)
            rest -= early
        return stock.with_orders(orders).having(unseen=ZERO)

    def taken(self, units: Decimal, **more: object) -> "Stock":
        """What is used or taken: from the shelf, then from what is arriving; what nobody had is the discrepancy."""
        if self.on_shelf is None:
            return self.having(**more)
        if units <= self.on_shelf:  # as nearly always
            return self.having(on_shelf=self.on_shelf - units, **more)
        stock, missing = self.having(on_shelf=ZERO, **more).taken_from_parcels(units - self.on_shelf)
        return stock.having(discrepancy=stock.discrepancy + missing)

    def put(self, units: Decimal, *, from_elsewhere: bool) -> "Stock":
        """Units are put on the shelf: what was ordered, unless it is from elsewhere."""
        if self.on_shelf is None:
            return self
        stock = self.having(unseen=ZERO) if from_elsewhere else self.seen(units)
        return stock.having(on_shelf=held(self.on_shelf + units))

    def clock_of(self, tag: str | None) -> Out | None:
        """The clock that something which comes ends: a tag its own, without tags the oldest one."""
        return next((out for out in self.outs if tag is None or out.tag == tag), None)

    def clock_ended(self, tag: str | None) -> "Stock":
        """The stock without the clock that something which comes ends."""
        ending = self.clock_of(tag)
        return self.having(outs=tuple(out for out in self.outs if out is not ending))

    def used(self, units: Decimal, tag: str | None, at: datetime) -> "Stock":
        """So much is used: a tag says which piece it was; else it was the first to expire."""
        use = self.use.used(float(units), at)
        if not self.batches:  # as nearly always
            return self.taken(units, use=use)
        if tag is not None:
            return self.taken(units, use=use).fitting()
        return self.taken(units, use=use, batches=without_units(self.batches, units))

    def inside_now(self, tag: str | None, expires_at: datetime | None, units: Decimal = ZERO) -> "Stock":
        """What came, or went, by its tag; without one so many units are of a batch, where it is known of which."""
        if tag is not None:
            return self.having(inside=with_tag(self.inside, tag, expires_at))
        return self if expires_at is None else self.with_batches(with_units(self.batches, units, expires_at))

    def with_batches(self, batches: tuple[Batch, ...]) -> "Stock":
        """The stock with these batches."""
        return self if batches is self.batches else self.having(batches=batches)

    def fitting(self) -> "Stock":
        """No more in batches than on the shelf, whatever went by its tag."""
        if not self.batches or self.on_shelf is None:  # as nearly always
            return self
        return self.with_batches(at_most(self.batches, self.on_shelf))

    def with_clocks(self, fridge: UUID | None, change: Callable[[Out], Out]) -> "Stock":
        """The stock with the clocks of what was taken from that fridge changed."""
        return self.having(outs=tuple(change(out) if out.fridge == fridge else out for out in self.outs))

    def tag_out(self, tag: str | None) -> Out | None:
        """The clock of this very tag, None without one."""
        return next((out for out in self.outs if tag is not None and out.tag == tag), None)


def held(units: Decimal) -> Decimal:
    """So many units, or as many as an item can have."""
    return min(units, MOST)

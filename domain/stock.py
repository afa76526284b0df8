"""The stock of one item as a fold over its facts in the order of observation (contract 1.N).

`Stock.advanced(t)` lets time pass (parcels settle), `Stock.after(arrival)` lets one fact happen. Both are pure.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime

from domain.climb import Climb
from domain.clocks import Out, Readings, Silence, WhenSilent, readings
from domain.expiry import (
    MOST_TAGS,
    NEVER,
    Batch,
    Inside,
    at_most,
    counted,
    with_tag,
    with_units,
    without_units,
)
from domain.facts import Arrival, Fact, FactKind, Source
from domain.message import Message
from domain.orders import ENDED, OWNERS_NO, OrderState
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
        return _held(sum((parcel.units for parcel in self.parcels), ZERO)) if self.parcels else ZERO

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
        return self._with(on_order=every[0] if every else None, beside=every[1:])

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
        for parcel in sorted(self.parcels, key=lambda parcel: parcel.delivered_at):
            if parcel.delivered_at + SETTLE_FOR <= to:
                stock = stock._settle(parcel)
        if stock.low_until is not None and stock.low_until <= to:
            stock = stock._with(low=False, low_until=None)
        return stock

    def after(self, arrival: Arrival) -> "Stock":
        """The stock once this fact has happened; time passes up to the fact's observation first."""
        fact, at = arrival.fact, arrival.observed_at
        stock = _EFFECTS[fact.kind](self.advanced(at), fact, at)
        return stock._with(expiry_told=True) if fact.expires_at is not None and not stock.expiry_told else stock

    def _with(self, **changes: object) -> "Stock":
        return self.model_copy(update=changes)

    def _settle(self, parcel: Parcel) -> "Stock":
        parcels = tuple(other for other in self.parcels if other is not parcel)
        if self.on_shelf is None:
            return self._with(parcels=parcels)
        if self.counted_by_device and self.counted_at is not None and self.counted_at > parcel.delivered_at:
            return self._with(parcels=parcels, unseen=self.unseen + parcel.units)
        return self._with(parcels=parcels, on_shelf=_held(self.on_shelf + parcel.units))

    def _taken_from_parcels(self, units: Decimal) -> tuple["Stock", Decimal]:
        """Take up to `units` out of what is arriving, oldest parcel first; also the units that were not there."""
        left: list[Parcel] = []
        for parcel in self.parcels:
            taken = min(parcel.units, units)
            units -= taken
            if parcel.units > taken:
                left.append(parcel.model_copy(update={"units": parcel.units - taken}))
        return self._with(parcels=tuple(left)), units

    def _seen(self, units: Decimal) -> "Stock":
        """New units on the shelf: first those that were arriving, then the goods of open orders, seen early."""
        stock, rest = self._taken_from_parcels(units)
        orders = []
        for order in stock.orders:
            early = min(rest, max(ZERO, order.units - order.delivered - order.early))
            orders.append(order.model_copy(update={"early": order.early + early}) if early else order)
            rest -= early
        return stock.with_orders(orders)._with(unseen=ZERO)

    def _taken(self, units: Decimal, **more: object) -> "Stock":
        """What is used or taken: from the shelf, then from what is arriving; what nobody had is the discrepancy."""
        if self.on_shelf is None:
            return self._with(**more)
        if units <= self.on_shelf:  # as nearly always
            return self._with(on_shelf=self.on_shelf - units, **more)
        stock, missing = self._with(on_shelf=ZERO, **more)._taken_from_parcels(units - self.on_shelf)
        return stock._with(discrepancy=stock.discrepancy + missing)

    def _put(self, units: Decimal, *, from_elsewhere: bool) -> "Stock":
        if self.on_shelf is None:
            return self
        stock = self._with(unseen=ZERO) if from_elsewhere else self._seen(units)
        return stock._with(on_shelf=_held(self.on_shelf + units))

    def _ending(self, tag: str | None) -> Out | None:
        """The clock that something which comes ends: a tag its own, without tags the oldest one."""
        return next((out for out in self.outs if tag is None or out.tag == tag), None)

    def _clock_ended(self, tag: str | None) -> "Stock":
        ending = self._ending(tag)
        return self._with(outs=tuple(out for out in self.outs if out is not ending))

    def _used(self, fact: Fact, at: datetime) -> "Stock":
        """A tag says which piece it was; else it was the first to expire."""
        units = _units(fact)
        use = self.use.used(float(units), at)
        if not self.batches:  # as nearly always
            return self._taken(units, use=use)
        if fact.tag is not None:
            return self._taken(units, use=use)._fitting()
        return self._taken(units, use=use, batches=without_units(self.batches, units))

    def _inside_now(self, tag: str | None, expires_at: datetime | None, units: Decimal = ZERO) -> "Stock":
        """What came, or went, by its tag; without one so many units are of a batch, where it is known of which."""
        if tag is not None:
            return self._with(inside=with_tag(self.inside, tag, expires_at))
        return self if expires_at is None else self._with_batches(with_units(self.batches, units, expires_at))

    def _with_batches(self, batches: tuple[Batch, ...]) -> "Stock":
        return self if batches is self.batches else self._with(batches=batches)

    def _fitting(self) -> "Stock":
        """No more in batches than on the shelf, whatever went by its tag."""
        if not self.batches or self.on_shelf is None:  # as nearly always
            return self
        return self._with_batches(at_most(self.batches, self.on_shelf))

    def _with_clocks(self, fact: Fact, change: Callable[[Out], Out]) -> "Stock":
        """The stock with the clocks of what was taken from the fact's fridge changed."""
        return self._with(outs=tuple(change(out) if out.fridge == fact.fridge else out for out in self.outs))

    def _tag_out(self, tag: str | None) -> Out | None:
        return next((out for out in self.outs if tag is not None and out.tag == tag), None)


def _held(units: Decimal) -> Decimal:
    return min(units, MOST)


def _counted(stock: Stock, units: Decimal, fact: Fact, at: datetime) -> Stock:
    by_device = fact.source is Source.DEVICE
    before = stock.on_shelf if by_device else stock.level
    now: dict[str, object] = {
        "on_shelf": units,
        "discrepancy": ZERO,
        "batches": counted(stock.batches, units, before, fact.expires_at, stock.pack_size),
        "use": _use_by_count(stock, units, at, by_device=by_device),
        "counted_at": at,
        "counted_by_device": by_device,
    }
    if not by_device:
        now |= {"parcels": (), "unseen": ZERO}
    elif before is None:
        stock, _ = stock._taken_from_parcels(units)
    elif units > before and (units - before) * 4 >= stock.pack_size:
        stock = stock._seen(units - before)
    return stock.model_copy(update=now)


def _use_by_count(stock: Stock, units: Decimal, at: datetime, *, by_device: bool) -> Use:
    """A count that falls was use; a device's that rises by too little for goods takes as much of it back."""
    before = stock.on_shelf if by_device else stock.level
    if before is None:
        return stock.use.watched(at)
    if units < before:
        return stock.use.found_less(float(before - units), at)
    if by_device and (units - before) * 4 < stock.pack_size:
        return stock.use.watched(at).taken_back(float(units - before), at)
    return stock.use.watched(at)


def _count(stock: Stock, fact: Fact, at: datetime) -> Stock:
    return _counted(stock, fact.quantity or ZERO, fact, at)


def _percent(stock: Stock, fact: Fact, at: datetime) -> Stock:
    percent = fact.quantity or ZERO
    if fact.capacity is None:
        return stock._with(bare_percent=percent)
    return _counted(stock, percent * fact.capacity / 100, fact, at)


def _pooled(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """What the members of a group hold together; it is only known as long as all of theirs is.

    They are its shelf, so a rise is goods that have arrived, be it at once or piece by piece. It is none where there
    are other members now, or where the first word of one has come.
    """
    if fact.quantity is None:
        return stock._with(on_shelf=None, climb=Climb())
    if fact.source is Source.LARDER or stock.on_shelf is None:
        return stock._with(on_shelf=fact.quantity, use=stock.use.watched(at))
    change = fact.quantity - stock.on_shelf
    climb, seen = stock.climb.by(change, stock.pack_size)
    use = _use_by_count(stock, fact.quantity, at, by_device=True)
    if seen:
        # the small rises before this one looked as if something had come back
        use = stock.use.watched(at).gone_after_all(float(stock.climb.units), at)
        stock = stock._seen(seen)
    return stock._with(on_shelf=fact.quantity, climb=climb, use=use, counted_at=at, counted_by_device=True)


def _used(stock: Stock, fact: Fact, at: datetime) -> Stock:
    return stock._used(fact, at)


def _added(stock: Stock, fact: Fact, _: datetime) -> Stock:
    units = _units(fact)
    stock = stock._put(units, from_elsewhere=bool(fact.from_elsewhere))
    return stock._clock_ended(fact.tag)._inside_now(fact.tag, fact.expires_at, units)


def _removed(stock: Stock, fact: Fact, at: datetime) -> Stock:
    if stock._tag_out(fact.tag) is not None:
        return stock
    expiry = next((inside.expires_at for inside in stock.inside if inside.tag == fact.tag), fact.expires_at)
    if fact.tag is None and stock.batches:
        expiry = stock.batches[0].expires_at
    out = Out(fact=fact.id, since=at, tag=fact.tag, fridge=fact.fridge, expires_at=expiry)
    # what was taken long ago was eaten: it is the newest clocks that somebody may still care for
    outs = (*stock.outs, out)[-MOST_TAGS:]
    return stock._used(fact, at)._with(outs=outs)._inside_now(fact.tag, None)


def _returned(stock: Stock, fact: Fact, at: datetime) -> Stock:
    stock = stock._with(use=stock.use.taken_back(float(_units(fact)), at))
    if stock.on_shelf is not None:
        stock = stock._with(on_shelf=_held(stock.on_shelf + _units(fact)))
    out = stock._ending(fact.tag)
    expires_at = out.expires_at if out is not None and fact.expires_at is None else fact.expires_at
    return stock._clock_ended(fact.tag)._inside_now(fact.tag, expires_at, _units(fact))


def _linked(stock: Stock, fact: Fact, _: datetime) -> Stock:
    out = stock._tag_out(fact.tag)
    if out is None:
        return stock._inside_now(fact.tag, fact.expires_at)
    anew = out.model_copy(update={"expires_at": fact.expires_at})
    return stock._with(outs=tuple(anew if other is out else other for other in stock.outs))


def _unlinked(stock: Stock, fact: Fact, _: datetime) -> Stock:
    if stock._tag_out(fact.tag) is not None:
        return stock._clock_ended(fact.tag)
    return stock._taken(_units(fact))._fitting()._inside_now(fact.tag, None)


def _tallied(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """All tags inside at once are the first count of what nobody has counted; else each has been counted already."""
    return stock if stock.on_shelf is not None else _counted(stock, _units(fact), fact, at)


def _silent(stock: Stock, fact: Fact, at: datetime) -> Stock:
    if fact.fridge is None or any(silence.fridge == fact.fridge for silence in stock.silences):
        return stock
    silence = Silence(fridge=fact.fridge, since=fact.silent_since or at)
    return stock._with_clocks(fact, lambda out: out.silenced(silence))._with(silences=(*stock.silences, silence))


def _heard(stock: Stock, fact: Fact, at: datetime) -> Stock:
    silence = next((silence for silence in stock.silences if silence.fridge == fact.fridge), None)
    if silence is None:
        return stock
    silences = tuple(other for other in stock.silences if other is not silence)
    return stock._with_clocks(fact, lambda out: out.heard(silence, at))._with(silences=silences)


def _scanned(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """What the scan has found came back before this fact, so the rest was missed again."""
    return stock._with_clocks(fact, lambda out: out.scanned(at))


def _pressed(stock: Stock, _: Fact, __: datetime) -> Stock:
    return stock._with(unseen=ZERO)


def _low(stock: Stock, fact: Fact, _: datetime) -> Stock:
    if fact.is_low:
        return stock._with(low=True)
    return stock._with(low=False, low_until=None, sends_low_false=True)


def _ordered(stock: Stock, fact: Fact, _: datetime) -> Stock:
    news = fact.order
    if news is None:
        return stock
    order = OnOrder(order=news.order, units=news.units, pack_size=news.pack_size, removals=news.removals)
    return stock.with_orders((*stock.orders, order))._with(pack_size=news.pack_size)


def _order(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """Goods arrive by the order's running total, so a repeated or overtaken report adds nothing."""
    news = fact.order
    order = next((each for each in stock.orders if news is not None and each.order == news.order), None)
    if news is None or order is None:
        return stock
    units = max(ZERO, news.units - order.delivered)
    early = min(order.early, units)
    order = order.model_copy(update={"delivered": order.delivered + units, "early": order.early - early})
    parcels = stock.parcels
    if units > early:
        parcels = (*parcels, Parcel(order=news.order, delivered_at=at, units=units - early))
    low_until = at + SETTLE_FOR if units and stock.low and not stock.sends_low_false else stock.low_until
    outs = stock.outs
    if news.state is OrderState.DELIVERED or news.state in OWNERS_NO:
        outs = tuple(out for out in outs if out.fact not in order.removals)
    ended = news.state in ENDED
    orders = (order if each.order == order.order else each for each in stock.orders)
    stock = stock.with_orders(each for each in orders if not (ended and each.order == order.order))
    return stock._with(parcels=parcels, low_until=low_until, outs=outs)


def _changed(stock: Stock, _: Fact, __: datetime) -> Stock:
    return stock


def _units(fact: Fact) -> Decimal:
    return Decimal(1) if fact.quantity is None else fact.quantity


_EFFECTS: dict[FactKind, Callable[[Stock, Fact, datetime], Stock]] = {
    FactKind.COUNTED: _count,
    FactKind.PERCENT: _percent,
    FactKind.USED: _used,
    FactKind.ADDED: _added,
    FactKind.REMOVED: _removed,
    FactKind.RETURNED: _returned,
    FactKind.PRESSED: _pressed,
    FactKind.WANTED: _pressed,
    FactKind.LOW: _low,
    FactKind.ORDERED: _ordered,
    FactKind.ORDER: _order,
    FactKind.CHANGED: _changed,
    FactKind.LINKED: _linked,
    FactKind.UNLINKED: _unlinked,
    FactKind.TALLIED: _tallied,
    FactKind.SILENT: _silent,
    FactKind.HEARD: _heard,
    FactKind.SCANNED: _scanned,
    FactKind.POOLED: _pooled,
}

"""What each kind of fact does to a stock: the ledger of an item, in the order of observation (contract 1.N)."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from domain.climb import Climb
from domain.clocks import Out, Silence
from domain.expiry import MOST_TAGS, counted
from domain.facts import Arrival, Fact, FactKind, Source
from domain.orders import ENDED, OWNERS_NO, OrderState
from domain.stock import SETTLE_FOR, ZERO, OnOrder, Parcel, Stock, held
from domain.use import Use


def after(stock: Stock, arrival: Arrival) -> Stock:
    """The stock once this fact has happened; time passes up to the fact's observation first."""
    fact, at = arrival.fact, arrival.observed_at
    stock = _EFFECTS[fact.kind](stock.advanced(at), fact, at)
    return stock.having(expiry_told=True) if fact.expires_at is not None and not stock.expiry_told else stock


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
        stock, _ = stock.taken_from_parcels(units)
    elif units > before and (units - before) * 4 >= stock.pack_size:
        stock = stock.seen(units - before)
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
        return stock.having(bare_percent=percent)
    return _counted(stock, percent * fact.capacity / 100, fact, at)


def _pooled(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """What the members of a group hold together; it is only known as long as all of theirs is.

    They are its shelf, so a rise is goods that have arrived, be it at once or piece by piece. It is none where there
    are other members now, or where the first word of one has come.
    """
    if fact.quantity is None:
        return stock.having(on_shelf=None, climb=Climb())
    if fact.source is Source.LARDER or stock.on_shelf is None:
        return stock.having(on_shelf=fact.quantity, use=stock.use.watched(at))
    change = fact.quantity - stock.on_shelf
    climb, seen = stock.climb.by(change, stock.pack_size)
    use = _use_by_count(stock, fact.quantity, at, by_device=True)
    if seen:
        # the small rises before this one looked as if something had come back
        use = stock.use.watched(at).gone_after_all(float(stock.climb.units), at)
        stock = stock.seen(seen)
    return stock.having(on_shelf=fact.quantity, climb=climb, use=use, counted_at=at, counted_by_device=True)


def _used(stock: Stock, fact: Fact, at: datetime) -> Stock:
    return stock.used(_units(fact), fact.tag, at)


def _added(stock: Stock, fact: Fact, _: datetime) -> Stock:
    units = _units(fact)
    stock = stock.put(units, from_elsewhere=bool(fact.from_elsewhere))
    return stock.clock_ended(fact.tag).inside_now(fact.tag, fact.expires_at, units)


def _removed(stock: Stock, fact: Fact, at: datetime) -> Stock:
    if stock.tag_out(fact.tag) is not None:
        return stock
    expiry = next((inside.expires_at for inside in stock.inside if inside.tag == fact.tag), fact.expires_at)
    if fact.tag is None and stock.batches:
        expiry = stock.batches[0].expires_at
    out = Out(fact=fact.id, since=at, tag=fact.tag, fridge=fact.fridge, expires_at=expiry)
    # what was taken long ago was eaten: it is the newest clocks that somebody may still care for
    outs = (*stock.outs, out)[-MOST_TAGS:]
    return stock.used(_units(fact), fact.tag, at).having(outs=outs).inside_now(fact.tag, None)


def _returned(stock: Stock, fact: Fact, at: datetime) -> Stock:
    stock = stock.having(use=stock.use.taken_back(float(_units(fact)), at))
    if stock.on_shelf is not None:
        stock = stock.having(on_shelf=held(stock.on_shelf + _units(fact)))
    out = stock.clock_of(fact.tag)
    expires_at = out.expires_at if out is not None and fact.expires_at is None else fact.expires_at
    return stock.clock_ended(fact.tag).inside_now(fact.tag, expires_at, _units(fact))


def _linked(stock: Stock, fact: Fact, _: datetime) -> Stock:
    out = stock.tag_out(fact.tag)
    if out is None:
        return stock.inside_now(fact.tag, fact.expires_at)
    anew = out.model_copy(update={"expires_at": fact.expires_at})
    return stock.having(outs=tuple(anew if other is out else other for other in stock.outs))


def _unlinked(stock: Stock, fact: Fact, _: datetime) -> Stock:
    if stock.tag_out(fact.tag) is not None:
        return stock.clock_ended(fact.tag)
    return stock.taken(_units(fact)).fitting().inside_now(fact.tag, None)


def _tallied(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """All tags inside at once are the first count of what nobody has counted; else each has been counted already."""
    return stock if stock.on_shelf is not None else _counted(stock, _units(fact), fact, at)


def _silent(stock: Stock, fact: Fact, at: datetime) -> Stock:
    if fact.fridge is None or any(silence.fridge == fact.fridge for silence in stock.silences):
        return stock
    silence = Silence(fridge=fact.fridge, since=fact.silent_since or at)
    return stock.with_clocks(fact.fridge, lambda out: out.silenced(silence)).having(silences=(*stock.silences, silence))


def _heard(stock: Stock, fact: Fact, at: datetime) -> Stock:
    silence = next((silence for silence in stock.silences if silence.fridge == fact.fridge), None)
    if silence is None:
        return stock
    silences = tuple(other for other in stock.silences if other is not silence)
    return stock.with_clocks(fact.fridge, lambda out: out.heard(silence, at)).having(silences=silences)


def _scanned(stock: Stock, fact: Fact, at: datetime) -> Stock:
    """What the scan has found came back before this fact, so the rest was missed again."""
    return stock.with_clocks(fact.fridge, lambda out: out.scanned(at))


def _pressed(stock: Stock, _: Fact, __: datetime) -> Stock:
    return stock.having(unseen=ZERO)


def _low(stock: Stock, fact: Fact, _: datetime) -> Stock:
    if fact.is_low:
        return stock.having(low=True)
    return stock.having(low=False, low_until=None, sends_low_false=True)


def _ordered(stock: Stock, fact: Fact, _: datetime) -> Stock:
    news = fact.order
    if news is None:
        return stock
    order = OnOrder(order=news.order, units=news.units, pack_size=news.pack_size, removals=news.removals)
    return stock.with_orders((*stock.orders, order)).having(pack_size=news.pack_size)


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
    return stock.having(parcels=parcels, low_until=low_until, outs=outs)


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

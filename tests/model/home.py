"""A household's reordering written a second time in plain integers: how much and when, retailers, guards (1.M, 1.N).

It shares no line with Larder. Time is in minutes; whatever lets an order be made is looked for in every one of them.
Money is in cents. How long the stock lasts is read off a gauge, whenever anybody looks, and at least once a day.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

HOUR, DAY = 60, 24 * 60
FOR_GOOD = 10**9
BUTTON_PACKS = 2


@dataclass(frozen=True)
class Wish:
    """A rule: what it asks, perhaps at so many reports in a row, perhaps only from one hour of the day to another; and

    what is ordered then. It asks for at most so many "left", for fewer "days" of use, whether it is used up before a
    "delivery", or to be "pressed".
    """

    left: int
    asks: str = "left"
    days: int = 0
    times: int = 1
    hours: tuple[int, int] | None = None
    packs: int | None = None
    up_to: int = 0
    at_most: int | None = None
    adds: bool = False
    cools_down: int = 0


class Gauge(Protocol):
    """It says how long a stock lasts, once it was told enough."""

    def taken(self, units: int, now: int) -> None:
        """Somebody used so many."""

    def found(self, units: int, before: int, now: int) -> None:
        """So many were found by counting."""

    def days_left(self, level: int, now: int) -> float | None:
        """So many days of the usual use."""

    def runs_out(self, level: int, now: int) -> bool | None:
        """Whether a usual delivery may come too late."""


@dataclass(frozen=True)
class Limits:
    """What the household lets its rules do."""

    cents_a_day: int | None = None
    cents_a_month: int | None = None
    orders_a_day: int | None = None


@dataclass
class Shop:
    """Somebody who sells packs of so many for so much."""

    name: str
    pack: int
    price: int
    has_it: bool = True
    rejections: int = 0
    held_until: int = 0


@dataclass
class Made:
    """An order: how far it is, and which rules it was for."""

    at: int
    shop: Shop
    packs: int
    pack: int
    price: int
    asked: bool
    wishes: list[int]
    early: int = 0
    state: str = "open"

    @property
    def cents(self) -> int:
        """What it costs."""
        return self.packs * self.price

    @property
    def units(self) -> int:
        """What it brings."""
        return self.packs * self.pack


@dataclass
class Home:
    """One jar with its rules, oldest first, and two shops; `why` is what the newest look at it has to say.

    `off` are the rules that are suspended, `in_a_row` the reports at which each rule's question was answered with yes,
    `gauged` the answers about use at the newest look.
    """

    start: datetime
    wishes: Sequence[Wish]
    shops: Sequence[Shop]
    limits: Limits
    gauge: Gauge
    capacity: int | None = None
    cheapest: bool = False
    now: int = 0
    shelf: int = 12
    parcels: list[list[int]] = field(default_factory=list)
    orders: list[Made] = field(default_factory=list)
    armed: list[bool] = field(default_factory=list)
    ordered_at: list[int | None] = field(default_factory=list)
    paused_until: int = 0
    off: set[int] = field(default_factory=set)
    in_a_row: list[int] = field(default_factory=list)
    gauged: list[bool | None] = field(default_factory=list)
    gauged_at: int = 0
    why: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.armed = [True for _ in self.wishes]
        self.in_a_row = [0 for _ in self.wishes]
        self.gauged = [None for _ in self.wishes]
        self.ordered_at = [None for _ in self.wishes]

    @property
    def level(self) -> int:
        """On the shelf and in parcels."""
        return self.shelf + sum(units for _, units in self.parcels)

    @property
    def open(self) -> list[Made]:
        """What is on order, the oldest first."""
        return [made for made in self.orders if made.state == "open"]

    def wait(self, minutes: int, looks: Collection[int] = ()) -> None:
        """Time alone: parcels settle, and in every minute something may have become possible.

        What is read off the gauge is news only in the minutes at which somebody looks, or after a day.
        """
        for _ in range(minutes):
            self.now += 1
            settled = [parcel for parcel in self.parcels if parcel[0] + DAY <= self.now]
            self.parcels = [parcel for parcel in self.parcels if parcel not in settled]
            self.shelf += sum(units for _, units in settled)
            looked = self.now in looks or self.now >= self.gauged_at + DAY
            if looked:
                self._read()
            if looked or any(self._is_so(number) for number in self._in_force()):
                self._look()

    def count(self, units: int) -> None:
        """A person's count is the whole level."""
        self.gauge.found(units, self.level, self.now)
        self.shelf, self.parcels = units, []
        self._reported()

    def use(self, units: int) -> None:
        """Never below nothing."""
        from_shelf = min(units, self.shelf)
        self.shelf -= from_shelf
        self._unpack(units - from_shelf)
        self.gauge.taken(units, self.now)
        self._reported()

    def add(self, units: int) -> None:
        """Unpacked parcels, then the goods of open orders before anybody says that they are delivered."""
        rest = self._unpack(units)
        for made in self.open:
            early = min(rest, made.units - made.early)
            made.early, rest = made.early + early, rest - early
        self.shelf += units
        self._reported()

    def press(self) -> None:
        """The owner's word, at the first shop, whatever the guards say; but money is asked about."""
        self._reported(pressed=True, button=True)

    def tap(self) -> None:
        """A press that orders nothing by itself: it is for the rules that ask for one."""
        self._reported(pressed=True)

    def switch(self, number: int) -> None:
        """A rule is suspended, or comes back: then it knows no more than its open order and its cool-down."""
        self.off ^= {number}
        self._forget()
        self._read()
        self._look()

    def pause(self, minutes: int) -> None:
        """From now on, or no longer."""
        self.paused_until = self.now + minutes
        self._read()
        self._look()

    def sells(self, shop: int, *, has_it: bool) -> None:
        """Its catalogue says something else."""
        self.shops[shop].has_it = has_it
        self._read()
        self._look()

    def deliver(self, made: Made) -> None:
        """All of it, less what was unpacked already; what is low even so is ordered again, unless more of it comes.

        What must be reported several times must be reported so anew.
        """
        made.state, made.shop.rejections, made.shop.held_until = "delivered", 0, 0
        if made.units > made.early:
            self.parcels.append([self.now, made.units - made.early])
        self._read()
        waiting = {number for other in self.open for number in other.wishes}
        for number in [number for number in self._in_force() if number not in waiting]:
            if self._is_asked_for(number) is not None and self.wishes[number].times > 1:
                self.in_a_row[number] = 0
            if self._is_asked_for(number):
                self.armed[number] = True
        self._forget()
        self._look()

    def reject(self, made: Made) -> None:
        """Not there for a day, two, four, then for good."""
        made.state = "rejected"
        made.shop.rejections += 1
        times = made.shop.rejections
        made.shop.held_until = self.now + DAY * 2 ** (times - 1) if times <= 3 else FOR_GOOD
        for number in made.wishes:
            self.armed[number], self.ordered_at[number] = True, None
        self._forget()
        self._read()
        self._look()

    def cancel(self, made: Made) -> None:
        """The owner's no: what is low now is not ordered until it was otherwise."""
        made.state = "cancelled"
        self._read()
        for number in self._in_force():
            if self._is_so(number):
                self.armed[number] = False
        self._forget()
        self._look()

    def _in_force(self) -> list[int]:
        return [number for number in range(len(self.wishes)) if number not in self.off]

    def _forget(self) -> None:
        """Of a suspended rule nothing is known, but that it has ordered what is still open."""
        for number in self.off - {number for made in self.open for number in made.wishes}:
            self.armed[number], self.in_a_row[number] = True, 0

    def _read(self) -> None:
        """What the gauge says now of each rule that asks it."""
        self.gauged_at = self.now
        for number, wish in enumerate(self.wishes):
            if wish.asks == "days":
                days = self.gauge.days_left(self.level, self.now)
                self.gauged[number] = None if days is None else days < wish.days
            elif wish.asks == "delivery":
                self.gauged[number] = self.gauge.runs_out(self.level, self.now)

    def _is_asked_for(self, number: int, *, pressed: bool = False) -> bool | None:
        """What the rule asks, this once; None where nobody knows."""
        wish = self.wishes[number]
        if wish.asks == "left":
            return self.level <= wish.left
        return pressed if wish.asks == "pressed" else self.gauged[number]

    def _is_so(self, number: int, *, pressed: bool = False) -> bool | None:
        """The same, as often in a row as the rule wants it."""
        times = self.wishes[number].times
        return self.in_a_row[number] >= times if times > 1 else self._is_asked_for(number, pressed=pressed)

    def _reported(self, *, pressed: bool = False, button: bool = False) -> None:
        self._read()
        for number in self._in_force():
            answer = self._is_asked_for(number, pressed=pressed)
            if answer is not None:
                self.in_a_row[number] = self.in_a_row[number] + 1 if answer else 0
        if pressed:
            self._arm()
        self._look(pressed=pressed, button=button)

    def _arm(self, *, pressed: bool = False) -> None:
        """Whatever is not so is armed; just before a press, nothing was pressed."""
        for number in self._in_force():
            if self._is_so(number, pressed=pressed) is False:
                self.armed[number] = True

    def _look(self, *, pressed: bool = False, button: bool = False) -> None:
        self._arm(pressed=pressed)
        so = [number for number in self._in_force() if self._is_so(number, pressed=pressed)]
        true = [number for number in so if self._is_in_hours(self.wishes[number])]
        may = [n for n in true if self.armed[n] and (not self.open or self.wishes[n].adds)]
        self.why = []
        bids: list[int | None] = [None, *may] if button and not self.open else [*may]
        for bid in bids:
            if self._orders(bid, may, is_owners=bid is None or (pressed and self.wishes[bid].asks == "pressed")):
                return
        if bids:
            self.why += ["already on order"] if self.open else []
        elif self.open and (true or button):
            self.why = ["already on order"]
        elif true:
            self.why = ["already ordered for this"]
        else:
            over = [n for n in so if self.wishes[n].asks == "pressed" and self.wishes[n].times == 1]
            self.why = ["press again from"] if over else []
            self.why += ["outside its window: not now"] if set(so) - set(over) else []

    def _orders(self, bid: int | None, may: list[int], *, is_owners: bool) -> bool:
        """Whether this rule, or the button, gets its order; else why not. Nothing holds back the owner's word."""
        if bid is not None and not is_owners and (stopped := self._stopped(bid)):
            self.why.append(stopped)
            return False
        found = self._shop_for(bid, is_owners=is_owners)
        if found is None:
            return False
        shop, packs, pack, price = found
        too_much = self._too_much(packs * price)
        if too_much and not is_owners:
            self.why.append(too_much)
            return False
        self.orders.append(Made(self.now, shop, packs, pack, price, bool(too_much), list(may)))
        for number in may:
            self.armed[number], self.ordered_at[number] = False, self.now
        self.why = ["waits for your yes" if too_much else "ordered"]
        return True

    def _stopped(self, number: int) -> str:
        ordered, cools_down = self.ordered_at[number], self.wishes[number].cools_down
        if self.now < self.paused_until:
            return "paused"
        if ordered is not None and self.now < ordered + cools_down:
            return "ago: not before"
        most = self.limits.orders_a_day
        if most is not None and sum(self._day(made.at) == self._day(self.now) for made in self._standing()) >= most:
            return "a day at most"
        return ""

    def _too_much(self, cents: int) -> str:
        limits = [
            (self.limits.cents_a_month, self._month, "a month"),
            (self.limits.cents_a_day, self._day, "a day"),
        ]
        for limit, _, name in limits:
            if limit is not None and cents > limit:
                return f"EUR {name} in all"
        for limit, span, name in limits:
            spent = sum(made.cents for made in self._standing() if span(made.at) == span(self.now))
            if limit is not None and spent + cents > limit:
                return f"EUR {name}"
        return ""

    def _shop_for(self, bid: int | None, *, is_owners: bool) -> tuple[Shop, int, int, int] | None:
        if bid is None:
            packs = self._packs(BUTTON_PACKS, 0, None, 12)
            return (self.shops[0], packs, 12, 349) if packs > 0 else None
        wish = self.wishes[bid]
        for shop in self._shops(is_owners=is_owners):
            packs = self._packs(wish.packs, wish.up_to, wish.at_most, shop.pack)
            if packs > 0:
                return shop, packs, shop.pack, shop.price
            self.why.append("already up to" if packs == 0 else "not even one pack")
        return None

    def _shops(self, *, is_owners: bool) -> Iterator[Shop]:
        """Those that can be asked, one after another: as they are listed, or all of them by their price."""
        if self.cheapest:
            yield from sorted(self._usable(is_owners=is_owners), key=lambda shop: shop.price / shop.pack)
        else:
            yield from self._usable(is_owners=is_owners)

    def _usable(self, *, is_owners: bool) -> Iterator[Shop]:
        for shop in self.shops:
            if self.now < shop.held_until and not is_owners:
                self.why.append("waits for your word" if shop.held_until == FOR_GOOD else "rejected there")
            elif shop.has_it:
                yield shop
            else:
                self.why.append("is not available")

    def _packs(self, packs: int | None, up_to: int, at_most: int | None, pack: int) -> int:
        """How many packs; 0 where nothing is missing, -1 where none fits."""
        there = self.level + sum(made.units for made in self.open)
        if packs is None:
            packs = -(-(up_to - there) // pack)
            if packs < 1:
                return 0
        packs = packs if at_most is None else min(packs, at_most)
        if self.capacity is not None:
            packs = min(packs, (self.capacity - there) // pack)
        return packs if packs >= 1 else -1

    def _standing(self) -> list[Made]:
        return [made for made in self.orders if made.state in ("open", "delivered")]

    def _unpack(self, units: int) -> int:
        """Out of the parcels, oldest first; what is left to take."""
        for parcel in self.parcels:
            taken = min(parcel[1], units)
            parcel[1] -= taken
            units -= taken
        self.parcels = [parcel for parcel in self.parcels if parcel[1]]
        return units

    def _local(self, minute: int) -> datetime:
        return self.start + timedelta(minutes=minute)

    def _day(self, minute: int) -> tuple[int, ...]:
        return self._local(minute).timetuple()[:3]

    def _month(self, minute: int) -> tuple[int, ...]:
        return self._local(minute).timetuple()[:2]

    def _is_in_hours(self, wish: Wish) -> bool:
        if wish.hours is None:
            return True
        first, last = wish.hours
        return first <= self._local(self.now).hour < last

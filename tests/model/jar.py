"""Contract 1.N for one jar, written a second time in plain integers: "5 left" orders one pack of twelve.

It shares no line with Larder. Time is in minutes since the jar was filled; every step but `wait` takes one minute.
"""

from dataclasses import dataclass, field

DAY = 24 * 60
PACK = 12
THRESHOLD = 5
FOR_GOOD = 10**9


@dataclass
class Parcel:
    """Units delivered and not yet seen on the shelf."""

    at: int
    units: int


@dataclass
class Jar:
    """What must be on the shelf, on order and known about earlier orders after any sequence of steps."""

    pressed_packs: int = 1
    now: int = 0
    shelf: int = 12
    parcels: list[Parcel] = field(default_factory=list)
    unseen: int = 0
    counted_by_device_at: int | None = None
    orders: list[str] = field(default_factory=list)
    units: int = 0
    early: int = 0
    armed: bool = True
    shared: bool = False
    rejections: int = 0
    held_until: int = 0

    @property
    def arriving(self) -> int:
        """Units in parcels."""
        return sum(parcel.units for parcel in self.parcels)

    @property
    def level(self) -> int:
        """What the rule looks at."""
        return self.shelf + self.arriving

    @property
    def is_open(self) -> bool:
        """Whether an order is on its way."""
        return bool(self.orders) and self.orders[-1] == "open"

    def wait(self, minutes: int) -> None:
        """Parcels settle after a day, a hold ends; each is judged at its own moment."""
        end = self.now + minutes
        while due := [moment for moment in self._moments() if moment <= end]:
            self.now = min(due)
            for parcel in [parcel for parcel in self.parcels if parcel.at + DAY <= self.now]:
                self.parcels.remove(parcel)
                counted = self.counted_by_device_at
                if counted is not None and counted > parcel.at:
                    self.unseen += parcel.units
                else:
                    self.shelf += parcel.units
            self._judge()
        self.now = end

    def count(self, units: int) -> None:
        """A person's count is the whole level."""
        self.wait(1)
        self.shelf, self.parcels, self.unseen, self.counted_by_device_at = units, [], 0, None
        self._judge()

    def device(self, units: int) -> None:
        """A device counts the shelf; a rise of a quarter pack or more is goods that arrive."""
        self.wait(1)
        rise = units - self.shelf
        if rise > 0 and rise * 4 >= (PACK if self.orders else 1):
            self._seen(rise)
        self.shelf, self.counted_by_device_at = units, self.now
        self._judge()

    def use(self, units: int) -> None:
        """From the shelf, then from the parcels; never below nothing."""
        self.wait(1)
        from_shelf = min(units, self.shelf)
        self.shelf -= from_shelf
        self._take(units - from_shelf)
        self._judge()

    def add(self, units: int) -> None:
        """Unpacks parcels first; what is more is new, or the goods of an open order seen early."""
        self.wait(1)
        self._seen(units)
        self.shelf += units
        self._judge()

    def press(self) -> None:
        """The owner's word, whatever flags and holds say, unless something is open; a rule that wants it shares it."""
        self.wait(1)
        self.unseen = 0
        if not self.is_open:
            self._order(self.pressed_packs, shared=self.armed and self.level <= THRESHOLD)
        self._judge()

    def deliver(self) -> None:
        """All of it arrives, less what was seen early; the rule is armed and judged on the new level."""
        self.wait(1)
        if self.units > self.early:
            self.parcels.append(Parcel(self.now, self.units - self.early))
        self._end("delivered")
        self.rejections = self.held_until = 0
        self.armed = True
        self._judge()

    def reject(self) -> None:
        """Nothing at that retailer for a day, two, four, then for good; an earlier no of the owner still holds."""
        self.wait(1)
        self._end("rejected")
        self.rejections += 1
        self.held_until = self.now + DAY * 2 ** (self.rejections - 1) if self.rejections <= 3 else FOR_GOOD
        self.armed = self.armed or self.shared
        self._judge()

    def cancel(self) -> None:
        """The owner's no: a rule that is true now waits until it has been false."""
        self.wait(1)
        self._end("cancelled")
        self.armed = False
        self._judge()

    def _moments(self) -> list[int]:
        moments = [parcel.at + DAY for parcel in self.parcels]
        return [*moments, self.held_until] if self.now < self.held_until else moments

    def _judge(self) -> None:
        if self.level > THRESHOLD:
            self.armed = True
        elif self.armed and not self.is_open and self.now >= self.held_until and self.level + self.unseen <= THRESHOLD:
            self._order(1, shared=True)

    def _order(self, packs: int, *, shared: bool) -> None:
        self.orders.append("open")
        self.shared, self.armed = shared, self.armed and not shared
        self.units, self.early = packs * PACK, 0

    def _end(self, state: str) -> None:
        self.orders[-1] = state

    def _take(self, units: int) -> int:
        """Out of the parcels, oldest first; what is left to take."""
        for parcel in list(self.parcels):
            taken = min(parcel.units, units)
            parcel.units -= taken
            units -= taken
            if not parcel.units:
                self.parcels.remove(parcel)
        return units

    def _seen(self, units: int) -> None:
        rest = self._take(units)
        if self.is_open:
            self.early = min(self.units, self.early + rest)
        self.unseen = 0

"""Random household days against the judgement: no order is missed, none is doubled, and each is explained (1.N)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.asking import Price
from domain.decisions import Verdict
from domain.facts import Source
from domain.guards import Guards
from domain.item import Need, Offer
from domain.orders import Approval, OrderState
from rules.active import ActiveRule
from rules.quantity import Wanted
from tests.judgement.household import BUTTON, NOON, SHOP, Household, a_rule, an_offer
from tests.model.gauge import Gauge
from tests.model.home import DAY, HOUR, Home, Limits, Made, Shop, Wish
from tests.model.steps import LONG

DAYS = 20
HOUSEHOLDS = 500 if LONG else 40
"""Ten thousand days, or as many as a test run has time for."""
ZONES = {"UTC": 0, "Asia/Kolkata": 330, "America/Phoenix": -420}
SHOPS = (SHOP, UUID(int=70))
WAITING = ("already ordered for this", "already on order", "outside its window: not now", "press again from")
"""What a decision says only where it is so."""


@dataclass(frozen=True)
class Step:
    """Something that happens so many minutes after what was before it."""

    after: int
    name: str
    number: int


@dataclass(frozen=True)
class Life:
    """A household and its days."""

    wishes: list[Wish]
    packs: tuple[int, int]
    prices: tuple[int, int]
    limits: Limits
    capacity: int | None
    cheapest: bool
    zone: str
    begins: int
    days: list[list[Step]]


NAMES = (
    "use",
    "use",
    "use",
    "use",
    "count",
    "add",
    "deliver",
    "deliver",
    "reject",
    "cancel",
    "press",
    "tap",
    "tap",
    "pause",
    "sells",
    "switch",
    "switch",
)
STEPS = st.builds(Step, st.sampled_from((1, 5, 60, 240, 600)), st.sampled_from(NAMES), st.integers(0, 11))
WISHES = st.builds(
    Wish,
    left=st.sampled_from((5, 10, 20)),
    asks=st.sampled_from(("left", "days", "delivery", "pressed")),
    days=st.sampled_from((2, 4, 8)),
    times=st.sampled_from((1, 1, 1, 2, 3)),
    hours=st.sampled_from((None, None, (8, 20), (0, 6))),
    packs=st.sampled_from((None, None, 1, 3)),
    up_to=st.sampled_from((8, 24, 40)),
    at_most=st.sampled_from((None, None, 2)),
    adds=st.booleans(),
    cools_down=st.sampled_from((0, 30 * HOUR, 5 * DAY)),
)
LIMITS = st.builds(
    Limits,
    cents_a_day=st.sampled_from((400, None, 698)),
    cents_a_month=st.sampled_from((None, 1396, 3000)),
    orders_a_day=st.sampled_from((None, 1, 2)),
)
LIVES = st.builds(
    Life,
    wishes=st.lists(WISHES, min_size=1, max_size=3),
    packs=st.sampled_from(((12, 12), (12, 6), (6, 20), (1, 12))),
    prices=st.sampled_from(((349, 349), (349, 150), (50, 400))),
    limits=LIMITS,
    capacity=st.sampled_from((None, 30, 60)),
    cheapest=st.booleans(),
    zone=st.sampled_from(sorted(ZONES)),
    begins=st.sampled_from((0, 15, 24)),
    days=st.lists(st.lists(STEPS, min_size=1, max_size=7), min_size=DAYS, max_size=DAYS),
)


@settings(
    max_examples=HOUSEHOLDS,
    deadline=None,
    derandomize=not LONG,
    phases=[Phase.generate],  # a life of twenty days takes too long to be made shorter
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
)
@given(LIVES)
def test_a_households_days_are_what_the_model_says(life: Life) -> None:
    Played(life).days()


class Played:
    """One life, lived twice."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.begin = NOON + timedelta(days=life.begins)
        shops = [Shop(f"shop {n}", life.packs[n], life.prices[n]) for n in range(2)]
        local = (self.begin + timedelta(minutes=ZONES[life.zone])).replace(tzinfo=None)
        gauge = Gauge(lambda minute: self.begin + timedelta(minutes=minute))
        self.model = Home(local, life.wishes, shops, life.limits, gauge, life.capacity, life.cheapest)
        capacity = None if life.capacity is None else Decimal(life.capacity)
        self.real = Household(capacity=capacity, zone=ZoneInfo(life.zone))
        self._rule_it()
        self.model.count(12)
        self.real.tell("counted", 12, at=self.begin, source=Source.PERSON)

    @property
    def at(self) -> datetime:
        """By Larder's clock."""
        return self.begin + timedelta(minutes=self.model.now)

    def days(self) -> None:
        """One after another, each of 24 hours at least."""
        for number, day in enumerate(self.life.days, start=1):
            for step in day:
                self._wait(step.after)
                self._happens(step)
                self._is_the_same(step)
            self._wait(max(0, number * DAY - self.model.now))
            self._is_the_same(number)

    def _wait(self, minutes: int) -> None:
        seen = len(self.real.decisions)
        self.real.look(self.at + timedelta(minutes=minutes))
        looks = {(made.at - self.begin) // timedelta(minutes=1) for made in self.real.decisions[seen:]}
        self.model.wait(minutes, looks)

    def _happens(self, step: Step) -> None:
        if step.name in ("deliver", "reject", "cancel"):
            self._hears(step)
        elif step.name == "press":
            self.model.press()
            self.real.tell("pressed", at=self.at, instruction=BUTTON)
        elif step.name == "tap":
            self.model.tap()
            self.real.tell("pressed", at=self.at)
        elif step.name == "switch":
            self.model.switch(step.number % len(self.life.wishes))
            self._changed()
        elif step.name == "pause":
            self.model.pause(step.number * 6 * HOUR)
            self._changed()
        elif step.name == "sells":
            self.model.sells(step.number % 2, has_it=step.number >= 4)
            self._changed()
        else:
            {"use": self.model.use, "count": self.model.count, "add": self.model.add}[step.name](step.number)
            kind = {"use": "used", "count": "counted", "add": "added"}[step.name]
            self.real.tell(kind, step.number, at=self.at, source=Source.PERSON)

    def _hears(self, step: Step) -> None:
        """An order has ended, one of those that are open."""
        if not self.model.open:
            return
        made = self.model.open[step.number % len(self.model.open)]
        need = self.real.needs[self.model.orders.index(made)]
        {"deliver": self.model.deliver, "reject": self.model.reject, "cancel": self.model.cancel}[step.name](made)
        states = {"deliver": OrderState.DELIVERED, "reject": OrderState.REJECTED, "cancel": OrderState.CANCELLED}
        units = made.units if step.name == "deliver" else 0
        self.real.order_is(states[step.name], units, at=self.at, need=need)

    def _changed(self) -> None:
        self._rule_it()
        self.real.tell("changed", at=self.at)

    def _rule_it(self) -> None:
        """The rules as they stand, on what the shops have."""
        self.real.rules = [
            self._rule(number + 1, wish) for number, wish in enumerate(self.life.wishes) if number not in self.model.off
        ]
        limits, pause = self.life.limits, self.begin + timedelta(minutes=self.model.paused_until)
        self.real.guards = Guards(
            money_per_day=_euros(limits.cents_a_day),
            money_per_month=_euros(limits.cents_a_month),
            orders_per_item_and_day=limits.orders_a_day,
            paused_until=pause,
        )

    def _rule(self, number: int, wish: Wish) -> ActiveRule:
        window = "" if wish.hours is None else f" and between {wish.hours[0]:02}:00 and {wish.hours[1]:02}:00"
        wanted = Wanted(packs=wish.packs, up_to=Decimal(wish.up_to), at_most=wish.at_most)
        first, second = (self._offer(shop) for shop in range(2))
        return a_rule(
            f"{_asked(wish)}{window}",
            uuid=UUID(int=number),
            wanted=wanted,
            offer=first,
            elsewhere=[second],
            prefer="cheapest" if self.life.cheapest else "listed",
            while_on_order="add" if wish.adds else "wait",
            cool_down=wish.cools_down * 60 or None,
        )

    def _offer(self, shop: int) -> Offer:
        here = self.model.shops[shop]
        price = str(Decimal(here.price) / 100)
        return an_offer(str(here.pack), price, SHOPS[shop], name=here.name, available=here.has_it)

    def _is_the_same(self, step: object) -> None:
        """Level, every order with its moment, and what the newest decision says of it."""
        shown = self.real.state.stock.advanced(self.at)
        assert [shown.level, shown.ordered_units] == [self.model.level, sum(o.units for o in self.model.open)], step
        assert [self._said(need) for need in self.real.needs] == [self._meant(made) for made in self.model.orders], step
        assert [each.need.order for each in self.real.state.opens] == [
            self.real.needs[number].order for number, made in enumerate(self.model.orders) if made.state == "open"
        ], step
        made = [each for each in self.real.decisions if each.verdict is Verdict.ORDERED]
        assert [each.order for each in made] == [need.order for need in self.real.needs], step
        newest = self.real.decisions[-1]
        if isinstance(step, Step) and newest.at == self.at:
            sentence = newest.sentence.lower()
            assert [why for why in self.model.why if why.lower() not in sentence] == [], (step, sentence)
            assert {word for word in WAITING if word in sentence} <= set(self.model.why), (step, sentence)

    def _said(self, need: Need) -> tuple[object, ...]:
        minute = (need.at - self.begin) // timedelta(minutes=1)
        return minute, SHOPS.index(need.offer.retailer), need.packs, need.approval is Approval.NEEDED

    def _meant(self, made: Made) -> tuple[object, ...]:
        return made.at, self.model.shops.index(made.shop), made.packs, made.asked


def _asked(wish: Wish) -> str:
    asked = {
        "left": f"{wish.left} left",
        "days": f"less than {wish.days} days left",
        "delivery": "runs out before delivery",
        "pressed": "pressed",
    }
    return asked[wish.asks] + (f" {wish.times} times in a row" if wish.times > 1 else "")


def _euros(cents: int | None) -> Price | None:
    return None if cents is None else Price(amount=Decimal(cents) / 100, currency="EUR")

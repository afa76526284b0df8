"""A household without a server: facts at chosen moments go straight through the judgement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.asking import NEVER, AskFirst, Price
from domain.clocks import WhenSilent
from domain.decisions import Decision
from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.guards import NO_GUARDS, Guards, Ordered, Tally
from domain.identity import new_uuid
from domain.item import ItemState, Need, Offer
from domain.lead_time import LeadTime
from domain.orders import ENDED_WITHOUT_DELIVERY, OWNERS_NO, OrderState
from domain.settlement import News, Past, Taken
from domain.stock import Stock
from rules.active import GREENWICH, ActiveRule, InForce, Order
from rules.engine import Engine
from rules.judge import Judge
from rules.quantity import Wanted
from rules.sentence import parse
from rules.settling import Settling
from rules.then import Then
from rules.tree import Tree

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP = UUID(int=7)
BUTTON = UUID(int=9)
JUDGE = Judge(Engine())


def hours(count: float) -> datetime:
    """So many hours after noon."""
    return NOON + timedelta(hours=count)


def an_offer(
    pack_size: str = "12",
    price: str = "3.49",
    retailer: UUID = SHOP,
    *,
    name: str = "Corner Shop",
    currency: str = "EUR",
    available: bool = True,
) -> Offer:
    """Oat cookies at the corner shop."""
    return Offer(
        retailer=retailer,
        retailer_name=name,
        sku="cookies-12",
        name="Oat cookies",
        pack_size=Decimal(pack_size),
        unit_price=Decimal(price),
        currency=currency,
        available=available,
    )


def a_rule(
    sentence: str | Tree,
    *,
    wanted: Wanted | None = None,
    offer: Offer | None = None,
    approval: object = "never",
    notify: bool = False,
    orders: bool = True,
    uuid: UUID | None = None,
    when_silent: WhenSilent = WhenSilent.CONTINUE,
    elsewhere: Sequence[Offer] = (),
    **order: object,
) -> ActiveRule:
    """A rule that orders one pack unless told otherwise; `order` says more of how, such as `prefer`."""
    offer, wanted = offer or an_offer(), wanted or Wanted(packs=1)
    if orders:
        others = [{"retailer": other.retailer, "sku": other.sku} for other in elsewhere]
        order |= {"retailer": offer.retailer, "sku": offer.sku, "packs": 1, "elsewhere": others}
    then = Then.model_validate({"order": order or None, "approval": approval, "notify": notify})
    first, *rest = [Order(each.retailer, each.sku, wanted, each) for each in (offer, *elsewhere)]
    return ActiveRule(
        uuid=uuid or new_uuid(),
        version=1,
        sentence=str(sentence),
        tree=parse(sentence) if isinstance(sentence, str) else sentence,
        then=then,
        order=first if orders else None,
        when_silent=when_silent,
        elsewhere=tuple(rest),
    )


@dataclass
class Household:
    """One item with its rules; `tell` is what its workflow would take, `decisions` and `needs` what came of it."""

    rules: Sequence[ActiveRule] = ()
    capacity: Decimal | None = None
    asks_first: AskFirst = NEVER
    name: str = ""
    guards: Guards = NO_GUARDS
    zone: ZoneInfo = GREENWICH
    lead_times: Mapping[UUID, LeadTime] = field(default_factory=dict)
    ordered_elsewhere: tuple[Ordered, ...] = ()
    state: ItemState = field(init=False)
    decisions: list[Decision] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    ledger: list[Taken] = field(default_factory=list)
    _sent: int = 0
    _came_to_nothing: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.state = ItemState(item=UUID(int=1), stock=Stock(capacity=self.capacity))

    def settle(self, *arrivals: Arrival, at: datetime) -> None:
        """One batch, as the activity would do it."""
        late = any(self.state.head is not None and arrival.observed_at < self.state.head for arrival in arrivals)
        past = Past(Stock(capacity=self.capacity), tuple(t for t in self.ledger if t.folded)) if late else None
        result = Settling(JUDGE, self.in_force, self.state, past).settle(arrivals, at)
        self.state = result.state
        self.decisions += result.decisions
        self.needs += result.needs
        self.news += result.news
        self.ledger += result.taken

    @property
    def in_force(self) -> InForce:
        """All that judges the item."""
        button = Order(SHOP, "cookies-12", Wanted(packs=2), an_offer())
        offers = {(SHOP, "cookies-12"): an_offer()}
        return InForce(
            tuple(self.rules),
            {BUTTON: button},
            offers=offers,
            asks_first=self.asks_first,
            name=self.name,
            guards=self.guards,
            zone=self.zone,
            tally=self._tally(),
            lead_times=self.lead_times,
        )

    def look(self, at: datetime) -> Decision | None:
        """The workflow's timer at its next checks, up to `at`."""
        while self.state.next_check is not None and self.state.next_check <= at:
            self.settle(at=self.state.next_check)
        return self.decisions[-1] if self.decisions else None

    def tell(
        self, kind: str, quantity: float | str | None = None, *, at: datetime, seen: datetime | None = None, **more: Any
    ) -> Decision:
        """One fact, observed at `seen`, taken at `at`, after all earlier deadlines."""
        self.look(at)
        self.settle(self.arrival(kind, quantity, at=at, seen=seen, **more), at=at)
        return self.decisions[-1]

    def arrival(
        self, kind: str, quantity: float | str | None = None, *, at: datetime, seen: datetime | None = None, **more: Any
    ) -> Arrival:
        """A fact that nobody has sent before."""
        self._sent += 1
        fact = {
            "id": f"fact-{self._sent}",
            "kind": FactKind(kind),
            "quantity": None if quantity is None else Decimal(str(quantity)),
            "observed_at": seen or at,
            "received_at": at,
        } | more
        return Arrival(fact=Fact.model_validate(fact), at=at)

    def order_is(self, state: OrderState, units: float = 0, *, at: datetime, need: Need | None = None) -> Decision:
        """An order tells its item, the newest unless another is named."""
        self.look(at)
        need = need or self.needs[-1]
        if state in OWNERS_NO | ENDED_WITHOUT_DELIVERY:
            self._came_to_nothing.add(need.order)
        news = OrderNews(order=need.order, state=state, units=Decimal(str(units)), pack_size=need.offer.pack_size)
        return self.tell("order", at=at, order=news, source=Source.LARDER)

    def _tally(self) -> Tally:
        """What storage would count: the orders of this item that stand, and those of others."""
        here = (
            Ordered(need.at, Price(amount=need.total, currency=need.offer.currency), is_here=True)
            for need in self.needs
            if need.order not in self._came_to_nothing
        )
        return Tally((*self.ordered_elsewhere, *here))

    def level(self, at: datetime) -> Decimal | None:
        """What the item shows at `at`."""
        return self.state.stock.advanced(at).level

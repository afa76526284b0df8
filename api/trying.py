"""A rule against what was recorded: what is read for it, what is worked out, and how that is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from api import on_trial, rule_scopes
from api.on_trial import Looked
from api.parts import Parts
from api.principals import Principal
from api.rule_scopes import Scope
from api.trial_bodies import CurvePoint, LeadTimeUsed, RuleToTry, RuleTried, Spent, TriedOrder, VersionTried
from api.trials import Say
from domain.errors import Invalid
from domain.facts import Arrival
from domain.identity import new_uuid
from domain.lead_time import USUAL, LeadTime
from domain.prices import written
from domain.stock import Stock
from rules.active import InForce
from rules.backtest import Outcome, Trial, backtest, warmed_up
from rules.duration import seconds_from
from rules.judge import Judge
from rules.spoken_of import About
from rules.tree import conditions
from rules.world import Beginning, Ordered, TooManyOrders
from storage import recorded
from storage.database import Database
from storage.ledger import RuleText
from storage.recorded import Stored, Stretch
from storage.tables import Rule

MOST_FACTS = 100_000
MOST_BEFORE = 20_000
"""So many facts from before tell how things stood at the beginning."""
USUAL_PERIOD = timedelta(days=30)
POINTS = 800
MOST_ORDERS = 500
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Prepared:
    """Everything that a trial needs, read and checked."""

    looked: Looked
    rule: UUID
    sentences: tuple[str | None, str]
    versions: tuple[InForce, InForce]
    stored: Sequence[Stored]
    stretch: Stretch
    lead_times: dict[UUID, LeadTime]

    @property
    def before(self) -> list[Stored]:
        """What was observed before the period."""
        return [each for each in self.stored if each.observed_at < self.stretch.start]

    @property
    def number(self) -> int:
        """How many facts are replayed."""
        return len(self.stored) - len(self.before)

    def worked_out(self, judge: Judge, say: Say) -> list[Outcome]:
        """What both versions would have done; work for a processor. Raises Invalid for orders without end."""
        before, start = self.before, self.stretch.start
        stock = warmed_up((each.read() for each in before), Stock(capacity=self.looked.opened.stock.capacity))
        beginning = Beginning(self.looked.item, stock, start, self._lead)
        trial = Trial(beginning, self._replayed(len(before)), self.stretch.end)
        try:
            return backtest(judge, self.versions, trial, say)
        except TooManyOrders as endless:
            raise Invalid({"when": [endless.message]}, endless.message) from endless

    def _replayed(self, skipped: int) -> Iterator[Arrival]:
        for number in range(skipped, len(self.stored)):
            yield self.stored[number].read()

    def _lead(self, retailer: UUID) -> timedelta:
        return timedelta(days=self.lead_times.get(retailer, USUAL).mean_days)


async def prepared(parts: Parts, principal: Principal, data: RuleToTry) -> Prepared:
    """Read all of it; raises Invalid for what cannot be tried."""
    stretch = _stretch(data, await parts.desk.now(data.item))
    words = await recorded.owners_words(parts.db, stretch)
    async with parts.db.reading() as session:
        present = await on_trial.present(session, principal, data.rule)
        uuid = new_uuid() if present is None else present.uuid
        about = await rule_scopes.about(session, principal.household, Scope(item=data.item))
        old, new = _versions(uuid, data, present, about)
        looked = await on_trial.looked(
            session,
            principal,
            data.item,
            at=stretch.start,
            rules=lambda opened: [*opened.rules, *(rule for rule in (old, new) if rule is not None)],
            words=[arrival.fact for arrival in words],
        )
        others = on_trial.without(looked.opened.rules, uuid)
        known = dict(looked.lead_times)
        if data.lead_time is not None:
            days = float(seconds_from(data.lead_time) or 0) / _DAY.total_seconds()
            known = dict.fromkeys(known, LeadTime(mean_days=days, longest_usual_days=days))
        versions = tuple(
            on_trial.in_the_past(looked.with_rules([*others, *([] if rule is None else [rule])]), known)
            for rule in (old, new)
        )
    stored = await _read(parts.db, stretch)
    sentences = (None if old is None else old.sentence, new.sentence)
    return Prepared(looked, uuid, sentences, (versions[0], versions[1]), stored, stretch, known)


def _versions(uuid: UUID, data: RuleToTry, present: Rule | None, about: About) -> tuple[RuleText | None, RuleText]:
    """The old and the new one; a rule by itself is tried against none."""
    stored = None if present is None else on_trial.of_row(present)
    if stored is not None and data.when is None and data.then is None:
        return None, stored
    if data.when is None and stored is None:
        raise Invalid({"when": ["This field is missing."]})
    return stored, on_trial.written(uuid, data, stored, about)


def _stretch(data: RuleToTry, now: datetime) -> Stretch:
    end = min(now, now if data.to is None else data.to).astimezone(UTC)
    start = end - USUAL_PERIOD if data.from_ is None else data.from_.astimezone(UTC)
    if start >= end:
        raise Invalid({"from": ["This moment should lie before the end, and before now."]})
    return Stretch(data.item, start, end)


async def _read(db: Database, stretch: Stretch) -> list[Stored]:
    """What was observed in the period, and enough of before it to know how things stood."""
    if (number := await recorded.number(db, stretch)) > MOST_FACTS:
        text = f"There are {number} facts since then, and at most {MOST_FACTS} are tried: choose a later moment."
        raise Invalid({"from": [text]})
    first = await recorded.first(db, stretch.item, MOST_BEFORE, stretch.start)
    wider = stretch if first is None else stretch._replace(start=first)
    return [each async for page in recorded.facts(db, wider) for each in page]


def shown(prepared: Prepared, outcomes: Sequence[Outcome]) -> RuleTried:
    """What came of it, for people and programs."""
    stretch, opened = prepared.stretch, prepared.looked.opened
    old, new = (
        _version(prepared, sentence, in_force, outcome)
        for sentence, in_force, outcome in zip(prepared.sentences, prepared.versions, outcomes, strict=True)
    )
    names = {retailer: offer.retailer_name for (retailer, _), offer in prepared.looked.market.offers.items()}
    return RuleTried(
        item=prepared.looked.item,
        item_name=opened.name,
        unit=opened.unit,
        from_=stretch.start,
        to=stretch.end,
        facts=prepared.number,
        lead_times=[
            LeadTimeUsed(
                retailer=retailer,
                retailer_name=names[retailer],
                days=round(Decimal(lead.mean_days), 2),
                deliveries=lead.deliveries,
            )
            for retailer, lead in sorted(prepared.lead_times.items())
        ],
        old=old,
        new=new,
        sentence=f"{_told(old)} {_told(new)}",
    )


def _version(prepared: Prepared, sentence: str | None, in_force: InForce, outcome: Outcome) -> VersionTried:
    rule = next((rule for rule in in_force.rules if rule.uuid == prepared.rule), None)
    asked = () if rule is None else conditions(rule.tree)
    spent: dict[str, Decimal] = {}
    for ordered in outcome.orders:
        currency = ordered.need.offer.currency
        spent[currency] = spent.get(currency, Decimal(0)) + ordered.need.total
    measures = outcome.measures
    return VersionTried(
        when=sentence,
        thresholds=sorted({Decimal(each.value) for each in asked if each.field == "level"}),
        orders=[_order(prepared.rule, ordered) for ordered in outcome.orders[:MOST_ORDERS]],
        order_count=len(outcome.orders),
        spent=[Spent(amount=amount, currency=currency) for currency, amount in sorted(spent.items())],
        days=measures.days,
        days_out=measures.days_out,
        average_level=measures.average,
        curve=[CurvePoint(at=point.at, level=point.level) for point in outcome.curve.thinned(POINTS)],
    )


def _order(rule: UUID, ordered: Ordered) -> TriedOrder:
    need = ordered.need
    return TriedOrder(
        at=need.at,
        delivered_at=ordered.delivered_at,
        packs=need.packs,
        units=need.units,
        retailer=need.offer.retailer,
        retailer_name=need.offer.retailer_name,
        sku=need.offer.sku,
        name=need.offer.name,
        total=need.total,
        currency=need.offer.currency,
        sentence=ordered.why,
        by_rule=rule in need.rules,
    )


def _told(version: VersionTried) -> str:
    """One version in one sentence."""
    who = "Without the rule" if version.when is None else f'With "{version.when}"'
    times = {0: "nothing would have been ordered", 1: "1 order would have been made"}
    orders = times.get(version.order_count, f"{version.order_count} orders would have been made")
    money = "".join(f" for {written(spent.amount, spent.currency)} {spent.currency}" for spent in version.spent)
    if version.average_level is None:
        return f"{who}, {orders}{money}; the level is not known."
    without = (
        "never nothing left" if not version.days_out else f"nothing left on {version.days_out} of {version.days} days"
    )
    return f"{who}, {orders}{money}; {without}, {version.average_level} left on average."

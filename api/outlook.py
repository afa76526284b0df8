"""What would have to change for it to order now, rule by rule (1.M): tried by the real judgement, on a copy."""

import asyncio
from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from activities.as_it_stands import AsItStands, as_it_stands
from api.envelope import Envelope, Quantity, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.errors import NotFound
from rules.steps import StepKind, Way
from rules.whatif import Outlook, outlook
from storage import items


class StepShown(Shown):
    """One thing that would have to happen: a wait `until`, an amount `to` be reached, so many `times`."""

    kind: StepKind
    sentence: str
    until: When | None
    to: Quantity | None
    times: int
    order: UUID | None


class WayShown(Shown):
    """Steps after which it orders; `ordersAt` is when, if all but the waiting were done now."""

    sentence: str
    steps: list[StepShown]
    orders_at: When


class RuleOutlook(Shown):
    """What one rule says now, and the ways in which it would order, the shortest first.

    No way is named that was not tried; where there is none, it takes more than a few changes.
    """

    rule: UUID
    version: int
    when: str
    armed: bool
    now: str
    ways: list[WayShown]


class OutlookShown(Shown):
    """Every rule that orders, as of a moment."""

    at: When
    rules: list[RuleOutlook]


class OutlookController(Controller):
    """What would have to change."""

    path = "/items/{uuid:uuid}"
    tags = ("UI",)

    @get("/outlook", operation_id="ItemOutlook")
    async def item_outlook(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OutlookShown]:
        """For each rule that orders, the smallest changes after which it would: each was tried, none is guessed."""
        async with parts.db.reading() as session:
            await items.get(session, principal.household, uuid)
        shown = await outlook_of(parts, uuid)
        if shown is None:
            raise NotFound("There is no such item.")
        return Envelope(message="Outlook.", data=shown)


async def outlook_of(parts: Parts, item: UUID) -> OutlookShown | None:
    """What would have to change for the item; None when it is gone."""
    at = await parts.desk.now(item)
    stands = await as_it_stands(parts.db, item, at)
    if stands is None:
        return None
    # trying takes a while, and this process has more to do
    found = await asyncio.to_thread(_tried, parts, stands, at)
    return OutlookShown(at=at, rules=[_shown(each) for each in found])


def _tried(parts: Parts, stands: AsItStands, at: datetime) -> list[Outlook]:
    return list(outlook(parts.judge, stands.in_force, stands.state, at))


def _shown(found: Outlook) -> RuleOutlook:
    return RuleOutlook(
        rule=found.rule.uuid,
        version=found.rule.version,
        when=found.rule.sentence,
        armed=found.is_armed,
        now=found.now,
        ways=[_way(way) for way in found.ways],
    )


def _way(way: Way) -> WayShown:
    steps = [
        StepShown(kind=step.kind, sentence=step.words, until=step.until, to=step.to, times=step.times, order=step.order)
        for step in way.steps
    ]
    return WayShown(sentence=way.words, steps=steps, orders_at=way.orders_at)

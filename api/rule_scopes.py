"""What a rule covers: an item, a group, all items of a product or all at a location; and whether it may."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.bodies import Body, Id, Name
from api.pairing import check_room, entry_for, entry_of
from api.principals import Principal
from domain.changes import Covers
from domain.errors import Invalid, NotFound
from rules.spoken_of import About
from rules.then import Then
from storage import items, products
from storage.tables import Rule

ONE_OF = "Exactly one of item, product, location and group is needed."
NO_ORDER = "A rule on a location covers things of many kinds: it may notify, but not order."
STAYS = "A rule stays where it is: make another one instead."


class Scoped(Body):
    """What a rule covers: one `item`, a `group`, all items of a `product`, or all at a `location`."""

    item: Id | None = None
    group: Id | None = None
    product: Id | None = None
    location: Name | None = None


@dataclass(frozen=True)
class Scope:
    """One of the three; a group is an item."""

    item: UUID | None = None
    product: UUID | None = None
    location: str | None = None

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Of a rule that exists."""
        return cls(rule.item, rule.product, rule.location)

    @property
    def covers(self) -> Covers | None:
        """What many it covers, None for one."""
        return None if self.item is not None else Covers(product=self.product, location=self.location)


def said(body: Scoped) -> Scope:
    """The scope that somebody wants; raises Invalid."""
    if (scope := said_if_any(body)) is None:
        raise Invalid({"item": [ONE_OF]})
    return scope


def said_if_any(body: Scoped) -> Scope | None:
    """The scope that somebody names, None where they name none; raises Invalid for more than one."""
    given = [name for name in ("item", "group", "product", "location") if getattr(body, name) is not None]
    if len(given) > 1:
        raise Invalid({given[1]: [ONE_OF]})
    return Scope(item=body.item or body.group, product=body.product, location=body.location) if given else None


def check_same(body: Scoped, scope: Scope) -> None:
    """Raise Invalid where a rule would move."""
    present = {"item": scope.item, "group": scope.item, "product": scope.product, "location": scope.location}
    for name, value in present.items():
        if getattr(body, name) not in (None, value):
            raise Invalid({name: [STAYS]})


async def about(session: AsyncSession, account: UUID, scope: Scope) -> About:
    """What a sentence is about and what else it must not speak of; nothing for what is unknown."""
    if scope.item is not None:
        item = (await items.own(session, account, [scope.item])).get(scope.item)
        if item is None:
            return About()
        # a group stands for others
        others = () if item.is_group else await items.names_of_others(session, account, scope.item)
        return About(item.name, item.unit, others)
    if scope.product is not None:
        try:
            product = await products.get(session, account, scope.product)
        except NotFound:
            return About()
        return About(product.name, product.unit)
    return About()


async def check_new(session: AsyncSession, principal: Principal, body: Scoped, scope: Scope) -> None:
    """Whether a rule may be put there; raises Invalid for what is unknown or another's, Conflict for one too many."""
    await check_there(session, principal, body, scope)
    await check_room(session, principal.household, scope.item, scope.product, scope.location)


async def check_there(session: AsyncSession, principal: Principal, body: Scoped, scope: Scope) -> None:
    """Raise Invalid for what is unknown or another's."""
    if scope.item is not None:
        item = (await items.own(session, principal.household, [scope.item])).get(scope.item)
        if item is None or (body.group is not None and not item.is_group):
            place, what = ("item", "item") if body.group is None else ("group", "group")
            raise Invalid({place: [f"There is no such {what}."]})
    elif scope.product is not None:
        try:
            await products.get(session, principal.household, scope.product)
        except NotFound as unknown:
            raise Invalid({"product": [unknown.message]}) from unknown
    elif principal.limits is not None:
        raise Invalid({"location": ["This key is limited, and a location is not."]})


async def check_then(session: AsyncSession, account: UUID, scope: Scope, then: Then | None) -> None:
    """Raise Invalid where it orders what no catalogue has, or not in the unit of what it covers."""
    if then is None or then.order is None:
        return
    if scope.location is not None:
        raise Invalid({"then.order": [NO_ORDER]})
    unit = None
    if scope.product is not None:
        unit = (await products.get(session, account, scope.product)).unit
    for number, (retailer, sku) in enumerate(then.order.skus()):
        place = f"then.order.elsewhere.{number - 1}.sku" if number else "then.order.sku"
        if scope.product is not None:
            await entry_for(session, retailer, sku, place, unit)
        else:
            await entry_of(session, retailer, sku, place, scope.item)

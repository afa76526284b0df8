"""Orders by hand: the owner's own word to the item, and what it came to (S23)."""

import asyncio
from datetime import timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from api.bodies import Id
from api.desk import ANSWER_WAITS
from api.pairing import WantedOrder, entry_of
from api.parts import Parts
from api.principals import Principal
from domain.decisions import Decision
from domain.errors import Conflict, Invalid, Unavailable
from domain.facts import Fact, FactKind, Source, Wish
from domain.identity import fact_id
from rules.duration import plain
from storage import items
from storage.tables import Item

PAUSE = timedelta(milliseconds=30)
_COOKIES: dict[str, JsonValue] = {
    "item": "01920b3c-6f6a-7000-8000-000000000002",
    "retailer": "01920b3c-6f6a-7000-8000-000000000003",
    "sku": "cookies-12",
    "quantity": 1,
}


class NewOrder(WantedOrder, json_schema_extra={"examples": [_COOKIES]}):
    """So many packs of a retailer's SKU for an item, tracked or not; nobody is asked for approval again."""

    item: Id


async def ordered(parts: Parts, principal: Principal, uuid: UUID, wanted: NewOrder) -> UUID:
    """The order that was made of it; a repeat with the same `uuid` is the same order.

    Raises Invalid for what does not exist, Conflict with the reason where none was made, Unavailable when nobody knows
    within 5 s whether there is one.
    """
    async with parts.db.reading() as session:
        item = await _item(session, principal, wanted)
    at = await parts.desk.now(item.uuid)
    fact = Fact(
        id=fact_id(str(principal), "POST /orders", str(uuid)),
        kind=FactKind.WANTED,
        observed_at=at,
        received_at=at,
        source=Source.PERSON,
        wish=Wish(retailer=wanted.retailer, sku=wanted.sku, packs=wanted.quantity),
    )
    await parts.desk.report(principal.household, item.uuid, item.name, [fact])
    decision = await _decided(parts, item.uuid, fact.id)
    if decision.need is None or decision.order is None:
        raise Conflict(f"Nothing was ordered. {decision.sentence}")
    return decision.order


async def _item(session: AsyncSession, principal: Principal, wanted: NewOrder) -> Item:
    found = await items.own(session, principal.household, [wanted.item])
    if wanted.item not in found:
        raise Invalid({"item": ["There is no such item."]})
    entry = await entry_of(session, wanted.retailer, wanted.sku, "sku", wanted.item)
    if wanted.pack_size not in (None, entry.pack_size):
        raise Invalid({"packSize": [f"The catalogue says {plain(entry.pack_size)}."]})
    return found[wanted.item]


async def _decided(parts: Parts, item: UUID, fact: str) -> Decision:
    """What was decided about the fact, as soon as it is."""
    try:
        async with asyncio.timeout(ANSWER_WAITS):
            while True:
                async with parts.db.reading() as session:
                    decision = await items.decision(session, item, fact)
                if decision is not None:
                    return decision
                await asyncio.sleep(PAUSE.total_seconds())
    except TimeoutError as late:
        raise Unavailable("Not confirmed in time. Repeat the same call with its Idempotency-Key.") from late

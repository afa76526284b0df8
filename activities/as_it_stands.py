"""An item as it stands, with all that would judge it now: for whoever only looks, and locks and changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from activities.wishes import Wishes, market_for
from domain.item import ItemState
from rules.active import InForce
from storage.asking import Purse
from storage.database import Database
from storage.ledger import Ledger


@dataclass(frozen=True)
class AsItStands:
    """What is remembered of an item, and what is in force on it, the offers being read."""

    state: ItemState
    in_force: InForce


async def as_it_stands(db: Database, item: UUID, at: datetime) -> AsItStands | None:
    """The item at a moment; None when it is gone or deleted."""
    async with db.reading() as session:
        ledger = Ledger(session, item)
        opened = await ledger.opened(to_look_only=True)
        if opened is None:
            return None
        wishes, purse = Wishes(opened, [], []), Purse(session, opened.account, to_look_only=True)
        times = await purse.lead_times(wishes.reckoned_with)
        market = await market_for(purse, ledger, wishes, item, at)
    state = opened.memory or ItemState(item=item)
    stock = state.stock.model_copy(update={"capacity": opened.stock.capacity})
    return AsItStands(state.model_copy(update={"stock": stock}), wishes.in_force(market, times))

"""Telling every item that a change concerns, page by page: the next attempt goes on where the last one was heard of."""

import asyncio
from dataclasses import dataclass

from temporalio import activity

from activities.telling import ItemTeller
from domain.spreading import Page, Spread
from failpoints import Failpoints
from storage.covered import covered
from storage.database import Database

PAGE = 200
AT_ONCE = 10


@dataclass(frozen=True)
class Spreading:
    """Has items judged anew because of something that they share."""

    db: Database
    teller: ItemTeller
    failpoints: Failpoints

    @activity.defn
    async def tell_page(self, spread: Spread) -> Page:
        """Tell the next items of it; some may be told twice, which counts once."""
        page = _heard_of() or Page(told=0, last=spread.after)
        fact = spread.fact()
        while page.told < PAGE:
            async with self.db.reading() as session:
                some = await covered(session, spread.account, spread.covers, page.last, AT_ONCE)
            if not some:
                return page.model_copy(update={"last": None})
            async with asyncio.TaskGroup() as group:
                for uuid, name in some:
                    group.create_task(self.teller.tell(spread.account, uuid, [fact], name))
            page = Page(told=page.told + len(some), last=some[-1].uuid)
            activity.heartbeat(page)
            self.failpoints.reach("spread_some_told")
        return page


def _heard_of() -> Page | None:
    """How far an attempt came that was never finished."""
    details = activity.info().heartbeat_details
    return Page.model_validate(details[0]) if details else None

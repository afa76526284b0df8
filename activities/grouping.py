"""Telling groups what their members hold: again and again until they know it, and counted once."""

from dataclasses import dataclass

from temporalio import activity

from activities.telling import ItemTeller
from domain.facts import Fact, FactKind, Source
from domain.process import TellGroups
from failpoints import Failpoints
from storage import groups
from storage.database import Database


@dataclass(frozen=True)
class Grouping:
    """Passes on the levels of members; the group's own settle looks up what they come to."""

    db: Database
    teller: ItemTeller
    failpoints: Failpoints

    @activity.defn
    async def tell_groups(self, brief: TellGroups) -> None:
        """Tell every group of an item that its level is another, and remember that it was told."""
        async with self.db.reading() as session:
            news = await groups.untold(session, brief.item)
        for each in news:
            # `since` tells one membership from a later one, whose numbers begin anew
            name = f"pool:{brief.item}:{each.since}:{each.number}"
            fact = Fact(id=name, kind=FactKind.POOLED, source=Source.DEVICE)
            await self.teller.tell(brief.account, each.group, [fact], each.name)
        self.failpoints.reach("group_told")
        async with self.db.writing() as session:
            await groups.told(session, brief.item, news)

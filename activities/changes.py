"""Storing a change that must be judged, and telling the item: what was accepted is never forgotten."""

from dataclasses import dataclass

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.telling import FridgeTeller, ItemTeller, SpreadTeller
from domain.changes import Change, ChangeKind, Stored
from domain.errors import Conflict
from domain.facts import Fact, FactKind, Source
from domain.spreading import Spread
from failpoints import Failpoints
from storage import groups, tags
from storage.changes import store
from storage.database import Database

LONGEST_SUMMARY = 100  # in characters, of the 400 bytes that Temporal takes


@dataclass(frozen=True)
class Changes:
    """Applies changes of items, instructions and rules."""

    db: Database
    teller: ItemTeller
    spreader: SpreadTeller
    fridges: FridgeTeller
    failpoints: Failpoints

    @activity.defn
    async def apply(self, change: Change) -> Stored:
        """Store the change and have it judged; running again changes nothing, and tells again."""
        try:
            async with self.db.writing() as session:
                digest = await store(session, change)
        except Conflict as conflict:
            raise ApplicationError(conflict.message, type="Conflict", non_retryable=True) from conflict
        self.failpoints.reach("change_stored")
        await self._tell(change)
        return Stored(digest=digest)

    async def _tell(self, change: Change) -> None:
        await self._tell_groups(change)
        if change.item is not None:
            summary = change.draft_item.name if change.draft_item else None
            await self.teller.tell(change.account, change.item, _facts(change), summary)
            await self._tell_fridges(change)
        elif change.covers is not None:
            spread = Spread(
                subject=change.subject, version=change.version, account=change.account, covers=change.covers
            )
            await self.spreader.spread(spread, _summary(change))

    async def _tell_groups(self, change: Change) -> None:
        """The groups that a deleted item was in hold less now."""
        if change.kind is not ChangeKind.ITEM or change.draft_item is not None:
            return
        async with self.db.reading() as session:
            of_item = await groups.of_item(session, change.subject)
        for group, name in of_item:
            fact = Fact(id=f"{_name(change)}:gone", kind=FactKind.POOLED, source=Source.LARDER)
            await self.teller.tell(change.account, group, [fact], name)

    async def _tell_fridges(self, change: Change) -> None:
        """They have word for an item whose product has tags inside."""
        draft = change.draft_item
        if draft is None or draft.product is None:
            return
        async with self.db.reading() as session:
            fridges = await tags.fridges_with(session, change.account, draft.product)
        for fridge in fridges:
            await self.fridges.changed(change.account, fridge)


def _summary(change: Change) -> str:
    rule = "a rule" if change.draft_rule is None else f"the rule {change.draft_rule.name}"
    return f"Tells every item concerned of version {change.version} of {rule}"[:LONGEST_SUMMARY]


def _name(change: Change) -> str:
    return f"change:{change.subject}:{change.version}"


def _facts(change: Change) -> list[Fact]:
    name = _name(change)
    facts = [Fact(id=name, kind=FactKind.CHANGED, source=Source.LARDER)]
    draft = change.draft_item
    if draft is not None and draft.level is not None:
        # of the moment in which it was said: what is reported while no worker runs is newer than this count
        counted = Fact(
            id=f"{name}:level",
            kind=FactKind.COUNTED,
            observed_at=change.at,
            received_at=change.at,
            quantity=draft.level,
            source=Source.PERSON,
        )
        facts.insert(0, counted)
    if draft is not None and draft.members is not None:
        facts.insert(0, Fact(id=f"{name}:members", kind=FactKind.POOLED, source=Source.LARDER))
    return facts

"""What is known of a fridge: the tags inside it, its openings, and what was odd about it (S102, S110-S115)."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from api.envelope import Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.fridges import CommandStatus
from storage import fridges
from storage.tables import FridgeEvent, FridgeSession, Product, Tag


class ProductNamed(Shown):
    """What a tag is on."""

    uuid: UUID
    name: str


class TagInside(Shown):
    """A tag inside a fridge, `since` when, and when it was last seen; `product` is null for one that nobody knows."""

    epc: str
    product: ProductNamed | None
    expiration_date: When | None
    since: When | None
    seen_at: When | None


class FridgeSessionShown(Shown):
    """One opening, known by the uuid of its `open`; `outcome` is in words, once it has ended."""

    command: UUID
    status: CommandStatus | None
    outcome: str | None
    removed: list[str]
    added: list[str]
    video: str | None
    began_at: When
    opened_at: When | None
    closed_at: When | None
    ended_at: When | None


class FridgeEventShown(Shown):
    """Something that somebody may want to know, in a sentence."""

    uuid: UUID
    kind: str
    sentence: str
    at: When


class FridgeRecordsController(Controller):
    """Inventory, sessions and events."""

    path = "/fridges/{uuid:uuid}"
    tags = ("Fridge",)

    @get("/inventory", operation_id="FridgeInventory")
    async def inventory(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[TagInside]:
        """The tags inside, by their EPCs; one that was missed by a single scan is still there."""
        after = paging.after_one(str)
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, principal.household, uuid)
            rows = await fridges.inventory(session, fridge, after, paging.limit)
        return paging.listing("Inventory.", rows, _tag, lambda row: (row[0].epc,))

    @get("/sessions", operation_id="ListFridgeSessions")
    async def sessions(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[FridgeSessionShown]:
        """Its openings, newest first: who took what out, and how each ended."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, principal.household, uuid)
            rows = await fridges.sessions(session, fridge.uuid, before, paging.limit)
        return paging.listing("Sessions.", rows, _session, lambda row: (row.began_at, row.command))

    @get("/events", operation_id="ListFridgeEvents")
    async def events(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[FridgeEventShown]:
        """Unknown tags, scans that disagree with themselves and the like, newest first."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, principal.household, uuid)
            rows = await fridges.events(session, fridge.uuid, before, paging.limit)
        return paging.listing("Events.", rows, _event, lambda row: (row.at, row.uuid))


def _tag(row: tuple[Tag, Product | None]) -> TagInside:
    tag, product = row
    return TagInside(
        epc=tag.epc,
        product=None if product is None else ProductNamed(uuid=product.uuid, name=product.name),
        expiration_date=tag.expires_at,
        since=tag.since,
        seen_at=tag.seen_at,
    )


def _session(row: FridgeSession) -> FridgeSessionShown:
    return FridgeSessionShown(
        command=row.command,
        status=None if row.status is None else CommandStatus(row.status),
        outcome=row.outcome,
        removed=row.removed.split(),
        added=row.added.split(),
        video=row.video,
        began_at=row.began_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        ended_at=row.ended_at,
    )


def _event(row: FridgeEvent) -> FridgeEventShown:
    return FridgeEventShown(uuid=row.uuid, kind=row.kind, sentence=row.sentence, at=row.at)

"""A scan and the tags of a household: a few statements, however many tags there are (1.L From tags to stock)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import tag_facts
from domain.errors import Unavailable
from domain.facts import Fact, FactKind
from domain.fridges import DoorStatus, Notification
from domain.scans import Difference, Scanned, scanned
from storage import tags
from storage.database import insert_new
from storage.fridge_records import Records
from storage.tables import Fridge, Item, Tag

_SHOWN = 3


class Scan:
    """One inventory notification of a fridge whose row the caller has locked."""

    def __init__(self, session: AsyncSession, records: Records, fridge: Fridge, report: Notification) -> None:
        self._session, self._records, self._fridge, self._report = session, records, fridge, report
        self._inside = (Tag.account == fridge.account) & (Tag.fridge == fridge.uuid) & Tag.removed_at.is_(None)

    async def apply(self, epcs: Collection[str]) -> Difference:
        """Write down what it says of the tags, and tell the items; one older than the last scan changes nothing."""
        fridge, at = self._fridge, self._report.observed_at
        if fridge.scanned_at is not None and self._report.as_of < fridge.scanned_at:
            self._event("late-scan", "A scan came in after a newer one and was left aside.")
            return Difference((), ())
        inside = select(Tag.epc, Tag.missed).where(self._inside).order_by(Tag.epc)
        misses = {tag.epc: tag.missed for tag in await self._session.execute(inside)}
        found = scanned(misses, epcs, door_was_opened=fridge.door_was_opened)
        moved = await self._came(found.new) | await self._missed(found)
        await self._set(self._inside & (Tag.missed == 0), seen_at=at)
        await self._tell(moved)
        if found.doubted:
            many = f"{len(found.doubted)} of {len(misses)} tags"
            self._event("doubted-scan", f"{many} were not seen at once: the next scan has to confirm that.")
        fridge.scanned_at, fridge.is_unscanned = self._report.as_of, False
        fridge.door_was_opened = fridge.door_status == DoorStatus.OPENED
        return found.difference

    async def _came(self, new: Sequence[str]) -> dict[str, FactKind]:
        """Tags that were not in this fridge, and what their coming means for the stock where it means anything."""
        if not new:
            return {}
        at, here = self._report.observed_at, {"fridge": self._fridge.uuid, "since": self._report.observed_at}
        columns = Tag.epc, Tag.product, Tag.fridge, Tag.linked_at, Tag.removed_at
        # held, as by whoever links them: a tag is linked before it is seen, or seen before it is linked
        mine = select(*columns).where(self._these(new)).order_by(Tag.epc).with_for_update()
        known = {row.epc: row for row in await self._session.execute(mine)}
        unknown = {"account": self._fridge.account, "seen_at": at, "missed": 0} | here
        rows = [{"epc": epc} | unknown for epc in new if epc not in known]
        if len(await insert_new(self._session, Tag, rows, returning=Tag.epc)) < len(rows):
            raise Unavailable("A tag was linked at this very moment.")  # it is known when this is tried again
        if known:
            back = {"missed": 0, "missed_at": None, "removed_at": None}
            await self._set(self._these(known), **here, **back)
        coming = {epc: kind for epc, row in known.items() if (kind := _coming(row)) is not None}
        strangers = [epc for epc in new if epc not in known or known[epc].product is None]
        recognised = set(await tags.recognise(self._session, self._fridge.account, strangers, at))
        if still := [epc for epc in strangers if epc not in recognised]:
            few = ", ".join(still[:_SHOWN]) + (", …" if len(still) > _SHOWN else "")
            self._event("unknown-tags", f"{len(still)} new tags are linked to no product: {few}")
        return coming | dict.fromkeys(recognised, FactKind.ADDED)

    async def _missed(self, found: Scanned) -> dict[str, FactKind]:
        """Tags that were not seen, or seen again after that, and those that count as removed by now."""
        at = self._report.observed_at
        if found.seen_again:
            await self._set(self._these(found.seen_again), missed=0, missed_at=None)
        if unseen := (*found.missed, *found.gone):
            first = func.coalesce(Tag.missed_at, at)
            await self._set(self._these(unseen), missed=Tag.missed + 1, missed_at=first)
        if found.gone:
            await self._set(self._these(found.gone), removed_at=Tag.missed_at)
        return dict.fromkeys(found.gone, FactKind.REMOVED)

    async def _tell(self, moved: Mapping[str, FactKind]) -> None:
        facts: dict[tuple[UUID, str], list[Fact]] = defaultdict(list)
        if moved:
            of_product = (Item.account == Tag.account) & (Item.product == Tag.product) & Item.deleted_at.is_(None)
            columns = Tag.epc, Tag.expires_at, Tag.missed_at, Tag.product, Item.uuid, Item.name
            query = select(*columns).join(Item, of_product).where(self._these(moved)).order_by(Tag.epc, Item.uuid)
            told: set[str] = set()
            came: dict[tuple[UUID, str], UUID] = {}
            for epc, expires_at, missed_at, product, item, name in await self._session.execute(query):
                if epc not in told:  # of several items of one product the oldest has its tags
                    told.add(epc)
                    facts[item, name].append(self._fact(moved[epc], epc, missed_at, expires_at))
                    if moved[epc] is not FactKind.REMOVED and product is not None:
                        came[item, name] = product
            for key, tally in (await self._tallied(came)).items():
                facts[key].append(tally)
        if self._fridge.is_unscanned:
            report = self._report
            done = tag_facts.scanned(
                self._fridge.uuid, report.known_by, at=report.observed_at, received_at=report.received_at
            )
            for item, name in await items_with_tags(self._session, self._fridge):
                facts[item, name].append(done)
        for (item, name), its_own in facts.items():
            self._records.facts(item, name, its_own)

    async def _tallied(self, came: Mapping[tuple[UUID, str], UUID]) -> dict[tuple[UUID, str], Fact]:
        """What an item of which tags came hears last, while nobody has counted it: how many of them there are."""
        report = self._report
        uncounted = await tags.uncounted(self._session, (item for item, _ in came))
        came = {key: product for key, product in came.items() if key[0] in uncounted}
        inside = await tags.inside(self._session, self._fridge.account, came.values())
        return {
            key: tag_facts.tallied(
                self._fridge.uuid,
                report.known_by,
                inside[product],
                at=report.observed_at,
                received_at=report.received_at,
            )
            for key, product in came.items()
        }

    def _fact(self, kind: FactKind, epc: str, missed_at: datetime | None, expires_at: datetime | None) -> Fact:
        report = self._report
        at = missed_at if kind is FactKind.REMOVED and missed_at is not None else report.observed_at
        return tag_facts.tag_moved(
            kind, self._fridge.uuid, report.known_by, epc, at=at, received_at=report.received_at, expires_at=expires_at
        )

    def _these(self, epcs: Iterable[str]) -> ColumnElement[bool]:
        return (Tag.account == self._fridge.account) & Tag.epc.in_(list(epcs))

    async def _set(self, which: ColumnElement[bool], **values: object) -> None:
        connection = await self._session.connection()  # past the session, which holds none of these
        await connection.execute(update(Tag).where(which).values(**values))

    def _event(self, kind: str, sentence: str) -> None:
        self._records.event(kind, sentence, self._report.observed_at, self._report.known_by)


async def items_with_tags(session: AsyncSession, fridge: Fridge) -> Sequence[tuple[UUID, str]]:
    """The items of which the fridge has tags, or had them last."""
    products = select(Tag.product).where(Tag.account == fridge.account, Tag.fridge == fridge.uuid).distinct()
    its_own = select(Item.uuid, Item.name).where(
        Item.account == fridge.account, Item.deleted_at.is_(None), Item.product.in_(products)
    )
    return [(item, name) for item, name in await session.execute(its_own.order_by(Item.uuid))]


def _coming(tag: Row[str, UUID | None, UUID | None, datetime | None, datetime | None]) -> FactKind | None:
    """What it means that a tag is here now; nothing where it was thought to be in another fridge."""
    if tag.product is None:
        return None
    if tag.removed_at is None:
        return FactKind.ADDED if tag.fridge is None else None
    # what was linked anew since then is another piece
    returned = tag.linked_at is None or tag.linked_at <= tag.removed_at
    return FactKind.RETURNED if returned else FactKind.ADDED

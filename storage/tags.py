"""Tags of a household: what each is on, until when that keeps, and which item hears of a change (S106, 1.J.9).

Whoever scans and whoever links holds the same rows (`held`), so that one of them comes first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import tag_facts
from domain.errors import NotFound
from domain.facts import Fact, FactKind
from domain.fridge_errands import MOST_FACTS, TellItem
from domain.identity import new_uuid
from domain.item import ItemState
from domain.sgtin import gtin_of
from storage.database import insert_new
from storage.tables import FridgeErrand, FridgeEvent, Item, ItemMemory, Product, Tag

NO_TAG = "This product has no such tag."
_AT_ONCE = 500
_IS_INSIDE = Tag.fridge.is_not(None) & Tag.removed_at.is_(None)
_EVENTS = UUID("5d1f0c52-9f0a-5c1c-8a8e-0a3f6f0f9b27")


@dataclass(frozen=True)
class ToTell:
    """A fact for an item, because of a tag in this fridge; its name is what operators see."""

    item: UUID
    name: str
    fridge: UUID
    fact: Fact


@dataclass(frozen=True)
class Linked:
    """What came of linking: `taken` are the EPCs on this product now, `refused` those that are on another one."""

    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    to_tell: tuple[ToTell, ...] = ()


async def held(session: AsyncSession, account: UUID, epcs: Iterable[str]) -> dict[str, Tag]:
    """The household's rows of these EPCs, by EPC, locked in one order; those that nobody has seen yet are made."""
    wanted, found = sorted({epc.lower() for epc in epcs}), {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        await insert_new(session, Tag, [{"account": account, "epc": epc, "missed": 0} for epc in some])
        rows = select(Tag).where(Tag.account == account, Tag.epc.in_(some)).order_by(Tag.epc).with_for_update()
        found.update({tag.epc: tag for tag in await session.scalars(rows)})
    return found


def is_inside(tag: Tag) -> bool:
    """Whether it is in a fridge, as far as anybody knows."""
    return tag.fridge is not None and tag.removed_at is None


async def inside(session: AsyncSession, account: UUID, products: Iterable[UUID]) -> dict[UUID, int]:
    """How many tags of these products are in a fridge, by product."""
    found = dict.fromkeys(products, 0)
    if found:
        of_these = (Tag.account == account) & Tag.product.in_(set(found)) & _IS_INSIDE
        counted = select(Tag.product, func.count()).where(of_these).group_by(Tag.product)
        found |= {product: count for product, count in await session.execute(counted) if product is not None}
    return found


async def uncounted(session: AsyncSession, items: Iterable[UUID]) -> set[UUID]:
    """Those of these items whose level nobody has said, as far as is known here; the item itself knows it for sure."""
    wanted = set(items)
    if not wanted:
        return wanted
    memories = select(ItemMemory.item, ItemMemory.state).where(ItemMemory.item.in_(wanted))
    states = {item: ItemState.model_validate_json(state) for item, state in await session.execute(memories)}
    return {item for item in wanted if item not in states or states[item].stock.on_shelf is None}


async def come_to(session: AsyncSession, item: Item, at: datetime) -> None:
    """Leave word for an item that is of this product from now on: the tags of the product are its tags.

    It hears of those that expire, and how many there are; nothing where another item of the product is older.
    """
    if item.product is None:
        return
    oldest = await item_of(session, item.account, item.product)
    if oldest is None or oldest.uuid != item.uuid:
        return
    # held, as by whoever scans: a tag comes before the item, or finds it
    rows = select(Tag).where(Tag.account == item.account, Tag.product == item.product).order_by(Tag.epc)
    within = [tag for tag in await session.scalars(rows.with_for_update()) if is_inside(tag)]
    to_tell: list[ToTell] = []
    for tag in within:
        if tag.fridge is not None and tag.expires_at is not None:
            fact = tag_facts.linked(tag.epc, tag.fridge, tag.expires_at, at=at, is_new=False)
            to_tell.append(ToTell(item.uuid, item.name, tag.fridge, fact))
    if within and (fridge := within[0].fridge) is not None:
        tally = tag_facts.tallied(fridge, f"{item.uuid} {at.isoformat()}", len(within), at=at)
        to_tell.append(ToTell(item.uuid, item.name, fridge, tally))
    await leave(session, to_tell)


async def fridges_with(session: AsyncSession, account: UUID, product: UUID) -> Sequence[UUID]:
    """The fridges that have tags of this product, or had them last."""
    mine = select(Tag.fridge).where(Tag.account == account, Tag.product == product, Tag.fridge.is_not(None))
    fridges = await session.scalars(mine.distinct().order_by(Tag.fridge))
    return [fridge for fridge in fridges if fridge is not None]


async def link(
    session: AsyncSession, account: UUID, product: UUID, links: Mapping[str, datetime | None], at: datetime
) -> Linked:
    """Put tags on a product, by EPC with their expiry; the first product of a tag stays, its expiry may change.

    A tag that is in a fridge already becomes stock now.
    """
    expiries = {epc.lower(): expires_at for epc, expires_at in links.items()}
    by: UUID | None = None
    tags = await held(session, account, expiries)
    item = await item_of(session, account, product)
    taken, refused, to_tell = [], [], []
    for epc, tag in tags.items():
        if tag.product not in (None, product):
            refused.append(epc)
            continue
        taken.append(epc)
        is_new, expires_at = tag.product is None, expiries[epc]
        if not is_new and tag.expires_at == expires_at:
            continue
        tag.product, tag.expires_at, tag.linked_at = product, expires_at, at if is_new else tag.linked_at
        if item is not None and tag.fridge is not None and is_inside(tag):
            fact = tag_facts.linked(epc, tag.fridge, expires_at, at=at, is_new=is_new)
            by = by or tag.fridge  # by one and the same, so that the number of all comes after each of them
            to_tell.append(ToTell(item.uuid, item.name, by, fact))
    await session.flush()
    is_news = item is not None and any(told.fact.kind is FactKind.ADDED for told in to_tell)
    if is_news and item is not None and by is not None and await uncounted(session, [item.uuid]):
        number = (await inside(session, account, [product]))[product]
        tally = tag_facts.tallied(by, f"{product} {at.isoformat()}", number, at=at)
        to_tell.append(ToTell(item.uuid, item.name, by, tally))
    return Linked(tuple(taken), tuple(refused), tuple(to_tell))


async def unlink(session: AsyncSession, account: UUID, product: UUID, epc: str, at: datetime) -> Sequence[ToTell]:
    """Take a tag off its product; raises NotFound where it is not on it."""
    tag = await session.get(Tag, (account, epc.lower()), with_for_update=True)
    if tag is None or tag.product != product:
        raise NotFound(NO_TAG)
    tag.product = tag.expires_at = tag.linked_at = None
    await session.flush()
    item = await item_of(session, account, product)
    if item is None or tag.fridge is None:
        return []
    fact = tag_facts.unlinked(tag.epc, tag.fridge, at=at, is_inside=is_inside(tag))
    return [ToTell(item.uuid, item.name, tag.fridge, fact)]


async def note_refused(session: AsyncSession, account: UUID, product: UUID, linked: Linked, at: datetime) -> None:
    """A fridge with a tag that somebody wants on another product notes that, once for each such product."""
    tags = await held(session, account, linked.refused)
    rows = [
        {
            "uuid": uuid5(_EVENTS, f"{account}:{epc}:{product}"),
            "fridge": tag.fridge,
            "kind": "tag-conflict",
            "sentence": f"The tag {epc} is on one product already, and was not put on another one.",
            "at": at,
        }
        for epc, tag in tags.items()
        if tag.fridge is not None
    ]
    await insert_new(session, FridgeEvent, rows)


async def fridges_of(session: AsyncSession, account: UUID, epcs: Iterable[str]) -> Sequence[UUID]:
    """The fridges where these tags were seen last."""
    mine = select(Tag.fridge).where(Tag.account == account, Tag.epc.in_({epc.lower() for epc in epcs}))
    fridges = await session.scalars(mine.where(Tag.fridge.is_not(None)).distinct().order_by(Tag.fridge))
    return [fridge for fridge in fridges if fridge is not None]


async def leave(session: AsyncSession, to_tell: Sequence[ToTell]) -> None:
    """Leave errands for the fridges concerned, which do them in their order; whoever calls tells them that."""
    told: dict[UUID, dict[UUID, TellItem]] = {}
    for each in to_tell:
        errands = told.setdefault(each.fridge, {})
        before = errands.get(each.item) or TellItem(item=each.item, name=each.name, facts=())
        errands[each.item] = before.model_copy(update={"facts": (*before.facts, each.fact)})
    for fridge, errands in told.items():
        newest = await session.scalar(select(func.max(FridgeErrand.number)).where(FridgeErrand.fridge == fridge)) or 0
        for number, errand in enumerate(_in_parts(errands.values()), newest + 1):
            text = errand.model_dump_json(exclude_none=True)
            session.add(FridgeErrand(uuid=new_uuid(), fridge=fridge, number=number, kind=errand.kind, errand=text))
    await session.flush()


def _in_parts(errands: Iterable[TellItem]) -> Iterator[TellItem]:
    """As many facts at once as a signal can carry."""
    for errand in errands:
        for first in range(0, len(errand.facts), MOST_FACTS):
            yield errand.model_copy(update={"facts": errand.facts[first : first + MOST_FACTS]})


async def forget_product(session: AsyncSession, product: Product) -> None:
    """A product that is deleted is on no tag any more; no item uses it, so nobody is told."""
    mine = update(Tag).where(Tag.account == product.account, Tag.product == product.uuid)
    await session.execute(mine.values(product=None, expires_at=None, linked_at=None))


async def recognise(session: AsyncSession, account: UUID, epcs: Iterable[str], at: datetime) -> frozenset[str]:
    """Link those tags that are on nothing, but whose EPC names the GTIN of a product of the household (1.J.9).

    Nobody is told: whoever has seen them does that. Answers those that were linked.
    """
    # a product keeps its GTIN in a short form, an EPC has it in the longest
    gtins = {epc: gtin.lstrip("0") for epc in epcs if (gtin := gtin_of(epc)) is not None}
    if not gtins:
        return frozenset()
    short = func.ltrim(Product.gtin, "0")
    living = select(short, Product.uuid).where(Product.account == account, Product.deleted_at.is_(None))
    found = await session.execute(living.where(short.in_(set(gtins.values()))))
    products: dict[str, UUID] = {gtin: uuid for gtin, uuid in found if gtin is not None}
    known = sorted(epc for epc, gtin in gtins.items() if gtin in products)
    connection, linked = await session.connection(), set[str]()
    for epc in known:
        mine = (Tag.account == account) & (Tag.epc == epc) & Tag.product.is_(None)
        changed = await connection.execute(update(Tag).where(mine).values(product=products[gtins[epc]], linked_at=at))
        linked |= {epc} if changed.rowcount else set()
    return frozenset(linked)


async def item_of(session: AsyncSession, account: UUID, product: UUID) -> Item | None:
    """What the tags of a product count for: the household's oldest item of it."""
    items = select(Item).where(Item.account == account, Item.product == product, Item.deleted_at.is_(None))
    return (await session.scalars(items.order_by(Item.uuid).limit(1))).first()


async def product_of(session: AsyncSession, account: UUID, uuid: UUID | None, name: str | None) -> Product | None:
    """The household's product that a notification names: by its uuid, else, from another cloud, by its name (S106)."""
    living = select(Product).where(Product.account == account, Product.deleted_at.is_(None))
    product = (await session.scalars(living.where(Product.uuid == uuid))).first()
    if product is not None or name is None:
        return product
    called = (await session.scalars(living.where(func.lower(Product.name) == name.lower()).limit(2))).all()
    return called[0] if len(called) == 1 else None


async def page(session: AsyncSession, product: Product, after: str | None, limit: int) -> Sequence[Tag]:
    """The tags on a product by EPC, those after `after`; one more than `limit` if there are more."""
    query = select(Tag).where(Tag.account == product.account, Tag.product == product.uuid)
    if after is not None:
        query = query.where(Tag.epc > after)
    return (await session.scalars(query.order_by(Tag.epc).limit(limit + 1))).all()

"""Tags on products: the first link wins, a tag inside a fridge becomes stock, and of a race one comes first (1.J.9)."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.errors import NotFound
from domain.facts import FactKind
from domain.fridge_errands import ERRAND, MOST_FACTS, TellItem
from domain.identity import new_uuid
from domain.sgtin import gtin_of
from domain.tag_facts import ONE
from storage import products, tags
from storage.database import Database
from storage.tables import FridgeErrand, FridgeEvent, Item, Product, Tag
from storage.tags import Linked, ToTell
from tests.storage.test_init_keys import a_household, a_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=9)
# the sample of GS1's Tag Data Standard
SGTIN, GTIN = "3074257bf7194e4000001a85", "80614141123458"


@dataclass
class Pantry:
    """An account with yoghurt, its item, and a fridge."""

    db: Database
    account: UUID
    fridge: UUID
    product: UUID
    item: UUID

    async def a_product(self, name: str = "Milk", gtin: str | None = None) -> UUID:
        uuid, at = new_uuid(), {"created_at": NOW, "updated_at": NOW}
        async with self.db.writing() as session:
            session.add(Product(uuid=uuid, account=self.account, name=name, gtin=gtin, unit="piece", **at))
        return uuid

    async def an_item(self, product: UUID) -> UUID:
        uuid, at = new_uuid(), {"created_at": NOW, "updated_at": NOW}
        async with self.db.writing() as session:
            item = Item(uuid=uuid, account=self.account, product=product, name="Yoghurt", unit="piece", version=1, **at)
            session.add(item)
        return uuid

    async def sees(self, *epcs: str, removed_at: datetime | None = None) -> None:
        """The fridge has scanned them, and missed them since where `removed_at` is given."""
        async with self.db.writing() as session:
            for tag in (await tags.held(session, self.account, epcs)).values():
                tag.fridge, tag.since, tag.seen_at, tag.removed_at = self.fridge, NOW, NOW, removed_at

    async def links(self, *epcs: str, product: UUID | None = None, expires_at: datetime | None = None) -> Linked:
        async with self.db.writing() as session:
            given = dict.fromkeys(epcs, expires_at)
            return await tags.link(session, self.account, product or self.product, given, NOW)

    async def unlinks(self, epc: str, product: UUID | None = None) -> list[ToTell]:
        async with self.db.writing() as session:
            return list(await tags.unlink(session, self.account, product or self.product, epc, NOW))

    async def comes_to(self, item: UUID) -> list[tuple[FactKind, Decimal | None]]:
        """What is left for an item, once its product is that."""
        async with self.db.writing() as session:
            await tags.come_to(session, await session.get_one(Item, item), NOW)
            rows = await session.scalars(select(FridgeErrand).order_by(FridgeErrand.number))
            errands = [ERRAND.validate_json(row.errand) for row in rows]
        told = [errand for errand in errands if isinstance(errand, TellItem) and errand.item == item]
        return [(fact.kind, fact.quantity) for errand in told for fact in errand.facts]

    async def tag(self, epc: str) -> Tag:
        async with self.db.reading() as session:
            return await session.get_one(Tag, (self.account, epc))


@pytest.fixture
async def pantry(db: Database) -> Pantry:
    account, fleet = await a_household(db)
    fridge, _ = await a_key(db, account, fleet)
    pantry = Pantry(db, account, fridge, new_uuid(), new_uuid())
    pantry.product = await pantry.a_product("Yoghurt")
    pantry.item = await pantry.an_item(pantry.product)
    return pantry


async def test_a_tag_is_linked_with_its_expiry_and_capitals_mean_nothing(pantry: Pantry) -> None:
    """S106: first seen by nobody, so it is no stock yet."""
    assert await pantry.links("E123456ABC", expires_at=LATER) == Linked(taken=("e123456abc",))
    tag = await pantry.tag("e123456abc")
    assert (tag.product, tag.expires_at, tag.linked_at, tag.fridge) == (pantry.product, LATER, NOW, None)


async def test_the_first_product_of_a_tag_stays(pantry: Pantry) -> None:
    """S106, 1.J.9: a conflict inside a household is refused; what is free beside it is linked."""
    milk = await pantry.a_product()
    await pantry.links("a")
    assert await pantry.links("a", "b", product=milk) == Linked(taken=("b",), refused=("a",))
    assert ((await pantry.tag("a")).product, (await pantry.tag("b")).product) == (pantry.product, milk)


async def test_another_household_has_tags_of_its_own(pantry: Pantry, db: Database) -> None:
    other = Pantry(db, (await a_household(db))[0], pantry.fridge, pantry.product, pantry.item)
    milk = await other.a_product()
    await pantry.links("a")
    assert (await other.links("a", product=milk)).taken == ("a",)


async def test_a_tag_in_a_fridge_becomes_stock_when_it_is_linked_and_leaves_it_when_it_is_not(pantry: Pantry) -> None:
    await pantry.sees("a")
    told, tally = (await pantry.links("a", expires_at=LATER)).to_tell
    assert (tally.fact.kind, tally.fact.quantity) == (FactKind.TALLIED, ONE), "nobody has counted yet"
    assert (told.item, told.fridge, told.fact.kind) == (pantry.item, pantry.fridge, FactKind.ADDED)
    assert (told.fact.tag, told.fact.quantity, told.fact.expires_at) == ("a", ONE, LATER)
    (told,) = await pantry.unlinks("A")
    assert (told.fact.kind, told.fact.tag, told.fact.quantity) == (FactKind.UNLINKED, "a", ONE)
    tag = await pantry.tag("a")
    assert (tag.product, tag.expires_at, tag.linked_at, tag.fridge) == (None, None, None, pantry.fridge)


async def test_a_tag_that_was_taken_out_is_no_stock(pantry: Pantry) -> None:
    await pantry.sees("a", removed_at=NOW)
    assert (await pantry.links("a")).to_tell == ()
    (told,) = await pantry.unlinks("a")
    assert (told.fact.kind, told.fact.quantity) == (FactKind.UNLINKED, Decimal(0))


async def test_the_expiry_of_an_own_link_may_change_and_the_same_again_changes_nothing(pantry: Pantry) -> None:
    await pantry.sees("a")
    await pantry.links("a", expires_at=LATER)
    assert await pantry.links("a", expires_at=LATER) == Linked(taken=("a",))
    (told,) = (await pantry.links("a")).to_tell
    assert (told.fact.kind, told.fact.expires_at, told.fact.quantity) == (FactKind.LINKED, None, None)
    assert (await pantry.tag("a")).expires_at is None


async def test_a_product_without_an_item_tells_nobody(pantry: Pantry) -> None:
    milk = await pantry.a_product()
    await pantry.sees("a")
    assert (await pantry.links("a", product=milk)).to_tell == ()
    assert await pantry.unlinks("a", milk) == []


async def test_the_oldest_item_of_a_product_has_its_tags(pantry: Pantry) -> None:
    await pantry.an_item(pantry.product)
    await pantry.sees("a")
    for told in (await pantry.links("a")).to_tell:
        assert told.item == pantry.item


async def test_what_is_not_on_a_product_is_not_taken_off_it(pantry: Pantry) -> None:
    milk = await pantry.a_product()
    await pantry.links("a")
    for epc, product in (("b", pantry.product), ("a", milk)):
        with pytest.raises(NotFound):
            await pantry.unlinks(epc, product)


async def test_the_tags_of_a_deleted_product_are_free_again(pantry: Pantry) -> None:
    milk = await pantry.a_product()
    await pantry.links("a", product=milk)
    async with pantry.db.writing() as session:
        await tags.forget_product(session, await products.get(session, pantry.account, milk))
    assert (await pantry.links("a")).taken == ("a",)


async def test_of_two_who_link_one_tag_at_once_one_is_refused(pantry: Pantry) -> None:
    """S106: whichever database, one of them comes first; also when nobody has seen the tag before."""
    offered = [pantry.product, await pantry.a_product(), await pantry.a_product("Banana")]
    for round_ in range(8):
        epcs = [f"{round_:03}{number}" for number in range(3)]
        orders = [epcs, epcs[::-1], epcs]
        results = await asyncio.gather(
            *(pantry.links(*order, product=product) for order, product in zip(orders, offered, strict=True))
        )
        assert sum(len(linked.taken) for linked in results) == len(epcs)
        assert sum(len(linked.refused) for linked in results) == 2 * len(epcs)


async def test_errands_are_left_with_the_fridge_in_parts_that_a_signal_can_carry(pantry: Pantry) -> None:
    epcs = [f"{number:024x}" for number in range(MOST_FACTS + 1)]
    await pantry.sees(*epcs)
    linked = await pantry.links(*epcs)
    async with pantry.db.writing() as session:
        await tags.leave(session, linked.to_tell)
        await tags.leave(session, linked.to_tell[:1])
    async with pantry.db.reading() as session:
        rows = await session.scalars(select(FridgeErrand).order_by(FridgeErrand.number))
        errands = [ERRAND.validate_json(row.errand) for row in rows]
    assert all(isinstance(errand, TellItem) and errand.item == pantry.item for errand in errands)
    assert [len(errand.facts) for errand in errands if isinstance(errand, TellItem)] == [MOST_FACTS, 2, 1]


async def test_an_item_that_is_made_later_hears_of_the_tags_that_are_there(pantry: Pantry) -> None:
    """What expires, and how many there are; those that were taken out are not, and a younger item hears nothing."""
    milk = await pantry.a_product()
    await pantry.sees("a", "b")
    await pantry.sees("c", removed_at=NOW)
    await pantry.links("a", product=milk, expires_at=LATER)
    await pantry.links("b", "c", product=milk)
    assert await pantry.comes_to(await pantry.an_item(milk)) == [(FactKind.LINKED, None), (FactKind.TALLIED, 2)]
    assert await pantry.comes_to(await pantry.an_item(milk)) == []
    assert await pantry.comes_to(await pantry.an_item(await pantry.a_product())) == []


@pytest.mark.parametrize(
    ("epc", "gtin"),
    [
        (SGTIN, GTIN),
        (SGTIN.upper(), GTIN),
        ("36" + SGTIN[2:15] + "0" * 37, GTIN),
        ("36" + SGTIN[2:15] + "0" * 35, GTIN),
        ("e28011700000020aa7bcfc24", None),
        (SGTIN + "0", None),
        ("301e00000000000000000000", None),
        ("30ffffffffffffffffffffff", None),
        ("3063fffffffffc0000001a85", None),
        ("30 4257bf7194e4000001a85", None),
    ],
)
def test_a_serialised_epc_names_its_gtin(epc: str, gtin: str | None) -> None:
    assert gtin_of(epc) == gtin


async def test_a_tag_whose_epc_names_a_product_of_the_household_is_linked_by_itself(pantry: Pantry) -> None:
    milk = await pantry.a_product(gtin=GTIN)
    short = await pantry.a_product("Juice", "614141123452")
    of_short = "3074257bf40c0e4000001a85"  # the same with indicator 0
    assert gtin_of(of_short) == "00614141123452"
    await pantry.links("a")
    await pantry.sees(SGTIN, of_short, "a", "b")
    async with pantry.db.writing() as session:
        found = await tags.recognise(session, pantry.account, [SGTIN, of_short, "a", "b"], NOW)
    assert found == {SGTIN, of_short}
    assert [(await pantry.tag(epc)).product for epc in (SGTIN, of_short, "a", "b")] == [
        milk,
        short,
        pantry.product,
        None,
    ]
    async with pantry.db.writing() as session:
        assert await tags.recognise(session, pantry.account, [SGTIN], NOW) == set()


async def test_a_product_is_found_by_its_uuid_or_else_by_its_name(pantry: Pantry) -> None:
    """S106: another cloud has uuids of its own."""
    await pantry.a_product("Milk")
    async with pantry.db.reading() as session:
        by_uuid = await tags.product_of(session, pantry.account, pantry.product, "Milk")
        by_name = await tags.product_of(session, pantry.account, new_uuid(), "yoghurt")
        assert by_uuid is not None
        assert by_name is not None
        assert by_uuid.uuid == by_name.uuid == pantry.product
        assert await tags.product_of(session, pantry.account, new_uuid(), None) is None
    await pantry.a_product("YOGHURT")
    async with pantry.db.reading() as session:
        assert await tags.product_of(session, pantry.account, new_uuid(), "yoghurt") is None


async def test_the_fridge_with_a_tag_that_is_wanted_elsewhere_notes_that_once(pantry: Pantry) -> None:
    """S106: refused is refused, but somebody may want to know."""
    milk = await pantry.a_product()
    await pantry.sees("a")
    await pantry.links("a", "b")
    for _ in range(2):
        linked = await pantry.links("a", "b", product=milk)
        async with pantry.db.writing() as session:
            await tags.note_refused(session, pantry.account, milk, linked, NOW)
    async with pantry.db.reading() as session:
        events = list(await session.scalars(select(FridgeEvent).where(FridgeEvent.fridge == pantry.fridge)))
    assert [(event.kind, event.sentence) for event in events] == [
        ("tag-conflict", "The tag a is on one product already, and was not put on another one.")
    ]

"""Changes are stored once for each version, follow one another, and take along what hangs on them."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from sqlalchemy import func, select

from domain.changes import Action, Change, ChangeKind, InstructionDraft, ItemDraft, OrderDraft, RuleDraft
from domain.errors import Conflict, Unavailable
from domain.identity import new_uuid
from storage.changes import store
from storage.database import Database
from storage.tables import Change as ChangeRow
from storage.tables import Instruction, Item, Retailer, Rule, RuleVersion, User

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Home:
    """An account with a retailer, and the changes that it makes."""

    def __init__(self, db: Database) -> None:
        self.db, self.account, self.retailer, self.item = db, new_uuid(), new_uuid(), new_uuid()

    async def founded(self) -> "Home":
        async with self.db.writing() as session:
            session.add(
                User(
                    uuid=self.account,
                    email=f"{self.account}@example.com",
                    name="Ada",
                    password_hash="",
                    time_zone="UTC",
                    currency="EUR",
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
            session.add(
                Retailer(
                    uuid=self.retailer,
                    name="Corner Shop",
                    contact_email="orders@example.com",
                    signing_secret="",
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        return self

    async def stored(self, change: Change) -> str:
        async with self.db.writing() as session:
            return await store(session, change)

    def of_item(self, version: int = 1, name: str | None = "Cookies", item: UUID | None = None) -> Change:
        item = item or self.item
        draft = None if name is None else ItemDraft(uuid=item, name=name, unit="piece", level=Decimal(3))
        return self._change(item, version, ChangeKind.ITEM, item=item, draft_item=draft)

    def of_instruction(
        self, uuid: UUID, version: int = 1, level: int | None = 5, *, button: bool = False, gone: bool = False
    ) -> Change:
        item = uuid5(uuid, "item") if button else self.item
        draft = InstructionDraft(
            uuid=uuid,
            device=None,
            action=Action.REORDER if button else Action.TRACK,
            item=item,
            trigger_level=None if level is None else Decimal(level),
            order=OrderDraft(retailer=self.retailer, sku="cookies-12", packs=1),
            rule=None if level is None or button else self.a_rule(uuid, f"{level} left"),
            new_item=ItemDraft(uuid=item, name="Oat cookies", unit="piece") if button and version == 1 else None,
        )
        return self._change(uuid, version, ChangeKind.INSTRUCTION, item=item, draft_instruction=None if gone else draft)

    def of_rule(self, uuid: UUID, version: int = 1, sentence: str | None = "low") -> Change:
        draft = None if sentence is None else self.a_rule(uuid, sentence)
        return self._change(uuid, version, ChangeKind.RULE, item=self.item, draft_rule=draft)

    def a_rule(self, uuid: UUID, sentence: str) -> RuleDraft:
        return RuleDraft(uuid=uuid, item=self.item, name=sentence, sentence=sentence, tree="{}", then="{}")

    def _change(self, subject: UUID, version: int, kind: ChangeKind, *, item: UUID, **draft: object) -> Change:
        fields = {"subject": subject, "version": version, "account": self.account, "item": item, "kind": kind}
        return Change.model_validate({**fields, "at": NOW + timedelta(minutes=version), **draft})


@pytest.fixture
async def home(db: Database) -> Home:
    return await Home(db).founded()


async def test_a_change_is_stored_once_and_its_repeat_hears_the_same(home: Home) -> None:
    first = home.of_item()
    assert await home.stored(first) == first.digest()
    later = first.model_copy(update={"at": NOW + timedelta(hours=1)})
    assert await home.stored(later) == first.digest()
    async with home.db.reading() as session:
        item = await session.get_one(Item, home.item)
        assert (item.name, item.version, item.created_at) == ("Cookies", 1, first.at)
        assert await session.scalar(select(func.count()).select_from(ChangeRow)) == 1


async def test_who_comes_second_with_a_version_hears_the_digest_of_the_first(home: Home) -> None:
    await home.stored(home.of_item())
    mine, yours = home.of_item(2, "Biscuits"), home.of_item(2, "Crackers")
    await home.stored(mine)
    assert await home.stored(yours) == mine.digest() != yours.digest()
    async with home.db.reading() as session:
        assert (await session.get_one(Item, home.item)).name == "Biscuits"


async def test_two_at_once_are_one_after_the_other(home: Home) -> None:
    await home.stored(home.of_item())
    changes = [home.of_item(2, name) for name in ("Biscuits", "Crackers")]
    results = await asyncio.gather(*(home.stored(change) for change in changes), return_exceptions=True)
    digests = {result for result in results if isinstance(result, str)}
    assert len(digests) == 1  # on PostgreSQL the second one may also be refused, and hears it when it repeats
    assert {await home.stored(change) for change in changes} == digests


@pytest.mark.parametrize("version", [0, 2, 7])
async def test_a_version_follows_the_one_before(home: Home, version: int) -> None:
    await home.stored(home.of_item())
    for change in (home.of_item(version + 1, "x"), home.of_rule(new_uuid(), version)):
        if change.version not in (1, 2) or change.kind is ChangeKind.RULE:
            with pytest.raises(Conflict):
                await home.stored(change)


@pytest.mark.parametrize("kind", list(ChangeKind))
async def test_what_was_never_there_is_not_deleted(home: Home, kind: ChangeKind) -> None:
    await home.stored(home.of_item())
    missing = new_uuid()
    change = {
        ChangeKind.ITEM: home.of_item(1, None, missing),
        ChangeKind.INSTRUCTION: home.of_instruction(missing, 1, gone=True),
        ChangeKind.RULE: home.of_rule(missing, 1, None),
    }[kind]
    with pytest.raises(Conflict):
        await home.stored(change)


async def test_deleting_an_item_ends_what_hangs_on_it_and_nothing_can_be_added(home: Home) -> None:
    instruction, rule = new_uuid(), new_uuid()
    for change in (home.of_item(), home.of_instruction(instruction), home.of_rule(rule)):
        await home.stored(change)
    await home.stored(home.of_item(2, None))
    async with home.db.reading() as session:
        rows = [
            await session.get_one(Item, home.item),
            await session.get_one(Instruction, instruction),
            *await session.scalars(select(Rule)),
        ]
    assert len(rows) == 4
    assert all(row.deleted_at == NOW + timedelta(minutes=2) for row in rows)
    late = (
        home.of_item(3, "again"),
        home.of_instruction(new_uuid()),
        home.of_rule(new_uuid()),
        home.of_instruction(instruction, 2, 7),
        home.of_rule(rule, 2, "5 left"),
        home.of_rule(rule, 2, None),
    )
    for change in late:
        with pytest.raises(Conflict, match="deleted"):
            await home.stored(change)


async def test_every_text_of_a_rule_is_kept(home: Home) -> None:
    await home.stored(home.of_item())
    rule = new_uuid()
    for version, sentence in enumerate(("5 left", "10 left", None), start=1):
        await home.stored(home.of_rule(rule, version, sentence))
    async with home.db.reading() as session:
        row = await session.get_one(Rule, rule)
        texts = (await session.scalars(select(RuleVersion).order_by(RuleVersion.version))).all()
    assert (row.sentence, row.version, row.deleted_at) == ("10 left", 3, NOW + timedelta(minutes=3))
    assert [(text.version, text.sentence) for text in texts] == [(1, "5 left"), (2, "10 left")]


async def test_the_rule_of_an_instruction_has_versions_of_its_own(home: Home) -> None:
    await home.stored(home.of_item())
    uuid = new_uuid()
    seen = []
    for version, level in enumerate((None, 5, 5, 7, None, 5), start=1):
        await home.stored(home.of_instruction(uuid, version, level))
        async with home.db.reading() as session:
            rule = await session.get(Rule, uuid)
            seen.append(rule and (rule.sentence, rule.version, rule.deleted_at is None))
            if rule is not None:
                assert rule.instruction == uuid
    assert seen == [
        None,
        ("5 left", 1, True),
        ("5 left", 1, True),
        ("7 left", 2, True),
        ("7 left", 2, False),
        ("5 left", 3, True),
    ]
    await home.stored(home.of_instruction(uuid, 7, gone=True))
    async with home.db.reading() as session:
        assert (await session.get_one(Rule, uuid)).deleted_at is not None
        assert (await session.get_one(Instruction, uuid)).version == 7


async def test_an_instruction_keeps_its_ref_and_brings_its_item(home: Home) -> None:
    uuids = [new_uuid() for _ in range(20)]
    for uuid in uuids:
        await home.stored(home.of_instruction(uuid, button=True, level=None))
    async with home.db.reading() as session:
        first = {row.uuid: row.ref for row in await session.scalars(select(Instruction))}
        names = set(await session.scalars(select(Item.name).where(Item.uuid.in_([uuid5(u, "item") for u in uuids]))))
    assert len(set(first.values())) == len(uuids)
    assert all(100_000_000 <= ref <= 999_999_999 for ref in first.values())
    assert names == {"Oat cookies"}
    await home.stored(home.of_instruction(uuids[0], 2, button=True, level=None))
    async with home.db.reading() as session:
        assert (await session.get_one(Instruction, uuids[0])).ref == first[uuids[0]]


async def test_an_item_is_not_deleted_while_something_is_added_to_it(home: Home) -> None:
    await home.stored(home.of_item())
    uuids = [new_uuid() for _ in range(6)]
    changes = [home.of_rule(uuid) for uuid in uuids[:3]] + [home.of_instruction(uuid) for uuid in uuids[3:]]
    changes.insert(3, home.of_item(2, None))
    results = await asyncio.gather(*(home.stored(change) for change in changes), return_exceptions=True)
    assert all(isinstance(result, str | Conflict | Unavailable) for result in results), results
    async with home.db.reading() as session:
        for table in (Rule, Instruction):
            assert not (await session.scalars(select(table).where(table.deleted_at.is_(None)))).all()

"""What a fridge reports is written down once, however it is repeated, split and mixed up (1.H, 1.L)."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from domain.fridge_errands import ERRAND
from domain.fridges import Notification
from storage.database import Database
from storage.tables import (
    Fridge,
    FridgeCommand,
    FridgeErrand,
    FridgeEvent,
    FridgeNotification,
    FridgeReportRow,
    FridgeSession,
    Tag,
)
from tests.fridges.parts import NOON, SECRETS, Kitchen, a_door, a_kitchen, a_report, a_scan, after

OPEN = UUID(int=5)
_WRITTEN = FridgeNotification, FridgeErrand, FridgeEvent, FridgeReportRow


@pytest.fixture
async def kitchen(db: Database) -> Kitchen:
    return await a_kitchen(db)


def a_session() -> list[Notification]:
    """A typical session after a scan at rest, with everything else that a fridge may say (S110-S115)."""
    return [
        a_scan(1, "butter", "milk-1", "milk-2", "stranger"),
        a_report("ack", 11, command=OPEN, status="ack"),
        a_door(12, "unlocked", command=OPEN, status="unlocked"),
        a_door(13, "opened", command=OPEN, status="opened"),
        a_report("temperature", 14, {"temperature": 12.5}),
        a_door(15, "closed", command=OPEN, status="closed"),
        a_scan(16, "milk-1", "milk-2", "stranger", "another", command=OPEN, status="inventory"),
        a_report("temperature", 17, {"temperature": 4}),
        a_report("video", 18, {"url": "https://video.example.com/1.mp4"}, command=OPEN),
        a_scan(19, "milk-1", "stranger", "another", "butter"),
        a_scan(20, "stranger", "another", "butter"),
    ]


async def everything(kitchen: Kitchen) -> list[Any]:
    """Every row that matters, without what is new at each writing."""
    rows: list[Any] = []
    async with kitchen.db.reading() as session:
        for table in (Tag, Fridge, FridgeCommand, FridgeSession, FridgeReportRow, FridgeEvent):
            keys = [column.key for column in table.__table__.columns if column.key not in ("account", "fridge", "uuid")]
            keys = [key for key in keys if key not in ("fleet", "author", "product", "command")]
            found = [tuple(getattr(row, key) for key in keys) for row in await session.scalars(select(table))]
            rows.append(sorted(found, key=repr))
        told = select(FridgeNotification).order_by(FridgeNotification.sequence)
        rows.append([(row.sequence, row.type, row.at, row.delivery) for row in await session.scalars(told)])
        errands = select(FridgeErrand).where(FridgeErrand.kind == "facts").order_by(FridgeErrand.number)
        for row in await session.scalars(errands):
            facts = ERRAND.validate_json(row.errand).facts  # type: ignore[union-attr]
            rows.append([(fact.kind, fact.tag, fact.observed_at) for fact in facts])
    return rows


async def a_settled_session(db: Database, chance: random.Random | None) -> list[Any]:
    """The rows after the session, in one batch or as chance will have it: split, with repeats and empty looks."""
    kitchen = await a_kitchen(db)
    await kitchen.item("Butter", "butter")
    await kitchen.item("Milk", "milk-1", "milk-2")
    reports = a_session()
    await kitchen.settle(reports[0])
    await kitchen.command("open", 10, OPEN)
    last = reports[-1].received_at.timestamp() - NOON.timestamp()
    if chance is None:
        await kitchen.settle(*reports[1:], as_of=last)
        return await everything(kitchen)
    rest, done = reports[1:], reports[:1]
    while rest:
        count = chance.randint(0, min(4, len(rest)))
        again = chance.sample(done, chance.randint(0, min(3, len(done))))
        batch = [*again[:1], *rest[:count], *again[1:]]
        await kitchen.settle(*batch, as_of=last)
        done, rest = done + rest[:count], rest[count:]
    await kitchen.settle(*chance.sample(done, len(done)), as_of=last)
    return await everything(kitchen)


@pytest.mark.parametrize("seed", range(4))
async def test_any_split_with_any_repeats_gives_the_same_rows(db: Database, seed: int) -> None:
    once = await a_settled_session(db, None)
    async with db.writing() as session:
        await session.execute(update(Fridge).values(opening=None))
        for table in (*_WRITTEN, FridgeSession, FridgeCommand, Tag, Fridge):
            await session.execute(delete(table))
    assert await a_settled_session(db, random.Random(seed)) == once


async def test_a_session_is_told_as_documented_and_comes_to_facts(kitchen: Kitchen) -> None:
    """S98, S102, S104, S105, S108-S115: our own difference, and the command with the status that it has come to."""
    await kitchen.item("Butter", "butter")
    reports = a_session()
    await kitchen.settle(reports[0])
    await kitchen.command("open", 10, OPEN)
    for report in reports[1:9]:
        await kitchen.settle(report)
    letters = await kitchen.letters()
    assert [letter["type"] for letter in letters] == [
        *("inventory", "ack", "door-status", "door-status", "temperature-alert", "temperature", "door-status"),
        *("inventory", "temperature-alert", "temperature", "video"),
    ]
    assert [letter["sequence"] for letter in letters] == list(range(1, 12))
    assert [letter["command"]["status"] for letter in letters if letter["command"]] == [
        *("ack", "unlocked", "opened", "closed", "inventory", "inventory"),
    ]
    assert letters[7]["data"] == {
        "epcs": ["milk-1", "milk-2", "stranger", "another"],
        "removed": ["butter"],
        "added": ["another"],
    }
    assert letters[7]["fridge"]["doorStatus"] == "closed"
    assert letters[4]["data"] == {"temperature": 12.5, "status": "alert"}
    assert letters[8]["data"] == {"temperature": 4, "status": "cleared"}
    command, opening, fridge = await kitchen.commanded(OPEN), await kitchen.opening(OPEN), await kitchen.fridge()
    assert (command.status, command.video) == ("inventory", "https://video.example.com/1.mp4")
    assert (opening.outcome, opening.removed, opening.added) == ("1 taken, 1 put in.", "butter", "another")
    assert (opening.opened_at, opening.closed_at, opening.ended_at) == (after(13), after(15), after(16))
    assert (opening.video, fridge.opening, fridge.is_out_of_band) == (command.video, None, False)
    facts = [(fact.kind, fact.tag, fact.observed_at) for fact in await kitchen.facts()]
    assert facts == [("added", "butter", after(1)), ("removed", "butter", after(16))]
    assert [kind for kind, _ in await kitchen.notices()] == ["fridge.temperature", "fridge.temperature"]
    assert await kitchen.events() == ["unknown-tags", "unknown-tags"]


async def test_a_tag_missed_once_comes_back_without_a_word_and_is_returned_after_two(kitchen: Kitchen) -> None:
    """1.L: gone since it was first missed; S16."""
    await kitchen.item("Butter", "butter")
    await kitchen.settle(a_scan(1, "butter"), a_scan(2), a_scan(3, "butter"))
    assert [fact.kind for fact in await kitchen.facts()] == ["added"]
    await kitchen.settle(a_scan(4), a_scan(5))
    assert (await kitchen.tags())["butter"].removed_at == after(4)
    await kitchen.settle(a_scan(6, "butter"))
    facts = [(fact.kind, fact.observed_at) for fact in await kitchen.facts()]
    assert facts == [("added", after(1)), ("removed", after(4)), ("returned", after(6))]
    tag = (await kitchen.tags())["butter"]
    assert (tag.removed_at, tag.missed, tag.since, tag.seen_at) == (None, 0, after(6), after(6))


async def test_a_scan_that_comes_late_changes_nothing(kitchen: Kitchen) -> None:
    await kitchen.item("Butter", "butter")
    await kitchen.settle(a_scan(5, "butter"))
    await kitchen.settle(a_door(1, "opened"), a_scan(2), a_scan(3), a_report("temperature", 9, {"temperature": 5}))
    await kitchen.settle(a_report("temperature", 8, {"temperature": 50}), a_scan(10))
    assert [fact.kind for fact in await kitchen.facts()] == ["added"]
    assert await kitchen.events() == ["late-scan", "late-scan"]
    assert (await kitchen.fridge()).temperature == 5


async def test_most_of_many_tags_have_to_be_missed_three_times(kitchen: Kitchen) -> None:
    """A reader that has failed does not empty the stock."""
    many = [f"e{number:03}" for number in range(40)]
    await kitchen.item("Yoghurt", *many)
    await kitchen.settle(a_scan(1, *many), a_scan(2), a_scan(3))
    assert await kitchen.events() == ["doubted-scan"]
    assert {fact.kind for fact in await kitchen.facts()} == {"added"}
    await kitchen.settle(a_scan(4))
    gone = [fact for fact in await kitchen.facts() if fact.kind == "removed"]
    assert (len(gone), {fact.observed_at for fact in gone}) == (40, {after(2)})


async def test_five_thousand_tags_are_one_scan(kitchen: Kitchen) -> None:
    many = [f"e{number:04}" for number in range(5_000)]
    await kitchen.item("Yoghurt", *many[:600])
    await kitchen.settle(a_scan(1, *many))
    await kitchen.settle(a_scan(2, *many[1:]), a_scan(3, *many[1:]))
    facts = await kitchen.facts()
    assert len(facts) == 601
    assert (facts[-1].kind, facts[-1].tag) == ("removed", "e0000")
    assert len(await kitchen.tags()) == 5_000


async def test_our_own_difference_counts_and_a_disagreement_is_noted(kitchen: Kitchen) -> None:
    """1.J.8, 1.J.9: capitals mean nothing."""
    await kitchen.settle(a_scan(1, "AA", "bb"))
    theirs = {"epcs": ["BB", "cc"], "removed": ["AA"], "added": ["CC"]}
    await kitchen.settle(a_report("inventory", 2, theirs))
    assert "disagreement" not in await kitchen.events()
    await kitchen.settle(a_report("inventory", 3, {"epcs": ["bb"], "removed": ["bb"], "added": []}))
    assert "disagreement" in await kitchen.events()
    assert (await kitchen.told())[-1] == ("inventory", {"epcs": ["bb"], "removed": ["cc"], "added": []})


async def test_another_content_under_a_known_id_is_left_aside(kitchen: Kitchen) -> None:
    await kitchen.settle(a_report("temperature", 1, {"temperature": 4}, id="t"))
    await kitchen.settle(a_report("temperature", 2, {"temperature": 9}, id="t"))
    assert (await kitchen.fridge()).temperature == 4
    assert await kitchen.events() == ["differing-repeat"]


async def test_what_was_kept_before_links_were_told_apart_is_known_by_its_id_as_long_as_the_link_lasts(
    kitchen: Kitchen,
) -> None:
    """Linked at noon: the device of this morning is another one."""
    await kitchen.settle(a_report("temperature", -60, {"temperature": 3}, id="1"))
    await kitchen.settle(a_report("temperature", 1, {"temperature": 4}, id="2"))
    for id_, degrees in (("1", 5), ("2", 4), ("2", 6)):
        report = a_report("temperature", 2, {"temperature": degrees}, id=id_)
        await kitchen.settle(report.model_copy(update={"link": "mRuwpb5y"}))
    assert [data["temperature"] for kind, data in await kitchen.told()] == [3, 4, 5]
    assert await kitchen.events() == ["differing-repeat"]


async def test_a_tag_that_moves_to_another_fridge_stays_in_stock(kitchen: Kitchen, db: Database) -> None:
    await kitchen.item("Butter", "butter")
    await kitchen.settle(a_scan(1, "butter"))
    other = Kitchen(db, kitchen.account, (await _another_fridge(kitchen)))
    await other.settle(a_scan(2, "butter"))
    await kitchen.settle(a_scan(3), a_scan(4))
    assert [fact.kind for fact in await kitchen.facts()] == ["added"]
    assert (await kitchen.tags())["butter"].fridge == other.uuid


async def _another_fridge(kitchen: Kitchen) -> UUID:
    async with kitchen.db.writing() as session:
        first = await session.get_one(Fridge, kitchen.uuid)
        columns = {column.key: getattr(first, column.key) for column in Fridge.__table__.columns}
        session.add(Fridge(**(columns | {"uuid": UUID(int=77), "scanned_at": None})))
    return UUID(int=77)


async def test_a_badge_is_in_clear_only_in_a_sealed_letter(kitchen: Kitchen) -> None:
    """S107, 1.J.15."""
    badge = a_report("badge-presented", 1).model_copy(update={"sealed": SECRETS.seal("1234")})
    await kitchen.settle(badge)
    (letter,) = await kitchen.letters()
    assert "1234" not in letter
    assert '"badge_token":"1234"' in SECRETS.open(letter)


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_disorder_stock_and_tags_agree_and_the_opening_ends_once(kitchen: Kitchen, seed: int) -> None:
    """1.L: what another cloud sends may come in any order; a tag goes out only after it came in, and so on."""
    chance = random.Random(seed)
    await kitchen.item("Butter", "butter")
    await kitchen.item("Milk", "milk-1", "milk-2")
    await kitchen.command("open", 0, OPEN)
    reports = [report.model_copy(update={"received_at": after(20)}) for report in a_session()]
    for report in chance.sample(reports, len(reports)):
        await kitchen.settle(report)
    facts, tags = await kitchen.facts(), await kitchen.tags()
    for epc in ("butter", "milk-1", "milk-2"):
        kinds = [fact.kind for fact in facts if fact.tag == epc]
        assert all((kind == "removed") == bool(number % 2) for number, kind in enumerate(kinds)), kinds
        assert (tags[epc].fridge is not None and tags[epc].removed_at is None) == bool(len(kinds) % 2)
    assert (await kitchen.commanded(OPEN)).status == "inventory"
    assert (await kitchen.opening(OPEN)).outcome is not None
    assert [letter["sequence"] for letter in await kitchen.letters()] == list(
        range(1, (await kitchen.fridge()).sequence + 1)
    )

"""Whether a fridge is heard, how cold it is, and when it takes no command."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain.errors import Conflict, NotFound
from storage import fridges, living
from storage.database import Database
from tests.fridges.parts import Kitchen, a_kitchen, a_report, a_scan, after

OPEN = UUID(int=5)


@pytest.fixture
async def kitchen(db: Database) -> Kitchen:
    return await a_kitchen(db)


async def test_a_deleted_fridge_takes_no_command_and_ends_its_opening(kitchen: Kitchen) -> None:
    await kitchen.command("open", 0, OPEN)
    await kitchen.change(deleted_at=after(1), opening=None)
    settled = await kitchen.settle(as_of=2)
    assert settled.deleted
    assert (await kitchen.opening(OPEN)).outcome == "The fridge was deleted."
    with pytest.raises(NotFound):
        await kitchen.command("open", 3)


async def test_a_second_opening_is_refused_while_the_first_is_under_way(kitchen: Kitchen) -> None:
    """1.J.11; a repeat of the same command is the same command, and one that has expired is no hindrance."""
    first = await kitchen.command("open", 0)
    assert await kitchen.command("open", 1, first) == first
    with pytest.raises(Conflict):
        await kitchen.command("open", 2)
    await kitchen.command("temperature", 3)
    await kitchen.command("open", 61)
    assert (await kitchen.commanded(first)).message == "No acknowledgement from the fridge."


async def test_silence_is_told_once_and_so_is_the_return(kitchen: Kitchen) -> None:
    """1.J.10: after two and a half intervals; items with tags inside hear of it too (1.J.12)."""
    await kitchen.item("Butter", "butter")
    settled = await kitchen.settle(a_scan(1, "butter"))
    assert settled.next_check == after(751)
    await kitchen.settle(as_of=750)
    assert [kind for kind, _ in await kitchen.told()] == ["inventory"]
    for as_of in (751, 800, 3_000):
        settled = await kitchen.settle(as_of=as_of)
    assert settled.next_check is None
    assert [kind for kind, _ in await kitchen.told()] == ["inventory", "offline"]
    assert await kitchen.notices() == [
        ("fridge.offline", f"Fridge {kitchen.uuid} in My Fleet has not been heard of since 2026-03-02 12:00 UTC.")
    ]
    await kitchen.change(last_activity=after(3_100))
    await kitchen.settle(as_of=3_101)
    await kitchen.settle(a_scan(3_200, "butter"))
    assert [kind for kind, _ in await kitchen.told()] == ["inventory", "offline", "online", "inventory"]
    assert [fact.kind for fact in await kitchen.facts()] == ["added", "silent", "heard", "scanned"]
    assert await kitchen.tallies() == [1]


async def test_the_silence_of_a_deleted_fridge_is_over(kitchen: Kitchen) -> None:
    """1.J.12: a clock that a rule has paused goes on, or nothing would ever end it."""
    await kitchen.item("Butter", "butter")
    await kitchen.settle(a_scan(1, "butter"))
    await kitchen.settle(as_of=751)
    async with kitchen.db.writing() as session:
        fridge = await fridges.get(session, kitchen.account, kitchen.uuid, to_change=True)
        await fridges.remove(session, fridge, after(800))
    settled = await kitchen.settle(as_of=801)
    assert (settled.deleted, settled.errands) == (True, True)
    assert await living.fridges(kitchen.db) == [(kitchen.account, kitchen.uuid)], "Temporal may have forgotten it"
    assert [fact.kind for fact in await kitchen.facts()] == ["added", "silent", "heard"]
    assert (await kitchen.facts())[-1].observed_at == after(800)


async def test_a_fridge_that_was_never_linked_is_not_offline(db: Database) -> None:
    kitchen = await a_kitchen(db, linked_at=None)
    settled = await kitchen.settle(as_of=timedelta(days=9).total_seconds())
    assert (settled.next_check, await kitchen.told()) == (None, [])


async def test_another_band_is_judged_at_once(kitchen: Kitchen) -> None:
    """S78, 1.J.10."""
    await kitchen.settle(a_report("temperature", 1, {"temperature": 5.5}))
    await kitchen.change(temperature_max_alert=Decimal(3))
    for as_of in (2, 3):
        await kitchen.settle(as_of=as_of)
    await kitchen.change(temperature_max_alert=None)
    await kitchen.settle(as_of=4)
    assert [data["status"] for kind, data in await kitchen.told() if kind == "temperature-alert"] == [
        "alert",
        "cleared",
    ]
    assert await kitchen.notices() == [
        ("fridge.temperature", f"Fridge {kitchen.uuid} in My Fleet is at 5.5 °C, which is out of its band."),
        ("fridge.temperature", f"Fridge {kitchen.uuid} in My Fleet is at 5.5 °C, within its band."),
    ]


async def test_no_silence_counts_while_nobody_listened(kitchen: Kitchen) -> None:
    """Larder's own absence is not the fridge's."""
    settled = await kitchen.settle(as_of=5_000, listening_since=4_900)
    assert (settled.next_check, await kitchen.told()) == (after(4_900 + 750), [])
    await kitchen.settle(as_of=5_650, listening_since=4_900)
    assert [kind for kind, _ in await kitchen.told()] == ["offline"]

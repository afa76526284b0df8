"""What becomes of commands by what their fridge reports, and what it may not change (1.J.11)."""

from uuid import UUID

import pytest
from sqlalchemy import select

from domain.fridge_errands import ERRAND, TellSession
from domain.fridges import CommandStatus, Overdue
from storage.database import Database
from storage.tables import FridgeErrand
from tests.fridges.parts import Kitchen, a_door, a_kitchen, a_report, a_scan, after


@pytest.fixture
async def kitchen(db: Database) -> Kitchen:
    return await a_kitchen(db)


async def words(kitchen: Kitchen) -> list[str | None]:
    """What the opening is to be told, oldest first; None begins it."""
    async with kitchen.db.reading() as session:
        rows = (await session.scalars(select(FridgeErrand).order_by(FridgeErrand.number))).all()
    errands = [ERRAND.validate_json(row.errand) for row in rows]
    told = [errand.word for errand in errands if isinstance(errand, TellSession)]
    return [None if word is None else word.outcome or str(word.status) for word in told]


async def test_a_command_that_is_not_acknowledged_within_a_minute_has_failed(kitchen: Kitchen) -> None:
    """1.J.11, S92; what was received in time counts, however late it is settled."""
    lost, late, heard = [await kitchen.command("temperature", 0) for _ in range(3)]
    settled = await kitchen.settle(as_of=59)
    assert settled.next_check == after(60)
    ack = a_report("ack", 59, command=heard)
    await kitchen.settle(ack, a_report("ack", 61, command=late, id="late"), as_of=120)
    rows = [await kitchen.commanded(each) for each in (lost, late, heard)]
    assert [row.status for row in rows] == ["failed", "failed", "ack"]
    assert rows[0].message == "No acknowledgement from the fridge."
    assert await kitchen.events() == ["command-result"]


async def test_reboot_is_acknowledged_by_shutdown_and_done_by_boot(kitchen: Kitchen) -> None:
    """S85, S100, S101, 1.J.11: neither has to name the command."""
    reboot = await kitchen.command("reboot", 0)
    await kitchen.settle(a_report("boot", 1))
    assert (await kitchen.commanded(reboot)).status is None
    await kitchen.settle(a_report("shutdown", 2))
    assert (await kitchen.commanded(reboot)).status == "ack"
    await kitchen.settle(a_report("boot", 30, {"firmwareVersion": "1.2"}))
    assert (await kitchen.commanded(reboot)).status == "success"
    assert (await kitchen.fridge()).firmware_version == "1.2"
    assert [letter["command"] and letter["command"]["status"] for letter in await kitchen.letters()] == [
        *(None, "ack", "success")
    ]


@pytest.mark.parametrize(
    ("slug", "seconds", "why"),
    [
        ("inventory", 120, "No answer after the acknowledgement."),
        ("temperature", 120, "No answer after the acknowledgement."),
        ("door-status", 120, "No answer after the acknowledgement."),
        ("reboot", 600, "The fridge did not start again."),
    ],
)
async def test_an_acknowledged_command_that_is_never_answered_fails_too(
    kitchen: Kitchen, slug: str, seconds: float, why: str
) -> None:
    """S92: nothing stays acknowledged for ever; what was received in time counts, however late it is settled."""
    given, answered = [await kitchen.command(slug, 0) for _ in range(2)]
    for at, command in ((1, given), (2, answered)):
        settled = await kitchen.settle(a_report("ack", at, command=command))
    assert settled.next_check == after(1 + seconds)
    result = a_report("heartbeat", 2 + seconds, command=answered, status="success")
    late = a_report("heartbeat", 2 + seconds, command=given, status="success", id="late")
    settled = await kitchen.settle(result, late)
    assert [(await kitchen.commanded(each)).status for each in (given, answered)] == ["failed", "success"]
    assert (await kitchen.commanded(given)).message == why
    assert await kitchen.events() == ["command-result"]


async def test_a_failure_by_our_own_clock_is_told_with_the_status_of_the_door(kitchen: Kitchen) -> None:
    """S98: a receiver of `open` and `door-status` hears how they end, even where the fridge says nothing."""
    opened = await kitchen.command("open", 0)
    await kitchen.command("door-status", 0)
    await kitchen.command("temperature", 0)
    await kitchen.settle(as_of=60)
    await kitchen.settle(as_of=61)
    told = [(letter["type"], letter["data"], letter["command"]) for letter in await kitchen.letters()]
    assert [(kind, data) for kind, data, _ in told] == [("door-status", {"status": "closed"})] * 2
    assert {command["type"]["slug"] for _, _, command in told} == {"open", "door-status"}
    assert {(command["status"], command["message"]) for _, _, command in told} == {
        ("failed", "No acknowledgement from the fridge.")
    }
    await kitchen.settle(a_report("ack", 62, command=opened, received=70))
    assert (await kitchen.commanded(opened)).status == "failed"


async def test_the_acknowledgement_completes_restart_app(kitchen: Kitchen) -> None:
    """S90, S108: the notification still says `ack`."""
    restart = await kitchen.command("restart-app", 0)
    await kitchen.settle(a_report("ack", 1, command=restart, status="ack"))
    assert (await kitchen.commanded(restart)).status == "success"
    assert (await kitchen.letters())[0]["command"]["status"] == "ack"


async def test_a_fridge_may_say_that_it_failed_and_why(kitchen: Kitchen) -> None:
    opened = await kitchen.command("open", 0)
    await kitchen.settle(a_report("ack", 1, command=opened, status="failed", message="The lock is stuck."))
    command, opening = await kitchen.commanded(opened), await kitchen.opening(opened)
    assert (command.status, command.message, opening.outcome) == ("failed", *2 * ("The lock is stuck.",))
    assert (await kitchen.fridge()).opening is None
    assert await words(kitchen) == [None, "The lock is stuck."]


async def test_results_for_other_commands_and_ended_ones_change_nothing(kitchen: Kitchen) -> None:
    """A forged or late command result is an event."""
    done = await kitchen.command("temperature", 0)
    await kitchen.settle(a_report("temperature", 1, {"temperature": 4}, command=done, status="success"))
    await kitchen.settle(a_report("temperature", 2, {"temperature": 5}, command=done, status="failed"))
    await kitchen.settle(a_report("temperature", 3, {"temperature": 6}, command=UUID(int=9), status="success"))
    assert (await kitchen.commanded(done)).status == "success"
    assert await kitchen.events() == ["command-result", "command-result"]
    assert (await kitchen.letters())[-1]["command"] is None
    assert (await kitchen.fridge()).temperature == 6, "what it measured is true all the same"


async def test_another_fridge_cannot_answer_a_command(kitchen: Kitchen, db: Database) -> None:
    opened = await kitchen.command("open", 0)
    other = await a_kitchen(db)
    await other.settle(a_door(1, "unlocked", command=opened, status="unlocked"))
    assert (await kitchen.commanded(opened)).status is None
    assert await other.events() == ["command-result"]


async def test_steps_that_come_in_disorder_go_forwards_only(kitchen: Kitchen) -> None:
    opened = await kitchen.command("open", 0)
    scan = a_scan(6, command=opened)
    await kitchen.settle(a_door(3, "opened", command=opened), a_report("ack", 1, command=opened), scan)
    await kitchen.settle(a_door(5, "closed", command=opened))
    assert (await kitchen.commanded(opened)).status == "inventory"
    assert await words(kitchen) == [None, "opened", "None taken, none put in."]
    assert await kitchen.events() == []


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([], "No acknowledgement from the fridge."),
        (["ack"], "The door was not unlocked."),
        (["ack", "unlocked"], "The door was not opened."),
        (["ack", "unlocked", "opened"], "The door was not closed."),
        (["ack", "unlocked", "opened", "closed"], "No inventory after the door was closed."),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value) or "nothing",
)
async def test_an_opening_that_waits_too_long_is_given_up_in_words(
    kitchen: Kitchen, steps: list[str], outcome: str
) -> None:
    opened = await kitchen.command("open", 0)
    for at, step in enumerate(steps):
        kind = "ack" if step == "ack" else "door-status"
        await kitchen.settle(a_report(kind, at, None if step == "ack" else {"status": step}, command=opened))
    status = CommandStatus(steps[-1]) if steps else None
    stale = Overdue(command=opened, status=CommandStatus.INVENTORY, is_last=True)
    await kitchen.settle(overdue=[stale], as_of=10)
    assert (await kitchen.fridge()).opening == opened
    await kitchen.settle(overdue=[Overdue(command=opened, status=status, is_last=True)], as_of=50)
    command, opening = await kitchen.commanded(opened), await kitchen.opening(opened)
    assert (command.status, command.message, opening.outcome) == ("failed", outcome, outcome)
    assert (await kitchen.fridge()).opening is None
    assert (await words(kitchen))[-1] == outcome


async def test_an_open_door_is_told_of_before_it_is_given_up(kitchen: Kitchen) -> None:
    opened = await kitchen.command("open", 0)
    await kitchen.settle(a_door(1, "opened", command=opened))
    for _ in range(2):
        overdue = Overdue(command=opened, status=CommandStatus.OPENED, is_last=False)
        await kitchen.settle(overdue=[overdue], as_of=301)
    assert await kitchen.notices() == [
        (
            "fridge.door-open",
            f"Fridge {kitchen.uuid} in My Fleet was left open: its door has not been closed for 5 minutes.",
        )
    ]
    assert (await kitchen.fridge()).opening == opened


async def test_no_opening_lasts_for_ever_and_a_lost_one_is_begun_again(kitchen: Kitchen) -> None:
    """Even where Temporal has forgotten it, and the fridge never says another word."""
    opened = await kitchen.command("open", 0)
    await kitchen.settle(a_report("ack", 1, command=opened))
    await kitchen.settle(recall=True, as_of=100)
    assert await words(kitchen) == [None, "ack", "ack"]
    await kitchen.settle(as_of=7_200)
    assert (await kitchen.opening(opened)).outcome == "The door was not unlocked."
    assert (await kitchen.fridge()).opening is None


async def test_an_inventory_may_say_where_the_video_of_the_opening_is(kitchen: Kitchen) -> None:
    """S96, S114."""
    opened = await kitchen.command("open", 0)
    video = "https://video.example.com/1.mp4"
    await kitchen.settle(a_scan(5, command=opened, status="inventory", video=video))
    (letter,) = await kitchen.letters()
    assert (letter["command"]["status"], letter["command"]["video"]) == ("inventory", video)
    assert ((await kitchen.opening(opened)).video, (await kitchen.commanded(opened)).video) == (video, video)

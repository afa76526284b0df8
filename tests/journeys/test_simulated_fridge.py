"""A fridge on the command line goes through a session by HTTP alone, and through what goes wrong with fridges."""

import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import names
from settings import ROOT
from simulator.family import Family, eventually
from simulator.fridge import SimulatedFridge
from simulator.fridge_script import Script
from tests.journeys.fridge_parts import A_SECOND, a_kitchen

PAGE = (ROOT / "docs" / "fridges.md").read_text(encoding="utf-8")
HOURS = timedelta(hours=1)
MADE = timedelta(seconds=30)  # between the making of something and its being looked at, on a busy machine


async def simulated(family: Family, state: Path, *lines: str) -> str:
    """What `larder simulate fridge` prints for these lines."""
    command = [sys.executable, str(ROOT / "larder.py"), "simulate", "fridge", "--url", family.town.url]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, "--state", str(state), stdin=pipe, stdout=pipe, stderr=pipe, cwd=state.parent
    )
    printed, wrong = await process.communicate("\n".join(lines).encode())
    assert (process.returncode, wrong) == (0, b""), wrong.decode()
    return printed.decode()


async def test_a_session_by_lines_of_text_ends_in_stock_and_an_order(family: Family, tmp_path: Path) -> None:
    """S82, S110-S115: everything by HTTP, the fridge in a process of its own that is started twice."""
    kitchen, state = await a_kitchen(family, "y-1", "y-2"), tmp_path / "fridge.json"
    key = (await family.post(f"/fridges/{kitchen.uuid}/init-key"))["initKey"]
    printed = await simulated(family, state, f"link {key.upper()}", "put Y-1 y-2", "boot")
    assert f"linked: I am fridge {kitchen.uuid}" in printed
    assert key not in printed
    assert oct(state.stat().st_mode & 0o777) == "0o600"
    opening = await kitchen.command("open")
    video = "https://example.com/1.mp4"
    lines = ("wait", f"video {video}", "open-door", "take Y-1 y-2", "close-door", "show")
    printed = await simulated(family, state, *lines)
    assert "told to open" in printed
    assert "door closed, 4 °C, 0 notifications not sent yet\ninside: nothing" in printed
    session = await kitchen.session_is("inventory")
    assert sorted(session["removed"]) == ["y-1", "y-2"]
    assert await kitchen.outcome(opening) == "2 taken, none put in."
    assert (await kitchen.newest("commands"))["video"] == video  # S96, S104
    await family.level_is(kitchen.item, 0)
    assert await kitchen.shop.order()


async def test_butter_is_out_across_a_power_cut_and_its_clock_goes_on(family: Family) -> None:
    """1.N: what a fridge without power cannot see, it says when it starts; the moments are those of the scans."""
    kitchen = await a_kitchen(family, "y-1", "y-2", when="out for 5 hours")
    await kitchen.unlocked()
    await kitchen.box.open_door()
    await kitchen.box.take(["y-1"])
    await kitchen.box.close_door()
    await family.level_is(kitchen.item, 1)
    await kitchen.box.cut_power()
    await kitchen.box.scan()
    assert kitchen.box.unsent == []
    await family.town.restart()
    await kitchen.box.boot()
    await kitchen.heard(1, "boot")
    await kitchen.heard(3, "inventory")
    assert (await family.look(kitchen.item))["level"] == 1
    assert await family.orders() == []
    await family.after(kitchen.item, 5 * HOURS + A_SECOND)
    assert await kitchen.shop.order()


async def test_what_was_kept_while_offline_is_sent_late_and_dated_right(family: Family) -> None:
    """1.N, Time: with a clock that is a year late; nothing is lost, nothing counts twice."""
    kitchen = await a_kitchen(family, "y-1", "y-2")
    box = kitchen.box
    box.skew, box.is_offline = timedelta(days=-365), True
    began = datetime.now(UTC)
    box.temperature = 7.5
    await box.measure()
    await box.take(["y-1"])
    await box.scan()
    await box.scan()
    assert len(box.unsent) == 3
    assert await kitchen.told("temperature") == []
    kept = list(box.unsent)
    box.is_offline = False
    await box.send()
    assert box.unsent == []
    box.unsent = kept  # as after a lost answer
    await box.send()
    await family.level_is(kitchen.item, 1)
    (measured,) = await kitchen.heard(1, "temperature")
    assert measured["fridge"]["temperature"] == 7.5
    assert abs(datetime.fromisoformat(measured["timestamp"]) - began) < MADE
    assert len(await kitchen.told("inventory")) == 3
    assert await kitchen.newest("events") is None


async def test_a_badge_is_in_no_history(family: Family) -> None:
    """S107, 1.J.15: neither in Temporal's nor in what is shown."""
    kitchen, canary = await a_kitchen(family), "badge-canary-1234"
    await Script(kitchen.box, lambda _: None).do(f"badge {canary}")
    newest = await eventually(lambda: kitchen.newest("notifications"), lambda found: found["type"] == "badge-presented")
    assert canary not in str(newest)
    handle = family.town.client.get_workflow_handle(names.fridge_workflow_id(kitchen.uuid))
    history = await handle.fetch_history()
    assert len(history.events) > 5
    assert canary not in str(history.events)


async def test_the_lines_of_the_page_are_understood(family: Family) -> None:
    """docs/fridges.md: those of the simulated fridge, and the bodies that are shown to makers."""
    kitchen, said = await a_kitchen(family, "e28011700000020aa7bcfc24"), list[str]()
    kitchen.box.say = said.append
    script = Script(kitchen.box, said.append)
    for line in shown("fridge"):
        assert await script.do(line)
    assert said[-1] == "inside: e28011700000020aa7bcfc24"
    await kitchen.heard(1, "boot")
    await kitchen.heard(1, "badge-presented")
    headers = {"Authorization": f"Bearer {kitchen.box.token}", "Content-Type": "application/json"}
    for body in shown("json"):
        answer = await family.http.post("/fridge/notifications", content=body, headers=headers)
        assert answer.status_code == 200, f"{body} {answer.text}"
    await kitchen.heard(1, "screen-status")


def shown(kind: str) -> Sequence[str]:
    """The lines of the page's block of that kind."""
    found = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


async def test_while_larder_is_away_a_fridge_keeps_what_it_has_to_say(family: Family) -> None:
    kitchen, said = await a_kitchen(family, "y-1"), list[str]()
    nowhere = SimulatedFridge(family.http, token=kitchen.box.token, say=said.append)
    address: Any = family.http.base_url
    try:
        family.http.base_url = "http://127.0.0.1:9"  # nobody listens there
        await nowhere.measure()
    finally:
        family.http.base_url = address
    assert "Larder does not answer: ConnectError" in said
    assert len(nowhere.unsent) == 1
    await nowhere.send()
    await kitchen.heard(1, "temperature")

"""`larder rules apply` and `backtest` as a process, against the real application over HTTP."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api import pairing
from rulefiles.larder import Refused
from settings import ROOT
from tests.api.direct import Household
from tests.stack.parts import LARDER, environment

SAMPLE = ROOT / "docs" / "kitchen.yaml"


@dataclass
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it prints for programs."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """Where somebody types `larder rules`."""

    household: Household
    home: Path

    async def rules(self, *words: object) -> Ended:
        """Run it with the household's token."""
        env = environment(self.home, url=str(self.household.home.http.base_url), token=self.household.user.token)
        process = await asyncio.create_subprocess_exec(
            *LARDER,
            "rules",
            *map(str, words),
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        ended = Ended(process.returncode or 0, out.decode(), err.decode())
        assert "Traceback" not in ended.err
        assert str(self.household.user.token) not in ended.out + ended.err
        return ended

    def file(self, text: str) -> Path:
        """A rule file."""
        path = self.home / "kitchen.yaml"
        path.write_text(text, "utf-8")
        return path


@pytest.fixture
async def terminal(household: Household, tmp_path: Path) -> Terminal:
    """A household with cookies, butter and a shop that nobody else has the name of."""
    await household.item("Cookies", level=40)
    await household.item("Butter", location="Fridge")
    return Terminal(household, tmp_path)


def sample(household: Household) -> str:
    """The sample of the documentation, for the shop of this household: every test's is called Corner Shop."""
    return SAMPLE.read_text("utf-8").replace("Corner Shop", household.shop.shown["uuid"])


async def present(household: Household) -> dict[str, Any]:
    """The household's rules by name."""
    return {rule["name"]: rule for rule in (await household.user.get("/rules")).json()["data"]}


async def test_a_file_is_applied_once_and_a_second_time_changes_nothing(terminal: Terminal) -> None:
    household = terminal.household
    file = terminal.file(sample(household))
    first = await terminal.rules("apply", file, "--yes")
    assert first.code == 0, first.err
    assert "+ Cookies\n    5 cookies left\n    Whenever " in first.out, first.out
    assert first.out.endswith("Added Cookies\nAdded Butter left out\nAdded Whatever is in the fridge\n")
    rules = await present(household)
    assert {rule["origin"] for rule in rules.values()} == {"kitchen"}
    assert rules["Cookies"]["when"] == "5 cookies left"
    assert rules["Cookies"]["then"]["approval"] == {"above": "25.00"}
    assert (rules["Whatever is in the fridge"]["location"], rules["Whatever is in the fridge"]["enabled"]) == (
        "Fridge",
        False,
    )
    second = await terminal.rules("apply", file, "--yes")
    assert second.out == "0 changes, 3 rules as they are.\n"
    assert await present(household) == rules


async def test_what_changes_is_shown_field_by_field_and_only_done_on_a_yes(terminal: Terminal) -> None:
    household = terminal.household
    await terminal.rules("apply", terminal.file(sample(household)), "--yes")
    text = sample(household).replace("5 cookies left", "8 cookies left").replace("packs: 2", "upTo: 36")
    file = terminal.file(text.replace("item: Butter", "location: Butter's place"))
    asked = await terminal.rules("apply", file)
    assert asked.code == 2
    assert "Nobody can be asked here" in asked.err
    assert '~ Cookies\n    when: "5 cookies left" -> "8 cookies left"\n' in asked.out
    assert "    then.order.packs: 2 -> null\n    then.order.upTo: null -> 36\n" in asked.out
    assert "> Butter left out\n" in asked.out
    assert (await present(household))["Cookies"]["version"] == 1
    done = (await terminal.rules("apply", file, "--yes", "--json")).data
    assert [(each["kind"], each["name"]) for each in done["done"]] == [
        ("change", "Cookies"),
        ("move", "Butter left out"),
    ]
    rules = await present(household)
    assert (rules["Cookies"]["when"], rules["Cookies"]["version"]) == ("8 cookies left", 2)
    assert rules["Butter left out"]["location"] == "Butter's place"


async def test_a_move_that_is_refused_leaves_the_rule_where_it_was(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one comes before the old one goes, and what is left of a move that was cut short goes next time."""
    household = terminal.household
    await terminal.rules("apply", terminal.file(sample(household)), "--yes")
    await household.made("/rules", location="Cellar", name="By hand", when="low", then={"notify": True})
    file = terminal.file(sample(household).replace("item: Butter", "location: Cellar"))
    with monkeypatch.context() as full:
        full.setattr(pairing, "MOST_RULES", 1)
        refused = await terminal.rules("apply", file, "--yes")
    assert (refused.code, "A location has at most 1 rules." in refused.err) == (1, True)
    assert (await present(household))["Butter left out"]["item"] is not None
    old = (await present(household))["Butter left out"]
    # as if the machine had gone out between the two calls
    said = {name: old[name] for name in ("when", "then", "enabled", "whenSilent", "name", "origin")}
    await household.made("/rules", location="Cellar", **said)
    assert len((await household.user.get("/rules")).json()["data"]) == 5
    again = await terminal.rules("apply", file, "--yes")
    assert again.out.endswith("Removed Butter left out\n")
    rules = (await household.user.get("/rules")).json()["data"]
    assert [rule["location"] for rule in rules if rule["name"] == "Butter left out"] == ["Cellar"]
    assert (await terminal.rules("apply", file, "--yes")).out == "0 changes, 3 rules as they are.\n"


async def test_blanks_around_a_name_make_no_other_rule(terminal: Terminal) -> None:
    """Larder takes names without them, so the file's are the same."""
    file = terminal.file(sample(terminal.household).replace("  Cookies:", "  ' Cookies ':"))
    assert (await terminal.rules("apply", file, "--yes")).code == 0
    assert (await terminal.rules("apply", file, "--yes")).out == "0 changes, 3 rules as they are.\n"
    assert len(await present(terminal.household)) == 3


async def test_only_prune_removes_and_only_what_came_from_the_file(terminal: Terminal) -> None:
    household = terminal.household
    item = (await household.user.get("/items")).json()["data"][0]["uuid"]
    await household.made("/rules", item=item, name="By hand", when="low", then={})
    await terminal.rules("apply", terminal.file(sample(household)), "--yes")
    file = terminal.file(sample(household).partition("  Butter left out")[0])
    kept = await terminal.rules("apply", file, "--yes")
    assert "left as they are without --prune: Butter left out, Whatever is in the fridge." in kept.out
    assert len(await present(household)) == 4
    pruned = await terminal.rules("apply", file, "--yes", "--prune")
    assert pruned.out.endswith("Removed Butter left out\nRemoved Whatever is in the fridge\n")
    assert set(await present(household)) == {"Cookies", "By hand"}


async def test_names_that_mean_nothing_are_told_by_line_and_column(terminal: Terminal) -> None:
    text = sample(terminal.household).replace("item: Butter", "item: Margarine").replace("cookies-12", "biscuits")
    file = terminal.file(text)
    answer = await terminal.rules("apply", file, "--yes")
    assert (answer.code, answer.err) == (1, f"larder: {file}:11:11: There is no item called Margarine.\n")
    file = terminal.file(text.replace("item: Margarine", "item: Butter"))
    answer = await terminal.rules("apply", file, "--yes")
    assert answer.code == 1
    column = text.splitlines()[7].index("biscuits") + 1
    assert answer.err.startswith(f"larder: {file}:8:{column}: then.order.sku: ")
    assert await present(terminal.household) == {}


async def test_a_wrong_token_is_refused_in_one_line(terminal: Terminal) -> None:
    terminal.household.user.token = "ut_live_nobody"
    answer = await terminal.rules("apply", terminal.file(sample(terminal.household)), "--yes")
    assert (answer.code, answer.err.count("\n")) == (1, 1)


async def test_a_file_is_tried_on_the_past_and_drawn(terminal: Terminal) -> None:
    household = terminal.household
    file, picture = terminal.file(sample(household)), terminal.home / "cookies.svg"
    told = await terminal.rules("backtest", file, "--rule", "Cookies", "--svg", picture)
    assert told.code == 0, told.err
    assert told.out.startswith("Cookies on Cookies, 2 facts from ")
    assert "  now: no rule\n" in told.out
    assert "  new: 5 cookies left\n" in told.out
    assert picture.read_text("utf-8").startswith("<svg ")
    results = (await terminal.rules("backtest", file, "--json", "--lead-time", "3 days")).data
    assert [(each["rule"], each["itemName"]) for each in results] == [
        ("Cookies", "Cookies"),
        ("Butter left out", "Butter"),
        ("Whatever is in the fridge", "Butter"),
    ]
    for words in (("--rule", "Milk"), ("--svg", picture), ("--rule", "Cookies", "--item", "Butter")):
        assert (await terminal.rules("backtest", file, *words)).code == 2
    for option, field in (("--lead-time", 'such as "2 days"'), ("--from", "is not a date"), ("--to", "is not a date")):
        refused = await terminal.rules("backtest", file, option, "yesterday")
        assert (refused.code, f"{option}: " in refused.err, field in refused.err) == (2, True, True), refused.err


async def test_an_order_of_another_rule_is_none_of_the_one_that_is_tried(terminal: Terminal) -> None:
    household = terminal.household
    cookies = next(each for each in (await household.user.get("/items")).json()["data"] if each["name"] == "Cookies")
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12", "packs": 1}
    await household.made("/rules", item=cookies["uuid"], when="50 left", then={"order": order})
    file = terminal.file("rules:\n  Only told:\n    item: Cookies\n    when: 40 left\n    then: {notify: true}\n")
    told = await terminal.rules("backtest", file)
    assert "  new: 40 left\n    1 order (1 by other rules of Cookies), 3.49 EUR; " in told.out
    assert "  another rule: " in told.out


async def test_nothing_is_changed_where_one_rule_is_refused(terminal: Terminal) -> None:
    """Each fault of each rule is told, by its place in the file."""
    household = terminal.household
    text = sample(household).replace("when: butter out for 5 hours", "when: 500 ml left")
    file = terminal.file(f"{text}  Sugar:\n    item: Cookies\n    when: 3 l left\n")
    refused = await terminal.rules("apply", file, "--yes")
    assert refused.code == 1
    assert [line.partition(": when: '")[2][:5] for line in refused.err.splitlines()] == ["500 m", "3 l' "]
    assert await present(household) == {}


def test_a_refused_call_is_told_by_field() -> None:
    refused = Refused("Validation error.", {"a": ["One.", "Two."], "b": ["3."]})
    assert (refused.message, Refused("No.", {}).message) == ("a: One. Two.\nb: 3.", "No.")


async def test_a_terminal_is_asked_and_only_a_yes_changes_anything(terminal: Terminal) -> None:
    household = terminal.household
    file = terminal.file(sample(household))
    for typed, number in ((b"n\n", 0), (b"y\n", 3)):
        leader, follower = os.openpty()
        env = environment(terminal.home, url=str(household.home.http.base_url), token=household.user.token)
        process = await asyncio.create_subprocess_exec(
            *LARDER, "rules", "apply", str(file), env=env, stdin=follower, stdout=follower, stderr=follower
        )
        os.close(follower)
        os.write(leader, typed)
        ended = await process.wait()
        os.close(leader)
        assert ended == (0 if number else 1)
        assert len(await present(household)) == number

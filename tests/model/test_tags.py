"""The judgement of tags against the model: random lives of tagged things, all three meanings of a silent fridge."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import tag_facts
from domain.clocks import WhenSilent
from domain.decisions import Verdict
from domain.facts import Fact, FactKind, Source
from tests.judgement.household import NOON, Household, a_rule
from tests.model.steps import LONG
from tests.model.tags import FRIDGES, Shelf

TICK = timedelta(minutes=10)
STEPS = "add", "add", "remove", "remove", "return", "link", "unlink", "count", "silence", "hear", "scan", "wait", "wait"
NUMBERS = st.sampled_from((0, 1, 5, 29, 30, 31, 200, 287, 288, 289, 400))
LIVES = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(sorted(FRIDGES)), NUMBERS), max_size=40)
RULES = {"expires": "expires within 2 days"}


@pytest.mark.parametrize("rule", ["continue", "pause", "void", "expires"])
@settings(max_examples=1_000 if LONG else 100, deadline=None, derandomize=not LONG)
@given(life=LIVES)
def test_the_judgement_of_tags_does_what_the_model_says(rule: str, life: list[tuple[str, str, int]]) -> None:
    way = WhenSilent(rule) if rule not in RULES else WhenSilent.CONTINUE
    sentence = RULES.get(rule, "out for 5 hours")
    shelf, home = Shelf(rule), Household([a_rule(sentence, orders=False, notify=True, when_silent=way)])
    home.tell("counted", shelf.level, at=NOON, source=Source.PERSON)
    for step, tag, number in life:
        if not shelf.may(step, tag):
            continue
        is_inside = tag in shelf.pieces and shelf.pieces[tag].out_since is None
        since = _moment(shelf.spoke[FRIDGES[tag]])
        shelf.do(step, tag, number)
        at = _moment(shelf.now)
        home.look(at)
        if step == "count":
            home.tell("counted", number, at=at, source=Source.PERSON)
        elif step != "wait":
            _tell(home, _fact(step, tag, at, since, at + number * TICK if number else None, is_inside=is_inside))
        assert home.level(at) == shelf.level, (step, tag)
        assert [made.at for made in home.decisions if made.verdict is Verdict.NOTIFIED] == list(
            map(_moment, shelf.told)
        ), (step, tag)


def _moment(tick: int) -> datetime:
    return NOON + tick * TICK


def _tell(home: Household, fact: Fact) -> None:
    said: dict[str, Any] = {name: getattr(fact, name) for name in ("tag", "fridge", "expires_at", "silent_since")}
    home.tell(fact.kind, None if fact.quantity is None else str(fact.quantity), at=fact.observed_at or NOON, **said)


def _fact(step: str, tag: str, at: datetime, since: datetime, expires_at: datetime | None, *, is_inside: bool) -> Fact:
    """What Larder makes of it."""
    fridge = UUID(int=FRIDGES[tag])
    moved = {"add": FactKind.ADDED, "remove": FactKind.REMOVED, "return": FactKind.RETURNED}
    match step:
        case "link":
            return tag_facts.linked(tag, fridge, expires_at, at=at, is_new=False)
        case "unlink":
            return tag_facts.unlinked(tag, fridge, at=at, is_inside=is_inside)
        case "silence":
            return tag_facts.silent(fridge, since=since, at=at)
        case "hear":
            return tag_facts.heard(fridge, at=at)
        case "scan":
            return tag_facts.scanned(fridge, "report", at=at, received_at=at)
    expiry = expires_at if step == "add" else None
    return tag_facts.tag_moved(moved[step], fridge, "report", tag, at=at, received_at=at, expires_at=expiry)

"""Windows of days and times by the household's clock, through both changes of summer time."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.clock import next_check_in
from rules.compiled import compiled
from rules.engine import Engine
from rules.evaluation import Truth, evaluate
from rules.sentence import parse
from rules.situation import Situation
from rules.tree import tree_from_json
from rules.wall_clock import time_from, time_text
from tests.rules.parts import DAYS, Document

BERLIN, NEW_YORK, LORD_HOWE = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)
# Each with what its clocks do then; on Lord Howe they move by half an hour.
CHANGES = [
    (BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    (NEW_YORK, datetime(2026, 3, 8, 7, tzinfo=UTC)),
    (NEW_YORK, datetime(2026, 11, 1, 6, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 4, 4, 15, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
]


def in_berlin(text: str) -> datetime:
    """A moment by the clocks there; of two the earlier."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("sentence", "at", "truth", "then"),
    [
        ("on saturday", "2026-11-27 23:59", Truth.FALSE, "2026-11-28 00:00"),
        ("on saturday", "2026-11-28 00:00", Truth.TRUE, "2026-11-29 00:00"),
        ("on saturday", "2026-11-29 00:00", Truth.FALSE, "2026-12-05 00:00"),
        ("on weekdays", "2026-11-28 12:00", Truth.FALSE, "2026-11-30 00:00"),
        ("on weekends", "2026-11-28 12:00", Truth.TRUE, "2026-11-30 00:00"),
        ("on friday to monday", "2026-11-26 12:00", Truth.FALSE, "2026-11-27 00:00"),
        ("on friday to monday", "2026-11-27 12:00", Truth.TRUE, "2026-12-01 00:00"),
        ("not on saturday", "2026-11-27 12:00", Truth.TRUE, "2026-11-28 00:00"),
        ("between 08:00 and 20:00", "2026-11-28 07:59", Truth.FALSE, "2026-11-28 08:00"),
        ("between 08:00 and 20:00", "2026-11-28 08:00", Truth.TRUE, "2026-11-28 20:00"),
        ("between 08:00 and 20:00", "2026-11-28 20:00", Truth.FALSE, "2026-11-29 08:00"),
        ("between 20:00 and 06:00", "2026-11-28 23:00", Truth.TRUE, "2026-11-29 06:00"),
        ("between 20:00 and 06:00", "2026-11-28 06:00", Truth.FALSE, "2026-11-28 20:00"),
        ("before 24:00", "2026-11-28 06:00", Truth.TRUE, None),
        ("after 24:00", "2026-11-28 06:00", Truth.FALSE, None),
        ("on weekdays between 08:00 and 20:00", "2026-11-27 20:00", Truth.FALSE, "2026-11-30 08:00"),
        # forward in spring: from 02:00 to 03:00
        ("between 02:15 and 02:45", "2026-03-29 01:00", Truth.FALSE, "2026-03-30 02:15"),
        ("between 01:30 and 02:30", "2026-03-29 01:30", Truth.TRUE, "2026-03-29 03:00"),
        ("after 02:30", "2026-03-29 01:59", Truth.FALSE, "2026-03-29 03:00"),
        # what the change skips comes a week later, which is ten days from now
        ("on sunday between 02:15 and 02:45", "2026-03-26 12:00", Truth.FALSE, "2026-04-05 02:15"),
        # back in autumn: from 03:00 to 02:00, and 02:30 twice
        ("after 02:30", "2026-10-25 01:00", Truth.FALSE, "2026-10-25 02:30"),
        ("between 08:00 and 20:00", "2026-10-24 20:00", Truth.FALSE, "2026-10-25 08:00"),
    ],
)
def test_a_window_opens_and_closes_by_the_clock_on_the_wall(
    engine: Engine, sentence: str, at: str, truth: Truth, then: str | None
) -> None:
    now = in_berlin(at)
    evaluation = evaluate(engine, compiled(parse(sentence)), Situation(at=now, zone=BERLIN))
    assert evaluation.truth is truth
    assert evaluation.next_check_in == (None if then is None else in_berlin(then) - now)


def test_an_hour_that_comes_twice_opens_a_window_twice(engine: Engine) -> None:
    rule, at, waits = compiled(parse("after 02:30")), in_berlin("2026-10-25 01:00"), []
    for _ in range(4):
        evaluation = evaluate(engine, rule, Situation(at=at, zone=BERLIN))
        assert evaluation.next_check_in is not None
        waits.append((evaluation.truth.value, evaluation.next_check_in / MINUTE))
        at += evaluation.next_check_in
    assert waits == [("false", 90), ("true", 30), ("false", 30), ("true", 22.5 * 60 - 60)]


def test_a_rule_waits_for_its_window_and_nothing_else(engine: Engine) -> None:
    rule, at = compiled(parse("5 left on weekdays between 08:00 and 20:00")), in_berlin("2026-11-28 12:00")
    low = evaluate(engine, rule, Situation(level=Decimal(4), at=at, zone=BERLIN))
    assert low.next_check_in == in_berlin("2026-11-30 08:00") - at
    enough = evaluate(engine, rule, Situation(level=Decimal(9), at=at, zone=BERLIN))
    assert enough.next_check_in is None


def test_a_clock_that_runs_meets_a_window_weeks_later(engine: Engine) -> None:
    rule, at = compiled(parse("out for 20 days on saturday")), in_berlin("2026-11-01 12:00")
    evaluation = evaluate(engine, rule, Situation(out_for=timedelta(), at=at, zone=BERLIN))
    assert evaluation.next_check_in == in_berlin("2026-11-21 12:00") - at
    late = evaluate(engine, rule, Situation(out_for=timedelta(days=-2), at=at, zone=BERLIN))
    assert late.next_check_in == in_berlin("2026-11-28 00:00") - at
    never = evaluate(engine, rule, Situation(expires_in=timedelta.max, at=at, zone=BERLIN))
    assert never.next_check_in is None


def test_without_a_zone_nobody_knows_the_day(engine: Engine) -> None:
    at = in_berlin("2026-11-28 12:00")
    for sentence in ("on saturday", "not on saturday", "after 08:00", "between 08:00 and 20:00"):
        for situation in (Situation(at=at), Situation(zone=BERLIN), Situation()):
            evaluation = evaluate(engine, compiled(parse(sentence)), situation)
            assert (evaluation.truth, evaluation.next_check_in) == (Truth.UNKNOWN, None)


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda value: getattr(value, "key", None))
def test_the_next_check_is_that_of_a_reading_minute_by_minute(zone: ZoneInfo, change: datetime) -> None:
    rng, found = random.Random(str(change)), 0
    first = change - 4_000 * MINUTE
    shown = [(first + minute * MINUTE).astimezone(zone) for minute in range(8_000 + WEEK // MINUTE + 1)]
    wall = [(local.weekday(), f"{local:%H:%M}") for local in shown]
    for _ in range(60):
        document, start = a_rule_with_windows(rng), rng.randrange(8_000)
        level, out_for, expires_in = rng.randrange(10), rng.choice([None, rng.randrange(3_000)]), rng.randrange(3_000)
        situation = Situation(
            level=Decimal(level),
            out_for=None if out_for is None else out_for * MINUTE,
            expires_in=expires_in * MINUTE,
            at=first + start * MINUTE,
            zone=zone,
        )

        truths = (
            by_the_minute(
                document,
                wall[start + passed],
                level,
                None if out_for is None else out_for + passed,
                expires_in - passed,
            )
            for passed in range(WEEK // MINUTE + 1)
        )
        now = next(truths)
        wait = next_check_in(compiled(tree_from_json(document)), situation, now)
        turn = next((passed for passed, truth in enumerate(truths, start=1) if truth is not now), None)
        if turn is None:
            assert wait is None or wait > WEEK, (document, situation, wait)
        else:
            assert wait == turn * MINUTE, (document, situation)
            found += 1
    assert found > 15


def by_the_minute(document: Document, wall: tuple[int, str], level: int, out_for: int | None, expires_in: int) -> bool:
    """Whether a rule holds in that minute, read off its JSON form; texts such as 08:00 are in the order of time."""
    match document:
        case {"all": parts}:
            return all(by_the_minute(part, wall, level, out_for, expires_in) for part in parts)
        case {"any": parts}:
            return any(by_the_minute(part, wall, level, out_for, expires_in) for part in parts)
        case {"not": part}:
            return not by_the_minute(part, wall, level, out_for, expires_in)
    return _condition_by_the_minute(document, wall, level, out_for, expires_in)


def _condition_by_the_minute(
    document: Document, wall: tuple[int, str], level: int, out_for: int | None, expires_in: int
) -> bool:
    match document:
        case {"field": "timeOfDay", "op": op, "value": time}:
            return (wall[1] < time) is (op == "<")
        case {"field": "dayOfWeek", "op": op, "value": day}:
            number = DAYS.index(day)
            return {"==": wall[0] == number, "<=": wall[0] <= number, ">=": wall[0] >= number}[op]
        case {"field": "level", "value": threshold}:
            return bool(level <= threshold)
        case {"field": "outFor", "value": seconds}:
            return out_for is not None and out_for * 60 >= seconds
    return bool(expires_in * 60 <= document["value"])


def a_rule_with_windows(rng: random.Random) -> Document:
    """Two to four conditions, most of them windows whose edges lie where clocks change, joined at random."""
    return {rng.choice(["all", "any"]): [_part(rng) for _ in range(rng.randint(2, 4))]}


def _part(rng: random.Random) -> Document:
    hour = rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 8, 20, 23])
    time = f"{hour:02}:{rng.choice([0, 15, 30, 30, 45, 59]):02}"
    parts: list[Any] = [
        {"field": "timeOfDay", "op": rng.choice(["<", ">="]), "value": time},
        {"field": "timeOfDay", "op": rng.choice(["<", ">="]), "value": time},
        {"field": "dayOfWeek", "op": rng.choice(["==", "<=", ">="]), "value": rng.choice(["sunday", *DAYS])},
        {"field": "level", "op": "<=", "value": 5},
        {"field": "outFor", "op": ">=", "value": rng.randrange(5_000) * 60},
        {"field": "expiresIn", "op": "<=", "value": rng.randrange(5_000) * 60},
    ]
    part: Document = rng.choice(parts)
    return {"not": part} if rng.random() < 0.3 else part


@pytest.mark.parametrize(
    "text", ["8", "08:0", "8:00 ", "24:01", "25:00", "08:60", "-1:00", "08:00:00", "", "\u0668:00"]
)
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert time_from(text) is None


def test_every_minute_of_the_day_is_said_and_read() -> None:
    for minute in range(24 * 60 + 1):
        assert time_from(time_text(minute * 60)) == minute * 60

"""Random rules and situations, and a reading of rules that shares nothing with the code under test."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.errors import RuleError
from domain.expiry import NEVER
from rules.situation import Situation
from rules.tree import Tree, tree_from_json

MICROSECOND = timedelta(microseconds=1)
NUMBERS = [0, 0.000001, 0.3, 1, 4.999999, 5, 7.5, 45, 99.999999, 100]
LEVELS = [*NUMBERS, 1_000_000_000, 999_999_999.999999]
SECONDS = [0, 0.000001, 59, 60, 5400, 18_000, 18_000.5, 604_800, 1_000_000_000]
TIMES_OUT = [timedelta(seconds=-3), *(timedelta(seconds=seconds) for seconds in SECONDS), timedelta.max]

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TIMES = ["00:00", "00:01", "02:00", "02:30", "03:00", "08:00", "12:00", "20:00", "23:59", "24:00"]
FLAGS = ["pressed", "low", "runsOut", "spoils"]
UNITS = ["piece", "mg", "g", "kg", "ml", "cl", "l"]
ZONES = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]
MOMENTS = [
    datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),  # just before Berlin's clocks go forward
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 for the first time there
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and for the second
    datetime(2026, 11, 28, 7, tzinfo=UTC),
    datetime(2026, 11, 30, 19, tzinfo=UTC),
]

CLOCKS = {"outFor": ("out_for", "out_standing")}
ATTRIBUTES = {
    "expiresIn": "expires_in",
    "unusedFor": "unused_for",
    "daysLeft": "days_left",
    "runsOut": "runs_out",
}

Document = dict[str, Any]
Source = TypeVar("Source")


def _exactly(number: float) -> Decimal:
    return Decimal(str(number))


_COMPARISONS = st.sampled_from(["<=", "<", ">=", ">"])
_CONDITIONS: st.SearchStrategy[Document] = st.one_of(
    st.fixed_dictionaries({"field": st.sampled_from(FLAGS), "op": st.just("=="), "value": st.booleans()}),
    st.fixed_dictionaries({"field": st.just("level"), "op": _COMPARISONS, "value": st.sampled_from(LEVELS)}),
    st.fixed_dictionaries({"field": st.just("percent"), "op": _COMPARISONS, "value": st.sampled_from(NUMBERS)}),
    st.fixed_dictionaries({"field": st.just("daysLeft"), "op": _COMPARISONS, "value": st.sampled_from(NUMBERS)}),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["outFor", "unusedFor"]),
            "op": st.sampled_from([">=", ">"]),
            "value": st.sampled_from(SECONDS),
        }
    ),
    st.fixed_dictionaries({"field": st.just("expiresIn"), "op": st.just("<="), "value": st.sampled_from(SECONDS)}),
    st.fixed_dictionaries(
        {"field": st.just("dayOfWeek"), "op": st.sampled_from(["==", "<=", ">="]), "value": st.sampled_from(DAYS)}
    ),
    st.fixed_dictionaries(
        {"field": st.just("timeOfDay"), "op": st.sampled_from(["<", ">="]), "value": st.sampled_from(TIMES)}
    ),
)
_IN_UNITS = _CONDITIONS | st.fixed_dictionaries(
    {
        "field": st.just("level"),
        "op": _COMPARISONS,
        "value": st.sampled_from(LEVELS),
        "unit": st.sampled_from(UNITS),
    }
)


def _rules_of(conditions: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    def joined(parts: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
        return st.one_of(
            st.fixed_dictionaries({"not": parts}),
            st.fixed_dictionaries({"all": st.lists(parts, min_size=2, max_size=4)}),
            st.fixed_dictionaries({"any": st.lists(parts, min_size=2, max_size=4)}),
        )

    plain = st.recursive(conditions, joined, max_leaves=8)
    of = st.recursive(conditions, joined, max_leaves=3)
    repeated = st.fixed_dictionaries({"repeats": st.integers(2, 20), "of": of})
    beside = st.tuples(st.sampled_from(["all", "any"]), repeated, plain, st.booleans())
    both = beside.map(lambda drawn: {drawn[0]: [drawn[1], drawn[2]][:: -1 if drawn[3] else 1]})
    return plain | repeated | both | both.map(lambda document: {"not": document})


DOCUMENTS = _rules_of(_CONDITIONS)
"""JSON rules as they are judged, seldom too large, that shrink to small ones."""
WRITTEN = _rules_of(_IN_UNITS)
"""JSON rules as they are written: some speak of units."""
_TIMES = st.none() | st.sampled_from(TIMES_OUT) | st.timedeltas(timedelta(), timedelta(weeks=2))
SITUATIONS: st.SearchStrategy[Situation] = st.builds(
    Situation,
    level=st.none() | st.sampled_from([*map(_exactly, LEVELS)]) | st.decimals(0, 10, places=1),
    percent=st.none() | st.sampled_from([*map(_exactly, NUMBERS)]) | st.decimals(0, 100, places=1),
    out_for=_TIMES,
    out_standing=_TIMES,
    expires_in=st.one_of(_TIMES, st.just(NEVER)),
    unused_for=_TIMES,
    days_left=st.none() | st.sampled_from([*map(_exactly, NUMBERS)]),
    runs_out=st.none() | st.booleans(),
    spoils=st.none() | st.booleans(),
    repeats=st.integers(0, 21),
    at=st.none()
    | st.sampled_from(MOMENTS)
    | st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
    zone=st.sampled_from(ZONES),
    pressed=st.booleans(),
    low=st.none() | st.booleans(),
)


def outcome(read: Callable[[Source], Tree], source: Source) -> Tree | RuleError:
    """What reading a rule came to; any other error passes through."""
    try:
        return read(source)
    except RuleError as refusal:
        return refusal


_ALL = ["<=", "<", ">=", ">"]
_CHOICES: list[tuple[list[str], list[str], list[Any]]] = [
    (["level"], _ALL, LEVELS),
    (["level"], _ALL, LEVELS),
    (["percent", "daysLeft"], _ALL, NUMBERS),
    (["outFor", "unusedFor"], [">=", ">"], SECONDS),
    (["outFor"], [">=", ">"], SECONDS),
    (["expiresIn"], ["<="], SECONDS),
    (["dayOfWeek"], ["==", "<=", ">="], DAYS),
    (["timeOfDay"], ["<", ">="], TIMES),
    (FLAGS, ["=="], [True, False]),
    (["pressed", "low"], ["=="], [True, False]),
]


def a_condition(rng: random.Random) -> Document:
    """A condition that the language has."""
    fields, operators, values = rng.choice(_CHOICES)
    return {"field": rng.choice(fields), "op": rng.choice(operators), "value": rng.choice(values)}


def a_document(rng: random.Random, depth: int = 3) -> Document:
    """A JSON rule, possibly too large."""
    document = _a_plain_document(rng, depth)
    if rng.random() < 0.2:
        again = {"repeats": rng.randint(2, 20), "of": _a_plain_document(rng, 1)}
        document = {rng.choice(["all", "any"]): rng.sample([document, again], 2)} if rng.random() < 0.8 else again
    return document


def in_units(rng: random.Random, document: Any) -> Any:
    """The same rule, some of whose levels are said in a unit."""
    match document:
        case list():
            return [in_units(rng, part) for part in document]
        case {"field": "level"} if rng.random() < 0.5:
            return document | {"unit": rng.choice(UNITS)}
        case dict():
            return {key: in_units(rng, part) for key, part in document.items()}
    return document


def _a_plain_document(rng: random.Random, depth: int) -> Document:
    kind = rng.random()
    if depth == 0 or kind < 0.35:
        return a_condition(rng)
    if kind < 0.5:
        return {"not": _a_plain_document(rng, depth - 1)}
    return {rng.choice(["all", "any"]): [_a_plain_document(rng, depth - 1) for _ in range(rng.randint(2, 4))]}


def random_rules(seed: int, number: int) -> Iterator[tuple[Document, Tree]]:
    """So many rules within the bounds of the language, as JSON and as trees."""
    rng = random.Random(seed)
    while number:
        document = a_document(rng)
        try:
            tree = tree_from_json(document)
        except RuleError:
            continue
        number -= 1
        yield document, tree


def a_situation(rng: random.Random) -> Situation:
    """A situation that is often on, or a millionth beside, a threshold."""
    beside = rng.choice([-1, 0, 0, 1])
    return Situation(
        level=rng.choice([None, _exactly(rng.choice(LEVELS)) + beside * Decimal("0.000001")]),
        percent=rng.choice([None, _exactly(rng.choice(NUMBERS)) + beside * Decimal("0.000001")]),
        out_for=rng.choice([None, a_time_out(rng)]),
        out_standing=rng.choice([None, None, a_time_out(rng)]),
        expires_in=rng.choice([None, NEVER, a_time_out(rng), a_time_out(rng)]),
        unused_for=rng.choice([None, a_time_out(rng), a_time_out(rng)]),
        days_left=rng.choice([None, _exactly(rng.choice(NUMBERS)) + beside * Decimal("0.000001")]),
        runs_out=rng.choice([None, True, False]),
        spoils=rng.choice([None, True, False]),
        repeats=rng.randint(0, 21),
        at=rng.choice([None, *MOMENTS]),
        zone=rng.choice(ZONES),
        pressed=rng.random() < 0.5,
        low=rng.choice([None, True, False]),
    )


def a_time_out(rng: random.Random) -> timedelta:
    """A time on or beside a threshold."""
    time = rng.choice(TIMES_OUT)
    return time if time == timedelta.max else time + rng.choice([-1, 0, 0, 1]) * MICROSECOND


def by_the_book(document: Document, situation: Situation) -> bool | None:
    """Kleene's logic read off the JSON: false is 0, unknown 1, true 2; `and` is the least, `or` the greatest."""
    return (False, None, True)[_degree(document, situation)]


def _degree(document: Document, situation: Situation) -> int:
    match document:
        case {"all": parts}:
            return min(_degree(part, situation) for part in parts)
        case {"any": parts}:
            return max(_degree(part, situation) for part in parts)
        case {"not": part}:
            return 2 - _degree(part, situation)
        case {"repeats": times}:
            return 2 * bool(situation.repeats >= times)
    return _degree_of_condition(document, situation)


def _degree_of_condition(document: Document, situation: Situation) -> int:
    field: str = document["field"]
    if field in ("dayOfWeek", "timeOfDay"):
        return _degree_on_the_wall(document, situation)
    if field in CLOCKS:
        clocks = [getattr(situation, name) for name in CLOCKS[field]]
        return 2 * any(_compares(_microseconds(time), document) for time in clocks if time is not None)
    value = getattr(situation, ATTRIBUTES.get(field, field))
    if value is None:
        return 1
    millionths = _microseconds(value) if isinstance(value, timedelta) else round(value * 10**6)
    return 2 * _compares(millionths, document)


def _degree_on_the_wall(document: Document, situation: Situation) -> int:
    if situation.at is None or situation.zone is None:
        return 1
    local = situation.at.astimezone(situation.zone)
    if document["field"] == "dayOfWeek":
        return 2 * _compares(local.weekday() * 10**6, document | {"value": DAYS.index(document["value"])})
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    hours, minutes = document["value"].split(":")
    shown = local.replace(tzinfo=None) - midnight
    return 2 * _compares(_microseconds(shown), document | {"value": int(hours) * 3_600 + int(minutes) * 60})


def _microseconds(time: timedelta) -> int:
    return (time.days * 86_400 + time.seconds) * 10**6 + time.microseconds


def _compares(millionths: int, document: Document) -> bool:
    wanted: int = round(document["value"] * 10**6)
    return {
        "<=": millionths <= wanted,
        "<": millionths < wanted,
        ">=": millionths >= wanted,
        ">": millionths > wanted,
        "==": millionths == wanted,
    }[document["op"]]

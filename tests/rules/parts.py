"""Random rules and situations, and a reading of rules that shares nothing with the code under test."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from domain.errors import RuleError
from rules.situation import Situation
from rules.tree import Tree, tree_from_json

MICROSECOND = timedelta(microseconds=1)
NUMBERS = [0, 0.000001, 0.3, 1, 4.999999, 5, 7.5, 45, 99.999999, 100]
LEVELS = [*NUMBERS, 1_000_000_000, 999_999_999.999999]
SECONDS = [0, 0.000001, 59, 60, 5400, 18_000, 18_000.5, 604_800, 1_000_000_000]
TIMES_OUT = [timedelta(seconds=-3), *(timedelta(seconds=seconds) for seconds in SECONDS), timedelta.max]

CLOCKS = {"outFor": ("out_for", "out_standing"), "expiresIn": ("expires_in",)}

Document = dict[str, Any]
Source = TypeVar("Source")


def _exactly(number: float) -> Decimal:
    return Decimal(str(number))


_COMPARISONS = st.sampled_from(["<=", "<", ">=", ">"])
_CONDITIONS: st.SearchStrategy[Document] = st.one_of(
    st.fixed_dictionaries({"field": st.sampled_from(["pressed", "low"]), "op": st.just("=="), "value": st.booleans()}),
    st.fixed_dictionaries({"field": st.just("level"), "op": _COMPARISONS, "value": st.sampled_from(LEVELS)}),
    st.fixed_dictionaries({"field": st.just("percent"), "op": _COMPARISONS, "value": st.sampled_from(NUMBERS)}),
    st.fixed_dictionaries(
        {"field": st.just("outFor"), "op": st.sampled_from([">=", ">"]), "value": st.sampled_from(SECONDS)}
    ),
    st.fixed_dictionaries({"field": st.just("expiresIn"), "op": st.just("<="), "value": st.sampled_from(SECONDS)}),
)
DOCUMENTS: st.SearchStrategy[Document] = st.recursive(
    _CONDITIONS,
    lambda parts: st.one_of(
        st.fixed_dictionaries({"not": parts}),
        st.fixed_dictionaries({"all": st.lists(parts, min_size=2, max_size=4)}),
        st.fixed_dictionaries({"any": st.lists(parts, min_size=2, max_size=4)}),
    ),
    max_leaves=8,
)
"""JSON rules, seldom too large, that shrink to small ones."""
_TIMES = st.none() | st.sampled_from(TIMES_OUT) | st.timedeltas(timedelta(), timedelta(weeks=2))
SITUATIONS: st.SearchStrategy[Situation] = st.builds(
    Situation,
    level=st.none() | st.sampled_from([*map(_exactly, LEVELS)]) | st.decimals(0, 10, places=1),
    percent=st.none() | st.sampled_from([*map(_exactly, NUMBERS)]) | st.decimals(0, 100, places=1),
    out_for=_TIMES,
    out_standing=_TIMES,
    expires_in=_TIMES,
    pressed=st.booleans(),
    low=st.none() | st.booleans(),
)


def outcome(read: Callable[[Source], Tree], source: Source) -> Tree | RuleError:
    """What reading a rule came to; any other error passes through."""
    try:
        return read(source)
    except RuleError as refusal:
        return refusal


def a_condition(rng: random.Random) -> Document:
    """A condition that the language has."""
    match rng.choice(["level", "percent", "outFor", "expiresIn", "pressed", "low"]):
        case "level":
            return {"field": "level", "op": rng.choice(["<=", "<", ">=", ">"]), "value": rng.choice(LEVELS)}
        case "percent":
            return {"field": "percent", "op": rng.choice(["<=", "<", ">=", ">"]), "value": rng.choice(NUMBERS)}
        case "outFor":
            return {"field": "outFor", "op": rng.choice([">=", ">"]), "value": rng.choice(SECONDS)}
        case "expiresIn":
            return {"field": "expiresIn", "op": "<=", "value": rng.choice(SECONDS)}
        case flag:
            return {"field": flag, "op": "==", "value": rng.random() < 0.5}


def a_document(rng: random.Random, depth: int = 3) -> Document:
    """A JSON rule, possibly too large."""
    kind = rng.random()
    if depth == 0 or kind < 0.35:
        return a_condition(rng)
    if kind < 0.5:
        return {"not": a_document(rng, depth - 1)}
    return {rng.choice(["all", "any"]): [a_document(rng, depth - 1) for _ in range(rng.randint(2, 4))]}


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
        expires_in=rng.choice([None, a_time_out(rng)]),
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
    if "all" in document:
        return min(_degree(part, situation) for part in document["all"])
    if "any" in document:
        return max(_degree(part, situation) for part in document["any"])
    if "not" in document:
        return 2 - _degree(document["not"], situation)
    if document["field"] in CLOCKS:
        clocks = [getattr(situation, name) for name in CLOCKS[document["field"]]]
        return 2 * any(_compares(_microseconds(time), document) for time in clocks if time is not None)
    value = getattr(situation, document["field"])
    if value is None:
        return 1
    return 2 * _compares(round(value * 10**6), document)


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

"""However days and times are strung together: behind a condition they never hold without it."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.errors import RuleError
from rules.sentence import parse, say
from rules.situation import Situation
from rules.tree import tree_to_json
from tests.rules.parts import by_the_book, outcome

WINDOWS = [
    *(
        "on saturday",
        "on weekdays",
        "on weekends",
        "on saturday or sunday",
        "on monday to friday",
        "on friday or later",
    ),
    *("after 18:00", "before 08:00", "between 22:00 and 07:00", "from 08:00 to 20:00"),
    *("(on sunday)", "(on sunday after 18:00)"),
]
FIRST = ["", "and", "but only", "but not", "and not", "unless"]
FURTHER = ["", "and", "or", "or", "or", "or not", "and not", "but not", "and on sunday or"]
A_FULL_SHELF = [
    Situation(
        level=Decimal(50), at=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day, hours=hour), zone=ZoneInfo("UTC")
    )
    for day in range(7)
    for hour in (0, 7, 12, 18, 21, 23)
]


def a_sentence(rng: random.Random) -> str:
    """`5 left` with windows behind it, and sometimes one before it."""
    words = ["5 left", rng.choice(FIRST), rng.choice(WINDOWS)]
    for _ in range(rng.randint(0, 3)):
        words += [rng.choice(FURTHER), rng.choice(WINDOWS)]
    if rng.random() < 0.3:
        words = [rng.choice(WINDOWS), rng.choice(["", "when", "and"]), *words]
    return " ".join(filter(None, words))


def test_nothing_is_ordered_with_a_full_shelf() -> None:
    rng = random.Random(5)
    understood = 0
    for _ in range(1_500):
        sentence = a_sentence(rng)
        tree = outcome(parse, sentence)
        if isinstance(tree, RuleError):
            continue
        understood += 1
        assert parse(say(tree)) == tree
        document = tree_to_json(tree)
        assert {by_the_book(document, situation) for situation in A_FULL_SHELF} == {False}, sentence
    assert understood > 500

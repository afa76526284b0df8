"""Whatever is sent as a rule: it is one, or RuleError says in one line why not; nothing else ever comes out."""

import json
import math
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.errors import RuleError
from rules.compiled import compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.never import check_sense
from rules.sentence import parse, say
from rules.tree import Tree, tree_from_json
from tests.rules.parts import a_document, a_situation, outcome

DOCUMENTS = 10_000
SENTENCES = 10_000
MONSTERS = 20_000

SCALARS: list[Any] = [
    *(None, True, False, 0, 1, 5, -1, 0.5, -0.0, 1e-7, 1e16, 1e300, 2**63, -(2**64), 10**5_000, math.nan, math.inf),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E-9999"), Decimal("1E+9999"), Decimal(5)),
    *("", "5", "5 hours", "5 hous", "x" * 70_000, "\x00", "\ud800", "level", "<=", "NaN", "$m", "p0", "id", b"level"),
]
KEYS: list[Any] = [
    *("field", "op", "value", "all", "any", "not", "$and", "$or", "$nex", "m", "$m", "id", "sid", "__proto__", ""),
    *("repeats", "of", "unit", "times"),
    *("Field", "all ", "\x00", "\ud800", 7, None),
]
LANGUAGE = (
    "when and or not ( ) at most least fewer less more than left out for is true false pressed low percent % "
    "unless except but unused used for expires within runs before delivery on saturday weekdays between 08:00 "
    "20:00 25:00 after three times in a row twice g kg pieces day "
    "second seconds minutes hours days weeks 5 45 0 -1 1e9 1.5 1,5 5. 99999999999 cookies butter fife no isn't"
)
NONSENSE = "or) (( )) left. 5left 5% \u0665 \u017feconds \u200b \x00 \ud800 \U0001f95b ' \" ; ${x} {{}} __import__ $nex"
WORDS = [*LANGUAGE.split(), *NONSENSE.split(" ")]


def a_hostile_document(rng: random.Random, depth: int = 4) -> Any:
    kind = rng.random()
    if depth == 0 or kind < 0.2:
        return rng.choice(SCALARS)
    if kind < 0.4:
        return [a_hostile_document(rng, depth - 1) for _ in range(rng.choice([0, 1, 2, 3, 70]) if depth < 3 else 2)]
    if kind < 0.7:
        return {rng.choice(KEYS): a_hostile_document(rng, depth - 1) for _ in range(rng.randint(0, 4))}
    return damaged(rng, a_document(rng, depth))


def damaged(rng: random.Random, document: Any) -> Any:
    """A good rule with a fault somewhere, or none."""
    if rng.random() < 0.1:
        return rng.choice(SCALARS)
    if isinstance(document, list):
        return [damaged(rng, part) for part in document]
    if isinstance(document, dict):
        return {rng.choice(KEYS) if rng.random() < 0.02 else key: damaged(rng, part) for key, part in document.items()}
    return document


def a_hostile_sentence(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return rng.choice([" ", " ", ""]).join(rng.choices(WORDS, k=rng.randint(0, 12)))
    if kind < 0.7:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(0, 10)))
    text = say_something(rng)
    for _ in range(rng.randint(0, 2)):
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(["", " ", *WORDS]) + text[place + rng.randint(0, 3) :]
    return text


def say_something(rng: random.Random) -> str:
    try:
        return say(tree_from_json(a_document(rng, 2)))
    except RuleError:
        return "5 left"


def test_hostile_documents_only_ever_raise_rule_errors(engine: Engine) -> None:
    rng = random.Random(8)
    used = [is_used_or_refused(engine, outcome(tree_from_json, a_hostile_document(rng)), rng) for _ in range(DOCUMENTS)]
    assert sum(used) > 500


def test_hostile_sentences_only_ever_raise_rule_errors(engine: Engine) -> None:
    rng = random.Random(9)
    used = [is_used_or_refused(engine, outcome(parse, a_hostile_sentence(rng)), rng) for _ in range(SENTENCES)]
    assert sum(used) > 400


def is_used_or_refused(engine: Engine, tree: Tree | RuleError, rng: random.Random) -> bool:
    """A refusal is one short line; whatever is accepted works everywhere."""
    if isinstance(tree, RuleError):
        assert tree.message.isprintable()
        assert len(tree.message) < 300
        return False
    assert parse(say(tree)) == tree
    assert len(str(sense_of(tree))) < 300
    evaluate(engine, compiled(tree), a_situation(rng))
    return True


def sense_of(tree: Tree) -> RuleError | None:
    """What is said of a rule that is never or always so."""
    try:
        check_sense(tree)
    except RuleError as refusal:
        return refusal
    return None


def test_a_process_survives_twenty_thousand_monsters() -> None:
    command = [sys.executable, "-m", "tests.rules.monsters", "7", str(MONSTERS)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]
    fates = json.loads(ended.stdout)
    assert sum(fates.values()) == MONSTERS
    assert fates["judged"] > 1_000
    assert fates["refused"] > 1_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4_000,
        "not " * 1_000,
        "low twice in a row " * 200,
        "on saturday " * 300,
        "5 nto " * 60,
        "low or " * 571,
        "5 " + "a " * 1_998,
        "1" * 3_995 + " left",
        "a" * 10**6,
    ],
    ids=lambda text: f"{text[:7]}…",
)
def test_long_and_deep_sentences_are_refused(text: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse(text)
    assert len(refusal.value.message) < 300

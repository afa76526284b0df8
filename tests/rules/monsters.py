"""A process that is fed monsters: whatever is a rule is compiled, judged and asked when to look again.

`python -m tests.rules.monsters SEED NUMBER` prints what became of them; that it ends by itself is what is tested.
"""

import json
import random
import sys
from collections import Counter
from datetime import timedelta

from domain.errors import RuleError
from rules.compiled import compiled
from rules.engine import Engine
from rules.evaluation import evaluate
from rules.sentence import parse, say
from rules.tree import Tree, in_unit, repeated, tree_from_json
from tests.rules.parts import a_document, a_situation, in_units, outcome
from tests.rules.test_hostile import a_hostile_document, a_hostile_sentence, damaged

_SHAPES = 40


def a_monster(rng: random.Random) -> object:
    """A raw JSON document or a text, as somebody hostile, careless or drunk may send it."""
    kind = rng.random()
    if kind < 0.3:
        return a_hostile_sentence(rng)
    if kind < 0.5:
        return a_hostile_document(rng)
    if kind < 0.8:
        return damaged(rng, in_units(rng, a_document(rng, rng.randint(1, 5))))
    return _a_giant(rng)


def _a_giant(rng: random.Random) -> object:
    """Good conditions in a form that is too much, or nearly."""
    low = {"field": "low", "op": "==", "value": True}
    document: object = rng.choice([low, a_document(rng, 1), {"repeats": rng.choice([2, 3, 20, 21, 2.5]), "of": low}])
    match rng.randrange(6):
        case 0:
            for _ in range(rng.choice([7, 8, 100, 5_000])):
                document = {"not": document}
        case 1:
            for _ in range(rng.choice([3, 7, 3_000])):
                document = {rng.choice(["all", "any"]): [document, low]}
        case 2:
            document = {rng.choice(["all", "any"]): [document] * rng.choice([16, 17, 32, 33, 64, 65, 10_000])}
        case 3:
            document = {"all": [{"any": [document] * rng.randint(2, 8)}] * rng.randint(2, 8)}
        case 4:
            document = {"repeats": 2, "of": {"repeats": 2, "of": document}}
        case _:
            words = ["not ", "(", "low or ", "low and ", "5 ", "on saturday and ", "low twice in a row "]
            return rng.choice(words) * rng.choice([9, 40, 300, 10_000]) + "low"
    return document


def fate(engine: Engine, monster: object, rng: random.Random) -> str:
    """What becomes of a monster; anything but a rule and a refusal passes through."""
    name = rng.choice([None, "Low", "Milk 3.5%"])
    tree = outcome(lambda sent: parse(sent, name) if isinstance(sent, str) else _tree(sent), monster)
    if isinstance(tree, RuleError):
        assert tree.message.isprintable()
        assert len(tree.message) < 300
        return "refused"
    assert parse(say(tree)) == tree
    again = repeated(tree)
    for part in [tree] if again is None else [tree, again.of]:
        rule = compiled(in_unit(part, rng.choice(["piece", "g", "bottle"]), strict=False))
        for _ in range(3):
            evaluation = evaluate(engine, rule, a_situation(rng))
            assert evaluation.next_check_in is None or evaluation.next_check_in > timedelta()
            assert all(seen.op for seen in evaluation.conditions)
    return "judged"


def _tree(document: object) -> Tree:
    # as from the wire where that is possible; what is not JSON is handed over as it is
    try:
        return tree_from_json(json.loads(json.dumps(document)))
    except (TypeError, ValueError, RecursionError) as fault:
        if isinstance(fault, RuleError):
            raise
        return tree_from_json(document)


def main() -> None:
    """Feed so many of that seed."""
    seed, number = map(int, sys.argv[1:])
    # few shapes at a time, so that rulesets come and go
    rng, engine, fates = random.Random(seed), Engine(max_shapes=_SHAPES), Counter[str]()
    for _ in range(number):
        fates[fate(engine, a_monster(rng), rng)] += 1
    sys.stdout.write(json.dumps(fates))


if __name__ == "__main__":
    main()

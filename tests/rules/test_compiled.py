"""The engine's form of a rule: shapes are shared, names never collide, the normal form stays in its bounds."""

import itertools

from rules.compiled import PRIME, compiled, known, threshold
from rules.fields import FIELDS
from rules.sentence import parse
from rules.tree import MAX_ALTERNATIVES, MAX_CONDITIONS_TOGETHER, MAX_PARTS
from tests.rules.parts import random_rules


def fnv_1a(name: str) -> int:
    """The 32-bit hash that durable_rules takes for a property's identity."""
    value = 2_166_136_261
    for byte in name.encode():
        value = (value ^ byte) * 16_777_619 % 2**32
    return value


def test_no_two_property_names_have_the_same_hash() -> None:
    rows = FIELDS.values()
    names = ["id", "sid", "$s", PRIME, *(row.name for row in rows), *(known(row) for row in rows)]
    names += map(threshold, range(MAX_PARTS))
    assert len({fnv_1a(name) for name in names}) == len(set(names)) == len(names)


def test_rules_that_differ_in_their_thresholds_share_a_shape() -> None:
    shapes = {compiled(parse(f"{n} left and not out for {n} hours")).shape.digest for n in range(1, 500)}
    assert len(shapes) == 1


def test_rules_that_ask_differently_have_shapes_of_their_own() -> None:
    sentences = ["5 left", "fewer than 5 left", "5% left", "low", "low or 5 left", "low and 5 left", "5 left or low"]
    assert len({compiled(parse(sentence)).shape.digest for sentence in sentences}) == len(sentences)


def test_what_a_person_wrote_never_reaches_the_compiler_of_the_engine() -> None:
    assert "12345" not in compiled(parse("12345 left or out for 12345 hours")).shape.ruleset


def test_a_rule_is_compiled_once() -> None:
    assert compiled(parse("5 left")) is compiled(parse("at most 5.0 cookies left"))


def test_negation_is_carried_out_and_repetition_dropped() -> None:
    rule = compiled(parse("not (5 left or low) and not (low or out for 5 hours)"))
    found = [[(literal.field, literal.op, literal.value) for literal in clause] for clause in rule.literals]
    assert found == [[("level", ">", 5), ("low", "==", False), ("outFor", "<", 18_000)]]


def test_the_normal_form_stays_in_the_bounds_of_the_engine() -> None:
    for _, tree in random_rules(seed=2, number=2_000):
        rule = compiled(tree)
        assert 1 <= len(rule.literals) <= MAX_ALTERNATIVES
        assert max(map(len, rule.literals)) <= MAX_CONDITIONS_TOGETHER
        assert len(rule.conditions) == len(set(itertools.chain(*rule.literals))) <= MAX_PARTS

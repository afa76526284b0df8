"""The vocabulary for editors: complete, and each example in it is a sentence."""

from rules.fields import WRITABLE
from rules.sentence import parse
from rules.tree import tree_from_json, tree_to_json
from rules.vocabulary import vocabulary


def test_every_field_is_there_with_every_operator_and_reads_both_ways() -> None:
    entries = {entry.field: entry for entry in vocabulary().fields}
    assert list(entries) == list(WRITABLE)
    for name, row in WRITABLE.items():
        assert [comparison.op for comparison in entries[name].comparisons] == [op.value for op in row.said]
        for comparison in entries[name].comparisons:
            tree = parse(comparison.sentence)
            assert tree == tree_from_json(comparison.json_form)
            assert comparison.json_form["field"] == name


def test_every_phrase_is_a_sentence() -> None:
    phrases = [*vocabulary().joints, *vocabulary().windows]
    assert len(phrases) > 10
    for phrase in phrases:
        assert tree_to_json(parse(phrase.sentence)) == phrase.json_form


def test_every_unit_and_every_number_is_read() -> None:
    for unit, words in vocabulary().units.items():
        for word in words:
            assert tree_to_json(parse(f"5 {word} left"))["unit"] == unit
    for word, number in vocabulary().numbers.items():
        if word not in ("a", "an"):
            assert tree_to_json(parse(f"{word} left"))["value"] == number
    assert parse("out for an hour") == parse("out for a hour") == parse("out for 1 hour")


def test_it_can_be_sent() -> None:
    sent = vocabulary().model_dump_json()
    assert '"depth":8' in sent
    assert type(vocabulary()).model_validate_json(sent) == vocabulary()

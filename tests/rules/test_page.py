"""The page for people who write rules says what is so."""

import re
from pathlib import Path

import pytest

from domain.errors import RuleError
from rules.sentence import MAX_LENGTH, parse
from rules.tree import MAX_ALTERNATIVES, MAX_CONDITIONS_TOGETHER, MAX_DEPTH, MAX_PARTS, reads
from rules.written import understood

PAGE = (Path(__file__).parents[2] / "docs/rules.md").read_text("utf-8")


def part(title: str) -> str:
    """What stands under a heading."""
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table there."""
    lines = [line for line in part(title).splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("row", rows("Vocabulary"), ids=lambda row: str(row[0])[:30])
def test_each_sentence_of_the_vocabulary_is_one_on_the_field_beside_it(row: list[str]) -> None:
    sentences = re.findall(r"`([^`]+)`", row[0])
    assert sentences
    for sentence in sentences:
        fields = reads(parse(sentence))
        named = set(re.findall(r"[a-zA-Z]+", row[1]))
        assert fields & (named | {"level", "low"})


@pytest.mark.parametrize("row", rows("Mistakes"), ids=lambda row: str(row[0]))
def test_each_mistake_is_answered_so(row: list[str]) -> None:
    with pytest.raises(RuleError) as refusal:
        understood(row[0].strip("`"))
    assert refusal.value.message == row[1]


def test_what_belongs_together_is_as_the_table_says() -> None:
    table = re.findall(r"(?m)^  \| `(.+)` \| `(.+)` \|$", part("Sentences"))
    assert len(table) == 4
    assert all(understood(written) == understood(meant) for written, meant in table)


def test_the_first_examples_are_sentences() -> None:
    examples = re.findall(r"(?m)^    (.+)$", PAGE.split("\n## ", 1)[0])
    assert len(examples) == 3
    assert all(parse(example) for example in examples)


def test_the_limits_are_those() -> None:
    text = part("Mistakes").replace(",", "")
    for limit in (MAX_LENGTH, MAX_PARTS, MAX_DEPTH, MAX_ALTERNATIVES, MAX_CONDITIONS_TOGETHER):
        assert f" {limit} " in text

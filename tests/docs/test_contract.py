"""Every line of the contract has tests that name it, and what is cited of the contract is on its page."""

from collections import Counter
from pathlib import Path

from settings import ROOT
from tests.docs.contract import cited_in, lines, named_by, named_in, parts, shown, table

CITING = {".py", ".md", ".lark", ".toml"}

MODULE = '''
"""All of this is about S7 and S40-S42."""

NOT_A_NAME = "S1 S2"  # S3


# S10: the comment above
def test_one() -> None:
    """S11, S12 to S14."""
    assert "S15"  # S16


async def test_other() -> None:
    pass  # noqa: S105


def helper() -> None:
    """S20."""
'''


def test_the_page_has_every_line_once() -> None:
    asked, excused = lines()
    assert list(asked) == list(range(1, 122))
    assert set(excused) <= set(asked)
    assert all(len(reason) > 20 for reason in excused.values())


def test_every_line_is_shown_by_a_test_or_excused_but_not_both() -> None:
    asked, excused = lines()
    named = shown()
    without = [f"S{number}" for number in asked if number not in named and number not in excused]
    assert not without, f"no test names {', '.join(without)}"
    assert not [number for number in excused if number in named]


def test_names_are_found_in_docstrings_and_comments_alone(tmp_path: Path) -> None:
    path = tmp_path / "test_module.py"
    path.write_text(MODULE)
    assert named_by(path) == {
        "test_one": {7, 40, 41, 42, 10, 11, 12, 13, 14, 16},
        "test_other": {7, 40, 41, 42},
    }


def test_ranges_have_both_ends() -> None:
    assert named_in("(S26-S28, S30)") == {26, 27, 28, 30}
    assert named_in("S35-39") == {35, 36, 37, 38, 39}
    assert named_in("S85-S90, S121") == {85, 86, 87, 88, 89, 90, 121}
    assert named_in("noqa: S105, S106 -- 1.J.2, AS7, S1000") == set()


def test_every_part_that_is_cited_stands_on_the_page() -> None:
    rooms = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    files = [*ROOT.iterdir(), *(path for room in rooms for path in room.rglob("*"))]
    cited = {part for path in files if path.suffix in CITING for part in cited_in(path.read_text(encoding="utf-8"))}
    assert cited
    assert cited <= parts()


def test_parts_are_found_with_and_without_numbers() -> None:
    text = "(S40-S46, 1.J.1), 1.N, Time; 1.J.6-1.J.11. It took 1.5 of 1.Jam"
    assert cited_in(text) == {"1.J.1", "1.N", "1.J.6", "1.J.11"}


def test_the_table_shows_files_and_outcomes() -> None:
    results = {
        1: {"tests/a.py": Counter(passed=2), "tests/b.py": Counter(passed=1, failed=1)},
        2: {"tests/a.py": Counter(passed=3)},
    }
    text = list(table(results))
    assert text[0].startswith("S1   1 failed Anybody")
    assert text[1].strip() == "tests/a.py (2), tests/b.py (2)"
    assert text[2].startswith("S2   passed   A simple")
    assert text[4].startswith("S3   not run  Users")
    assert any(line.startswith("S62  no test, as the page explains") for line in text)

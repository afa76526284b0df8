"""Rule files: what is read, what is wrong in them and where, without a Larder."""

import json
import subprocess
from pathlib import Path

import pytest

from rulefiles import nodes
from rulefiles.file import lines, read_file
from settings import ROOT
from tests.stack.parts import LARDER, environment, run

SAMPLE = ROOT / "docs" / "kitchen.yaml"
RULE = "rules:\n  Cookies:\n    item: Cookies\n    when: 5 left\n"


def larder(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    answer = run((*LARDER, "rules", *words), environment(home))
    assert "Traceback" not in answer.stderr
    return answer


def faults(tmp_path: Path, text: str) -> list[str]:
    """What is wrong in such a file, by line and column."""
    file = tmp_path / "rules.yaml"
    file.write_text(text, "utf-8")
    return [line.removeprefix(f"{file}:") for line in lines(read_file(file))]


def test_the_sample_of_the_documentation_is_right(tmp_path: Path) -> None:
    answer = larder(tmp_path, "check", str(SAMPLE))
    assert (answer.returncode, answer.stdout) == (0, f"{SAMPLE}: 3 rules, nothing wrong.\n")
    answer = larder(tmp_path, "check", str(SAMPLE), "--json")
    assert json.loads(answer.stdout) == {
        "origin": "kitchen",
        "rules": ["Cookies", "Butter left out", "Whatever is in the fridge"],
        "faults": [],
    }


def test_rules_are_explained_without_a_larder(tmp_path: Path) -> None:
    answer = larder(tmp_path, "explain", str(SAMPLE))
    assert answer.returncode == 0
    assert "Whatever is in the fridge (location Fridge, not enabled)" in answer.stdout
    rows = json.loads(larder(tmp_path, "explain", str(SAMPLE), "--json").stdout)
    assert rows[0]["tree"] == {"field": "level", "op": "<=", "value": 5}
    assert rows[0]["meaning"].startswith("Whenever the level is 5 or less: order 2 packs of cookies-12 at Corner Shop;")
    assert rows[1]["meaning"].endswith(": tell you.")


def test_a_faulty_file_is_neither_explained_nor_applied(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULE.replace("5", "fife"))
    expected = f"{file}:4:11: rules.Cookies.when: Expected a number, found 'fife'. Did you mean 'five'?\n"
    checked = larder(tmp_path, "check", str(file))
    assert (checked.returncode, checked.stdout) == (1, expected)
    for words in (
        ("explain", str(file)),
        ("apply", str(file), "--token", "t"),
        ("backtest", str(file), "--token", "t"),
    ):
        answer = larder(tmp_path, *words)
        assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"larder: {expected}")


def test_a_file_that_is_not_there_is_wrong_usage_and_a_larder_that_is_away_unavailable(tmp_path: Path) -> None:
    assert larder(tmp_path, "check", str(tmp_path / "none.yaml")).returncode == 2
    assert larder(tmp_path, "apply", str(SAMPLE)).returncode == 2
    answer = larder(tmp_path, "apply", str(SAMPLE), "--yes", "--token", "secret", "--url", "http://127.0.0.1:9")
    assert answer.returncode == 3
    assert answer.stderr == "larder: Larder at http://127.0.0.1:9 does not answer (ConnectError).\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            [
                "1:1: This value should be an object: lines of `name: value`, indented.",
                "1:1: rules: This field is missing.",
            ],
        ),
        ("rules: [", ["1:9: This is no YAML: expected the node content, but found '<stream end>'."]),
        ("rules:\n\t- x", ["2:1: This is no YAML: found character '\\t' that cannot start any token."]),
        ("rules: {}\nmood: 1", ["2:7: mood: This field was not expected."]),
        ("rules:\n  A: 5", None),
        (RULE + "    mood: 1", ["5:11: rules.Cookies.mood: This field was not expected."]),
        (RULE + "    location: Fridge", None),
        (RULE + "    enabled: yes", ["5:14: rules.Cookies.enabled: This value should be true or false."]),
        (RULE + "    whenSilent: sing", None),
        (
            RULE + "    when: 6 left\n    enabeld: true\n  Milk: {item: Milk, when: 5 leftt}\n",
            [
                "5:5: rules.Cookies.when: This key stands here twice.",
                "6:14: rules.Cookies.enabeld: This field was not expected. Did you mean enabled?",
                "7:30: rules.Milk.when: Expected 'left', found 'leftt'. Did you mean 'left'?",
            ],
        ),
        (
            RULE + "    [a, b]: 5\n    whenSilent: void",
            ["5:5: rules.Cookies: A key should be one word or one line of text."],
        ),
        (RULE.replace("when: 5 left\n", "then: {}"), ["3:5: rules.Cookies.when: This field is missing."]),
        (RULE.replace("5 left", "{field: level, op: '<=', value: x}"), None),
        (RULE.replace("5 left", "'5 leftt'"), None),
        (RULE + "    then: {order: {sku: x}}", ["5:19: rules.Cookies.then.order.retailer: This field is missing."]),
        (RULE + "    then: {notify: maybe}", ["5:20: rules.Cookies.then.notify: This value should be true or false."]),
        (
            RULE + "    then: {order: {retailer: x, sku: y, packs: two}, aproval: never}",
            [
                "5:48: rules.Cookies.then.order.packs: This value should be a whole number.",
                "5:63: rules.Cookies.then.aproval: This field was not expected. Did you mean approval?",
            ],
        ),
        (RULE + "    then: {approval: {above: -1}}", None),
        (RULE.replace("5 left", "!!python/object:os.system 5 left"), None),
        ("a: &a [*a]", None),
        ("rules: " + "[" * 60 + "]" * 60, None),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(tmp_path: Path, text: str, expected: list[str] | None) -> None:
    found = faults(tmp_path, text)
    if expected is None:
        assert found
        assert all(line.split(":")[0].isdigit() for line in found)
    else:
        assert found == expected


def test_no_file_is_too_much(tmp_path: Path) -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "larger or deeper" in faults(tmp_path, laughs)[0]
    assert "at most" in faults(tmp_path, "#" * (nodes.LARGEST + 1))[0]
    (tmp_path / "rules.yaml").write_bytes(b"rules: \xff\xfe")
    assert [str(fault) for fault in read_file(tmp_path / "rules.yaml").faults] == ["1:1: This is no UTF-8."]


def test_scalars_are_read_as_people_mean_them() -> None:
    said = nodes.read("a: 08:00\nb: yes\nc: '5'\nd: 25.00\ne: 5\nf: true\ng: ~\nh: 010\ni: on\n").value
    assert said == {"a": "08:00", "b": "yes", "c": "5", "d": 25, "e": 5, "f": True, "g": None, "h": "010", "i": "on"}
    assert str(said["d"]) == "25.00"


def test_a_file_goes_by_its_own_name_where_it_says_none(tmp_path: Path) -> None:
    file = tmp_path / "pantry.yaml"
    file.write_text(RULE)
    assert read_file(file).origin == "pantry"


def test_blanks_around_a_name_are_none_of_it(tmp_path: Path) -> None:
    file = tmp_path / " pantry .yaml"
    file.write_text(RULE.replace("Cookies:", "'Cookies ':"))
    found = read_file(file)
    assert (found.origin, [rule.name for rule in found.rules]) == ("pantry", ["Cookies"])
    assert found.place_of("Cookies", "when") == f"{file}:4:11"
    twice = RULE + RULE.replace("rules:\n", "").replace("Cookies:", "'Cookies ':")
    assert faults(tmp_path, twice) == ["6:5: rules.Cookies : There is another rule that is called Cookies."]

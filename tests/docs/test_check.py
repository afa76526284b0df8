"""The check of the documentation says which block failed, and how."""

from pathlib import Path

import pytest

from api.samples import Step
from tests.docs.check import TONGUES, faults, is_here, program, run

NOWHERE = "http://127.0.0.1:9"


def a_page(*samples: tuple[str, str]) -> list[Step]:
    """A preparation, then a step for each sample with what it should print."""
    steps = [Step(f"{n}.", None, {"python": code}, shown) for n, (code, shown) in enumerate(samples, start=1)]
    return [Step("Before", None, {"python": "import os"}, None), *steps]


def test_samples_are_one_program_and_know_where_larder_is(tmp_path: Path) -> None:
    page = a_page(("place = os.environ['LARDER']\nprint('{}')", "{}"), ("print([place])", f"['{NOWHERE}']"))
    assert run("python", page, NOWHERE, tmp_path) == []


def test_a_program_that_dies_is_reported_with_its_last_words_and_what_it_did_not_reach(tmp_path: Path) -> None:
    page = a_page(("print('{}')", "{}"), ("print(1)\nraise SystemExit('gone')", "2"), ("print(3)", "3"))
    second, third, end = run("python", page, NOWHERE, tmp_path)
    assert second.startswith("2.\n--- the page")
    assert third == "3.\nwas not reached"
    assert end == "the program ended with exit code 1\ngone"


def test_a_fault_names_its_step() -> None:
    page = a_page(*(("", f'{{"n": {n}}}') for n in (1, 2, 3)))
    assert faults(page, ["", '{"n":1}', '{"n":2}', '{"n":3}']) == []
    (fault,) = faults(page, ["", '{"n":1}', '{"n":9}', '{"n":3}'])
    assert fault.startswith("2.\n--- the page")


def test_only_answers_of_the_same_kind_may_come_before_the_one_that_is_shown() -> None:
    page = a_page(("", '{"message": "Orders.", "data": [1]}'))
    empty, there = '{"message":"Orders.","data":[]}', '{"message":"Orders.","data":[1]}'
    assert faults(page, ["", f"{empty}\n{empty}\n{there}"]) == []
    assert faults(page, ["", empty]) != []
    assert faults(page, ["", f'{{"message":"Order."}}\n{there}']) != []


def test_a_language_that_is_missing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_here(TONGUES["python"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert not is_here(TONGUES["ruby"])


@pytest.mark.parametrize("language", ["shell", "python", "javascript", "ruby"])
def test_every_sample_is_followed_by_a_mark(language: str) -> None:
    text = program(TONGUES[language], ["one", "two"])
    assert text.index("one") < text.index("next step") < text.index("two") < text.rindex("next step")

"""The quickstart is whole, and it is the one source of all samples (S11)."""

import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pytest

from api.samples import LANGUAGES, PAGE, steps
from settings import ROOT
from tests.docs.check import TONGUES, program

EIGHT_CALLS = [
    ("POST", "/users"),
    ("POST", "/auth/login"),
    ("POST", "/retailers"),
    ("PUT", "/retailers/{uuid}/catalogue"),
    ("POST", "/items"),
    ("POST", "/devices"),
    ("POST", "/instructions"),
    ("POST", "/v2/level"),
]
TEXT = PAGE.read_text(encoding="utf-8")
STEPS = list(steps(TEXT))


def test_the_page_begins_with_the_eight_calls_of_the_contract() -> None:
    """S4: what `make docs-check` runs; tests/journeys/test_eight_calls.py makes them too."""
    assert STEPS[0].call is None
    assert [step.call for step in STEPS[1:9]] == EIGHT_CALLS


def test_every_step_is_in_all_four_languages_and_shows_what_it_prints() -> None:
    assert set(LANGUAGES) == set(TONGUES) == {"shell", "python", "javascript", "ruby"}  # S11
    assert all(step.prints for step in STEPS[1:])
    assert TEXT.count("```") == 2 * (len(LANGUAGES) * len(STEPS) + len(STEPS) - 1)
    assert [int(step.title.partition(".")[0]) for step in STEPS[1:]] == list(range(1, len(STEPS)))


def test_a_program_is_all_of_its_samples_in_order() -> None:
    text = program(TONGUES["python"], [step.samples["python"] for step in STEPS])
    compile(text, "quickstart", "exec")
    assert text.index('"/users"') < text.index('"/auth/login"') < text.index('"/v2/level"')


def test_the_python_sample_prints_why_it_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(409)
            self.end_headers()
            self.wfile.write(b'{"message": "There is already an account with this email address."}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        told: dict[str, Any] = {}
        exec(STEPS[0].samples["python"], told)  # noqa: S102 - the page's own sample
        told["LARDER"] = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(HTTPError):
            exec(STEPS[1].samples["python"], told)  # noqa: S102
        server.shutdown()
    assert "There is already an account" in capsys.readouterr().out


def test_the_documents_lead_to_pages_that_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for place in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / place).exists(), f"{page.name}: {place}"


def test_the_readme_shows_the_same_shell_samples() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```shell\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    assert shown[1] == "".join(step.samples["shell"] for step in STEPS[:9])

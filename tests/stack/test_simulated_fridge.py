"""`larder simulate fridge` where there is nobody to speak to, or nothing to speak with: exit codes and sentences."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.stack.parts import LARDER, environment, free_ports, run

LINKED = {"token": "ft_live_x", "epcs": ["e28011700000020aa7bcfc24"], "seen": [], "unsent": []}
NOBODY = "http://127.0.0.1:9"


def fridge(home: Path, *lines: str, url: str = NOBODY, memory: object = None) -> tuple[int, str, str]:
    """Exit code, what it prints and what it complains of; everything that is no fridge's own business is left out."""
    script, state = home / "script", home / "fridge.json"
    script.write_text("\n".join(lines))
    if memory is not None:
        state.write_text(json.dumps(memory))
    words = (*LARDER, "simulate", "fridge", "--url", url, "--script", str(script), "--state", str(state))
    ended = run(words, environment(home))
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("line", ["scan", "wait 1", "heartbeat", "temperature 5"])
def test_a_fridge_that_was_never_linked_says_nothing_else(tmp_path: Path, line: str) -> None:
    said = fridge(tmp_path, "put e28011700000020aa7bcfc24", line)
    assert said == (1, "", "larder: This fridge is not linked: link KEY first.\n")


@pytest.mark.parametrize(("line", "kept"), [("scan", 1), ("wait 1", 0)])
def test_while_larder_is_away_it_does_not_end_well(tmp_path: Path, line: str, kept: int) -> None:
    code, printed, complaint = fridge(tmp_path, line, memory=LINKED)
    assert (code, "Larder does not answer: ConnectError\n" in printed) == (3, True)
    state = tmp_path / "fridge.json"
    assert complaint == f"larder: Larder has not answered; {kept} notifications are kept in {state}.\n"
    assert len(json.loads(state.read_text())["unsent"]) == kept
    assert fridge(tmp_path, "offline", line.replace("wait 1", "scan"), memory=LINKED)[0] == 0


def test_a_link_that_nobody_answers_is_unavailable(tmp_path: Path) -> None:
    assert fridge(tmp_path, "link 633344a9712fb") == (3, "", "larder: Larder does not answer: ConnectError\n")


def test_what_is_not_inside_cannot_be_taken(tmp_path: Path) -> None:
    code, printed, _ = fridge(tmp_path, "take e28011700000020aa7bcfc24 e2", "show", memory=LINKED)
    assert code == 0
    assert printed.splitlines()[0] == "e2 is not inside"
    assert printed.splitlines()[-1] == "inside: nothing"


def test_a_refusal_is_told_by_field(tmp_path: Path) -> None:
    class Larder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"message": "Validation error.", "data": {"initKey": ["No key.", "Such as 1."]}}).encode()
            self.send_response(400)
            self.send_header("Content-Type", "application/problem+json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    port, _ = free_ports()
    with HTTPServer(("127.0.0.1", port), Larder) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        said = fridge(tmp_path, "link 123", url=f"http://127.0.0.1:{port}")
        server.shutdown()
    assert said == (1, "", "larder: 400 initKey: No key. Such as 1.\n")

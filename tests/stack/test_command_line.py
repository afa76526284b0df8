"""The commands as people and scripts meet them: lines without traceback, and exit codes."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import tomllib
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import names
from activities.mailing import Mailing
from domain.mail import MailBrief, MailKind
from mail.writing import Writer
from settings import ROOT, Settings
from stack import checks
from stack.folder import claimed
from storage import people
from storage.migrate import at_head
from storage.secrets import TOKEN, Secrets
from tests.databases import opened
from tests.stack.parts import LARDER, environment, free_ports, run


def larder(home: Path, *words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    answer = run((*LARDER, *words), environment(home, **settings))
    assert "Traceback" not in answer.stderr
    return answer


def test_the_commands_are_listed(tmp_path: Path) -> None:
    answer = larder(tmp_path, "--help")
    assert answer.returncode == 0
    for command in ("up", "api", "worker", "migrate", "doctor", "backup", "restore", "wake", "demo", "token", "outbox"):
        assert f" {command} " in answer.stdout


def test_temporal_is_told_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == names.VERSION


def test_the_version_is_told(tmp_path: Path) -> None:
    assert larder(tmp_path, "--version").stdout == f"{names.VERSION}\n"


def test_a_port_of_metrics_that_is_taken_is_wrong_usage(tmp_path: Path) -> None:
    port, temporal_port = free_ports()
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = busy.getsockname()[1]
        answer = larder(tmp_path, "worker", port=port, temporal_port=temporal_port, metrics_port=taken)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"larder: LARDER_METRICS_PORT: nobody can listen on 127.0.0.1:{taken} (")


def test_the_workers_port_of_metrics_is_nobody_elses(tmp_path: Path) -> None:
    port, temporal_port = free_ports()
    answer = larder(tmp_path, "up", port=port, temporal_port=temporal_port, metrics_port=port - 1)
    assert answer.returncode == 3
    assert answer.stderr.startswith(f"larder: Port {port}, where the worker's /metrics would be, is another one's")


def test_a_wrong_word_is_wrong_usage(tmp_path: Path) -> None:
    assert larder(tmp_path, "upp").returncode == 2


@pytest.mark.parametrize("command", ["up", "api", "worker", "migrate"])
def test_wrong_settings_are_wrong_usage_and_a_line_each(tmp_path: Path, command: str) -> None:
    answer = larder(tmp_path, command, port="x", temporal_port="y")
    assert answer.returncode == 2
    assert [line.partition(" is ")[0] for line in answer.stderr.splitlines()] == [
        "larder: LARDER_PORT",
        "larder: LARDER_TEMPORAL_PORT",
    ]


def test_migrate_makes_the_tables_and_a_token_for_nobody_is_refused(tmp_path: Path) -> None:
    assert larder(tmp_path, "migrate").returncode == 0
    assert at_head(f"sqlite+aiosqlite:///{tmp_path}/larder.db")
    answer = larder(tmp_path, "token", "nobody@example.com")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1


def test_the_outbox_prints_the_newest_letters_only_where_no_mail_server_is_set(tmp_path: Path) -> None:
    assert larder(tmp_path, "migrate").returncode == 0
    assert json.loads(larder(tmp_path, "outbox", "--json").stdout) == []
    written = asyncio.run(_a_letter(tmp_path))
    (letter,) = json.loads(larder(tmp_path, "outbox", "--json").stdout)
    assert (letter["uuid"], letter["recipient"]) == (str(written), "ada@example.com")
    printed = larder(tmp_path, "outbox").stdout
    assert f"{written}  reset-password to ada@example.com\nSubject: Choose a new password\n" in printed
    assert TOKEN.search(printed)
    for option, begins in (((), "ut_live_"), (("--sandbox",), "ut_test_")):  # S65
        assert larder(tmp_path, "token", "ada@example.com", *option).stdout.startswith(begins)
    answer = larder(tmp_path, "outbox", smtp_url="smtp://mail.example.com", mail_from="larder@example.com")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "larder: LARDER_SMTP_URL is set: letters are sent, and shown to nobody else.\n"


async def _a_letter(home: Path) -> UUID:
    settings = Settings(home=home)
    async with opened(settings.database_url) as db:
        account, now = uuid4(), datetime.now(UTC)
        user = {"uuid": account, "email": "ada@example.com", "name": "Ada", "password_hash": "", "time_zone": "UTC"}
        async with db.writing() as session:
            await people.add(session, user | {"currency": "EUR", "created_at": now, "updated_at": now})
        mailing = Mailing(db, Secrets(settings.instance_key.get_secret_value()), Writer(settings.public_url), None)
        brief = MailBrief(mail=uuid4(), kind=MailKind.RESET_PASSWORD, account=account)
        await mailing.write(brief)
    return brief.mail


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    answer = larder(tmp_path, "migrate", database_url="postgresql://larder:hunter2@127.0.0.1:9/larder")
    assert answer.returncode == 3
    assert answer.stderr.startswith("larder: The database cannot be used (")
    assert answer.stderr.endswith("Next: start PostgreSQL, or correct LARDER_DATABASE_URL.\n")
    assert "hunter2" not in answer.stderr


def test_a_worker_without_temporal_is_unavailable(tmp_path: Path) -> None:
    _, temporal_port = free_ports()
    answer = larder(tmp_path, "worker", temporal_port=temporal_port)
    assert answer.returncode == 3
    assert answer.stderr == f"larder: Temporal at 127.0.0.1:{temporal_port} does not answer: Connection refused.\n"


def test_an_api_without_its_port_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        answer = larder(tmp_path, "api", port=port)
    assert answer.returncode == 3
    assert answer.stderr.startswith(f"larder: Port {port} on 127.0.0.1, which the API needs, is in use")


def test_an_address_of_another_machine_is_unavailable(tmp_path: Path) -> None:
    answer = larder(tmp_path, "up", host="192.0.2.1")
    assert answer.returncode == 3
    assert answer.stderr.startswith("larder: LARDER_HOST=192.0.2.1 is no address of this machine")


def test_the_doctor_finds_a_machine_that_has_what_it_needs(tmp_path: Path) -> None:
    port, temporal_port = free_ports()
    answer = larder(tmp_path, "doctor", port=port, temporal_port=temporal_port, sandbox_host="sandbox.example.com")
    assert answer.returncode == 0, answer.stdout
    for said in (
        f"Python {sys.version_info[0]}.{sys.version_info[1]}",
        "SQLite is 3.",
        "MB are free",
        "temporal command",
        "at sandbox.example.com gets the sandbox",  # S66
    ):
        assert said in answer.stdout


def test_the_doctor_says_what_must_be_put_right_and_how(tmp_path: Path) -> None:
    (tmp_path / "instance.key").write_text("k" * 64)
    (tmp_path / "instance.key").chmod(0o644)
    _, temporal_port = free_ports()
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        answer = larder(tmp_path, "doctor", "--json", port=port, temporal_port=temporal_port)
    assert answer.returncode == 3
    wrong = {finding["name"]: finding["remedy"] for finding in json.loads(answer.stdout) if not finding["good"]}
    assert set(wrong) == {"key", f"port {port}"}
    assert wrong["key"] == f"chmod 600 {tmp_path}/instance.key"


@pytest.mark.parametrize(
    ("said", "code", "wrong"),
    [
        ({"database": "ok", "temporal": "ok"}, 0, {}),
        (
            {"database": "ok", "temporal": "does not answer", "worker": "no worker has polled lately"},
            3,
            {
                "running temporal": "The running Larder says of its temporal: does not answer.",
                "running worker": "The running Larder says of its worker: no worker has polled lately.",
            },
        ),
        (None, 3, {"readiness": "{address} answers 502 no Larder."}),
    ],
)
def test_the_doctor_asks_the_larder_that_runs(
    tmp_path: Path, said: dict[str, str] | None, code: int, wrong: dict[str, str]
) -> None:
    """Where one runs on this folder, what it says of itself counts as well as what the machine has."""
    port, temporal_port = free_ports()
    body = b"no Larder" if said is None else json.dumps({"status": "?", "checks": said}).encode()

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(502 if said is None else 503 if code else 200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with claimed(tmp_path), HTTPServer(("127.0.0.1", port), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answer = larder(tmp_path, "doctor", "--json", port=port, temporal_port=temporal_port)
        server.shutdown()
    assert answer.returncode == code
    found = {each["name"]: each["sentence"] for each in json.loads(answer.stdout) if not each["good"]}
    address = f"http://127.0.0.1:{port}/readyz"
    assert found == {name: sentence.replace("{address}", address) for name, sentence in wrong.items()}


def test_the_doctor_says_so_when_the_larder_that_runs_does_not_answer(tmp_path: Path) -> None:
    port, temporal_port = free_ports()
    with claimed(tmp_path):
        answer = larder(tmp_path, "doctor", port=port, temporal_port=temporal_port)
    assert answer.returncode == 3
    assert f"FIX  http://127.0.0.1:{port}/readyz does not answer ([Errno 111] Connection refused).\n" in answer.stdout


def test_the_doctor_names_wrong_settings(tmp_path: Path) -> None:
    answer = larder(tmp_path, "doctor", port="x")
    assert answer.returncode == 3
    assert "FIX  LARDER_PORT is 'x'; it must be a whole number" in answer.stdout


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MEGABYTES_NEEDED", 10**9)
    finding = checks.disk(tmp_path / "not" / "yet")
    assert finding.told.startswith("Only ")
    assert "Next: make room for at least 1000000000 MB, or name another folder in LARDER_HOME." in finding.told

"""Every fault of the settings is one sentence that names the variable, says what it must be, and gives an example."""

import os
import stat
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from settings import ROOT, Settings, SettingsError
from tests.stack.parts import environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, and no other setting."""
    for name in list(os.environ):
        if name.startswith(("LARDER_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LARDER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_nothing_has_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_INSTANCE_KEY", "k" * 32)
    monkeypatch.delenv("LARDER_HOME")
    settings = Settings.from_environment()
    assert settings.home == ROOT / ".larder"
    assert (settings.host, settings.port, settings.temporal_port) == ("127.0.0.1", 8000, 7233)
    assert settings.database_url == f"sqlite+aiosqlite:///{ROOT}/.larder/larder.db"
    assert settings.allow_nets == ()
    assert (settings.smtp_url, settings.mail_from, settings.public_url) == (None, None, "http://127.0.0.1:8000")
    assert not settings.temporal_given


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "LARDER_PORT",
            "eighty",
            "LARDER_PORT is 'eighty'; it must be a whole number from 1 to 65535, for example LARDER_PORT=8000.",
        ),
        (
            "LARDER_PORT",
            "65536",
            "LARDER_PORT is '65536'; it must be a whole number from 1 to 65535, for example LARDER_PORT=8000.",
        ),
        (
            "LARDER_PORT",
            "8233",
            "LARDER_PORT is 8233; it must differ from 7233 and 8233, where Temporal and its UI listen, "
            "for example LARDER_PORT=8234.",
        ),
        (
            "LARDER_TEMPORAL_PORT",
            "65000",
            "LARDER_TEMPORAL_PORT is '65000'; it must be a whole number from 1 to 64535 (the UI listens 1000 above), "
            "for example LARDER_TEMPORAL_PORT=7233.",
        ),
        (
            "LARDER_TEMPORAL_COMMAND",
            "/",
            "LARDER_TEMPORAL_COMMAND is '/'; it must be the path of an executable file, "
            "for example LARDER_TEMPORAL_COMMAND=/usr/local/bin/temporal.",
        ),
        (
            "LARDER_HOST",
            "my host",
            "LARDER_HOST is 'my host'; it must be an IP address or a name of this machine, "
            "for example LARDER_HOST=192.168.1.10.",
        ),
        (
            "LARDER_HOME",
            "/what?",
            "LARDER_HOME is '/what?'; it must be the path of a folder, without a question mark, "
            "for example LARDER_HOME=/var/lib/larder.",
        ),
        (
            "LARDER_ALLOW_NETS",
            "10.0.0.0/8, 192.168.1.1/24",
            "LARDER_ALLOW_NETS is '192.168.1.1/24'; it must be networks in prefix form without host bits, separated by "
            "commas, for example LARDER_ALLOW_NETS=192.168.1.0/24,10.0.0.0/8.",
        ),
        (
            "LARDER_DATABASE_URL",
            "mysql://root:hunter2@localhost/larder",
            "LARDER_DATABASE_URL cannot be used; it must be the URL of a PostgreSQL database or of an SQLite file, "
            "for example LARDER_DATABASE_URL=postgresql://larder:PASSWORD@localhost/larder.",
        ),
        (
            "LARDER_INSTANCE_KEY",
            "hunter2",
            "LARDER_INSTANCE_KEY cannot be used; it must be at least 32 characters, "
            'for example LARDER_INSTANCE_KEY="$(openssl rand -base64 48)".',
        ),
        (
            "LARDER_METRICS_PORT",
            "8000",
            "LARDER_METRICS_PORT is 8000, where something else of Larder listens; it must be a port of its own, "
            "for example LARDER_METRICS_PORT=9464.",
        ),
        (
            "LARDER_METRICS_HOST",
            "everywhere",
            "LARDER_METRICS_HOST is 'everywhere'; it must be an IP address of this machine, "
            "for example LARDER_METRICS_HOST=10.0.0.5.",
        ),
        (
            "LARDER_PUBLIC_URL",
            "larder.example.com",
            "LARDER_PUBLIC_URL is 'larder.example.com'; it must be an http:// or https:// URL, without a question "
            "mark, for example LARDER_PUBLIC_URL=https://larder.example.com.",
        ),
        (
            "LARDER_SANDBOX_HOST",
            "https://sandbox.example.com",
            "LARDER_SANDBOX_HOST is 'https://sandbox.example.com'; it must be a host name without scheme and port, "
            "another one than that of LARDER_PUBLIC_URL, for example LARDER_SANDBOX_HOST=sandbox.larder.example.com.",
        ),
        (
            "LARDER_SANDBOX_HOST",
            "127.0.0.1",
            "LARDER_SANDBOX_HOST is the host of LARDER_PUBLIC_URL, so nobody could log in to a live account; "
            "it must be another name, for example LARDER_SANDBOX_HOST=sandbox.larder.example.com.",
        ),
        (
            "LARDER_SMTP_URL",
            "imap://larder:hunter2@mail.example.com",
            "LARDER_SMTP_URL cannot be used; it must be the URL of a mail server, smtp:// or smtps://, with user and "
            "password or without both, for example LARDER_SMTP_URL=smtp://larder:PASSWORD@mail.example.com:587.",
        ),
        (
            "LARDER_SMTP_URL",
            "smtp://mail.example.com",
            "LARDER_SMTP_URL is set, so LARDER_MAIL_FROM must be the mailbox that mails come from, "
            'for example LARDER_MAIL_FROM="Larder <larder@example.com>".',
        ),
        (
            "LARDER_MAIL_FROM",
            "Larder",
            "LARDER_MAIL_FROM is 'Larder'; it must be the mailbox that mails come from, "
            'for example LARDER_MAIL_FROM="Larder <larder@example.com>".',
        ),
        (
            "LARDER_WORKER_VERSIONING",
            "perhaps",
            "LARDER_WORKER_VERSIONING is 'perhaps'; it must be true or false, "
            "for example LARDER_WORKER_VERSIONING=true.",
        ),
        (
            "LARDER_STRIPE_KEY",
            "pk_live_hunter2hunter2",
            "LARDER_STRIPE_KEY cannot be used; it must be a secret or restricted key of Stripe, "
            "for example LARDER_STRIPE_KEY=sk_live_....",
        ),
        (
            "LARDER_STRIPE_WEBHOOK_SECRET",
            "hunter2",
            "LARDER_STRIPE_WEBHOOK_SECRET cannot be used; it must be the signing secret of a webhook endpoint at "
            "Stripe, for example LARDER_STRIPE_WEBHOOK_SECRET=whsec_....",
        ),
        (
            "LARDER_STRIPE_URL",
            "http://stripe.example.com",
            "LARDER_STRIPE_URL is 'http://stripe.example.com'; it must be an https:// URL without a path, or an "
            "http:// one of this machine, for example LARDER_STRIPE_URL=https://api.stripe.com.",
        ),
        (
            "LARDER_TEMPORAL_PROT",
            "7233",
            "LARDER_TEMPORAL_PROT is not a setting of Larder; did you mean LARDER_TEMPORAL_PORT?",
        ),
    ],
)
def test_a_fault_is_one_sentence(name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment()
    assert wrong.value.faults == (sentence,)


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LARDER_PORT", "LARDER_TEMPORAL_PORT", "LARDER_ALLOW_NETS", "LARDER_XYZ"):
        monkeypatch.setenv(name, "?")
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment()
    assert len(wrong.value.faults) == 4


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgresql:larder", "", "larder.db", "sqlite:///?x"]
)
def test_no_database_that_two_processes_cannot_share(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_DATABASE_URL", url or " ")
    with pytest.raises(SettingsError, match="LARDER_DATABASE_URL cannot be used"):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
        ("sqlite:////var/lib/l.db", "sqlite+aiosqlite:////var/lib/l.db"),
    ],
)
def test_databases_get_the_driver_that_larder_uses(given: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_DATABASE_URL", given)
    assert Settings.from_environment().database_url == used


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "smtp://mail.example.com:x",
        "smtp://mail.example.com:0",
        "smtp://larder@mail.example.com",
        "smtp://mail.example.com/larder",
        "smtp://mail.example.com?x",
        "mail.example.com:25",
    ],
)
def test_no_mail_server_that_cannot_be_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_MAIL_FROM", "larder@example.com")
    monkeypatch.setenv("LARDER_SMTP_URL", url)
    with pytest.raises(SettingsError, match="LARDER_SMTP_URL cannot be used"):
        Settings.from_environment()


@pytest.mark.parametrize(
    "mailbox",
    ["a@example.com, b@example.com", "a@example.com\nBcc: b@example.com", "larder@localhost", "ä@example.com"],
)
def test_mails_come_from_one_mailbox(mailbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_MAIL_FROM", mailbox)
    with pytest.raises(SettingsError, match="LARDER_MAIL_FROM is"):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({"PUBLIC_URL": "https://example.com/larder/"}, "https://example.com/larder"),
        ({"HOST": "0.0.0.0", "PORT": "9000"}, "http://127.0.0.1:9000"),  # noqa: S104 - nobody listens
        ({"HOST": "::1"}, "http://[::1]:8000"),
    ],
)
def test_links_begin_with_where_the_api_is(given: dict[str, str], used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"LARDER_{name}", value)
    assert Settings.from_environment().public_url == used


@pytest.mark.parametrize("url", ["https://u@example.com", "https://example.com?x", "https://example.com/a b", "//x"])
def test_links_begin_with_nothing_else(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_PUBLIC_URL", url)
    with pytest.raises(SettingsError, match="LARDER_PUBLIC_URL is"):
        Settings.from_environment()


def test_the_host_of_the_sandbox_is_kept_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """S66"""
    monkeypatch.setenv("LARDER_SANDBOX_HOST", "Sandbox.Example.com")
    assert Settings.from_environment().sandbox_host == "sandbox.example.com"


def test_networks_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_ALLOW_NETS", "127.0.0.0/8, ::1/128,")
    assert Settings.from_environment().allow_nets == (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_DATABASE_URL", "postgresql://larder:hunter2@localhost/larder")
    monkeypatch.setenv("LARDER_INSTANCE_KEY", "hunter2" * 5)
    monkeypatch.setenv("LARDER_SMTP_URL", "smtp://larder:hunter2@mail.example.com")
    monkeypatch.setenv("LARDER_MAIL_FROM", "larder@example.com")
    monkeypatch.setenv("LARDER_STRIPE_KEY", "sk_live_hunter2hunter2")
    monkeypatch.setenv("LARDER_STRIPE_WEBHOOK_SECRET", "whsec_hunter2hunter2")
    assert "hunter2" not in repr(Settings.from_environment())


@pytest.mark.parametrize(
    "name", ["TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_PATH"]
)
def test_temporals_own_variables_mean_a_server_of_ones_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "something")
    assert Settings.from_environment().temporal_given


def test_the_instance_key_is_made_once_and_is_nobody_elses(home: Path) -> None:
    first = Settings.from_environment().instance_key
    assert stat.S_IMODE((home / "instance.key").stat().st_mode) == 0o600
    assert Settings.from_environment().instance_key == first
    assert [file.name for file in home.iterdir()] == ["instance.key"]


def test_processes_that_start_together_get_the_same_instance_key(home: Path) -> None:
    program = "from settings import Settings; print(Settings.from_environment().instance_key.get_secret_value())"
    together = [
        subprocess.Popen((sys.executable, "-c", program), env=environment(home), stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    keys = {process.communicate()[0] for process in together}
    assert keys == {f"{(home / 'instance.key').read_text()}\n"}


def test_a_damaged_instance_key_is_not_replaced(home: Path) -> None:
    home.mkdir()
    (home / "instance.key").write_text("")
    with pytest.raises(SettingsError, match=f"The key in {home}/instance.key is damaged: put it back from a backup"):
        Settings.from_environment()


def test_a_data_folder_that_cannot_be_made_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("a file")
    monkeypatch.setenv("LARDER_HOME", str(home / "below"))
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment()
    (sentence,) = wrong.value.faults
    assert sentence.startswith("LARDER_HOME: the data folder cannot be used (Not a directory")

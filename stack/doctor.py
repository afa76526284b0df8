"""`larder doctor`: what this machine has and lacks, in words."""

import importlib.util
import json
import shutil
import sqlite3
import stat
import sys

from settings import Settings, SettingsError, address_of
from stack import checks
from stack.answers import Said, ask
from stack.checks import Finding
from stack.folder import is_claimed

VERSIONS = ((3, 11), (3, 12))
SAFE_SQLITE = (3, 51, 3)
_NEXT = {
    "database": "see that its server runs and its disk has room; the log says more.",
    "migrations": "run larder migrate.",
    "temporal": "read temporal.log in the data folder, or look at the Temporal that TEMPORAL_ADDRESS names.",
    "worker": "read what larder up, or larder worker, says of it.",
}
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def examine() -> list[Finding]:
    """Everything that is looked at, the settings first; what depends on broken settings is left out."""
    findings = [_python(), _compiler(), _rules_engine(), _sqlite()]
    try:
        settings = Settings.from_environment()
    except SettingsError as wrong:
        return [*findings, *(Finding("settings", fault, "correct it in the environment.") for fault in wrong.faults)]
    findings += [Finding("settings", f"The settings are right; the data folder is {settings.home}."), _key(settings)]
    findings += _sandbox(settings)
    findings += [checks.disk(settings.home), *_ports(settings), *_temporal(settings)]
    from stack.schema import look  # noqa: PLC0415 - the database layer loads only when the settings are right

    return [*findings, look(settings)]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] in VERSIONS:
        return Finding("python", f"Python {version} runs Larder.")
    return Finding("python", f"Python {version} cannot run Larder.", "install Python 3.12 and run make run again.")


def _compiler() -> Finding:
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    text = f"The C compiler is {found}." if found else "There is no C compiler; it is needed to make an environment."
    return Finding("compiler", text)


def _rules_engine() -> Finding:
    if importlib.util.find_spec("durable_rules_engine"):
        return Finding("rules engine", "durable_rules is built for this Python.")
    return Finding("rules engine", "durable_rules is not built for this Python.", "run python3 bootstrap.py.")


def _sqlite() -> Finding:
    text = f"SQLite is {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        # https://sqlite.org/wal.html, "The WAL-reset bug"
        text += ", which can damage a database that two connections write and checkpoint at once; Larder lets only one"
    return Finding("sqlite", f"{text}.")


def _key(settings: Settings) -> Finding:
    file = settings.home / "instance.key"
    if file.exists() and file.stat().st_mode & OTHERS_MAY:
        return Finding("key", f"Other users of this machine can reach the key {file}.", f"chmod 600 {file}")
    return Finding("key", "The instance key is there and private.")


def _sandbox(settings: Settings) -> list[Finding]:
    if settings.sandbox_host is None:
        return []
    sentence = f"Who logs in at {settings.sandbox_host} gets the sandbox; a proxy before Larder must pass on Host."
    return [Finding("sandbox", sentence)]


def _ports(settings: Settings) -> list[Finding]:
    if not is_claimed(settings.home):
        return checks.ports(settings)
    address = f"{address_of(settings.host, settings.port)}/readyz"
    running = Finding("ports", "Larder runs on this data folder now, so its ports are in use.")
    return [running, *_readiness(address, ask(address))]


def _readiness(address: str, said: Said) -> list[Finding]:
    """What the running Larder says of itself, check by check."""
    try:
        found = dict(json.loads(said.text)["checks"])
    except (ValueError, KeyError, TypeError):
        remedy = "read what larder up says; started with another LARDER_HOST or LARDER_PORT, set the same here."
        return [Finding("readiness", f"{address} {said.told}.", remedy)]
    return [
        Finding(f"running {name}", f"The running Larder says of its {name}: {state}.", *_remedy(name, state))
        for name, state in found.items()
    ]


def _remedy(name: str, state: str) -> tuple[str, ...]:
    return () if state == "ok" else (_NEXT.get(name, "read the log."),)


def _temporal(settings: Settings) -> list[Finding]:
    if not settings.temporal_given:
        return [checks.temporal_command(settings)]
    from stack.cluster import look  # noqa: PLC0415 - the SDK is large and seldom needed here

    return [look(settings)]

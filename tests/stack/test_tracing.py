"""Tracing is an extra: without its variables nothing of it is loaded, without its packages the start says so."""

import subprocess
import sys
from pathlib import Path

import pytest

import tracing
from settings import ROOT, SettingsError
from tests.stack.parts import environment

LOADED = """
import sys
import api.app, worker
from settings import Settings
api.app.create_app(Settings())
# Litestar itself looks up a constant of the conventions wherever they are installed
costly = tuple(f"opentelemetry.{part}" for part in ("sdk", "trace", "exporter")) + ("temporalio.contrib.opentelemetry",)
print([name for name in sys.modules if name.startswith(costly)])
"""
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable is set, and nobody has looked yet."""
    for name in (COLLECTOR, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tracing, "wanted", tracing.wanted.__wrapped__)


def test_without_its_variables_nothing_is_loaded(tmp_path: Path) -> None:
    command = (sys.executable, "-W", "error", "-c", LOADED)
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_standard_variables_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not tracing.wanted()
    monkeypatch.setenv(COLLECTOR, "http://127.0.0.1:4318")
    assert tracing.wanted()
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert not tracing.wanted()
    monkeypatch.delenv("OTEL_TRACES_EXPORTER")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not tracing.wanted()


def test_missing_packages_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLLECTOR, "http://127.0.0.1:4318")
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="asks for traces, whose packages are not installed") as wrong:
        tracing.wanted()
    assert len(wrong.value.faults) == 1

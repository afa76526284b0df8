"""The way from a clone to an environment: what is looked for, what is said when it is missing, what makes it again."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import bootstrap
from settings import ROOT
from tests.sources import parsed

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt", "requirements-build.txt")


def python(path: Path, version: str) -> str:
    """A program that introduces itself as that Python."""
    major, minor = version.split(".")
    own = bootstrap.probe(sys.executable)
    path.write_text(f"#!/bin/sh\necho '{json.dumps({**(own or {}), 'version': [int(major), int(minor), 0]})}'\n")
    path.chmod(0o755)
    return str(path)


def base_python() -> str:
    """The Python that the environment was made from: it has pip, where the machine has it at all."""
    return str(Path(sys.base_prefix, "bin", "python3"))


def this_python() -> dict[str, object]:
    return bootstrap.find_python([sys.executable])


def test_every_python_3_can_read_the_bootstrap() -> None:
    parsed((ROOT / "bootstrap.py").read_text(), as_of=(3, 6))


def test_the_first_python_that_suits_is_taken_and_stubs_are_passed_over(tmp_path: Path) -> None:
    stub = tmp_path / "stub"
    stub.write_text("#!/bin/sh\necho no such version >&2\nexit 127\n")
    stub.chmod(0o755)
    new, good = python(tmp_path / "new", "3.13"), python(tmp_path / "good", "3.12")
    assert bootstrap.find_python([str(tmp_path / "none"), str(stub), new, good])["version"] == [3, 12, 0]


@pytest.mark.parametrize("version", ["3.8", "3.10", "3.13", "3.14"])
def test_another_python_is_one_sentence_with_the_next_step(tmp_path: Path, version: str) -> None:
    path = python(tmp_path / "python3", version)
    with pytest.raises(bootstrap.Refused) as refused:
        bootstrap.find_python([path])
    assert str(refused.value) == (
        f"Larder needs Python 3.11 or 3.12 and found {version} at {path}. Next: install Python 3.12 so that python3.12 "
        "is on PATH, or name one: make run PYTHON=/path/to/python3.12."
    )


def test_a_missing_compiler_is_one_sentence_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(bootstrap.Refused, match=r"There is no C compiler \(cc, gcc or clang\).* Next: install gcc"):
        bootstrap.find_compiler(this_python() | {"compiler": "gcc"})


def test_missing_headers_are_one_sentence_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "true")
    with pytest.raises(bootstrap.Refused, match=r"The C headers of Python 3\.1[12] at .* are missing\. Next: "):
        bootstrap.find_compiler(this_python() | {"include": str(tmp_path)})


@pytest.mark.parametrize(
    ("compiler", "sentence"), [("/nowhere/cc", "CC names the compiler /nowhere/cc"), ("false", "false does not work")]
)
def test_a_wrong_compiler_is_one_sentence(compiler: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", compiler)
    include = bootstrap.probe(sys.executable)
    assert include is not None
    with pytest.raises(bootstrap.Refused, match=sentence):
        bootstrap.find_compiler(include)


def test_uv_gets_the_mirror_that_pip_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "SSL_CERT_FILE",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_INDEX",
        "UV_EXTRA_INDEX_URL",
        "UV_HTTP_TIMEOUT",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        f"[global]\nindex-url = https://mirror.example/simple\ncert = /etc/ca.pem\n"
        f"find-links =\n  {tmp_path}\n  /nowhere\n"
        "[install]\nextra-index-url = https://one.example\n  https://two.example\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_TIMEOUT", "99")
    options, environment = bootstrap.mirror_of_pip(bootstrap.pip_settings(base_python()))
    assert options == ["--find-links", str(tmp_path)]
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"] == "https://one.example https://two.example"
    assert environment["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert environment["UV_HTTP_TIMEOUT"] == "99"


def test_what_uv_itself_was_told_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    _, environment = bootstrap.mirror_of_pip({"index-url": "https://mirror.example/simple"})
    assert "UV_DEFAULT_INDEX" not in environment


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a clone as the bootstrap reads."""
    for name in ("bootstrap.py", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def made(clone: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(
        (base_python(), "bootstrap.py", *words),
        cwd=clone,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in answer.stderr
    return answer


def test_an_index_out_of_reach_is_one_sentence_with_the_next_step(clone: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    answer = made(
        clone,
        PIP_INDEX_URL=nowhere,
        UV_DEFAULT_INDEX=nowhere,
        PIP_RETRIES="0",
        UV_HTTP_RETRIES="0",
        UV_CACHE_DIR=str(clone / "cache"),
    )
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == (
        "larder: Making the environment failed: the package index cannot be reached. "
        "Next: check the network, or name a mirror in PIP_INDEX_URL, then repeat."
    )
    assert (clone / ".bootstrap" / "log").read_text().startswith("$ ")


def test_an_environment_is_made_again_when_the_requirements_have_changed(clone: Path) -> None:
    no_compiler = {"CC": "/nowhere/cc"}
    program = "import bootstrap; bootstrap.VENV.mkdir(); print(bootstrap.json.dumps(bootstrap.stamp_for('dev')))"
    stamp = subprocess.run(
        (sys.executable, "-c", program), cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    (clone / ".venv" / "larder-stamp.json").write_text(stamp)
    assert made(clone, "dev", **no_compiler).returncode == 0
    assert made(clone, **no_compiler).returncode == 0, "the larger set does for the smaller one"
    (clone / "requirements.txt").write_text("")
    again = made(clone, **no_compiler)
    assert again.returncode == 1
    assert again.stderr == "larder: CC names the compiler /nowhere/cc, which is not there. Next: correct or unset CC.\n"


def pins(lock: str) -> dict[str, str]:
    """Versions by name."""
    lines = (line.split()[0] for line in (ROOT / lock).read_text().splitlines() if line[:1].isalnum())
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    entries = text.split("\n\n")[0].replace(" \\\n", " ").splitlines()
    assert all("--hash=sha256:" in line for line in entries if line[:1].isalnum())


def test_the_locks_fulfil_pyproject_and_agree_with_each_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev, bench, build = map(pins, LOCKS)
    assert runtime.items() <= dev.items() <= bench.items()
    wanted = {
        "runtime": (project["project"]["dependencies"], runtime),
        "dev": (project["dependency-groups"]["dev"], dev),
        "bench": (project["dependency-groups"]["bench"], bench),
        "build": (project["dependency-groups"]["build"], build),
    }
    for group, (texts, locked) in wanted.items():
        for requirement in map(Requirement, texts):
            name = requirement.name.replace("_", "-")
            assert requirement.specifier.contains(locked[name]), f"{group}: {requirement} against {locked[name]}"
    assert "pytest" not in runtime


def test_ci_runs_everything() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()

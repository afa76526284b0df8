"""Makes the environment in `.venv`, or says in one sentence what the machine lacks.

`python3 bootstrap.py` for running Larder, `bootstrap.py otel` with tracing, `bootstrap.py dev` for working on it too,
`bootstrap.py bench` for measuring it, `bootstrap.py lock` to compile the requirements files again. Any Python 3 must be
able to read this file, if only to look for a better one, so it keeps to the grammar and library of Python 3.6.
"""

import ast
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
OWN = ROOT / ".bootstrap"  # uv where the machine has none, the lock file and the log
STAMP = VENV / "larder-stamp.json"
LOG = OWN / "log"
BUILD = ROOT / "requirements-build.txt"
# each set contains those before it
REQUIREMENTS = {
    "runtime": ROOT / "requirements.txt",
    "otel": ROOT / "requirements-otel.txt",
    "dev": ROOT / "requirements-dev.txt",
    "bench": ROOT / "requirements-bench.txt",
}
MEGABYTES_NEEDED = 1200  # environment, download cache and unpacking together
OLDEST_UV = [0, 5]
VERSIONS = ([3, 11], [3, 12])

PROBE = """
import json, platform, sys, sysconfig
print(json.dumps({
    "path": sys.executable,
    "version": list(sys.version_info[:3]),
    "cpython": platform.python_implementation() == "CPython",
    "include": sysconfig.get_paths()["include"],
    "compiler": (sysconfig.get_config_var("CC") or "").split(" ")[0],
}))
"""

# the command that brings a compiler and headers, by the installer that is there
INSTALLERS = {
    "apt-get": "apt-get install gcc libc6-dev python{}-dev",
    "dnf": "dnf install gcc python{}-devel",
    "zypper": "zypper install gcc python{}-devel",
    "apk": "apk add gcc musl-dev python3-dev",
    "pacman": "pacman -S gcc",
    "xcode-select": "xcode-select --install",
}

NO_INDEX = "the package index cannot be reached"
TRY_NETWORK = "check the network, or name a mirror in PIP_INDEX_URL"

# what uv and pip write when a step fails, and what it means for the person at the terminal
MEANINGS = (
    ("No space left", "the disk is full", "make room"),
    ("ash mismatch", "a package differs from its recorded hash", "ask who runs your package mirror"),
    ("DO NOT MATCH THE HASHES", "a package differs from its recorded hash", "ask who runs your package mirror"),
    ("ailed to build", "a package could not be compiled", "read what the compiler says in .bootstrap/log"),
    ("ertificate", "the package index shows a certificate that is not trusted", "name its authority in SSL_CERT_FILE"),
    ("Unauthorized", "the package index wants a password", "put it into the address in PIP_INDEX_URL"),
    ("Forbidden", "the package index refuses access", "name another in PIP_INDEX_URL"),
    ("onnect", NO_INDEX, TRY_NETWORK),
    ("etch", NO_INDEX, TRY_NETWORK),
    ("from versions: none", NO_INDEX, TRY_NETWORK),
    ("No solution found", "the package index lacks a package", "name a fuller one in PIP_INDEX_URL"),
    ("No matching", "the package index lacks a package", "name a fuller one in PIP_INDEX_URL"),
)


class Refused(Exception):
    """The one sentence, with the next step, for the person at the terminal."""


def main(arguments: "list[str]") -> int:
    """Do what the command line asks for; 0 when the environment is there."""
    wanted = arguments[0] if arguments else "runtime"
    if wanted not in (*REQUIREMENTS, "lock"):
        say("usage: python3 bootstrap.py [runtime | otel | dev | bench | lock [--upgrade]]")
        return 2
    try:
        if wanted == "lock" or not is_made(wanted):
            OWN.mkdir(exist_ok=True)
            (OWN / ".gitignore").write_text("*\n")
            with (OWN / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # "make run" and "make test" in two terminals take turns
                if wanted == "lock":
                    compile_requirements(arguments[1:])
                elif not is_made(wanted):
                    make(wanted)
    except Refused as refused:
        say(str(refused))
        return 1
    except OSError as error:
        place = error.filename or ROOT
        say(f"{place}: {error.strerror or error}. Next: make room or get write access there, then repeat.")
        return 1
    except KeyboardInterrupt:
        say("Stopped. Next: repeat the command, it goes on from here.")
        return 130
    return 0


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    sys.stderr.write("larder: " + sentence + "\n")
    sys.stderr.flush()


def is_made(wanted: str) -> bool:
    """Whether `.venv` holds what the requirements files say now, for the wanted set or for one that contains it."""
    stamp, sets = read_stamp(), list(REQUIREMENTS)
    return stamp.get("wanted") in sets[sets.index(wanted) :] and stamp == stamp_for(stamp["wanted"])


def read_stamp() -> "dict[str, str]":
    """What `.venv` was made from; empty when nobody knows."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def stamp_for(wanted: str) -> "dict[str, str]":
    """What must not have changed since `.venv` was made."""
    files = (Path(__file__), BUILD, REQUIREMENTS["runtime"], REQUIREMENTS[wanted])
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return {"wanted": wanted, "digest": digest, "root": str(ROOT)}


def make(wanted: str) -> None:
    """Fill `.venv` with exactly the wanted packages, or raise Refused."""
    python = find_python(candidates())
    compiler = find_compiler(python)
    free = shutil.disk_usage(str(ROOT)).free // 1000000
    if free < MEGABYTES_NEEDED:
        raise Refused(
            f"{ROOT} has {free} MB free and the environment needs {MEGABYTES_NEEDED} MB. Next: make room, then repeat."
        )
    say("Making the environment in .venv with Python {}.{}.{}, once ...".format(*python["version"]))
    LOG.write_text("")
    options, mirror = mirror_of_pip(pip_settings(python["path"]))
    uv = find_uv(python["path"])
    own_python = str(VENV / "bin" / "python")
    old = probe(own_python)
    moved = read_stamp().get("root", str(ROOT)) != str(ROOT)  # its scripts name their Python by absolute path
    if moved or not old or old["version"][:2] not in VERSIONS:
        run([uv, "venv", "--quiet", "--clear", "--python", python["path"], str(VENV)], mirror)
    elif STAMP.exists():
        STAMP.unlink()
    # durable_rules overwrites CFLAGS and would be built without optimisation; CPPFLAGS do reach its compiler
    flags = " ".join(["-O2 -DNDEBUG", os.environ.get("CPPFLAGS", "")])
    build = dict(mirror, CPPFLAGS=flags.strip(), CC=compiler)
    install = [uv, "pip", "sync", "--python", own_python, "--require-hashes", "--build-constraints", str(BUILD)]
    # compiled now, not at each start: some machines forbid Python to keep what it has compiled
    install.append("--compile-bytecode")
    run([*install, *options, str(REQUIREMENTS[wanted])], build)
    run([own_python, "-c", "import durable_rules_engine, temporalio.bridge.temporal_sdk_bridge"], {})
    write_command()
    STAMP.write_text(json.dumps(stamp_for(wanted)))
    say("The environment is ready.")


def write_command() -> None:
    """The console command `larder`; the project itself is not a package and needs no build."""
    command = VENV / "bin" / "larder"
    words = (shlex.quote(str(VENV / "bin" / "python")), shlex.quote(str(ROOT / "larder.py")))
    command.write_text('#!/bin/sh\nexec {} {} "$@"\n'.format(*words))
    command.chmod(0o755)


def compile_requirements(options: "list[str]") -> None:
    """Write the requirements files from pyproject.toml: hashes for every platform, no address of any index."""
    python = find_python(candidates())["path"]
    pip_options, mirror = mirror_of_pip(pip_settings(python))
    compiled = [find_uv(python), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    compiled += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--annotation-style", "line"]
    compiled += [*pip_options, *options]
    runtime, otel, dev, bench = (str(file.name) for file in REQUIREMENTS.values())
    traced = ["pyproject.toml", "--extra", "otel"]
    run([*compiled, "pyproject.toml", "-o", runtime], mirror)
    run([*compiled, *traced, "-c", runtime, "-o", otel], mirror)
    run([*compiled, *traced, "--group", "dev", "-c", otel, "-o", dev], mirror)
    run([*compiled, *traced, "--group", "dev", "--group", "bench", "-c", dev, "-o", bench], mirror)
    run([*compiled, "--group", "build", "-o", BUILD.name], mirror)


# What the machine has


def candidates() -> "list[str]":
    """This Python first, then those on PATH; some are stubs that work only in some folders."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    names = ("python3.12", "python3.11", "python3")
    return [sys.executable] + [str(Path(folder, name)) for name in names for folder in folders]


def probe(python: str) -> "dict[str, Any] | None":
    """What an interpreter says about itself, or None when it does not run."""
    try:
        command = [python, "-I", "-c", PROBE]
        answer = subprocess.check_output(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        return dict(json.loads(answer.decode()))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def find_python(paths: "list[str]") -> "dict[str, Any]":
    """The first Python 3.11 or 3.12 among the paths, or Refused with those that were found instead."""
    others = []
    for path in dict.fromkeys(paths):
        python = probe(path) if os.access(path, os.X_OK) else None
        if python and python["cpython"] and python["version"][:2] in VERSIONS:
            return python
        if python:
            others.append("{}.{} at {}".format(*python["version"][:2], path))
    raise Refused(
        f"Larder needs Python 3.11 or 3.12 and found {', '.join(others) or 'none'}. Next: install Python 3.12 so that "
        "python3.12 is on PATH, or name one: make run PYTHON=/path/to/python3.12."
    )


def find_compiler(python: "dict[str, Any]") -> str:
    """A C compiler that can build against this Python's headers, as $CC would name it."""
    short = "{}.{}".format(*python["version"][:2])
    install = [text.format(short) for tool, text in INSTALLERS.items() if shutil.which(tool)]
    next_step = f"Next: {install[0] if install else 'install gcc or clang'}, then repeat."
    named = os.environ.get("CC")
    found = [words for words in (named, python["compiler"], "cc", "gcc", "clang") if words and which(words)]
    if named and named not in found:
        raise Refused(f"CC names the compiler {named}, which is not there. Next: correct or unset CC.")
    if not found:
        raise Refused("There is no C compiler (cc, gcc or clang), which durable_rules needs. " + next_step)
    if not Path(python["include"], "Python.h").exists():
        raise Refused(f"The C headers of Python {short} at {python['path']} are missing. {next_step}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\n#include <stdlib.h>\n")
        command = [*shlex.split(found[0]), "-I", python["include"], "-c", str(source), "-o", f"{folder}/probe.o"]
        failed, output = step(command, dict(os.environ))
    if failed:
        reason = (output.strip().splitlines() or ["it says nothing"])[0]
        raise Refused(f"The C compiler {found[0]} does not work ({reason}). {next_step}")
    return found[0]


def which(words: str) -> "str | None":
    """The program that a command line such as "ccache gcc" starts."""
    return shutil.which(shlex.split(words)[0])


def find_uv(python: str) -> str:
    """A uv that is there, else one of our own from the package index by pip."""
    own = OWN / "uv" / "bin" / "uv"
    for uv in filter(None, (shutil.which("uv"), str(own))):
        try:
            version = subprocess.check_output([uv, "--version"], stderr=subprocess.DEVNULL).decode()
        except (OSError, subprocess.SubprocessError):
            continue
        if [int(part) for part in re.findall(r"\d+", version)[:2]] >= OLDEST_UV:
            return uv
    if step([python, "-m", "pip", "--version"], dict(os.environ))[0]:
        if step([python, "-m", "venv", "--clear", str(OWN / "pip")], dict(os.environ))[0]:
            raise Refused(
                f"Python at {python} has neither pip nor venv, and there is no uv. Next: install one of them "
                "(on Debian and Ubuntu: apt-get install python3-venv), then repeat."
            )
        python = str(OWN / "pip" / "bin" / "python")
    fetch = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    run([*fetch, "--upgrade", "--target", str(OWN / "uv"), "-r", str(BUILD)], {"PIP_USER": "0", "PIP_NO_INPUT": "1"})
    return str(own)


def pip_settings(python: str) -> "dict[str, str]":
    """What the machine's owner told pip: its configuration files and PIP_*, by option name."""
    lines = []
    try:
        command = [python, "-m", "pip", "config", "list"]
        lines = subprocess.check_output(command, stderr=subprocess.DEVNULL).decode().splitlines()
    except (OSError, subprocess.SubprocessError):
        lines = [
            ":env:.{}={!r}".format(name[4:].lower().replace("_", "-"), value)
            for name, value in os.environ.items()
            if name.startswith("PIP_")
        ]
    settings = {}
    for section in ("global", "install", ":env:"):  # a later one wins, as in pip
        for line in lines:
            name, _, value = line.partition("=")
            if name.startswith(section + "."):
                settings[name[len(section) + 1 :]] = str(ast.literal_eval(value))
    return settings


def mirror_of_pip(told: "dict[str, str]") -> "tuple[list[str], dict[str, str]]":
    """The same wishes for uv, as options and environment; what uv was told itself wins."""
    wishes = {
        "UV_DEFAULT_INDEX": told.get("index-url"),
        "UV_INDEX": told.get("extra-index-url"),
        "UV_INSECURE_HOST": told.get("trusted-host"),
        "UV_HTTP_TIMEOUT": told.get("timeout", told.get("default-timeout")),
        "SSL_CERT_FILE": told.get("cert"),
        "SSL_CLIENT_CERT": told.get("client-cert"),
        "ALL_PROXY": told.get("proxy"),
    }
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")):
        wishes.update(UV_DEFAULT_INDEX=None, UV_INDEX=None)
    environment = {name: " ".join(text.split()) for name, text in wishes.items() if text and name not in os.environ}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    # as pip does, take each package from any of the indexes; the hashes say that it is the right one
    environment.setdefault("UV_INDEX_STRATEGY", os.environ.get("UV_INDEX_STRATEGY", "unsafe-best-match"))
    places = told.get("find-links", "").split()
    options = [word for place in places if "://" in place or Path(place).exists() for word in ("--find-links", place)]
    if told.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        options.append("--no-index")
    return options, environment


# Running things


def step(command: "list[str]", environment: "dict[str, str]") -> "tuple[bool, str]":
    """Run a command: whether it failed, and all that it said."""
    ends = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}  # type: dict[str, Any]
    done = subprocess.run(command, cwd=str(ROOT), env=environment, check=False, **ends)
    return done.returncode != 0, done.stdout.decode(errors="replace")


def run(command: "list[str]", environment: "dict[str, str]") -> None:
    """Run a step with its output in the log, or raise Refused with what the output means."""
    surroundings = dict(os.environ, **environment)
    for name in ("UV_PYTHON", "UV_SYSTEM_PYTHON", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
        surroundings.pop(name, None)  # they would lead the step to another environment
    failed, output = step(command, surroundings)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n{output}")
    if not failed:
        return
    if "ertificate" in output and "UV_SYSTEM_CERTS" not in surroundings:  # pip trusts the machine's own, uv if told so
        run(command, dict(environment, UV_SYSTEM_CERTS="true", UV_NATIVE_TLS="true"))
        return
    for sign, meaning, next_step in MEANINGS:
        if sign in output:
            raise Refused(f"Making the environment failed: {meaning}. Next: {next_step}, then repeat.")
    raise Refused("Making the environment failed. Next: read .bootstrap/log, then repeat.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

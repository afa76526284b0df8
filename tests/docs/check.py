"""`make docs-check`: runs the samples of docs/quickstart.md in every language, of webhooks.md and fridges.md (S4, S11).

ARGS="--only python ruby" takes some languages; one that is missing on this machine is a failure else.
"""

import argparse
import asyncio
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.samples import LANGUAGES, PAGE, Step, steps
from tests.docs.matching import Matcher
from tests.stack.parts import LARDER, running
from tests.webhooks import page as receiving

FRIDGES = PAGE.with_name("fridges.md")
MESSAGES = (
    *("Fleet created", "Fridge created.", "Command created.", "Commands.", "Inventory."),
    *("Product created.", "Item created.", "Rule created."),
)
SAID_BY_FRIDGES = (
    *("linked: I am fridge", "told to open", "inventory {'epcs': ['e28011700000020aa7bcfc24']"),
    *(f'"message":"{message}"' for message in MESSAGES),
    '"sku":"butter","name":"Butter","packs":1',
)
MARK = "------ next step ------"
PATIENCE = 90.0  # seconds for all samples of one language


@dataclass(frozen=True)
class Tongue:
    """How to run a program in a language; `between` prints MARK, `probe` fails where something is missing."""

    command: tuple[str, ...]
    ending: str
    between: str
    probe: tuple[str, ...]
    needs: str


TONGUES = {
    "shell": Tongue(("sh",), "sh", f"echo; echo '{MARK}'", ("curl", "--version"), "curl"),
    # -S: nothing but the standard library
    "python": Tongue((sys.executable, "-S"), "py", f"print('{MARK}')", (sys.executable, "--version"), "python"),
    "javascript": Tongue(("node",), "mjs", f"console.log('{MARK}');", ("node", "-e", "fetch"), "node 18 or newer"),
    "ruby": Tongue(("ruby",), "rb", f"puts '{MARK}'", ("ruby", "-rjson", "-e", "1.to_json"), "ruby"),
}


def is_here(tongue: Tongue) -> bool:
    """Whether this machine can run it."""
    try:
        return subprocess.run(tongue.probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def program(tongue: Tongue, samples: Sequence[str]) -> str:
    """The samples as one program, as a reader pastes them, with a mark after each."""
    return "".join(f"{sample}\n{tongue.between}\n\n" for sample in samples)


def faults(page: Sequence[Step], printed: Sequence[str]) -> list[str]:
    """What does not agree: each step with its difference, or that it was not reached."""
    matcher, found = Matcher(), []
    for step, text in zip(page[1:], printed[1:], strict=False):
        *earlier, last = text.splitlines() or [""]
        # a sample that asks until something is there prints the same kind of answer several times
        kind = last.partition(",")[0]
        odd = [line for line in earlier if line.partition(",")[0] != kind]
        if difference := matcher.difference(step.prints or "", "\n".join([*odd, last])):
            found.append(f"{step.title}\n{difference}")
    return found + [f"{step.title}\nwas not reached" for step in page[max(len(printed), 1) :]]


def run(language: str, page: Sequence[Step], url: str, folder: Path) -> list[str]:
    """Run the samples of one language; what is wrong with them."""
    tongue = TONGUES[language]
    file = folder / f"sample.{tongue.ending}"
    file.write_text(program(tongue, [step.samples[language] for step in page]), encoding="utf-8")
    command = (*tongue.command, str(file))
    errors = folder / "errors"
    with errors.open("w") as stderr, (folder / "printed").open("w+") as stdout:
        try:
            ended = subprocess.run(
                command, env=_environment(url), stdout=stdout, stderr=stderr, timeout=PATIENCE, check=False
            ).returncode
            ending = f"the program ended with exit code {ended}" if ended else ""
        except subprocess.TimeoutExpired:
            ending = f"the program did not end within {PATIENCE:.0f} s"
        stdout.seek(0)
        printed = [part.strip() for part in stdout.read().split(MARK)]
    # after the last mark there is nothing, unless a step was interrupted
    found = faults(page, printed if printed[-1] else printed[:-1])
    return [*found, *([f"{ending}\n{errors.read_text().strip()}"] if ending else [])]


def _environment(url: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"LARDER": url}


def main() -> int:
    """Check the languages asked for against a Larder of their own; 1 when anything is not as the page says."""
    parser = argparse.ArgumentParser(prog="make docs-check", description="Runs the samples of the documentation.")
    parser.add_argument("--only", nargs="+", choices=list(LANGUAGES), default=list(LANGUAGES), metavar="LANGUAGE")
    chosen = parser.parse_args().only
    if missing := [language for language in chosen if not is_here(TONGUES[language])]:
        for language in missing:
            _say(f"{LANGUAGES[language]} cannot run here: install {TONGUES[language].needs} (.ci/run shows how)")
        _say("or name the languages that are here: make docs-check ARGS='--only python'")
        return 1
    with tempfile.TemporaryDirectory(prefix="larder-docs-") as place, running((*LARDER, "up"), Path(place)) as stack:
        agreeing = [check(language, stack.port, Path(place) / language) for language in chosen]
        agreeing += [
            check_receiver(language, Path(place) / language) for language in chosen if language in receiving.ENDING
        ]
        agreeing += [check_fridges(stack.port, Path(place))] if "shell" in chosen else []
    return int(not all(agreeing))


def check(language: str, port: int, folder: Path) -> bool:
    """Whether the samples of a language do what the page says; tells what does not."""
    # all languages use one Larder, which gives an e-mail address one account
    text = PAGE.read_text(encoding="utf-8").replace("ada@example.com", f"ada.{language}@example.com")
    page, started = list(steps(text)), time.monotonic()
    folder.mkdir()
    found = run(language, page, f"http://127.0.0.1:{port}", folder)
    verdict = f"{len(found)} faults" if found else f"{len(page) - 1} steps print what the page shows"
    told = [f"{PAGE.name}, {LANGUAGES[language]}: {verdict} ({time.monotonic() - started:.1f} s)"]
    _say("\n\n".join(told + found))
    return not found


def check_fridges(port: int, folder: Path) -> bool:
    """Whether the samples of docs/fridges.md do in a shell what the page says; tells what they have printed if not."""
    page = FRIDGES.read_text(encoding="utf-8")
    login = [step.samples["shell"] for step in list(steps(PAGE.read_text(encoding="utf-8")))[:3]]
    samples = [*login, *re.findall(r"```shell\n(.*?)```", page, re.DOTALL)]
    larder = f'larder() {{ {" ".join(map(shlex.quote, LARDER))} "$@"; }}\n'
    text = "set -e\n" + larder + "".join(samples).replace("ada@example.com", "ada.fridges@example.com")
    done = subprocess.run(
        ("/bin/sh", "-c", text),
        env=_environment(f"http://127.0.0.1:{port}"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    missing = [said for said in SAID_BY_FRIDGES if said not in done.stdout]
    good = done.returncode == 0 and not missing
    verdict = (
        "the simulated fridge is linked, opened and closed, and its tags lead to an order"
        if good
        else f"not printed: {missing}"
    )
    _say("\n\n".join([f"fridges.md, Shell: {verdict}", *([] if good else [done.stdout, done.stderr])]))
    return good


def check_receiver(language: str, folder: Path) -> bool:
    """Whether the sample that receives webhooks believes what it should; tells what it gets wrong."""
    found = asyncio.run(receiving.faults(language, [TONGUES[language].command[0]], folder))
    verdict = f"{len(found)} faults" if found else "reads notices and refuses a forged one"
    _say("\n\n".join([f"webhooks.md, {LANGUAGES[language]}: {verdict}", *found]))
    return not found


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what the command is for


if __name__ == "__main__":
    sys.exit(main())

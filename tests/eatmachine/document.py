"""EatMachine's document, read: its curl lines and its printed JSON, and what is kept of both beside this file."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
NOTIFICATIONS, EXCHANGES = HERE / "fixtures", HERE / "exchanges"
SEEDS = HERE.parents[2] / "shared" / "seeds"

_PRINTED = re.compile(r"^\{$.*?^\}$", re.MULTILINE | re.DOTALL)
_LEFT_OUT = re.compile(r"^\s*\.\.\.\n", re.MULTILINE)
_NEEDLESS_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True)
class Call:
    """One curl line, understood."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None


def printed(text: str) -> list[Any]:
    """Every JSON object of the document, in its order, without the places where it says `...`."""
    return [json.loads(_NEEDLESS_COMMA.sub(r"\1", _LEFT_OUT.sub("", found))) for found in _PRINTED.findall(text)]


def curls(text: str) -> list[str]:
    """Every curl line of the document, with the lines that continue it."""
    lines, found = iter(text.splitlines()), []
    for line in lines:
        if not line.startswith("curl "):
            continue
        command = line
        while command.endswith("\\") or command.count("'") % 2:
            command += "\n" + next(lines)
        found.append(command)
    return found


def understood(curl: str) -> Call:
    """What that curl line sends; POST is said by it or follows from its data, as with curl itself."""
    method, headers, body, url = "", {}, None, ""
    words = iter(shlex.split(curl.replace("\\\n", " "))[1:])
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "--data-raw":
                body = next(words)
            case _:
                url = word
    return Call(method or ("GET" if body is None else "POST"), urlsplit(url).path, headers, body)


def notification(name: str) -> Any:
    """One of the document's notifications, by the name of its file."""
    return json.loads((NOTIFICATIONS / f"{name}.json").read_text())


def notifications() -> list[str]:
    """The names of all of them, the same in every process."""
    return sorted(path.stem for path in NOTIFICATIONS.glob("*.json"))

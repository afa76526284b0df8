"""What this machine must have for Larder to run; `larder up` insists on it, `larder doctor` tells it."""

import errno
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from settings import TEMPORAL_UI_ABOVE, Settings
from stack import temporal

MEGABYTES_NEEDED = 200


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what is so, and the next step when that has to be put right."""

    name: str
    sentence: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether Larder can run with it."""
        return not self.remedy

    @property
    def told(self) -> str:
        """Both in one line."""
        return self.sentence if self.good else f"{self.sentence} Next: {self.remedy}"


def before_start(settings: Settings) -> list[Finding]:
    """What has to be right before the first process is started."""
    return [disk(settings.home), *ports(settings), *([] if settings.temporal_given else [temporal_command(settings)])]


def disk(home: Path) -> Finding:
    """Room for the databases to grow."""
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free // 1_000_000
    sentence = f"{free} MB are free for the data folder {home}."
    if free >= MEGABYTES_NEEDED:
        return Finding("disk", sentence)
    return Finding(
        "disk",
        f"Only {sentence}",
        f"make room for at least {MEGABYTES_NEEDED} MB, or name another folder in LARDER_HOME.",
    )


def ports(settings: Settings) -> list[Finding]:
    """The addresses that API, metrics, Temporal and Temporal's UI are about to listen on."""
    base = settings.temporal_port
    own = [
        port("Temporal", "127.0.0.1", base, f"LARDER_TEMPORAL_PORT={_another(base)}"),
        port("Temporal's UI", "127.0.0.1", base + TEMPORAL_UI_ABOVE, f"LARDER_TEMPORAL_PORT={_another(base)}"),
    ]
    return [api_port(settings), *_metrics_ports(settings), *([] if settings.temporal_given else own)]


def _metrics_ports(settings: Settings) -> list[Finding]:
    first = settings.metrics_port
    if first is None:
        return []
    instead = f"LARDER_METRICS_PORT={_another(first)}"
    if first + 1 in (settings.port, settings.temporal_port, settings.temporal_port + TEMPORAL_UI_ABOVE):
        sentence = f"Port {first + 1}, where the worker's /metrics would be, is another one's of Larder."
        return [Finding(f"port {first + 1}", sentence, f"choose another port, for example {instead}.")]
    return [
        port(f"/metrics of the {whose}", settings.metrics_host, number, instead)
        for whose, number in (("API", first), ("worker", first + 1))
    ]


def api_port(settings: Settings) -> Finding:
    """The address that the API is about to listen on."""
    return port("the API", settings.host, settings.port, f"LARDER_PORT={_another(settings.port)}")


def _another(number: int) -> int:
    return number % 50_000 + 10_000


def port(whose: str, host: str, number: int, instead: str) -> Finding:
    """Whether somebody may listen there now; `instead` is a setting that chooses another port."""
    name = f"port {number}"
    try:
        _listen(host, number)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                sentence = f"Port {number} on {host}, which {whose} needs, is in use by another program."
                return Finding(name, sentence, f"stop that program or choose another port, for example {instead}.")
            case errno.EACCES:
                sentence = f"Port {number}, which {whose} needs, is reserved for the administrator."
                return Finding(name, sentence, f"choose another port, for example {instead}.")
        sentence = f"LARDER_HOST={host} is no address of this machine ({error.strerror})."
        return Finding("host", sentence, "set it to 127.0.0.1, to 0.0.0.0 for all addresses, or leave it out.")
    return Finding(name, f"Port {number} on {host} is free for {whose}.")


def _listen(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have just ended do not matter
        probe.bind(address)


def temporal_command(settings: Settings) -> Finding:
    """The program that is Temporal's server."""
    found = temporal.command(settings)
    if found:
        return Finding("temporal", f"The temporal command is {found}.")
    remedy = "make the environment again with python3 bootstrap.py, or name a command in LARDER_TEMPORAL_COMMAND."
    return Finding("temporal", "The temporal command is missing.", remedy)

"""Temporal's own server on this machine: where its command is, how it is started, when it is ready."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from settings import TEMPORAL_UI_ABOVE, Settings
from stack.service import Service


def command(settings: Settings) -> Path | None:
    """The `temporal` of the settings, else the pinned one of this environment, else one on PATH."""
    if settings.temporal_command is not None:
        return settings.temporal_command
    beside = Path(sys.executable).with_name("temporal")
    found = beside if beside.exists() else shutil.which("temporal")
    return Path(found) if found else None


def database(settings: Settings) -> Path:
    """The file in which the server of `larder up` keeps everything that is going on."""
    return settings.home / "temporal.db"


def server(settings: Settings, search_attributes: Mapping[str, str]) -> Service:
    """The server with its state in the data folder and the search attributes (name to type) registered."""
    registered = (word for name, kind in search_attributes.items() for word in ("--search-attribute", f"{name}={kind}"))
    return Service(
        name="Temporal",
        command=(
            *(str(command(settings) or "temporal"), "server", "start-dev", "--log-level", "warn"),
            # it knows no passwords, so it listens to this machine alone whatever LARDER_HOST says
            *("--ip", "127.0.0.1", "--port", str(settings.temporal_port)),
            *("--ui-port", str(settings.temporal_port + TEMPORAL_UI_ABOVE)),
            *("--db-filename", str(database(settings))),
            *registered,
        ),
        grace=10,
        log=settings.home / "temporal.log",
    )


def ui(settings: Settings) -> str:
    """The address of Temporal's web UI."""
    return f"http://127.0.0.1:{settings.temporal_port + TEMPORAL_UI_ABOVE}"


def health(settings: Settings) -> str:
    """An address that answers 200 once the server serves the namespace."""
    return f"{ui(settings)}/api/v1/namespaces/default"

"""The data folder: one stack at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from stack.halt import Halt

LAST_WORDS = (
    40.0  # seconds that the processes of a killed stack get to end: longer than any of them gets from its leash
)


@contextmanager
def claimed(home: Path) -> Iterator[int]:
    """Hold the folder's lock and give its descriptor; whoever inherits that keeps the lock too.

    Raises Halt when another stack runs here, or when processes of a killed one do not end in time.
    """
    # not filelock: the lock has to pass to child processes, so that it ends with the last of them
    with _opened(home) as file:
        deadline = time.monotonic() + LAST_WORDS
        while not _locked(file.fileno()):
            owner = _owner(home)
            if owner:
                raise Halt(
                    f"Larder already runs on {home} (process {owner}). Next: stop it, or start another stack with its "
                    "own LARDER_HOME, LARDER_PORT and LARDER_TEMPORAL_PORT."
                )
            if time.monotonic() > deadline:
                raise Halt(
                    f"Processes of an earlier run still hold {home}. Next: find them with `fuser -v {file.name}` "
                    "and end them, then start again."
                )
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def _opened(home: Path) -> TextIO:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (home / "up.lock").open("a+")
    except OSError as error:
        raise Halt(
            f"The data folder {home} cannot be used ({error.strerror}). Next: make room and write access there, or "
            "name another folder in LARDER_HOME."
        ) from None


def is_claimed(home: Path) -> bool:
    """Whether a stack runs on this folder now."""
    try:
        with (home / "up.lock").open() as file:
            return not _locked(file.fileno())
    except FileNotFoundError:
        return False


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(home: Path) -> int | None:
    """The supervisor that wrote itself down, if it still lives."""
    try:
        process = int((home / "up.lock").read_text())
        os.kill(process, 0)
    except (ValueError, ProcessLookupError):
        return None
    except PermissionError:
        pass
    return process

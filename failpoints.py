"""Places where a test may kill this process: a file of the point's name kills once, when the point is reached."""

import os
import signal
from pathlib import Path


class Failpoints:
    """Does nothing unless `LARDER_FAILPOINTS` names a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def reach(self, name: str) -> None:
        """Die here, by SIGKILL and at once, if somebody asked for it; who removes the file first is the one to die."""
        if self._folder is None:
            return
        try:
            (self._folder / name).unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

"""Plays one of Larder's processes under the supervisor: `stand_in.py VERB HOME PORT`.

A file VERB-fails in the data folder makes the process of that verb end at once with exit code 7. The API is ready as
soon as the worker runs.
"""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main(verb: str, home: Path, port: int) -> int:
    """Run until SIGTERM, and write down in which order the processes were asked to end."""
    if (home / f"{verb}-fails").exists():
        return 7
    if verb == "migrate":
        return 0
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if verb == "api":
        threading.Thread(target=_serve, args=(home, port), daemon=True).start()
    draft = home / f"{verb}.draft"
    draft.write_text(f"{os.getpid()} {os.getppid()}")
    draft.rename(home / f"{verb}.pid")
    signal.sigwait({signal.SIGTERM})
    with (home / "ended").open("a") as book:
        book.write(f"{verb}\n")
    return 0


def _serve(home: Path, port: int) -> None:
    class Readiness(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if (home / "worker.pid").exists() else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    HTTPServer(("127.0.0.1", port), Readiness).serve_forever()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))

"""Keeps one process from outliving the supervisor: `leash.py ROPE LOCK GRACE COMMAND...`.

ROPE is the read end of a pipe whose other end only the supervisor holds: it closes when the supervisor dies, however
that happens. Then, or on SIGTERM, the process gets SIGTERM and, GRACE seconds later, SIGKILL with all its children.
LOCK is handed on, so that the data folder stays claimed while any process still lives. Exits as its process did, in
the way of a shell (128 + signal). Knows only the standard library, because it must stay small and must not fail.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1


def main(rope: int, lock: int, grace: float, command: list[str]) -> int:
    """Run the command until it ends by itself or has to."""
    news = _bell(signal.SIGCHLD, signal.SIGTERM)
    leash = os.getpid()

    def die_with_the_leash() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != leash:
                os._exit(1)

    # safe here: this process has one thread
    child = subprocess.Popen(command, pass_fds=(lock,), preexec_fn=die_with_the_leash)  # noqa: PLW1509
    deadline: float | None = None
    while child.poll() is None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            os.killpg(0, signal.SIGKILL)
        ready, _, _ = select.select([news] if deadline else [news, rope], [], [], left)
        rung = os.read(news, 64) if news in ready else b""
        if deadline is None and (rope in ready or signal.SIGTERM in rung):
            child.terminate()
            deadline = time.monotonic() + grace
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _bell(*signals: signal.Signals) -> int:
    """A file descriptor on which these signals arrive as bytes."""
    news, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    for number in signals:
        signal.signal(number, lambda *_: None)
    return news


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))

"""The one way in which Larder's processes end before their time."""

from typing import Final

FAILED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3


class Halt(Exception):
    """What is wrong and what to do next, in one line for the operator, with the exit code that says so to scripts."""

    def __init__(self, sentence: str, exit_code: int = UNAVAILABLE) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code

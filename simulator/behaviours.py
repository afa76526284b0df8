"""How a virtual retailer treats a request, well or badly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Ending(Enum):
    """How the connection ends."""

    ANSWERED = auto()
    CLOSED = auto()
    RESET = auto()


class Slow(Enum):
    """From where on an answer is sent byte by byte."""

    NOWHERE = auto()
    STATUS_LINE = auto()
    BODY = auto()


@dataclass(frozen=True)
class Behaviour:
    """How one request is treated; what is None is as a good retailer does it."""

    books: bool = True
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    ending: Ending = Ending.ANSWERED
    slow: Slow = Slow.NOWHERE
    seconds_per_byte: float = 1.0


BOOK = Behaviour()
BOOK_AND_HANG_UP = Behaviour(ending=Ending.CLOSED)
BOOK_AND_RESET = Behaviour(ending=Ending.RESET)
HANG_UP = Behaviour(books=False, ending=Ending.CLOSED)
BOOK_AND_ANSWER_HTML = Behaviour(headers={"Content-Type": "text/html"}, body=b"<!doctype html><title>Thanks!</title>")
BOOK_AND_ANSWER_FOR_ANOTHER_ORDER = Behaviour(
    body=b'{"uuid": "00000000-0000-5000-8000-000000000000", "reference": "X-1"}'
)
BOOK_AND_TRUNCATE = Behaviour(headers={"Content-Length": "100000"})


def answer(status: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """Book nothing and answer a status: `answer(429, retry_after="120")`."""
    return Behaviour(
        books=False, status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def redirect(to: str) -> Behaviour:
    """Book nothing and point elsewhere."""
    return answer(307, location=to)


def book_and_drip(slow: Slow, seconds_per_byte: float = 1.0) -> Behaviour:
    """Book, then answer one byte at a time."""
    return Behaviour(slow=slow, seconds_per_byte=seconds_per_byte)


def book_and_answer_huge() -> Behaviour:
    """Book, then answer with a JSON body of about ten million bytes."""
    return Behaviour(body=b'{"reference": "R-1", "filler": "%s"}' % (b"x" * 10_000_000))

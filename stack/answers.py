"""What an HTTP address of this machine says of itself, and waiting for it to say that all is well."""

import asyncio
import http.client
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from stack.halt import FAILED, Halt

EACH = 5.0
PAUSE = 0.2
LONGEST = 10_000  # bytes of an answer that are read


@dataclass(frozen=True)
class Said:
    """What came from an address: a status and a text, or the fault that kept it from answering."""

    status: int
    text: str

    @property
    def good(self) -> bool:
        """Whether all is well there."""
        return self.status == HTTPStatus.OK

    @property
    def told(self) -> str:
        """What came instead of a good answer."""
        return f"answers {self.status} {self.text[:500]}" if self.status else f"does not answer ({self.text})"


def ask(url: str) -> Said:
    """Ask once. Goes straight there: a proxy is not for this machine's addresses."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=EACH)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return Said(response.status, response.read(LONGEST).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Said(0, str(error))
    finally:
        connection.close()


async def answered(url: str, whose: str, within: float = 120.0) -> None:
    """Return once the address answers 200; Halt with its last answer when it does not in so many seconds."""
    deadline = time.monotonic() + within
    while True:
        said = await asyncio.to_thread(ask, url)
        if said.good:
            return
        if time.monotonic() > deadline:
            raise Halt(
                f"{whose} is not ready after {within:.0f} s: {url} {said.told}. Next: read what it said above, and run "
                "larder doctor.",
                FAILED,
            )
        await asyncio.sleep(PAUSE)

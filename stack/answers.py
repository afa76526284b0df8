"""Waiting for an HTTP address of this machine to say that all is well."""

import asyncio
import http.client
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from stack.halt import FAILED, Halt

EACH = 5.0
PAUSE = 0.2


async def answered(url: str, whose: str, within: float = 120.0) -> None:
    """Return once the address answers 200; Halt with its last answer when it does not in so many seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = await asyncio.to_thread(_answer, url)
        if not answer:
            return
        if time.monotonic() > deadline:
            raise Halt(
                f"{whose} is not ready after {within:.0f} s: {answer}. Next: read what it said above, and run larder "
                "doctor.",
                FAILED,
            )
        await asyncio.sleep(PAUSE)


def _answer(url: str) -> str:
    """Nothing for 200, else what came instead. Goes straight there: a proxy is not for this machine's addresses."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=EACH)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url} does not answer ({error})"
    finally:
        connection.close()
    return "" if response.status == HTTPStatus.OK else f"{url} answers {response.status} {body}"

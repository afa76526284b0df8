"""What whoever is called by us gives and gets: an address, and a secret to know us by (Standard Webhooks)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.bodies import Text, Written
from domain.errors import Invalid
from outside import guard
from outside.addresses import Network
from outside.guard import LONGEST_URL, check_url

OLD_SECRETS_LIVE = timedelta(hours=24)
SHORTEST_KEY, LONGEST_KEY = 24, 64


def _possible_url(url: str) -> str:
    try:
        check_url(url)
    except ValueError as wrong:
        raise PydanticCustomError("refused", "{reason}", {"reason": str(wrong)}) from wrong
    return url


WebAddress = Annotated[
    Text, Field(max_length=LONGEST_URL), AfterValidator(_possible_url), Written("format", "web-address")
]
"""Where we may be asked to call; where its name leads to is judged at every call."""


def check_callable(field: str, url: str | None, allow: Sequence[Network]) -> None:
    """Raise Invalid for an address in figures, or of this machine, that is never called; None is no address."""
    if url is None:
        return
    try:
        guard.check_callable(url, allow)
    except ValueError as refused:
        raise Invalid({field: [str(refused)]}) from refused


def _signing_secret(secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        text = f"This value should be whsec_ and then {SHORTEST_KEY} to {LONGEST_KEY} bytes in base64."
        raise PydanticCustomError("refused", "{text}", {"text": text})
    return secret


SigningSecret = Annotated[
    str, AfterValidator(_signing_secret), Written("pattern", "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$")
]
"""A secret of Standard Webhooks that somebody else has made."""


def new_signing_secret() -> str:
    """A secret to sign with, 256 bits."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"

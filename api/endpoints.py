"""What whoever is called by us gives and gets: an address, and a secret to know us by (Standard Webhooks)."""

import base64
import secrets
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.bodies import Text, Written
from outside.guard import LONGEST_URL, check_url

OLD_SECRETS_LIVE = timedelta(hours=24)


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


def new_signing_secret() -> str:
    """A secret to sign with, 256 bits."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"

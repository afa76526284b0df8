"""Everything that Larder refuses or fails at, by name.

LarderError
├── Invalid             400   RuleError
├── NotAuthenticated    401
├── Forbidden           403
├── NotFound            404
├── Conflict            409   OrderEnded
├── OutOfDate           412   If-Match names another version
├── KeyReused           422   an Idempotency-Key with another body
├── Unavailable         503   Temporal or the database is away; nothing was done
└── RetailerError             never reaches a client: activities turn it into an outcome
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta


class LarderError(Exception):
    """The base of all errors that carry a sentence for people in `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(LarderError):
    """The caller sent something wrong; `fields` names each fault by its place (S117)."""

    def __init__(self, fields: Mapping[str, Sequence[str]], message: str = "Validation error.") -> None:
        super().__init__(message)
        self.fields = {place: list(texts) for place, texts in fields.items()}


class RuleError(LarderError, ValueError):
    """A rule that cannot be understood; the message says where and what was expected there."""


class NotAuthenticated(LarderError):
    """Nobody we know: no, unknown, expired or revoked credentials."""


class Forbidden(LarderError):
    """Somebody we know, who may not do this."""


class NotFound(LarderError):
    """It does not exist, or not for this principal."""


class Conflict(LarderError):
    """It contradicts what already is."""


class OrderEnded(Conflict):
    """The order has ended or has gone past what was asked for."""


class OutOfDate(LarderError):
    """It has been changed since the caller read it."""


class KeyReused(LarderError):
    """The same Idempotency-Key came with another body."""


class Unavailable(LarderError):
    """A part that must answer is away; nothing was done, and repeating the call is safe."""

    def __init__(self, message: str, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RetailerError(LarderError):
    """A retailer could not be reached or must not be."""

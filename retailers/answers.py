"""What a retailer's answer to an order means."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from http.client import responses
from typing import Any
from uuid import UUID

import structlog
from pydantic import StrictInt, StrictStr, ValidationError

from domain.message import Message
from outside.retry_after import wait_asked_for
from retailers.orders import Booked, Outcome, Refused, TryLater

LONGEST_REFERENCE = 100
LONGEST_REASON = 200

# These say that this very request booked nothing. 408 and every 5xx do not: the retailer may have booked before it
# failed, or before the gateway in front of it gave up; some gateways answer 503 when a connection breaks in use.
_NOT_NOW = frozenset({HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

_log = structlog.get_logger(__name__)


class _Receipt(Message):
    uuid: Any = None
    reference: StrictStr | StrictInt | None = None


class _Problem(Message):
    """As much of RFC 9457 as a retailer likes to use."""

    detail: Any = None
    title: Any = None


def outcome(order: UUID, status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Outcome:
    """What became of `order`; the status line counts, whatever the body is (1.K, 1.N)."""
    if 200 <= status < 300:  # noqa: PLR2004 -- the status classes of RFC 9110, 15
        return Booked(reference=_reference(order, body))
    if 300 <= status < 500 and status not in _NOT_NOW and status != HTTPStatus.REQUEST_TIMEOUT:  # noqa: PLR2004
        return Refused(status=status, reason=_sentence(status, body))
    return TryLater(
        reason=_sentence(status, body),
        after=wait_asked_for(headers.get("retry-after"), now=now),
        outcome_unknown=status not in _NOT_NOW,
    )


def _reference(order: UUID, body: bytes) -> str | None:
    try:
        receipt = _Receipt.model_validate_json(body)
    except ValidationError:
        return None
    if receipt.uuid is not None and str(receipt.uuid).lower() != str(order):
        # A retailer may number orders by UUIDs of its own; the key under which it booked is ours.
        _log.warning("retailer answered with another order's id", order=str(order))
    reference = str(receipt.reference or "").strip()
    return reference if reference.isprintable() and 0 < len(reference) <= LONGEST_REFERENCE else None


def _sentence(status: int, body: bytes) -> str:
    sentence = f"The retailer answered {status} ({responses.get(status, 'unknown')})."
    try:
        problem = _Problem.model_validate_json(body)
    except ValidationError:
        return sentence
    said = next((text for text in (problem.detail, problem.title) if isinstance(text, str) and text.strip()), "")
    printable = "".join(character if character.isprintable() else " " for character in said)
    words = " ".join(printable.split())
    return f"{sentence} It said: {words[:LONGEST_REASON]}" if words else sentence

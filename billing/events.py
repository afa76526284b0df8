"""What Stripe tells by webhook: verified by its own SDK, and read down to the little that concerns a charge."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import stripe

from billing.port import ChargeEvent
from domain.errors import Invalid, NotAuthenticated

TOLERANCE = 300  # seconds that the sender's clock may be behind
LONGEST_WORD = 60


def read_event(sent: bytes, signature: str | None, secret: str) -> ChargeEvent | None:
    """The event in the very bytes that were sent; None for one that says nothing about a charge.

    Raises NotAuthenticated for a wrong or old signature, and Invalid for what is no event.
    """
    try:
        event = stripe.Webhook.construct_event(sent, signature, secret, tolerance=TOLERANCE)
    except stripe.SignatureVerificationError:
        raise NotAuthenticated("This is not signed by Stripe, or was signed too long ago.") from None
    except (ValueError, TypeError, AttributeError):
        raise Invalid({}, "The body is no event of Stripe.") from None
    try:
        return _read(event.to_dict())
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Invalid({}, "The body is no event of Stripe.") from None


def _read(event: dict[str, Any]) -> ChargeEvent | None:
    kind, thing = event["type"], event["data"]["object"]
    match kind:
        case "payment_intent.payment_failed":
            reference = thing["id"]
            failure = thing.get("last_payment_error") or {}
            sentence = f"Stripe reports a failed payment ({_word(failure.get('code'))})."
        case "charge.refunded":
            reference = thing["payment_intent"]
            sentence = f"Stripe reports a refund of {int(thing['amount_refunded'])} in the currency's smallest unit."
        case "charge.dispute.created":
            reference = thing["payment_intent"]
            sentence = f"The customer disputes this charge ({_word(thing.get('reason'))}): answer it at Stripe."
        case _:
            return None
    return ChargeEvent(
        id=str(event["id"]),
        kind=kind,
        at=datetime.fromtimestamp(event["created"], UTC),
        reference=str(reference),
        order=_order(thing.get("metadata")),
        sentence=sentence,
    )


def _order(metadata: dict[str, str] | None) -> UUID | None:
    try:
        return UUID((metadata or {})["order"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _word(code: object) -> str:
    text = str(code or "no reason given")[:LONGEST_WORD]
    return text.replace("_", " ") if text.isprintable() else "no reason given"

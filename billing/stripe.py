"""Charging cards through Stripe's own SDK: payment intents, off-session, confirmed at once (docs/decisions/0018)."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus

import stripe

from billing.amounts import minor_units, payable
from billing.port import Bill, Charged, Declined, TryLater

EACH = 10.0  # seconds for one request
TOGETHER = 25.0  # seconds for all that an attempt asks
MOST_INTENTS = 100
LONGEST_REASON = 200

# Stripe's names of things: the token of a payment method is shown to nobody, not even in a reason.
_NAMES = re.compile(r"'?\b(?:pm|card|src|cus|pi|ch|seti|re|acct|sk|rk|pk)_\w+'?")
_OVER = frozenset({"canceled", "requires_payment_method"})


class Stripe:
    """One account with Stripe, for the whole process; everything it asks has a key that comes from the order.

    Stripe forgets keys after a day, and repeats even a failure of its own under the same key. So an attempt after one
    that may have gone through looks for its payment intent first, by the order's uuid in the metadata, among those of
    the customer. Where it cannot look, nothing is known, and nothing is called declined.
    """

    elsewhere = True

    def __init__(self, key: str, url: str, *, each: float = EACH, together: float = TOGETHER) -> None:
        self._http = stripe.HTTPXClient(timeout=each)
        self._together = together
        client = stripe.StripeClient(
            key,
            base_addresses={"api": url},
            http_client=self._http,
            max_network_retries=0,  # Temporal repeats, where everybody can see it
        )
        self._api = client.v1

    def payable(self, amount: Decimal, currency: str) -> Decimal:
        """To the smallest unit of the currency."""
        return payable(amount, currency)

    async def customer(self, bill: Bill) -> str | Declined | None:
        """Whose payment method it is; raises TryLater."""
        if minor_units(bill.amount, bill.currency) == 0:
            return None
        try:
            async with self._asking():
                return await self._owner(bill)
        except (stripe.CardError, stripe.InvalidRequestError) as refusal:
            return Declined(_words(refusal))

    async def charge(self, bill: Bill) -> Charged | Declined:
        """Take the money without the customer being there; raises TryLater."""
        if minor_units(bill.amount, bill.currency) == 0:
            return Charged()
        try:
            async with self._asking():
                intent = await self._begun(bill) if bill.again else None
                if intent is None:
                    intent = await self._api.payment_intents.create_async(
                        {**_intent(bill, await self._owner(bill)), "confirm": True, "off_session": True},
                        {"idempotency_key": str(bill.key)},
                    )
                return await self._outcome(intent)
        except (stripe.CardError, stripe.InvalidRequestError) as refusal:
            return Declined(_words(refusal))

    async def abandon(self, bill: Bill) -> Charged | None:
        """End the payment intent, whatever became of it; raises TryLater.

        Where there is none, one that takes no money is made under the same key, so that a request still on its way
        finds the key used.
        """
        try:
            async with self._asking():
                intent = await self._begun(bill)
                if intent is None:
                    intent = await self._api.payment_intents.create_async(
                        _intent(bill, await self._owner(bill)), {"idempotency_key": str(bill.key)}
                    )
                outcome = await self._outcome(intent)
        except (stripe.CardError, stripe.InvalidRequestError):
            return None  # nothing was charged, and with this payment method nothing can be
        return outcome if isinstance(outcome, Charged) else None

    async def refund(self, bill: Bill, reference: str | None, amount: Decimal) -> None:
        """Give it back to the card it came from; raises TryLater."""
        if reference is None:
            return
        try:
            async with self._asking():
                if bill.again and await self._refunded(bill, reference):
                    return
                await self._api.refunds.create_async(
                    {
                        "payment_intent": reference,
                        "amount": minor_units(amount, bill.currency),
                        "metadata": {"order": str(bill.key)},
                    },
                    {"idempotency_key": f"refund:{bill.key}"},
                )
        except stripe.InvalidRequestError as refusal:
            if refusal.code != "charge_already_refunded":  # by hand, in Stripe's own dashboard
                raise TryLater(_words(refusal)) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the SDK's own omission

    async def _owner(self, bill: Bill) -> str:
        """Whose payment method it is: only one that belongs to a customer can be charged again and again."""
        if bill.customer is not None:
            return bill.customer
        token = bill.token or ""
        method = await self._api.payment_methods.retrieve_async(token)
        if method.customer is not None:
            return method.customer if isinstance(method.customer, str) else method.customer.id
        customer = await self._api.customers.create_async({}, {"idempotency_key": f"customer:{token}"})
        await self._api.payment_methods.attach_async(
            token, {"customer": customer.id}, {"idempotency_key": f"attach:{token}"}
        )
        return customer.id

    async def _begun(self, bill: Bill) -> stripe.PaymentIntent | None:
        """What an earlier attempt has begun, None if nothing."""
        try:
            customer = await self._owner(bill)
            found = await self._api.payment_intents.list_async({"customer": customer, "limit": MOST_INTENTS})
        except stripe.InvalidRequestError:
            raise TryLater(
                "Stripe cannot say whether this was paid: it does not know the customer. Was LARDER_STRIPE_KEY changed?"
            ) from None
        ours = [intent for intent in found.data if _order(intent.metadata) == str(bill.key)]
        return ours[0] if ours else None

    async def _refunded(self, bill: Bill, reference: str) -> bool:
        found = await self._api.refunds.list_async({"payment_intent": reference, "limit": MOST_INTENTS})
        return any(_order(refund.metadata) == str(bill.key) for refund in found.data)

    async def _outcome(self, intent: stripe.PaymentIntent) -> Charged | Declined:
        if intent.status == "succeeded":
            return Charged(intent.id)
        if intent.status == "processing":
            raise TryLater("Stripe does not know yet whether the card can be charged.")
        if intent.status not in _OVER:
            # nobody is there to confirm it, and nobody must be able to do so once the order has ended
            try:
                await self._api.payment_intents.cancel_async(intent.id)
            except stripe.InvalidRequestError:
                raise TryLater("The payment has moved on while it was looked at.") from None
            return Declined(
                "This card wants every payment confirmed by its owner, who is not there for an automatic order."
            )
        failure = intent.last_payment_error
        return Declined(_plain(failure.message if failure and failure.message else "The payment did not go through."))

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """What is no fault of the customer's is tried again later; without the SDK's texts, which may name the key."""
        try:
            async with asyncio.timeout(self._together):
                yield
        except (stripe.CardError, stripe.InvalidRequestError):
            raise
        except (stripe.AuthenticationError, stripe.PermissionError):
            raise TryLater("Stripe does not accept LARDER_STRIPE_KEY.") from None
        except (stripe.APIConnectionError, TimeoutError):
            raise TryLater("Stripe could not be reached, or did not answer in time.") from None
        except stripe.StripeError as failure:
            status = failure.http_status or HTTPStatus.INTERNAL_SERVER_ERROR
            raise TryLater(f"Stripe answered {int(status)}.", _wait(failure.headers)) from None


def _intent(bill: Bill, customer: str) -> "stripe.params.PaymentIntentCreateParams":
    return {
        "amount": minor_units(bill.amount, bill.currency),
        "currency": bill.currency.lower(),
        "customer": customer,
        "payment_method": bill.token or "",
        # others would ask for a page to come back to, or take days to say whether they paid
        "allowed_payment_method_types": ["card"],
        "metadata": {"order": str(bill.key)},
    }


def _order(metadata: stripe.StripeObject | None) -> object:
    return metadata["order"] if metadata is not None and "order" in metadata else None


def _words(refusal: stripe.CardError | stripe.InvalidRequestError) -> str:
    if isinstance(refusal, stripe.CardError):
        return _plain(refusal.user_message or "The card was declined.")
    if refusal.http_status == HTTPStatus.NOT_FOUND or refusal.code == "resource_missing":
        return "Stripe does not know this payment method any more: add it again."
    return _plain(f"Stripe refused: {refusal.user_message or 'it did not say why.'}")


def _plain(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in _NAMES.sub("…", text))
    return " ".join(printable.split())[:LONGEST_REASON]


def _wait(headers: Mapping[str, str] | None) -> timedelta | None:
    seconds = (headers or {}).get("retry-after", "")
    return timedelta(seconds=min(int(seconds), 3600)) if seconds.isascii() and seconds.isdigit() else None

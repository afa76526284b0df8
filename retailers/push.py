"""Handing an order to a retailer that wants it pushed (1.K, S26)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx

from outside.post import CONNECT_WITHIN, Poster, Signed, Unanswered
from retailers.answers import outcome
from retailers.orders import Letter, Outcome, TryLater


class PushRetailer:
    """Posts signed orders to retailers' own addresses; one for the whole process, closed with `aclose`."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        connect: timedelta = CONNECT_WITHIN,
        total: timedelta = timedelta(seconds=10),
        longest_answer: int = 2**20,
    ) -> None:
        self._poster = Poster(transport, whom="retailer", connect=connect, total=total, longest_answer=longest_answer)

    async def place(self, url: str, signing_secret: str, letter: Letter, *, older: Sequence[str] = ()) -> Outcome:
        """Offer the order once; whatever the network or the retailer does becomes an outcome.

        Repeating it with the same letter is safe: the order's uuid is both `Idempotency-Key` and `webhook-id`. While
        the retailer changes its signing secret, the `older` one signs as well.
        """
        signed = Signed(letter.order, letter.text, [signing_secret, *older])
        answer = await self._poster.post(url, signed, {"Idempotency-Key": str(letter.order)})
        if isinstance(answer, Unanswered):
            return TryLater(reason=answer.plainly, in_full=answer.reason, outcome_unknown=answer.sent)
        return outcome(letter.order, answer.status, answer.headers, answer.body, now=datetime.now(UTC))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()

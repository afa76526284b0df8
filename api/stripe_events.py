"""Where Stripe tells what becomes of a charge afterwards: a dispute, a refund by hand, a late failure."""

from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, SkipValidation

from api import problems
from api.decoding import ApiRequest
from api.envelope import Envelope
from api.parts import Parts
from domain.errors import NotFound
from storage import charges

_NOT_SET_UP = ResponseSpec(
    problems.ProblemBody, description="Stripe's webhooks are not set up here.", media_type=problems.MEDIA_TYPE
)


class StripeEventsController(Controller):
    """Stripe's own webhooks, signed by Stripe."""

    path = "/stripe/events"
    tags = ("Identity",)

    @post(operation_id="StripeEvent", status_code=200, responses={404: _NOT_SET_UP})
    async def take(
        self,
        request: ApiRequest,
        parts: NamedDependency[SkipValidation[Parts]],
        stripe_signature: Annotated[
            str | None, HeaderParameter(name="Stripe-Signature", description="As Stripe signs its webhooks.")
        ] = None,
    ) -> Envelope[None]:
        """Take an event of Stripe, once: it is noted on its charge; of what concerns none, nothing is kept."""
        if parts.read_stripe_event is None:
            raise NotFound("Stripe's webhooks are not set up here.")
        event = parts.read_stripe_event(await request.exact_body(), stripe_signature)
        if event is not None:
            told = {"event": event.id, "kind": event.kind, "sentence": event.sentence, "at": event.at}
            async with parts.db.writing() as session:
                await charges.note(session, told, reference=event.reference, order=event.order)
        return Envelope(message="Taken.", data=None)

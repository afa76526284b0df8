"""One Stripe for all tests here; every order and every card is a test's own."""

from collections.abc import AsyncIterator

import pytest

from billing.stripe import Stripe
from tests.billing.stripe_server import KEY, StripeServer, stripe_server


@pytest.fixture(scope="session")
async def the_stripe(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeServer]:
    """The server."""
    async with stripe_server(tmp_path_factory.mktemp("stripe")) as server:
        yield server


@pytest.fixture
def stripe(the_stripe: StripeServer) -> StripeServer:
    """The same, with nothing asked yet and nothing going wrong."""
    the_stripe.asked.clear()
    the_stripe.faults.clear()
    the_stripe.held_up.clear()
    the_stripe.away = False
    return the_stripe


@pytest.fixture
async def provider(stripe: StripeServer) -> AsyncIterator[Stripe]:
    """Stripe as Larder speaks to it, with less patience."""
    provider = Stripe(KEY, stripe.url, each=3, together=4)
    yield provider
    await provider.aclose()

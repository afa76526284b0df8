"""One stack on SQLite and one on PostgreSQL for all scenarios of a file; every scenario has a household of its own."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from simulator.retailer import ScriptedRetailer
from tests.chaos.household import Household
from tests.chaos.ruin import Ruin, ruin
from tests.databases import KINDS


@pytest.fixture(scope="module", params=KINDS)
async def the_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ruin]:
    """Processes to be killed."""
    async with ruin(tmp_path_factory.mktemp("ruin"), request.param) as stack:
        yield stack


@pytest.fixture
def retailer() -> ScriptedRetailer:
    """A shop that books what it is sent; a file whose shop is another one has a fixture of its own."""
    return ScriptedRetailer()


@pytest.fixture
async def home(
    the_stack: Ruin, retailer: ScriptedRetailer, record_property: Callable[[str, object], None]
) -> AsyncIterator[Household]:
    """A household that has moved in, on a stack that has been mended."""
    await the_stack.mend()
    async with retailer, httpx.AsyncClient(base_url=the_stack.url(), timeout=20) as http:
        household = Household(the_stack, retailer, http, record_property)
        await household.move_in()
        yield household

"""One application on SQLite and one on PostgreSQL for all tests here; each test brings its own callers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tests.api.direct import Home, Household, a_home
from tests.api.server import SANDBOX_HOST, Api, an_api
from tests.databases import KINDS, fresh_database

NOBODY_LISTENS = 9  # the port of the discard service, where no Temporal is


@pytest.fixture(scope="session", params=KINDS)
def api_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings on a fresh database, and with a Temporal that is away."""
    home: Path = tmp_path_factory.mktemp("api")
    with fresh_database(request.param, home) as url:
        yield Settings(home=home, database_url=url, temporal_port=NOBODY_LISTENS, sandbox_host=SANDBOX_HOST)


@pytest.fixture(scope="session")
async def api(api_settings: Settings) -> AsyncIterator[Api]:
    """The running application."""
    async with an_api(api_settings) as running:
        yield running


@pytest.fixture(scope="session")
async def home(api_settings: Settings) -> AsyncIterator[Home]:
    """The running application with a desk that does everything at once, without Temporal."""
    async with a_home(api_settings) as running:
        yield running


@pytest.fixture
async def household(home: Home) -> Household:
    """A user with a device, and a retailer who sells cookies."""
    return await home.a_household()


@pytest.fixture(scope="session")
async def paired(home: Home) -> Household:
    """The same, its device tracking one item; for tests that only are refused."""
    household = await home.a_household()
    await household.tracking(await household.item())
    return household


@pytest.fixture(scope="session")
async def home_of_levels(home: Home) -> tuple[Household, Any]:
    """A household and its one tracked item, for tests that only look at what was reported last."""
    household = await home.a_household()
    item = await household.item(capacity=1_000_000_000)
    await household.tracking(item)
    return household, item

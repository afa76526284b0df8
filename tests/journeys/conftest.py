"""One town on SQLite and one on PostgreSQL for all journeys; every journey has a family of its own."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from api.passwords import Passwords
from settings import Settings
from simulator.family import Family, a_family
from simulator.retailer import ScriptedRetailer
from simulator.town import Town, town
from tests.chaos.invariants import assert_ledger
from tests.databases import KINDS, fresh_database
from tests.journeys.parts import SANDBOX_HOST, InvariantsHold


@pytest.fixture(scope="session", params=KINDS)
def town_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings on a fresh database; loopback may be called, as retailers live there."""
    home: Path = tmp_path_factory.mktemp("town")
    with fresh_database(request.param, home) as url:
        yield Settings(home=home, database_url=url, allow_nets=(ip_network("127.0.0.0/8"),), sandbox_host=SANDBOX_HOST)


@pytest.fixture(scope="session")
async def the_town(town_settings: Settings) -> AsyncIterator[Town]:
    """A running Larder on virtual time."""
    async with town(town_settings, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))) as running:
        yield running


@pytest.fixture
def invariants_hold(the_town: Town, town_settings: Settings) -> InvariantsHold:
    """Check I1, I2 and I5 for a family, and I4 and I6 for its retailer if it has a book."""

    async def check(family: Family, retailer: ScriptedRetailer | None = None) -> None:
        account = UUID((await family.get("/auth/me"))["uuid"])
        await assert_ledger(
            town_settings.database_url,
            retailer,
            account=account,
            acknowledged={},
            client=the_town.client,
            logs="",
            canaries=(),
        )

    return check


@pytest.fixture
async def family(the_town: Town) -> Family:
    """A household of its own."""
    return await a_family(the_town)

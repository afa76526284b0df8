"""The service under test is a town like that of the journeys, whose worker is the one that serves households."""

from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from api.passwords import Passwords
from settings import Settings
from simulator.town import Town, town
from tests.journeys.conftest import town_settings

__all__ = ["the_town", "town_settings"]


@pytest.fixture(scope="module")
async def the_town(town_settings: Settings) -> AsyncIterator[Town]:
    """A running Larder, its workflows in no sandbox: replacing the worker again and again costs less."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    async with town(town_settings, passwords, sandboxed=False) as running:
        yield running

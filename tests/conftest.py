"""What all tests share."""

import pytest

from tests.databases import database_url, db

__all__ = ["anyio_backend", "database_url", "db"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as Larder does."""
    return "asyncio"

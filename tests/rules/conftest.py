"""What the tests of rules share."""

import pytest

from rules.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """One engine, as a process has."""
    return Engine()

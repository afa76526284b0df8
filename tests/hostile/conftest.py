"""The applications of `tests/api`, and a household that has one of everything."""

import pytest

from tests.api.conftest import api, api_settings, home
from tests.api.direct import Home
from tests.hostile.stage import Stage, a_stage

__all__ = ["api", "api_settings", "home"]


async def _yes() -> bool:
    return True


@pytest.fixture
async def stage(home: Home, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A household of its own for each test; `/readyz` says yes, though there is no Temporal."""
    monkeypatch.setattr(home.desk, "temporal_is_up", _yes)
    monkeypatch.setattr(home.desk, "worker_is_polling", _yes)
    return await a_stage(home)

"""Whether it lives, and whether it can work."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from domain.errors import Unavailable
from settings import Settings
from tests.api.server import Api, an_api


async def test_a_living_process_says_so_without_asking_anybody(api: Api) -> None:
    answer = await api.nobody.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_temporal_it_is_not_ready_and_says_what_is_missing(api: Api) -> None:
    answer = await api.nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    checks = answer.json()["checks"]
    assert (checks.pop("database"), checks.pop("migrations")) == ("ok", "ok")
    assert set(checks) == {"temporal", "worker"}
    assert "ok" not in checks.values()


async def says_yes() -> bool:
    """A check that passes."""
    return True


async def is_away() -> bool:
    """A check whose part is away."""
    raise Unavailable("The database cannot be reached.")


async def breaks() -> bool:
    """A check with a fault of its own."""
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("check", "status", "said"),
    [(says_yes, 200, "ok"), (is_away, 503, "The database cannot be reached."), (breaks, 503, "does not answer")],
)
async def test_one_missing_part_is_enough_to_be_not_ready(
    api: Api, monkeypatch: pytest.MonkeyPatch, check: Callable[[], Awaitable[bool]], status: int, said: str
) -> None:
    monkeypatch.setattr(api.parts.desk, "temporal_is_up", check)
    monkeypatch.setattr(api.parts.desk, "worker_is_polling", says_yes)
    answer = await api.nobody.get("/readyz")
    assert answer.status_code == status
    assert answer.json()["checks"]["temporal"] == said
    assert answer.json()["checks"]["worker"] == "ok"


async def test_a_database_that_is_away_is_a_503_everywhere(api_settings: Settings) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:9/larder"
    if api_settings.database_url.startswith("sqlite"):
        nowhere = f"sqlite:///{api_settings.home}/gone.db"
    away = Settings(home=api_settings.home, database_url=nowhere, temporal_port=api_settings.temporal_port)
    async with an_api(away) as api:
        ready = await api.nobody.get("/readyz")
        login = await api.nobody.post("/auth/login", {"username": "ada@example.com", "password": "correct horse"})
    assert ready.status_code == login.status_code == 503
    assert ready.json()["checks"]["database"] != "ok"
    assert int(login.headers["retry-after"]) > 0
    assert login.headers["content-type"] == "application/problem+json"


async def test_health_needs_no_credentials_and_minds_no_wrong_ones(api: Api) -> None:
    answer: httpx.Response = await api.nobody.call("GET", "/healthz", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 200

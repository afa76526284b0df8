"""`larder up` with everything real: Temporal, migration, worker and API."""

import signal
from pathlib import Path

import httpx

from tests.stack.parts import LARDER, Stack, running

UP = (*LARDER, "up")
ADA = {"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}


def client(stack: Stack) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{stack.port}", timeout=30)


def logged_in(http: httpx.Client) -> dict[str, str]:
    answer = http.post("/auth/login", json={"username": ADA["email"], "password": ADA["password"]})
    assert answer.is_success, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def items(stack: Stack) -> list[tuple[str, float]]:
    """Names and levels as the household sees them."""
    with client(stack) as http:
        answer = http.get("/items", headers=logged_in(http))
    assert answer.is_success, answer.text
    return [(item["name"], float(item["level"])) for item in answer.json()["data"]]


def test_a_newcomer_has_everything_at_once_and_the_second_start_goes_on_from_there(tmp_path: Path) -> None:
    with running(UP, tmp_path / "home") as stack:
        with client(stack) as http:
            assert set(http.get("/readyz").json()["checks"].values()) == {"ok"}
            assert http.get("/schema").is_success
            assert http.post("/users", json=ADA).status_code == 201
            made = http.post("/items", json={"name": "Cookies", "unit": "piece", "level": 12}, headers=logged_in(http))
            assert made.status_code == 201, made.text
        stack.send(signal.SIGTERM)
        assert stack.ended() == 0
        assert stack.leaves_nothing()
    with running(UP, stack.home, (stack.port, stack.temporal_port)) as again:
        assert items(again) == [("Cookies", 12.0)]
        again.send(signal.SIGKILL)
        again.ended()
    assert "Traceback" not in stack.output + again.output

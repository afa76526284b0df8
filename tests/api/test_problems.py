"""Errors as everybody sees them (RFC 9457, 1.J.5)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from litestar import Controller, get, post
from litestar.params import JSONBody

from api.access import ACCESS, ANYBODY
from api.app import CONTROLLERS, create_app
from api.bodies import Body, Text
from domain.errors import RuleError, Unavailable
from settings import Settings
from tests.api.server import Api, Caller, an_api

CANARY = "canary-7f3a"


class Whatever(Body):
    password: Text


class Failing(Controller):
    """Operations that fail in ways that real ones must not."""

    path = "/failing"

    @post("/bug", operation_id="Bug")
    async def bug(self, data: JSONBody[Whatever]) -> None:
        """Raise what nobody expects."""
        raise ZeroDivisionError(CANARY)

    @get("/away", operation_id="Away")
    async def away(self) -> None:
        """Raise what a client may repeat."""
        raise Unavailable("The database cannot answer at the moment.", timedelta(seconds=2.5))

    @get("/rule", operation_id="Rule")
    async def rule(self) -> None:
        """Raise a subclass of a documented error."""
        raise RuleError("At column 7: expected a number.")


@pytest.fixture
async def failing(api_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Caller]:
    """The application with operations that fail."""
    monkeypatch.setattr("api.app.CONTROLLERS", (*CONTROLLERS, Failing))
    monkeypatch.setattr("api.principals.ACCESS", ACCESS | dict.fromkeys(("Bug", "Away", "Rule"), ANYBODY))
    async with an_api(api_settings) as api:
        yield api.nobody


async def test_a_problem_is_a_problem_and_an_envelope(api: Api) -> None:
    answer = await api.nobody.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here.",
        "instance": "/nowhere",
        "request_id": answer.headers["x-request-id"],
        "message": "There is nothing here.",
        "data": {},
    }


async def test_a_wrong_method_hears_the_right_ones(api: Api) -> None:
    answer = await api.nobody.call("PUT", "/auth/me")
    assert answer.status_code == 405
    assert {"GET", "PATCH"} <= set(answer.headers["allow"].replace(" ", "").split(","))
    assert answer.json()["message"] == "This method is not for this address, which takes GET or PATCH."


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"Content-Type": "text/plain"}, b"{}"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"email=a@example.com"),
        ({"Content-Type": "application/json; charset=latin-1"}, b"{}"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"{}"),
        ({"Content-Type": "multipart/form-data"}, b"{}"),
        ({"Content-Type": "application/json/x; ="}, b"{}"),
    ],
)
async def test_a_body_must_say_that_it_is_json(api: Api, headers: dict[str, str], body: bytes) -> None:
    answer = await api.nobody.call("POST", "/users", headers=headers, content=body)
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"


LOOKS_LIKE_JSON = "This looks like JSON: send it with Content-Type: application/json."


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/x-www-form-urlencoded"}])
async def test_json_without_its_name_is_known(api: Api, headers: dict[str, str]) -> None:
    """A form is what curl calls whatever it sends."""
    for body in (b'{"email": "a@example.com"}', b" [1]"):
        answer = await api.nobody.call("POST", "/users", headers=headers, content=body)
        assert (answer.status_code, answer.json()["message"]) == (415, LOOKS_LIKE_JSON)
        for path, said in (
            ("/v2/level", {"Status": 400, "Error": LOOKS_LIKE_JSON}),
            ("/v2/trigger", {"Status": 400, "Error": LOOKS_LIKE_JSON}),
        ):
            answer = await api.nobody.call("POST", path, headers=headers, content=body)
            assert answer.json() == said


async def test_a_word_of_the_address_that_is_none_of_those_hears_which_there_are(api: Api) -> None:
    user = await api.a_user()
    for path, name, some in (("/orders", "status", "placed or "), ("/history", "kind", "decision or ")):
        (text,) = (await user.get(path, **{name: "orderd"})).json()["data"][name]
        assert text.startswith("This value should be ")
        assert some in text


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_json_may_say_so_in_capitals_and_with_its_charset(api: Api, content_type: str) -> None:
    answer = await api.nobody.call("POST", "/users", headers={"Content-Type": content_type}, content=b"{}")
    assert answer.status_code == 400


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(api: Api) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    for body in (b" " * 300 * 1024, unannounced()):
        answer = await api.nobody.call("POST", "/users", headers=headers, content=body)
        assert answer.status_code == 413
        assert answer.json()["message"] == "The body is too large."


async def test_an_unexpected_error_is_logged_and_not_shown(failing: Caller) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await failing.post("/failing/bug", {"password": "another secret"})
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert "another secret" not in answer.text
    errors = [line for line in logs if line["log_level"] == "error"]
    assert [repr(line["exc_info"]) for line in errors] == [f"ZeroDivisionError('{CANARY}')"]


async def test_what_may_be_repeated_says_when(failing: Caller) -> None:
    answer = await failing.get("/failing/away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"


async def test_a_kind_of_a_documented_error_has_its_status(failing: Caller) -> None:
    answer = await failing.get("/failing/rule")
    assert (answer.status_code, answer.json()["message"]) == (400, "At column 7: expected a number.")


async def test_a_wrong_query_parameter_is_named_without_its_neighbours(api: Api) -> None:
    user = await api.a_user()
    answer = await user.get("/devices", limit="many", note=CANARY)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validation error."
    assert list(answer.json()["data"]) == ["limit"]
    assert CANARY not in answer.text


def test_an_operation_of_which_nobody_says_who_may_call_it_stops_the_start(
    api_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.app.CONTROLLERS", (*CONTROLLERS, Failing))
    with pytest.raises(Exception, match=r"is not in the table of api/access\.py"):
        create_app(api_settings)

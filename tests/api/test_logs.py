"""What is logged of a request, and what never is."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

import logs
from tests.api.server import Api


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything logged, as JSON lines."""
    before, level = logging.root.handlers[:], logging.root.level
    out = io.StringIO()
    logs.configure(out)
    yield out
    structlog.reset_defaults()
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


async def test_one_line_tells_method_route_status_and_time(api: Api, log: io.StringIO) -> None:
    user = await api.a_user()
    device = await api.a_device(user)
    log.truncate(0)
    answer = await user.get(f"/devices/{device.shown['uuid']}", note="n1")
    [line] = [json.loads(line) for line in log.getvalue().replace("\x00", "").splitlines()]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/devices/{uuid}", 200)
    assert line["ms"] > 0
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["level"] == "info"


async def test_the_callers_own_request_id_is_kept_if_it_is_one(api: Api) -> None:
    given = await api.nobody.call("GET", "/healthz", headers={"X-Request-ID": "trace-1234.5"})
    assert given.headers["x-request-id"] == "trace-1234.5"
    forged = await api.nobody.call("GET", "/healthz", headers={"X-Request-ID": 'x" level="fatal'})
    assert len(forged.headers["x-request-id"]) == 32


async def test_an_unknown_address_is_logged_without_the_address(api: Api, log: io.StringIO) -> None:
    await api.nobody.get("/who/knows", token="abc")
    line = json.loads(log.getvalue())
    assert (line["route"], line["status"]) == ("unknown", 404)
    assert "/who" not in log.getvalue()


async def test_no_secret_reaches_the_log(api: Api, log: io.StringIO) -> None:
    user, retailer = await api.a_user(), await api.a_retailer()
    device = await api.a_device(user)
    await api.nobody.get("/auth/me", access_token=user.token)
    await api.nobody.post("/auth/login", {"username": user.shown["email"], "password": "canary password"})
    await device.get("/devices")
    secrets = [user.token, device.token, retailer.token, retailer.shown["signingSecret"], "canary password"]
    assert len(log.getvalue().splitlines()) > 5
    for secret in [*secrets, "correct horse battery", "my name is tom", user.shown["email"]]:
        assert secret is not None
        assert secret not in log.getvalue()


def test_named_secrets_are_blotted_out(log: io.StringIO) -> None:
    structlog.get_logger("test").info("said", Authorization="Bearer x", device_secret="y", password="z", item="jar")
    line = json.loads(log.getvalue())
    assert line["item"] == "jar"
    assert {line[name] for name in ("Authorization", "device_secret", "password")} == {"…"}


def test_a_stack_trace_is_one_line(log: io.StringIO) -> None:
    try:
        raise ZeroDivisionError("here")
    except ZeroDivisionError:
        logging.getLogger("uvicorn.error").exception("broken")
    line = json.loads(log.getvalue())
    assert "ZeroDivisionError: here" in line["exception"]


def test_what_temporals_loggers_know_is_named_as_everywhere(log: io.StringIO) -> None:
    known = {"workflow_id": "item:1", "workflow_type": "ItemWorkflow", "namespace": "default"}
    logging.getLogger("temporalio.workflow").warning("odd", extra={"temporal_workflow": known})
    line = json.loads(log.getvalue())
    assert (line["workflow_id"], line["workflow_type"], "namespace" in line) == ("item:1", "ItemWorkflow", False)


def test_a_terminal_is_written_to_in_words(monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    monkeypatch.setattr(log, "isatty", lambda: True)
    logs.configure(log)
    structlog.get_logger("test").info("said", item="jar")
    assert "said" in log.getvalue()
    assert not log.getvalue().startswith("{")
    assert sys.stderr is not log

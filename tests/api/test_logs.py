"""What is logged of a request, and what never is."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog

import logs
from connection import _LOGGED
from tests.api.direct import Household
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


async def test_a_refused_device_is_named_with_the_reason(household: Household, log: io.StringIO) -> None:
    """Its maker asks why; what it may have written into a wrong place is nobody's business."""
    device = {"device": household.device.shown["uuid"]}
    for more, known, reason in (
        ({"level": "five"}, device, "level: This value should be a number."),
        ({"level": "5"}, device, "This device has no instruction for this call."),
        ({"my name is tom": "5"}, device, "…: This field was not expected."),
        ({"secret": "canary"}, {}, "MAC Address, Device ID or Secret Key do not match"),
    ):
        log.seek(0)
        log.truncate()
        await household.v2(data=household.form | more)
        line = json.loads(log.getvalue().splitlines()[-1])
        assert {name: line[name] for name in ("device",) if name in line} == known
        assert line["reason"].startswith(reason)
        assert not any(secret in log.getvalue() for secret in ("canary", "my name is tom"))


def test_what_the_core_of_temporals_sdk_says_is_a_line_like_all_others(log: io.StringIO) -> None:
    assert _LOGGED.forwarding is not None
    said = SimpleNamespace(level=logging.WARNING, target="worker", message="slow", time=0.0, fields={"attempt": 2})
    _LOGGED.forwarding._on_logs([cast("Any", said)])
    line = json.loads(log.getvalue())
    assert (line["level"], line["logger"], line["event"]) == ("warning", "temporalio.core", "slow {'attempt': 2}")


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

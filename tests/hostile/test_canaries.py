"""Secrets, and whatever else is nobody's business, show in no log line and in no refusal, whatever is called how."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

import logs
from tests.api.operations import operations
from tests.hostile.stage import CANARY, Stage

BAD = "canary-in-a-bad-value\x00"


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


def with_canaries(body: Any) -> Any:
    """The body with text that is refused in every place where there was some."""
    match body:
        case str():
            return BAD
        case list():
            return [with_canaries(part) for part in body]
        case dict():
            return {name: with_canaries(part) for name, part in body.items()}
    return body


async def test_no_log_line_tells_a_secret_or_a_name(stage: Stage, log: io.StringIO) -> None:
    lines = 0
    for operation in operations(stage.home):
        for body in stage.bodies(operation) or [None]:
            for sent in (body, with_canaries(body)):
                await stage.call(operation, sent)
                lines += 1
    written = log.getvalue()
    assert len(written.splitlines()) >= lines > 60
    canaries = [CANARY, "canary-in-a-bad-value", stage.household.user.shown["email"], "ada@example.com"]
    for canary in (*canaries, *stage.secrets, "D5:6E:FB:B7:B8:C5", stage.household.device.shown["deviceId"]):
        assert canary not in written


async def test_no_refusal_repeats_what_was_sent(stage: Stage) -> None:
    refusals = 0
    for operation in operations(stage.home):
        for body in stage.bodies(operation):
            answer = await stage.call(operation, with_canaries(body))
            if answer.status_code >= 400:
                assert "canary-in-a-bad-value" not in answer.text, f"{operation}: {answer.text}"
                refusals += 1
    assert refusals >= 20

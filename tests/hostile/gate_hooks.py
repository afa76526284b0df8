"""What schemathesis must know of the stage: who may call what, and what there is. It runs in a process of its own."""

import json
import os
import zlib
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st

STAGE: dict[str, Any] = json.loads(Path(os.environ["HOSTILE_STAGE"]).read_text())
"""`tokens` by operation id, `ids` by collection, `headers` by path, and `secrets` that must not show."""

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1))  # noqa: DTZ001 -- the Z comes with the text
schemathesis.openapi.format("date-time", MOMENTS.map(lambda moment: f"{moment.isoformat()}Z"))
schemathesis.openapi.format("time-zone", st.sampled_from(sorted(available_timezones())))
schemathesis.openapi.format(
    "web-address", st.from_regex(r"https?://[a-z]{1,20}\.example/[a-z0-9/]{0,30}", fullmatch=True)
)


LARGE = 1e9  # beyond, no fraction is left to be rounded, and no amount is accepted
Case = schemathesis.Case[Any]


@schemathesis.auth(refresh_interval=None)
class RightCaller:
    """Each operation is called by somebody who may."""

    def get(self, case: Case, context: schemathesis.AuthContext) -> str | None:
        """The token of the one who may."""
        token: str | None = STAGE["tokens"].get(case.operation.definition.raw["operationId"])
        return token

    def set(self, case: Case, data: str, context: schemathesis.AuthContext) -> None:
        """Send it."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Three of four ids lead to something that is there; what JSON schema cannot say is put right."""
    case.headers.update(STAGE["headers"].get(case.operation.path, {}))
    if case.operation.method.upper() != "DELETE":
        _lead_somewhere(case)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.body = _short(case.body)
        if case.query:
            case.query.pop("cursor", None)  # only a page of ours knows a good one
            case.query.pop("wait", None)  # for what never comes here


def _lead_somewhere(case: Case) -> None:
    for collection, gap in pairwise(case.operation.path.split("/")):
        value = str(case.path_parameters.get(gap.strip("{}"))) if gap.startswith("{") else ""
        if _is_uuid(value) and zlib.crc32(value.encode()) % 4:
            case.path_parameters[gap.strip("{}")] = STAGE["ids"][collection]


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Exception, case: Case, response: schemathesis.Response
) -> bool:
    """A body that may be left out and is, counts as a bad one with schemathesis 4.32; here it is a good one."""
    may_be_left_out = not case.operation.definition.raw.get("requestBody", {}).get("required")
    return not (type(failure).__name__ == "AcceptedNegativeData" and may_be_left_out and not response.request.body)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _short(body: Any) -> Any:
    """Amounts have six decimal places."""
    match body:
        case float() if abs(body) < LARGE:
            return round(body, 6)
        case list():
            return [_short(part) for part in body]
        case dict():
            return {name: _short(part) for name, part in body.items()}
    return body


@schemathesis.check
def no_secret_shows(context: schemathesis.CheckContext, response: schemathesis.Response, case: Case) -> None:
    """No answer holds a secret of the stage, nor how one is stored."""
    if case.operation.definition.raw["operationId"] == "Outbox":
        return  # what is in a letter is for its reader
    for secret in STAGE["secrets"]:
        assert secret not in response.text, f"a secret is in the answer: {secret[:6]}…"

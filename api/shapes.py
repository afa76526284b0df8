"""The answers of `/v1` and `/v2` exactly as the device documents print them (S36-S38, S42-S44), errors included."""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel, Field

from api.problems import Problem, answer_problem, noted
from api.requests import concerns
from api.sent import SentLevel

_FIELDS = {*SentLevel.model_fields, "mac_address", "device_id", "secret", "instruction_ref", "Instruction_Ref", "query"}
_KEPT_IN_V1 = {429, 500, 503}


class V1Answer(BaseModel):
    """S42 and S43."""

    command_ref: int = Field(alias="CommandRef", examples=[739546323])
    id: int = Field(alias="ID", examples=[201])
    status: str = Field(alias="Status", examples=["Done"])


class V2Done(BaseModel):
    """S36."""

    status: int = Field(alias="Status", examples=[201])
    message: str = Field(alias="Message", examples=["Done"])


class V2Failed(BaseModel):
    """S37 and S38."""

    status: int = Field(alias="Status", examples=[400])
    error: str = Field(alias="Error")


_RECEIVED = "Received and durable; whether it leads to an order is judged afterwards."
_REFUSED = {
    400: "Something in the request is wrong, or the device is not paired to anything for this call.",
    401: "The credentials do not match.",
    405: "Only POST is understood here.",
    413: "The body is too large.",
    415: "The body is neither a form nor JSON.",
    429: "Too many calls or wrong guesses; Retry-After says in how many seconds the next one is looked at.",
    500: "Something went wrong here.",
    503: "A part that must answer is away; nothing was done, repeat after Retry-After seconds.",
}
V1_ANSWERS = {201: ResponseSpec(list[V1Answer], description=_RECEIVED)} | {
    status: ResponseSpec(list[V1Answer], description=text)
    for status, text in _REFUSED.items()
    if status in _KEPT_IN_V1 | {400}
}
V2_ANSWERS = {201: ResponseSpec(V2Done, description=_RECEIVED)} | {
    status: ResponseSpec(V2Failed, description=text) for status, text in _REFUSED.items()
}


def v1_done(ref: int) -> Response[bytes]:
    """S42, in the array of S44."""
    return _answer([{"CommandRef": ref, "ID": 201, "Status": "Done"}], 201)


def v1_failed(problem: Problem) -> Response[bytes]:
    """S43: whatever the caller did wrong is a 400, and a failure gets a CommandRef too."""
    status = problem.status if problem.status in _KEPT_IN_V1 else 400
    ref = 100_000_000 + secrets.randbelow(900_000_000)
    body = {"CommandRef": ref, "ID": status, "Status": f"Didn't do - {_sentence(problem)}"}
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return _answer([body], status, headers)


def v2_done() -> Response[bytes]:
    """S36."""
    return _answer({"Status": 201, "Message": "Done"}, 201)


def v2_failed(problem: Problem) -> Response[bytes]:
    """S37, S38; any other fault names its field (1.J.1)."""
    return _answer({"Status": problem.status, "Error": _sentence(problem)}, problem.status, problem.headers)


_FAILED: Mapping[str, Callable[[Problem], Response[bytes]]] = {
    "/v1/trigger": v1_failed,
    "/v1/level": v1_failed,
    "/v2/trigger": v2_failed,
    "/v2/level": v2_failed,
}


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The handler of every exception, wherever it was raised: the shape belongs to the address."""
    failed = _FAILED.get(request.scope["path"].rstrip("/"))
    if failed is None:
        return answer_problem(request, error)
    problem = noted(error)
    concerns(reason=_loggable(problem))
    return failed(problem)


def _loggable(problem: Problem) -> str:
    """Why, without the names of fields that nobody here has given: a device may have put a secret into one."""
    told = (f"{place if place in _FIELDS else '…'}: {' '.join(texts)}" for place, texts in problem.fields.items())
    return " ".join(told) or problem.message


def _sentence(problem: Problem) -> str:
    return " ".join(f"{place}: {' '.join(texts)}" for place, texts in problem.fields.items()) or problem.message


def _answer(body: object, status: int, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    # json.dumps puts the blanks where the documents have them
    return Response(
        json.dumps(body).encode(),
        status_code=status,
        media_type=MediaType.JSON,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
    )

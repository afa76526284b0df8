"""Errors as RFC 9457 problems that also carry the envelope's `message` and `data` (contract 1.J.5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from math import ceil
from typing import Any, Literal, get_args, get_origin

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.handlers import BaseRouteHandler
from pydantic import BaseModel

from api.rates import TooManyCalls
from api.requests import request_id
from domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    KeyReused,
    LarderError,
    NotAuthenticated,
    NotFound,
    OutOfDate,
    RuleError,
    Unavailable,
)
from storage.guesses import TooManyAttempts

MEDIA_TYPE = "application/problem+json"
SECRET_IN_PATH = {"secret_in_path": True}
"""`opt` of a handler whose address holds a secret, which no answer repeats."""

_STATUS: Mapping[type[LarderError], int] = {
    Invalid: 400,
    RuleError: 400,
    NotAuthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    OutOfDate: 412,
    KeyReused: 422,
    TooManyAttempts: 429,
    TooManyCalls: 429,
    Unavailable: 503,
}
_SENTENCES = {
    404: "There is nothing here.",
    413: "The body is too large.",
    500: "Something went wrong here; the request id names it in our log.",
}
_log = structlog.get_logger("larder.api")


class ProblemBody(BaseModel):
    """What every error outside `/v1` and `/v2` looks like (RFC 9457); `data` names the fields at fault (S117)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    message: str
    data: dict[str, list[str]]


@dataclass(frozen=True)
class Problem:
    """An error as HTTP knows it, whatever it was before; `fields` is empty but for faults in what was sent."""

    status: int
    message: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: Exception, handler: BaseRouteHandler | None = None) -> Problem:
    """The one table from errors to status, sentence, fields and headers; what it does not know is a 500.

    Of the handler only the parameters of its query are asked.
    """
    if isinstance(error, HTTPException):
        return _of_litestar(error, handler)
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR or not isinstance(error, LarderError):
        return Problem(500, _SENTENCES[500])
    fields = error.fields if isinstance(error, Invalid) else {}
    return Problem(status, error.message, fields, _headers_of(error))


def _headers_of(error: LarderError) -> Mapping[str, str]:
    match error:
        case NotAuthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case TooManyCalls(window=window):
            return {"Retry-After": str(window.reset), **window.headers}
        case Unavailable(retry_after=pause) | TooManyAttempts(retry_after=pause):
            return {"Retry-After": str(ceil(pause.total_seconds()))}
    return {}


def _of_litestar(error: HTTPException, handler: BaseRouteHandler | None) -> Problem:
    headers = error.headers or {}
    if isinstance(error, ValidationException):
        return Problem(error.status_code, "Validation error.", _fields_of(error, handler), headers)
    return Problem(error.status_code, _sentence_of(error), {}, headers)


def _sentence_of(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowedException):
        taken = {method.strip() for method in (error.headers or {}).get("allow", "").split(",")} - {"OPTIONS", ""}
        return f"This method is not for this address, which takes {' or '.join(sorted(taken)) or 'none'}."
    return _SENTENCES.get(error.status_code, error.detail)


def _fields_of(error: ValidationException, handler: BaseRouteHandler | None) -> Mapping[str, list[str]]:
    choices = {} if handler is None else dict(_choices(handler))
    fields: dict[str, list[str]] = {}
    for fault in error.extra if isinstance(error.extra, list) else []:
        key, text = str(fault.get("key", "query")), str(fault["message"]).replace("`", "")
        if key in choices:
            text = f"This value should be {' or '.join(choices[key])}"
        fields.setdefault(key, []).append(f"{text}.")
    return fields


def _choices(handler: BaseRouteHandler) -> Iterator[tuple[str, Sequence[str]]]:
    """The parameters that are one of a few words, by the names that they have in the address."""
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        for kind in (parameter.annotation, *get_args(parameter.annotation)):
            named = getattr(parameter.kwarg_definition, "name", None) or name
            if isinstance(kind, type) and issubclass(kind, StrEnum):
                yield named, list(kind)
            elif get_origin(kind) is Literal:
                yield named, get_args(kind)


def noted(error: Exception, handler: BaseRouteHandler | None = None) -> Problem:
    """The same, once what is our own fault has been logged with its stack trace, which no answer shows."""
    problem = problem_of(error, handler)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("unhandled error", exc_info=error)
    return problem


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """An error as a problem (RFC 9457)."""
    problem = noted(error, request.scope.get("route_handler"))
    body = ProblemBody(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.message,
        instance=_instance(request),
        request_id=request_id(),
        message=problem.message,
        data=dict(problem.fields),
    )
    return Response(
        body.model_dump_json().encode(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **problem.headers},
    )


def _instance(request: Request[Any, Any, Any]) -> str:
    opt = getattr(request.scope.get("route_handler"), "opt", {})
    return str(request.scope["path_template" if opt.get("secret_in_path") else "path"])

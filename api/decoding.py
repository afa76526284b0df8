"""From the bytes of a request to a checked body, in one place: media type, size, JSON, fields."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import ClientException, HTTPException, InternalServerException
from litestar.handlers import BaseRouteHandler
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.principals import Principal
from domain.errors import Invalid, Unavailable
from domain.faults import told

BODY_LIMIT = 256 * 1024
FACTS_LIMIT = 1024 * 1024
CATALOGUE_LIMIT = 64 * 1024 * 1024
FAULTS_SHOWN = 100
FORM_FIELDS = 50

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CSV = "text/csv"
_MODEL = TypeVar("_MODEL", bound=BaseModel)
_BYTE = re.compile(r"\(byte (\d+)\)$")
_LOOKS_LIKE_JSON = f"This looks like JSON: send it with Content-Type: {JSON}."
_decoder = msgspec.json.Decoder(float_hook=Decimal)  # 0.1 stays 0.1


class UnsupportedMediaType(HTTPException):
    """The body is in a form that this call does not take."""

    status_code = 415


class ApiRequest(Request[Principal | None, str | None, State]):
    """A request whose `data` is decoded and checked here: a handler declares `data: JSONBody[SomeBody]`."""

    async def exact_body(self) -> bytes:
        """The very bytes that were sent, for a signature over them."""
        try:
            return await super().body()
        except InternalServerException as gone:  # not our fault, and nobody is there to hear of it
            raise ClientException("The connection ended before the body did.") from gone

    async def into(self, file: IO[bytes], media_types: Sequence[str]) -> str:
        """Write what is sent into a file as it comes; answers its media type, or raises UnsupportedMediaType."""
        media_type = _media_type(self)
        if media_type not in media_types:
            raise UnsupportedMediaType(f"The body must be {' or '.join(media_types)}.")
        try:
            async for part in self.stream():
                file.write(part)
            file.seek(0)
        except InternalServerException as gone:
            raise ClientException("The connection ended before the body did.") from gone
        except OSError as full:
            raise Unavailable("There is no room for this body at the moment.") from full
        return media_type

    async def body(self) -> bytes:
        """What was sent; nothing counts as `{}` where a JSON body is expected, so that each missing field is named."""
        sent = await self.exact_body()
        return sent or (b"{}" if _expected(self.route_handler) else b"")

    async def json(self) -> Any:
        """The checked body of the type that the handler expects; raises Invalid or UnsupportedMediaType."""
        model = _expected(self.route_handler)
        if model is None:
            return from_json(await read_json(self))
        return checked(model, from_json(await read_json(self)))


def _expected(handler: BaseRouteHandler) -> type[BaseModel] | None:
    field = handler.parsed_fn_signature.parameters.get("data")
    is_model = field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    return cast("type[BaseModel]", field.annotation) if field is not None and is_model else None


async def read_json(request: ApiRequest) -> bytes:
    """The bytes of a JSON body, `{}` for none; raises UnsupportedMediaType."""
    sent = await request.exact_body()
    if sent and _media_type(request) != JSON:
        raise UnsupportedMediaType(_LOOKS_LIKE_JSON if _is_unnamed_json(request, sent) else f"The body must be {JSON}.")
    return sent or b"{}"


async def read_fields(request: ApiRequest) -> Mapping[str, object]:
    """The fields of a JSON object or of a form (device routes, 1.J.2); the values of a form are text."""
    sent = await request.exact_body()
    media_type = _media_type(request) if sent else JSON
    if _is_unnamed_json(request, sent):
        raise Invalid({}, _LOOKS_LIKE_JSON)
    if media_type == FORM:
        return _from_form(sent)
    if media_type != JSON:
        raise UnsupportedMediaType(f"The body must be {JSON} or {FORM}.")
    fields = from_json(sent or b"{}")
    if not isinstance(fields, dict):
        raise Invalid({}, "The body should be a JSON object.")
    return fields


def _is_unnamed_json(request: ApiRequest, sent: bytes) -> bool:
    """Whether it is an object or a list under no name, or under the one that curl gives to whatever it sends."""
    return sent.lstrip()[:1] in (b"{", b"[") and request.content_type[0].lower() in ("", FORM)


def _media_type(request: ApiRequest) -> str:
    """Without parameters; empty for what is not read here, another charset or a compressed body."""
    media_type, parameters = request.content_type
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8", "us-ascii"}:
        return ""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return ""
    return media_type.lower()


def from_json(sent: bytes) -> Any:
    """What the JSON text says, fractions as exact Decimals; raises Invalid for what is no JSON (RFC 8259)."""
    try:
        return _decoder.decode(sent)
    except UnicodeDecodeError as wrong:
        raise Invalid({}, "The body is not valid UTF-8.") from wrong
    except RecursionError:
        raise Invalid({}, "The body is nested too deeply.") from None  # its traceback is a thousand lines of nothing
    except (msgspec.DecodeError, ArithmeticError, ValueError) as wrong:
        raise Invalid({}, f"The body is not valid JSON{_where(sent, str(wrong))}.") from wrong


def _where(sent: bytes, complaint: str) -> str:
    """The place that the decoder names, as editors count; never what stands there, which may be a secret."""
    if "truncated" in complaint:
        return ": it ends too early"
    if (place := _BYTE.search(complaint)) is None:
        return ""
    before = sent[: int(place[1])]
    *earlier, last = before.split(b"\n")
    return f": it goes wrong at line {len(earlier) + 1}, column {len(last.decode(errors='replace')) + 1}"


def _from_form(sent: bytes) -> Mapping[str, object]:
    try:
        pairs = parse_qsl(sent.decode(), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError as wrong:  # UnicodeDecodeError is one
        raise Invalid({}, "The form cannot be read.") from wrong
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Invalid({}, "A field of the form is there twice.")
    return fields


def checked(model: type[_MODEL], value: object) -> _MODEL:
    """The value as that model; raises Invalid with every fault by its place, such as `lines.0.sku` (S117)."""
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        faults: dict[str, list[str]] = {}
        for error in invalid.errors(include_url=False, include_input=False)[:FAULTS_SHOWN]:
            faults.setdefault(_place(error), []).extend(told(error, model))
        raise Invalid(faults) from None  # the cause would carry the input, which may be a secret


def _place(error: ErrorDetails) -> str:
    return named(".".join(str(step) for step in error["loc"])) or "body"


def named(place: str) -> str:
    """The place of a fault, made of what somebody sent, as it may be shown."""
    return re.sub(r"[^\x20-\x7e\xa0-\ufffd]", "?", place[:200])

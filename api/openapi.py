"""The OpenAPI document at `/schema`: pydantic's own schemas, who may call, and every error answer."""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Response, Router
from litestar.exceptions import ImproperlyConfiguredException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import ScalarRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from pydantic import BaseModel, RootModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, model_json_schema
from pydantic_core import core_schema

from api import problems
from api.access import Access
from api.answers import HEADER
from api.decoding import CSV, FORM, JSON
from api.etags import IF_MATCH, IF_NONE_MATCH
from api.principals import access_of
from api.samples import add_samples

_PLACE = "#/components/schemas/"
_ERRORS = {
    "400": "Something in the request is wrong; `data` names each field.",
    "401": "No, unknown, expired or revoked credentials.",
    "403": "Known credentials, but this call is not for them.",
    "404": "It does not exist, or not for this caller.",
    "409": "It contradicts what already is.",
    "412": "It is no longer what If-Match names.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "The Idempotency-Key was used for another body.",
    "429": "Too many calls or wrong guesses; Retry-After says in how many seconds the next one is looked at.",
    "500": "Something went wrong; the request id names it in the log.",
    "503": "A part that must answer is away; nothing was done, repeat after Retry-After seconds.",
}


def config() -> OpenAPIConfig:
    """The document at `/schema/openapi.json`, and the Scalar page at `/schema`."""
    return OpenAPIConfig(
        title="Larder",
        version="1",
        description="Devices report, households write rules, retailers deliver. Every error is an RFC 9457 problem.",
        render_plugins=[ScalarRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_no_page_of_its_own),
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="A user's token, an API key, a device's key, a fridge's token or a retailer's key.",
                ),
                "signature": SecurityScheme(
                    type="apiKey",
                    name="webhook-signature",
                    security_scheme_in="header",
                    description="A retailer's signature by Standard Webhooks, with webhook-id and webhook-timestamp.",
                ),
            }
        ),
    )


async def _no_page_of_its_own(response: Response[Any]) -> Response[Any]:
    # Litestar has an HTML page for unknown addresses below /schema
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundException
    return response


class Written(Schema):
    """A schema that pydantic has written already."""

    def __init__(self, written: dict[str, Any]) -> None:
        super().__init__()
        self.written = written

    def to_schema(self) -> dict[str, Any]:
        """The schema as it stands."""
        return self.written


class Models(OpenAPISchemaPlugin):
    """Describes models by pydantic's JSON schema, since Litestar's own reading of them misses the constraints."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Every pydantic model."""
        return isinstance(value, type) and issubclass(value, BaseModel)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """A reference; `complete` writes what it refers to."""
        return _reference(field_definition.annotation)


def complete(app: Litestar) -> None:
    """Finish the document of an application: model schemas, security and error answers.

    What the signature of a handler cannot say is in its `opt`: `body` is the model of a body that comes as one of the
    `media_types`, without which it is a JSON object or a form; `own_errors` means that its errors are no problems and
    that it documents them itself; `also` is another media type, or several, of a good answer.
    Raises ImproperlyConfiguredException for an operation of which the table does not say who may call it.
    """
    document = app.openapi_schema
    schemas = dict(_schemas(problems.ProblemBody, "serialization"))
    for path, handler, operation in _operations(app):
        operation.summary = re.sub(r"(?<!^)(?=[A-Z])", " ", operation.operation_id or "").capitalize()
        access = _access(handler)
        operation.security = _security(access, handler)
        if access.scope is not None:
            operation.description = f"{operation.description}\n\nA key needs the scope `{access.scope}`."
        if (body := handler.opt.get("body")) is not None:
            kinds = handler.opt.get("media_types", (JSON, FORM))
            content = {kind: OpenAPIMediaType(schema=_TEXT if kind == CSV else _reference(body)) for kind in kinds}
            operation.request_body = RequestBody(content=content)
        for parameter in operation.parameters or []:
            _cannot_be_null(getattr(parameter, "schema", None))
        if isinstance(operation.request_body, RequestBody):
            operation.request_body.required = _must_be_sent(handler)
        if (also := handler.opt.get("also")) is not None:
            _answers_as(operation, (also,) if isinstance(also, str) else also)
        if not handler.opt.get("own_errors"):
            _add_errors(handler, operation, path, guarded={} not in operation.security)
        for name, written in _schemas_of(handler):
            if schemas.setdefault(name, written) != written:
                raise ImproperlyConfiguredException(f"there are two models called {name}")
    assert document.components is not None, "config() has components"  # noqa: S101 -- for mypy
    document.components.schemas = {name: Written(written) for name, written in sorted(schemas.items())}
    add_samples(document)


_TEXT = Schema(type=OpenAPIType.STRING)


def _access(handler: HTTPRouteHandler) -> Access:
    access = access_of(handler)
    if access is None:
        raise ImproperlyConfiguredException(f"{handler.operation_id} is not in the table of api/access.py")
    return access


def _security(access: Access, handler: HTTPRouteHandler) -> list[dict[str, list[str]]]:
    if access.kinds:
        return [{"token": []}, {"signature": []}] if access.signed else [{"token": []}]
    return [{}] if handler.opt.get("own_credentials") else [{}, {"token": []}]


def _operations(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler, Operation]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        item = (app.openapi_schema.paths or {}).get(route.path_format)
        for method, (handler, _) in route.route_handler_map.items():
            operation: Operation | None = getattr(item, method.lower(), None)
            if operation is not None:
                yield route.path_format, handler, operation


def _models(field: FieldDefinition) -> Iterator[type[BaseModel]]:
    if Models.is_plugin_supported_type(field.annotation):
        yield field.annotation
    for inner in field.inner_types:
        yield from _models(inner)


def _cannot_be_null(schema: object) -> None:
    """What may be left out of an address or of the headers, which know no null."""
    if isinstance(schema, Schema) and schema.one_of is not None:
        schema.one_of = [each for each in schema.one_of if getattr(each, "type", None) != OpenAPIType.NULL]


def _must_be_sent(handler: HTTPRouteHandler) -> bool:
    """No body at all counts as `{}`, which is enough where every field may be left out."""
    model = handler.opt.get("body") or handler.parsed_fn_signature.parameters["data"].annotation
    return issubclass(model, RootModel) or any(field.is_required() for field in model.model_fields.values())


def _schemas_of(handler: HTTPRouteHandler) -> Iterator[tuple[str, dict[str, Any]]]:
    parsed = handler.parsed_fn_signature
    shown = [parsed.return_type]
    shown += [FieldDefinition.from_annotation(spec.data_container) for spec in (handler.responses or {}).values()]
    for model in (model for field in shown for model in _models(field)):
        yield from _schemas(model, "serialization")
    sent = [parsed.parameters["data"]] if "data" in parsed.parameters else []
    sent += [FieldDefinition.from_annotation(handler.opt["body"])] if "body" in handler.opt else []
    for model in (model for field in sent for model in _models(field)):
        yield from _schemas(model, "validation")


def _answers_as(operation: Operation, media_types: Sequence[str]) -> None:
    """What it answers may be had as text of these types, too."""
    good = (operation.responses or {}).get("200")
    if isinstance(good, OpenAPIResponse) and good.content is not None:
        good.content |= {each: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)) for each in media_types}


class _Schemas(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:
        return False  # it would only be the name of the field once more

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        # that a field may be left out is said by `required`; null is often no value that may be sent
        return {name: value for name, value in written.items() if (name, value) != ("default", None)}


def _schemas(model: type[BaseModel], mode: JsonSchemaMode) -> Iterator[tuple[str, dict[str, Any]]]:
    written = model_json_schema(model, ref_template=_PLACE + "{model}", mode=mode, schema_generator=_Schemas)
    yield from written.pop("$defs", {}).items()
    yield _name(model), written


def _reference(model: type[BaseModel]) -> Schema:
    return Written({"$ref": _PLACE + _name(model)})


def _name(model: type[BaseModel]) -> str:
    return model.__name__.replace("[", "_").replace("]", "").replace(", ", "_")


def _add_errors(handler: HTTPRouteHandler, operation: Operation, path: str, *, guarded: bool) -> None:
    body = operation.request_body is not None
    guessing = bool(handler.opt.get("guessed_at"))
    named = {getattr(parameter, "name", "") for parameter in operation.parameters or []}
    statuses = {
        "400": body or operation.parameters is not None,
        "401": not handler.opt.get("own_credentials") or guessing,
        "403": guarded,
        "404": "{" in path,
        "409": body or "DELETE" in handler.http_methods,
        "412": IF_MATCH in named,
        "413": body,
        "415": body,
        "422": HEADER in named,
        "429": not handler.opt.get("not_counted"),
        "500": True,
        "503": True,
    }
    problem = OpenAPIMediaType(schema=_reference(problems.ProblemBody))
    responses = operation.responses or {}
    own = {str(status) for status in handler.responses or {}}
    for status in [status for status, possible in statuses.items() if possible and status not in own]:
        responses[status] = OpenAPIResponse(description=_ERRORS[status], content={problems.MEDIA_TYPE: problem})
    if IF_NONE_MATCH in named:
        responses["304"] = OpenAPIResponse(description="It is still what If-None-Match names.")
    operation.responses = dict(sorted(responses.items()))

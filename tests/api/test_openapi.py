"""The document at `/schema` is true."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from api.decoding import checked, from_json
from api.samples import LANGUAGES, PAGE, steps
from tests.api.operations import operations
from tests.api.server import Api


async def test_the_document_and_its_page_are_there_for_everybody(api: Api) -> None:
    document = await api.nobody.get("/schema/openapi.json")
    assert document.status_code == 200
    assert document.json()["openapi"].startswith("3.1")
    page = await api.nobody.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert "scalar" in page.text
    for other in ("/schema/swagger", "/schema/redoc", "/schema/elements", "/schema/nothing"):
        answer = await api.nobody.get(other)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_every_reference_leads_somewhere(api: Api) -> None:
    document = (await api.nobody.get("/schema/openapi.json")).json()
    schemas = document["components"]["schemas"]
    found = list(references(document))
    assert len(found) > 50
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in schemas, reference


def references(part: Any) -> Iterator[str]:
    """Every `$ref` within a document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


async def test_every_operation_has_a_name_of_its_own_and_a_description(api: Api) -> None:
    names = [operation.document["operationId"] for operation in operations(api)]
    assert len(set(names)) == len(names)
    assert all(operation.document["description"] for operation in operations(api))


async def test_every_operation_tells_its_errors(api: Api) -> None:
    for operation in operations(api):
        if operation.speaks_pantri:
            continue
        problems = {
            status
            for status, answer in operation.document["responses"].items()
            if "application/problem+json" in answer.get("content", {})
        }
        # the 503 of /readyz is its list of checks
        expected = {"500"} if operation.path == "/readyz" else {"500", "503"}
        if "requestBody" in operation.document:
            expected |= {"400", "413", "415"}
        if operation.document["security"] == [{"token": []}]:
            expected |= {"401", "403"}
        assert expected <= problems, str(operation)


async def test_every_example_of_a_body_is_a_good_body(api: Api) -> None:
    examined = 0
    for handler in api.app.asgi_router.route_handler_index.values():
        field = handler.parsed_fn_signature.parameters.get("data")
        if field is not None and issubclass(field.annotation, BaseModel):
            for example in field.annotation.model_json_schema().get("examples", []):
                checked(field.annotation, from_json(json.dumps(example).encode()))
                examined += 1
    assert examined >= 7


async def test_the_calls_of_the_quickstart_show_its_samples(api: Api) -> None:
    """S11: shell, Python, JavaScript and Ruby, each with what it needs to run."""
    first, *others = steps(PAGE.read_text(encoding="utf-8"))
    shown = {(each.method.upper(), each.path): each.document.get("x-codeSamples", []) for each in operations(api)}
    assert {call for call, samples in shown.items() if samples} == {step.call for step in others}
    for step in others:
        assert step.call is not None
        samples = shown[step.call]
        assert [sample["lang"] for sample in samples] == list(LANGUAGES)
        for sample in samples:
            assert sample["source"] == f"{first.samples[sample['lang']]}\n{step.samples[sample['lang']]}"

"""Every operation of the OpenAPI document, so that what must hold for all is tested for all."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.api.server import Api

WORDS = {("CommandFridge", "command"): "temperature"}
"""What stands in the path of an operation where it is not an id."""
NUMBERS = {"number": "1"}
"""What stands in every path where it is a number."""


@dataclass(frozen=True)
class Operation:
    """One method at one path; `document` is what the document says of it."""

    method: str
    path: str
    document: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def filled(self, ids: Mapping[str, str]) -> str:
        """The path with an id in each gap: by the collection before it from `ids`, else one that nothing has."""
        words = NUMBERS | {gap: word for (name, gap), word in WORDS.items() if name == self.document.get("operationId")}
        path = re.sub(r"{([^}:]+)[^}]*}", lambda gap: words.get(gap[1], gap[0]), self.path)
        return re.sub(r"/([^/]+)/{[^}]+}", lambda gap: f"/{gap[1]}/{ids.get(gap[1]) or uuid4()}", path)

    def model(self, api: Api) -> dict[str, Any] | None:
        """The schema of its body, None where it takes none."""
        content = self.document.get("requestBody", {}).get("content", {})
        for kind in content.values():
            schema: dict[str, Any] = api.document["components"]["schemas"][kind["schema"]["$ref"].rpartition("/")[2]]
            return schema
        return None

    @property
    def speaks_pantri(self) -> bool:
        """Whether its errors have the shape of Pantri's documents (1.J.1)."""
        return self.path.startswith(("/v1/", "/v2/"))


def operations(api: Api) -> Iterator[Operation]:
    """All of them, as the document at `/schema/openapi.json` has them."""
    for path, methods in api.document["paths"].items():
        for method, document in methods.items():
            yield Operation(method, path, document)

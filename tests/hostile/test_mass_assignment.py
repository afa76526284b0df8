"""A field that nobody offered is refused by its name, wherever in a body it stands (OWASP API3)."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.api.operations import operations
from tests.hostile.stage import Stage

UNASKED = [
    *("id", "_id", "uuid", "owner", "account", "household", "isAdmin", "is_admin", "admin", "role", "scopes", "need"),
    *("secret", "secretHash", "secret_hash", "password", "passwordHash", "password_hash", "signingSecret", "key"),
    *("token", "deviceKey", "deviceId", "ref", "status", "state", "version", "level", "onShelf", "price", "unitPrice"),
    *("total", "deliveredPacks", "email", "createdAt", "created_at", "updatedAt", "deletedAt"),
    *("__proto__", "constructor", "$where"),
]
UNEXPECTED = "This field was not expected."
ANYTHING_GOES = {"when"}  # a tree of its own grammar, which names its faults by itself


def objects(body: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every object in a body."""
    if isinstance(body, dict):
        yield place
    for name, part in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        if name not in ANYTHING_GOES:
            yield from objects(part, (*place, name))


def with_fields(body: Any, place: tuple[str | int, ...], names: list[str]) -> Any:
    """A copy of the body with these fields more."""
    changed = deepcopy(body)
    part = changed
    for step in place:
        part = part[step]
    part.update(dict.fromkeys(names, True))
    return changed


async def rows(stage: Stage) -> list[str]:
    """What the household has; logging out is tried with a login of its own, which leaves a token."""
    return [row for row in await stage.rows() if not row.startswith("tokens ")]


@pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)
async def test_every_writable_model_refuses_what_nobody_offered(stage: Stage) -> None:
    before, refused = await rows(stage), 0
    for operation in operations(stage.home):
        for body in stage.bodies(operation):
            for place in objects(body):
                names = [name for name in UNASKED if name not in stage.offered(operation, place)]
                answer = await stage.call(operation, with_fields(body, place, names))
                assert answer.status_code == 400, f"{operation} {place}: {answer.status_code} {answer.text}"
                for name in names:
                    # a body that is a list is one of rows
                    where = ".".join(map(str, (*(["rows"] if isinstance(body, list) else []), *place, name)))
                    if operation.speaks_pantri:
                        assert f"{where}: {UNEXPECTED}" in answer.text, f"{operation}: {answer.text}"
                    else:
                        assert answer.json()["data"].get(where, [""])[0] == UNEXPECTED, f"{operation}: {answer.text}"
                    refused += 1
    assert await rows(stage) == before
    assert refused >= 1_500

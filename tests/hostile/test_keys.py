"""Every operation by keys of the household itself that are dead, too weak, or limited to something else (S19-S21)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

import pytest
from sqlalchemy import update

from api.access import ACCESS, Access, Scope
from storage.tables import Token
from tests.api.operations import Operation, operations
from tests.api.server import Caller
from tests.hostile.stage import Stage
from tests.hostile.test_matrix import REFUSED, attempts, check_tells_nothing, is_open

SCOPES = list(get_args(Scope))
OF_NO_BRAND = {"GetRetailer", "SearchCatalogue"}  # a shop sells many brands; of its catalogue a key sees its own


async def a_key(stage: Stage, *scopes: str, **more: str) -> Caller:
    """A key of the household."""
    answer = await stage.household.user.post("/keys", {"name": "Key", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    shown = answer.json()["data"]
    return Caller(stage.home.http, shown["key"], shown)


def entry_of(operation: Operation) -> Access:
    """What the table says."""
    return ACCESS[operation.document["operationId"]]


def asked(stage: Stage) -> Iterator[Operation]:
    """Those that ask who is calling."""
    return (operation for operation in operations(stage.home) if not is_open(operation))


@pytest.fixture
async def dead(stage: Stage) -> Mapping[str, Caller]:
    """Keys that could do everything, after their time."""
    revoked, expired = await a_key(stage, *SCOPES), await a_key(stage, *SCOPES)
    await stage.household.user.call("DELETE", f"/keys/{revoked.shown['uuid']}")
    async with stage.home.parts.db.writing() as session:
        token = update(Token).where(Token.subject == UUID(expired.shown["uuid"]))
        await session.execute(token.values(expires_at=datetime.now(UTC)))
    return {"a revoked key": revoked, "an expired key": expired}


async def test_dead_keys_open_nothing(stage: Stage, dead: Mapping[str, Caller]) -> None:
    before, refused = await stage.rows(), 0
    for operation in asked(stage):
        for name, key in dead.items():
            for answer in await attempts(stage, operation, key):
                assert answer.status_code == 401, f"{operation} by {name}: {answer.status_code} {answer.text}"
                check_tells_nothing(stage, answer, f"{operation} by {name}")
                refused += 1
    assert await stage.rows() == before
    assert refused >= 100


async def test_a_key_without_the_scope_opens_nothing(stage: Stage) -> None:
    """S19: every other scope is of no use; and what is for no key at all, all of them together do not open."""
    every = await a_key(stage, *SCOPES)
    all_but = {scope: await a_key(stage, *(set(SCOPES) - {scope})) for scope in SCOPES}
    before, refused = await stage.rows(), 0
    for operation in asked(stage):
        scope = entry_of(operation).scope
        for answer in await attempts(stage, operation, every if scope is None else all_but[scope]):
            assert answer.status_code == 403, f"{operation}: {answer.status_code} {answer.text}"
            check_tells_nothing(stage, answer, str(operation))
            refused += 1
    assert await stage.rows() == before
    assert refused >= 50


@pytest.mark.parametrize("limit", ["brand", "retailer"])
async def test_a_key_that_is_limited_to_something_else_finds_nothing_and_changes_nothing(
    stage: Stage, limit: str
) -> None:
    """S20, S21: it may do everything, but has to do with another brand, or with another retailer."""
    other = "Another brand" if limit == "brand" else (await stage.home.a_retailer()).shown["uuid"]
    key = await a_key(stage, *SCOPES, **{limit: other})
    before, refused = await stage.rows(), 0
    for operation in asked(stage):
        name, entry = operation.document["operationId"], entry_of(operation)
        for answer in await attempts(stage, operation, key):
            where = f"{operation}: {answer.status_code} {answer.text}"
            if limit not in entry.limits:
                assert answer.status_code == 403, where
            elif "{" in operation.path and not (limit == "brand" and name in OF_NO_BRAND):
                assert answer.status_code in REFUSED, where
            check_tells_nothing(stage, answer, where)
            refused += answer.status_code in REFUSED
    left = await stage.rows()
    assert set(before) <= set(left)
    added = {row.partition(" ")[0] for row in set(left) - set(before)}
    # a portal may add what it could then link; what it adds is the household's, and no row of before is another one
    assert added <= ({"answers"} if limit == "brand" else {"answers", "devices", "items", "item_memories", "tokens"})
    assert refused >= 50


async def test_a_key_with_every_scope_and_no_limit_gets_in_wherever_the_table_says(stage: Stage) -> None:
    """What was refused above was refused for its key alone; reading is enough, as the rest is tried by its user."""
    key, let_in = await a_key(stage, *SCOPES), set()
    for operation in asked(stage):
        if operation.method == "get" and entry_of(operation).scope is not None:
            (answer,) = await attempts(stage, operation, key)
            assert answer.status_code == 200, f"{operation}: {answer.status_code} {answer.text}"
            let_in.add(operation.document["operationId"])
    assert len(let_in) >= 15

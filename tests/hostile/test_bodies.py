"""Bad input on every operation there is: refused by field, never an error of ours, and nothing changed."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from storage import tokens
from storage.tables import Table
from tests.api.operations import Operation, operations
from tests.api.server import Api, Caller

DEEP = 200_000
NEVER_A_BODY: list[bytes] = [
    *(b"{", b"}", b"[", b"]", b'"', b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b"{a:1}", b"{'a':1}"),
    *(b"null", b"true", b"0", b"-1", b"1.5", b'"text"', b'""', b" ", b"\n", b"\x00", b"\xef\xbb\xbf{}"),
    *(b"NaN", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e}', b"9" * 5000),
    *(b"\xff\xfe{\x00}\x00", b'{"a":"\xc3\x28"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\\ud800"}', b'{"a":"\\x"}'),
    *(b"[" * DEEP, b'{"a":' * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    *(b'{"a":1}{"a":1}', b"[null]", b"[1]", b'["x"]', b"[[]]", b'{"":1}', b'{"__proto__":{}}', b'{"$ref":"#"}'),
    *(b'{"unexpected":"field"}', b'{"\\u0000":1}', b"{" + b'"a":1,' * 3000 + b'"b":2}', b"<a/>", b"a=1&b=2"),
]
NEVER_A_VALUE = [
    "\x00",
    {"a": {}},
    [[]],
    [{"a": "b"}],
    10**30,
    -(10**30),
    1.5e300,
    -0.5,
    "x\u202ey",
    "x\u2028y",
    "x" * 5000,
]
JUDGED_LATER = {"when", "data"}  # a rule, and what belongs to a type, once all else about them is right
CONTENT_TYPES = [
    *("", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16"),
    *("application/jsonx", "application/problem+json", "x" * 500, ";;;", "application/json, text/plain"),
]
ADDRESSES = [
    *(
        "/%00",
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "/devices//x",
        "/devices/%00",
        "/devices/x",
        "/devices/" + "9" * 7000,
    ),
    *("/devices/00000000-0000-0000-0000-000000000000", "/devices/{uuid}", "/retailers/1;drop", "/users/../devices/x"),
    *("/devices?limit=9999999999999999999999", "/devices?limit=NaN", "/devices?limit=1&limit=x", "/devices?cursor=%00"),
    *("/devices?cursor=AAAA", "/devices?cursor=" + "A" * 5000, "/devices?cursor=MDE5MA%3D%3D", "/devices?limit=%ff"),
]
ODD_IDS = [
    *(
        "x",
        "0",
        "%00",
        "%ff",
        "%2e%2e",
        "..%2f..",
        "{uuid}",
        "null",
        "9" * 3000,
        "00000000-0000-0000-0000-000000000000",
    ),
    *("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "0192'--", "01920b3c6f6a70008000000000000002", "%F0%9F%8D%AA"),
]
ODD_VALUES = ["", "x", "%00", "%ff", "-1", "0", "9" * 40, "NaN", "1e9", "null", "' OR 1=1 --", "A" * 2000, "%E2%80%AE"]


on_one_database = pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)
"""For what is refused before any database is asked."""


@pytest.fixture(scope="session")
async def callers(api: Api) -> list[Caller]:
    """One of each kind."""
    user, retailer = await api.a_user(), await api.a_retailer()
    return [user, await api.a_device(user), retailer, await a_fridge(api, user), api.nobody]


async def a_fridge(api: Api, user: Caller) -> Caller:
    """A fridge of that user, with a token that it was not linked for: there is no Temporal to tell."""
    fleet = (await user.post("/fleets", {"name": "My Fleet"})).json()["data"]
    shown = (await user.post("/fridges", {"fleet_id": fleet["uuid"], "settings": {}})).json()["data"]
    fridge, now = UUID(shown["uuid"]), datetime.now(UTC)
    async with api.parts.db.writing() as session:
        token = tokens.issue(session, api.parts.secrets, kind="fridge", prefix="ft", subject=fridge, now=now)
    return Caller(api.http, token, shown)


def ids(callers: list[Caller]) -> dict[str, str]:
    """What there is to be found in a path."""
    return {"devices": callers[1].shown["uuid"], "retailers": callers[2].shown["uuid"]}


async def everything(api: Api) -> str:
    """A digest of all rows of all tables."""
    digest = hashlib.sha256()
    async with api.parts.db.reading() as session:
        for table in Table.metadata.sorted_tables:
            for row in (await session.execute(select(table).order_by(*table.primary_key.columns))).all():
                digest.update(repr(row).encode())
    return digest.hexdigest()


def check(operation: Operation, answer: httpx.Response) -> None:
    """Refused, in the form of its errors."""
    where = f"{operation}: {answer.status_code} {answer.text[:300]}"
    assert 400 <= answer.status_code < 500, where
    if operation.speaks_pantri:
        assert answer.headers["content-type"] == "application/json", where
    else:
        assert answer.headers["content-type"] == "application/problem+json", where
        assert answer.json()["status"] == answer.status_code, where


async def the_one_who_may(operation: Operation, callers: list[Caller]) -> Caller:
    """The first caller who is not stopped before the body is looked at."""
    for caller in callers:
        answer = await caller.call(operation.method, operation.filled(ids(callers)), content=b"x")
        if answer.status_code not in (401, 403):
            return caller
    return callers[-1]


def with_body(api: Api) -> Iterator[Operation]:
    """Every operation that takes one."""
    return (operation for operation in operations(api) if "requestBody" in operation.document)


@on_one_database
async def test_what_can_be_no_body_is_refused(api: Api, callers: list[Caller]) -> None:
    before, sent = await everything(api), 0
    for operation in with_body(api):
        caller, path = await the_one_who_may(operation, callers), operation.filled(ids(callers))
        for body in NEVER_A_BODY:
            answer = await caller.call(
                operation.method, path, content=body, headers={"Content-Type": "application/json"}
            )
            check(operation, answer)
            sent += 1
    assert await everything(api) == before
    assert sent >= 9 * len(NEVER_A_BODY)


@on_one_database
async def test_a_body_of_another_kind_is_refused(api: Api, callers: list[Caller]) -> None:
    before = await everything(api)
    for operation in with_body(api):
        caller, path = await the_one_who_may(operation, callers), operation.filled(ids(callers))
        for content_type in CONTENT_TYPES:
            answer = await caller.call(operation.method, path, content=b"{}", headers={"Content-Type": content_type})
            check(operation, answer)
            assert operation.speaks_pantri or answer.status_code == 415, f"{operation} {content_type}"
    assert await everything(api) == before


@on_one_database
async def test_an_impossible_value_is_refused_by_the_name_of_its_field(api: Api, callers: list[Caller]) -> None:
    before, sent = await everything(api), 0
    for operation in with_body(api):
        caller, path = await the_one_who_may(operation, callers), operation.filled(ids(callers))
        for field in fields(api, operation):
            for value in NEVER_A_VALUE:
                answer = await caller.call(operation.method, path, json={field: value})
                check(operation, answer)
                if not operation.speaks_pantri:
                    named = [place.partition(".")[0] for place in answer.json()["data"]]
                    assert field in named or field in JUDGED_LATER, f"{operation} {field}={json.dumps(value)[:40]}"
                sent += 1
    assert await everything(api) == before
    assert sent >= 15 * len(NEVER_A_VALUE)


def fields(api: Api, operation: Operation) -> list[str]:
    """The fields of a body that is an object."""
    schemas = api.document["components"]["schemas"]
    content = next(iter(operation.document["requestBody"]["content"].values()))
    return list(schemas[content["schema"]["$ref"].rpartition("/")[2]].get("properties", {}))


async def test_odd_addresses_are_answered_like_any_other(api: Api, callers: list[Caller]) -> None:
    before = await everything(api)
    for address in ADDRESSES:
        for caller in callers:
            answer = await caller.call("GET", address)
            assert answer.status_code in (400, 401, 403, 404), f"{address}: {answer.status_code}"
            assert answer.headers["content-type"] == "application/problem+json", address
    assert await everything(api) == before


async def test_odd_ids_are_answered_like_any_other(api: Api, callers: list[Caller]) -> None:
    before, asked = await everything(api), 0
    for operation in operations(api):
        if "{" not in operation.path:
            continue
        caller = await the_one_who_may(operation, callers)
        for odd in ODD_IDS:
            answer = await caller.call(operation.method, re.sub("{[^}]+}", odd, operation.path))
            check(operation, answer)
            asked += 1
    assert await everything(api) == before
    assert asked >= 20 * len(ODD_IDS)


async def test_odd_queries_are_refused_or_do_no_harm(api: Api, callers: list[Caller]) -> None:
    before, asked = await everything(api), 0
    for operation in operations(api):
        places = [each["name"] for each in operation.document.get("parameters", ()) if each["in"] == "query"]
        caller = callers[2] if operation.path == "/retailers/{uuid}/orders" else callers[0]
        for place in places:
            for odd in ODD_VALUES:
                answer = await caller.call(operation.method, f"{operation.filled(ids(callers))}?{place}={odd}")
                if answer.status_code != 200:
                    check(operation, answer)
                asked += 1
    assert await everything(api) == before
    assert asked >= 15 * len(ODD_VALUES)


@on_one_database
async def test_methods_that_an_address_has_not_are_refused(api: Api, callers: list[Caller]) -> None:
    before = await everything(api)
    taken = {(operation.method.upper(), operation.path) for operation in operations(api)}
    for path in {operation.path for operation in operations(api)}:
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - {m for m, p in taken if p == path}:
            answer = await callers[0].call(method, Operation("", path, {}).filled({}))
            # /v1 has no status but 400 for what a caller does wrong
            assert answer.status_code == (400 if path.startswith("/v1/") else 405), f"{method} {path}"
            assert answer.headers["allow"], f"{method} {path}"
    assert await everything(api) == before

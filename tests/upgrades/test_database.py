"""A database of the first schema with a household in it is brought to today's schema, and the household goes on.

`house_0001.json` holds every row as the Larder of that revision wrote it; it is never made anew.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from sqlalchemy import Column, Connection, MetaData, select

from api.passwords import Passwords
from settings import Settings
from simulator.family import Family, eventually, ok
from simulator.retailer import ScriptedRetailer
from simulator.town import Town, town
from stack.waking import wake
from storage.database import changing_schema
from storage.migrate import MIGRATIONS, at_head, upgrade
from tests.api.server import Caller, an_api
from tests.databases import KINDS, bare_database
from tests.journeys.parts import A_MOMENT

FIRST = "0001"
HOUSE = json.loads(Path(__file__).with_name("house_0001.json").read_text(encoding="utf-8"))
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=KINDS)
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as the first Larder has left it."""
    with bare_database(request.param, tmp_path) as url:
        asyncio.run(with_schema(url, build))
        yield url


async def with_schema(url: str, work: Any) -> Any:
    async with changing_schema(url) as connection:
        return await connection.run_sync(work)


def build(connection: Connection) -> None:
    """The tables of the first revision, and the house's rows in them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, FIRST)
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        rows = HOUSE["tables"].get(table.name, [])
        if rows:
            columns = {column.name: column for column in table.columns}
            connection.execute(table.insert(), [{name: read(columns[name], row[name]) for name in row} for row in rows])


def read(column: Column[Any], stored: Any) -> Any:
    """What SQLite has stored, as this database's own type."""
    kind = column.type.python_type
    if stored is None or isinstance(stored, kind):
        return stored
    moment = kind is datetime
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if moment else kind(stored)


def rows_of_the_house(connection: Connection) -> Rows:
    """The rows, in the columns that the first revision had."""
    tables = MetaData()
    tables.reflect(connection)
    found: Rows = {}
    for name, rows in HOUSE["tables"].items():
        columns = [tables.tables[name].columns[column] for column in rows[0]]
        found[name] = sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)
    return found


def test_every_row_of_the_first_schema_is_kept(old_url: str) -> None:
    before = asyncio.run(with_schema(old_url, rows_of_the_house))
    assert {name: len(rows) for name, rows in before.items()} == {n: len(rows) for n, rows in HOUSE["tables"].items()}
    assert not at_head(old_url)
    upgrade(old_url)
    assert at_head(old_url)
    assert asyncio.run(with_schema(old_url, rows_of_the_house)) == before


def test_the_house_leaves_no_table_of_the_first_schema_empty() -> None:
    assert all(HOUSE["tables"].values())
    made = (MIGRATIONS / "versions" / "0001_house.py").read_text().count("op.create_table(")
    assert len(HOUSE["tables"]) == made


async def test_a_household_from_before_sandboxes_gets_one_at_its_first_login_there(
    old_url: str, tmp_path: Path
) -> None:
    """S65: the upgrade makes none; what the household has stays where it is."""
    await anyio.to_thread.run_sync(upgrade, old_url)
    settings = Settings(home=tmp_path, database_url=old_url, instance_key=HOUSE["key"], sandbox_host="sandbox.test")
    who = {"username": "ada@example.com", "password": "correct horse battery"}
    async with an_api(settings.model_copy(update={"temporal_port": 9})) as api:
        seen = {}
        for host in ("sandbox.test", "sandbox.test", "localhost"):
            login = await api.nobody.call("POST", "/auth/login", json=who, headers={"Host": host})
            caller = Caller(api.http, login.json()["token"])
            me, items = [(await caller.get(path)).json()["data"] for path in ("/auth/me", "/items")]
            seen[me["uuid"]] = (me["environment"], me["name"], len(items))
    assert sorted(seen.values()) == [("live", "Ada", 3), ("test", "Ada", 0)]


async def test_the_household_goes_on_after_the_upgrade(old_url: str, tmp_path: Path) -> None:
    """Temporal has forgotten everything as well, which is the worst that an upgrade may meet."""
    await anyio.to_thread.run_sync(upgrade, old_url)
    settings = Settings(
        home=tmp_path, database_url=old_url, allow_nets=(ip_network("127.0.0.0/8"),), instance_key=HOUSE["key"]
    )
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    async with ScriptedRetailer() as retailer, town(settings, quick) as place:
        await with_schema(old_url, lambda connection: moved(connection, retailer.url))
        login = await place.http.post(
            "/auth/login", json={"username": "ada@example.com", "password": "correct horse battery"}
        )
        family = Family(place, {"Authorization": f"Bearer {login.json()['token']}"})
        port = int(place.client.service_client.config.target_host.rpartition(":")[2])
        woken = await anyio.to_thread.run_sync(wake, settings.model_copy(update={"temporal_port": port}))
        assert woken == 3

        items = {item["name"]: item["uuid"] for item in await family.get("/items")}
        assert set(items) == {"Cookies", "Butter", "Tea"}
        waiting = next(order for order in await family.orders() if order["status"] == "awaiting-approval")
        ok(await approved(family, waiting["uuid"]))
        await retailer.wait_for_orders(1, 20)
        await butter_is_ordered(place, family, items["Butter"])
        await retailer.wait_for_orders(2, 20)
        assert len(retailer.book) == len(retailer.requests) == 2


def moved(connection: Connection, url: str) -> None:
    """The shop has another address by now."""
    tables = MetaData()
    tables.reflect(connection)
    connection.execute(tables.tables["retailers"].update().values(orders_url=url))


async def approved(family: Family, order: str) -> Any:
    """The owner's yes, as soon as the order's workflow runs again."""

    async def say() -> Any:
        return await family.http.post(f"/orders/{order}/approval", json={"approved": True}, headers=family.auth)

    return await eventually(say, lambda answer: answer.is_success)


async def butter_is_ordered(place: Town, family: Family, butter: str) -> None:
    """Pass from check to check: how long the butter has been out depends on the day of the test."""
    passed: set[str | None] = {None}
    for _ in range(5):
        item = await eventually(
            lambda: family.look(butter), lambda found: found["onOrder"] or found["nextCheck"] not in passed
        )
        if item["onOrder"]:
            return
        passed.add(item["nextCheck"])
        left = datetime.fromisoformat(item["nextCheck"]) - await place.now(UUID(butter))
        await family.after(butter, max(left, timedelta()) + A_MOMENT)
    pytest.fail("the butter is not ordered")

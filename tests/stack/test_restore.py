"""C18: an older backup is restored; what is ordered again has the same keys, and the retailer books nothing new."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
from temporalio.client import Client

from simulator.family import Family, Shop, a_family, eventually, ok
from simulator.retailer import ScriptedRetailer
from simulator.town import Town
from tests.chaos.invariants import assert_ledger
from tests.databases import KINDS, Kind, fresh_database, postgresql
from tests.stack.parts import LARDER, Stack, environment, of_real_time, run, running

UP = (*LARDER, "up")


@dataclass(frozen=True)
class House:
    """A stack that can be started, backed up, stopped and put back, as the operator's page says for its database."""

    home: Path
    kept: Path
    kind: Kind
    url: str

    @property
    def settings(self) -> dict[str, object]:
        """What all commands are told; retailers live on loopback."""
        return {"database_url": self.url, "allow_nets": "127.0.0.0/8"}

    def run(self, *words: str, **more: object) -> str:
        """One command of Larder that must succeed; what it said."""
        done = run((*LARDER, *words), environment(self.home, **self.settings, **more))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def back_up(self) -> None:
        """While it runs."""
        if self.kind == "sqlite":
            self.run("backup", str(self.kept))
        else:
            postgresql().tool("pg_dump", "--format=custom", f"--file={self.kept}", f"--dbname={self.url}")

    def put_back(self) -> None:
        """While it is stopped."""
        if self.kind == "sqlite":
            self.run("restore", str(self.kept), "--replace")
        else:
            whole = ("--clean", "--if-exists", "--single-transaction")
            postgresql().tool("pg_restore", *whole, f"--dbname={self.url}", str(self.kept))
            (self.home / "temporal.db").unlink()  # it knows things that the database no longer does

    @contextmanager
    def running(self, before: Stack | None = None) -> Iterator[Stack]:
        """Everything, on the same ports as before."""
        ports = (before.port, before.temporal_port) if before else None
        more = {f"LARDER_{name.upper()}": str(value) for name, value in self.settings.items()}
        with running(UP, self.home, ports, more) as stack:
            yield stack
            stack.send(signal.SIGTERM)
            assert stack.ended() == 0


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with fresh_database(request.param, tmp_path) as url:
        yield House(tmp_path / "home", tmp_path / "kept", request.param, url)


@asynccontextmanager
async def the_town(stack: Stack) -> AsyncIterator[Town]:
    """The running stack as families see it."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{stack.port}", timeout=20) as http:
        yield of_real_time(http)


async def a_jar(family: Family, shop: Shop) -> str:
    """Twelve cookies, and a rule that orders one pack of twelve at five."""
    item = await family.item(level=12)
    order = {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}
    await family.post("/rules", item=item, when="5 left", then={"order": order})
    return item


async def counted(family: Family, item: str, level: int) -> None:
    await family.post(f"/items/{item}/facts", facts=[{"id": f"counted-{level}", "kind": "counted", "quantity": level}])


async def used(family: Family, item: str, number: int) -> None:
    await family.post(f"/items/{item}/facts", facts=[{"id": f"used-{number}", "kind": "used", "quantity": 1}])


async def orders_are(family: Family, *states: str) -> list[Any]:
    """The orders of the household, oldest first, once these are their states."""

    async def those() -> list[Any]:
        return sorted(await family.orders(), key=lambda order: str(order["neededAt"]))

    return await eventually(those, lambda found: [order["status"] for order in found] == list(states))


async def test_c18_an_older_backup_is_restored_and_nothing_is_booked_twice(house: House) -> None:
    async with ScriptedRetailer() as retailer:
        with house.running() as stack:
            async with the_town(stack) as town:
                family = await a_family(town)
                shop = await family.shop(ordersUrl=retailer.url)
                before, after, busy = [await a_jar(family, shop) for _ in range(3)]
                await counted(family, before, 4)
                (first,) = await orders_are(family, "placed")

                async with anyio.create_task_group() as meanwhile:
                    for number in range(4):
                        meanwhile.start_soon(used, family, busy, number)
                    await anyio.to_thread.run_sync(house.back_up)

                await used(family, busy, 4)
                ok(await shop.report("delivered", first))
                await counted(family, after, 3)
                _, second = await orders_are(family, "delivered", "placed")
                await family.level_is(before, 16)
                await family.level_is(busy, 7)

        house.put_back()

        with house.running(stack) as stack:
            if house.kind == "postgresql":
                assert house.run("wake", temporal_port=stack.temporal_port) == "3 items are awake.\n"
            async with the_town(stack) as town:
                family = Family(town, family.auth)
                shop = Shop(town.http, shop.uuid, shop.key, shop.signing_secret)
                (again,) = await orders_are(family, "placed")
                assert again["uuid"] == first["uuid"]
                assert (await family.look(before))["level"] == 4
                # devices and the retailer repeat what they were not told that it had arrived
                for number in range(5):
                    await used(family, busy, number)
                await family.level_is(busy, 7)
                await counted(family, after, 3)
                _, again = await orders_are(family, "placed", "placed")
                assert again["uuid"] == second["uuid"]
                for order in (first, second):
                    await heard(lambda order=order: shop.report("delivered", order))  # type: ignore[misc] # a bound one
                await orders_are(family, "delivered", "delivered")
                await family.level_is(before, 16)
                await family.level_is(after, 15)
                await invariants_hold(house, stack, family)
        times = {entry.order["uuid"]: entry.times for entry in retailer.book.values()}
        assert times == {first["uuid"]: 1, second["uuid"]: 2}


async def invariants_hold(house: House, stack: Stack, family: Family) -> None:
    """I1, I2 and I5; the book is looked at apart, as what was forgotten is ordered in another letter (I6)."""
    await assert_ledger(
        house.url,
        None,
        account=UUID((await family.get("/auth/me"))["uuid"]),
        acknowledged={},
        client=await Client.connect(f"127.0.0.1:{stack.temporal_port}"),
        logs="",
        canaries=(),
    )


async def heard(say: Callable[[], Awaitable[httpx.Response]]) -> None:
    """Say it again for as long as the answer is to come later."""
    ok(await eventually(say, lambda answer: answer.status_code != httpx.codes.SERVICE_UNAVAILABLE))

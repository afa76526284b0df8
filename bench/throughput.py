"""Orders from the report at the threshold to the delivery, as many a minute as one worker and two bring about."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from bench.figures import Pairs, Report
from bench.household import TRIGGER, Household, move_in, opened
from bench.http_lines import Line
from bench.load import PATIENCE, PAUSE, reports_to_larder
from bench.processes import Processes, larder
from domain.orders import OrderState
from storage.database import Database
from storage.tables import OrderRow


async def measure(home: Path, url: str, rounds: int, orders: int) -> Report:
    """With one worker, with two, with one, ...; each round has items of its own."""
    pairs = Pairs()
    async with larder(home, url, apis=2, workers=1) as processes, opened(url) as db:
        await _round(processes, db, 2)
        for _ in range(rounds):
            one = await _round(processes, db, orders)
            second = await processes.start_larder("worker")
            two = await _round(processes, db, orders)
            processes.stop(second)
            pairs.add(one, two)
    return Report(
        "Orders a minute",
        [pairs.figure("orders a minute, reported to delivered, with two workers", "/min")],
        [
            f"{rounds} rounds of {orders} orders at once on PostgreSQL, two API processes; the retailer pulls and "
            "calls back `dispatched` and `delivered`; all are written down at the end. Bare: one worker."
        ],
    )


async def _round(processes: Processes, db: Database, orders: int) -> float:
    household = await move_in(db, orders)
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(reports_to_larder(processes, db, household, orders, Decimal(TRIGGER)))
        group.create_task(_delivering(processes, db, household, orders))
    return orders * 60 / (time.perf_counter() - started)


async def _delivering(processes: Processes, db: Database, household: Household, orders: int) -> None:
    """Deliver each order once it is there, until all are written down as delivered."""
    told: set[str] = set()
    async with asyncio.timeout(PATIENCE), Line(processes.api_ports[-1]) as line:
        while len(told) < orders:
            for order in await _placed(db, household):
                if order not in told:
                    for step in ("dispatched", "delivered"):
                        path = f"/retailers/{household.retailer}/orders/{order}/{step}"
                        await line.json(path, {}, household.retailer_key)
                    told.add(order)
            await asyncio.sleep(PAUSE)
        while await _delivered(db, household) < orders:  # noqa: ASYNC110 - the news is in a database
            await asyncio.sleep(PAUSE)


async def _placed(db: Database, household: Household) -> list[str]:
    async with db.reading() as session:
        query = select(OrderRow.uuid).where(OrderRow.account == household.account, OrderRow.state == OrderState.PLACED)
        return [str(uuid) for uuid in await session.scalars(query)]


async def _delivered(db: Database, household: Household) -> int:
    async with db.reading() as session:
        query = select(func.count()).where(
            OrderRow.account == household.account, OrderRow.state == OrderState.DELIVERED
        )
        return await session.scalar(query) or 0

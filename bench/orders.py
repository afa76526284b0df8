"""From a report at the threshold until the retailer has the order, against the same steps with nothing in them."""

import time
from collections.abc import Awaitable
from decimal import Decimal

from bench.bare import bare
from bench.figures import Aim, Pairs, Report
from bench.household import TRIGGER, move_in, opened
from bench.http_lines import Line
from bench.processes import Processes
from simulator.retailer import ScriptedRetailer


async def measure(processes: Processes, rounds: int) -> Report:
    """One order at a time: bare, Larder's, bare, ..."""
    pairs = Pairs()
    async with (
        opened(processes.database_url) as db,
        ScriptedRetailer() as retailer,
        bare(processes.address) as side,
        Line(processes.api_ports[0]) as line,
    ):
        household = await move_in(db, rounds + 1, orders_url=retailer.url)

        async def order(number: int) -> None:
            await line.form("/v2/level", household.credentials(number) | {"level": Decimal(TRIGGER)})
            await retailer.wait_for_orders(number + 1, timeout=60)

        await side.order(0)
        await order(0)
        for number in range(1, rounds + 1):
            pairs.add(await _milliseconds(side.order(number)), await _milliseconds(order(number)))
    return Report(
        "Orders",
        [pairs.figure("report at the threshold to order at the retailer, p50", "ms", Aim(1.6, at_most=True))],
        [
            f"{rounds} orders, one at a time, pushed over HTTP. Bare: signal, local activity, child, activity. Larder "
            "has an activity more on the way (the customer is billed before anything is sent), and checks a password "
            "for each device's first call."
        ],
    )


async def _milliseconds(work: Awaitable[None]) -> float:
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000

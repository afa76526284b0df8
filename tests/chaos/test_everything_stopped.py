"""C13: nothing of Larder runs at the moment when something is due."""

from datetime import timedelta

import anyio

from domain.item import CATCH_UP
from simulator.family import eventually
from tests.chaos.household import Household
from tests.chaos.size import EVERYTHING_AWAY

MET_IN_TIME = timedelta(seconds=30)


async def test_c13_everything_stopped_just_before_the_butter_is_due(home: Household) -> None:
    """All processes die at 4 h 59 min of "butter out for 5 hours" and come back when it is long overdue.

    One butter stays out: exactly one order, after the catch-up. The other was put back during the outage, and the
    device says so at the start: none. Virtual time does not pass where nobody works, so the outage is real, ten
    minutes in the long form; a short one begins later, because a deadline met within 30 s counts as met in time.
    """
    stack = home.stack
    left_out, put_back = [await home.item("butter out for 5 hours") for _ in range(2)]
    for butter in (left_out, put_back):
        await home.report(butter, "removed")
    await home.everything_settled()
    left = min(timedelta(minutes=1), EVERYTHING_AWAY - MET_IN_TIME - timedelta(seconds=2))
    await home.pass_time(timedelta(hours=5) - left)
    assert await home.orders() == []
    stack.kill("worker", "api", "temporal")
    await anyio.sleep(EVERYTHING_AWAY.total_seconds())
    await stack.start("temporal", "api", "worker")
    await home.report(put_back, "returned")
    await home.everything_settled()
    for butter in (left_out, put_back):
        await eventually(lambda butter=butter: home.waits(butter), bool)  # type: ignore[misc] # a bound lambda
    await home.pass_time(CATCH_UP)
    (order,) = await home.orders_are(1)
    assert order["item"] == left_out
    await home.check(1, "C13 everything stopped before the butter is due")

"""C8: a retailer that books an order, drops its answer, and calls the repeat a conflict."""

import random

import pytest

from simulator.behaviours import BOOK, BOOK_AND_HANG_UP
from simulator.family import ok
from simulator.retailer import ScriptedRetailer
from tests.chaos.household import Household
from tests.chaos.size import SEED

ITEMS = 20
DROPPED = 0.2


@pytest.fixture
def retailer() -> ScriptedRetailer:
    """Drops a fifth of its answers, and answers 409 to what it has in its book."""
    chance = random.Random(SEED)
    script = [BOOK_AND_HANG_UP if chance.random() < DROPPED else BOOK for _ in range(10 * ITEMS)]
    return ScriptedRetailer(script, repeat_status=409)


async def test_c8_booked_and_not_answered_is_one_booking_and_never_a_rejection(home: Household) -> None:
    for item in await home.items(ITEMS):
        await home.report(item, "counted", 4)
    await home.retailer.wait_for_orders(ITEMS, timeout=60)
    for order in await home.orders():
        ok(await home.shop_says("accepted", order))
    orders = await home.orders_are(ITEMS, "accepted")
    assert not [step for order in orders for step in order["history"] if step["state"] in ("rejected", "unknown")]
    assert any(entry.times > 1 for entry in home.retailer.book.values())
    await home.check(ITEMS, "C8 a fifth of the answers dropped")
